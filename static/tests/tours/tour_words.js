// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
// What tours look for, in whatever language they are played: names and values of the
// page rather than words, and numbers and dates as the user's language writes them.
import {formatDate} from "@web/core/l10n/dates";
import {formatFloat} from "@web/core/utils/numbers";

/** The tab of a ticket with its time. */
export const TIMESHEETS = ".nav-link[name=timesheets]";

/**
 * @param {String} value of the field that the status bar shows
 * @returns {String} the selector of that state, when it is the current one
 */
export const state = (value) => `.o_arrow_button_current[data-value=${value}]`;

/**
 * @param {Number} value
 * @returns {String} the number with two decimals, like 1,000.00 or 1.000,00
 */
export const number = (value) =>
    // Pages are searched with every kind of space as one.
    formatFloat(value, {digits: [false, 2]}).replace(/\s/g, " ");

/**
 * @returns {String} today, as it is typed
 */
export const today = () => formatDate(luxon.DateTime.now());

/**
 * @param {String} name of a product
 * @returns {Object[]} the steps that add it to an order
 */
export const addProduct = (name) => [
    {
        trigger: "div[name=order_line] .o_field_x2many_list_row_add a:first",
        run: "click",
    },
    {trigger: ".o_data_row:nth-child(1)"},
    {trigger: "div[name=product_template_id] input", run: `edit ${name}`},
    {
        trigger: `.o-autocomplete--dropdown-item:contains(${name})`,
        run: "click",
    },
];
