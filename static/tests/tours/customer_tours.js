// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {number} from "./tour_words";
import {registry} from "@web/core/registry";

const HOME = "/my";
const BUY = "/my/service-credits/buy";
const CREDITS = "/my/service-credits";
const SIGN = ".o_portal_sign_submit:enabled";

/**
 * @param {String} path
 * @returns {Object} the step that goes to a page
 */
const go = (path) => ({
    trigger: "body",
    run: () => {
        window.location.href = path;
    },
    expectUnloadPage: true,
});

/**
 * @param {String} selector of a link or button
 * @returns {Object} the step that follows it to another page
 */
const follow = (selector) => ({
    trigger: selector,
    run: "click",
    expectUnloadPage: true,
});

/**
 * @param {String} name
 * @param {String} within
 * @returns {Object[]} the steps that type a name, which signs
 */
const sign = (name, within = "") => [
    {
        trigger: `${within}.o_web_sign_name_and_signature input`,
        run: `edit ${name}`,
    },
    {trigger: `${within}canvas.o_web_sign_signature`, run: "canvasNotEmpty"},
];

// What a customer does in a year, with a mouse and on a phone.
registry.category("web_tour.tours").add("helpdesk_service_credit_customers_year", {
    steps: () => [
        // Home says first what is left.
        {trigger: `#service_left:contains(${number(33)})`},
        {trigger: "#service_left ~ .o_portal_docs"},
        // A request waits: it shows what is left, and is answered with less.
        follow("#portal_alert_category a[href='/my/authorizations']"),
        follow("td a[href*='/my/authorizations/']:first"),
        {trigger: "#authorization_hours:value(5)"},
        ...sign("Nora Azure"),
        {trigger: "#authorization_hours", run: "edit 1.3"},
        {trigger: SIGN, run: "click"},
        // Refused; what was typed stays, and the button says what is signed.
        {trigger: ".o_portal_sign_error_msg"},
        {trigger: "#authorization_hours:value(1.3)", run: "edit 2"},
        follow(`${SIGN}:contains(${number(200)})`),
        {trigger: ".alert-success:contains(Nora Azure)"},
        // More is bought: a quotation, which is signed.
        go(HOME),
        follow(`a[href='${BUY}']`),
        {trigger: "input[name=units]:first", run: "edit 2"},
        follow(`form[action='${BUY}/order']:first button[type=submit]`),
        {trigger: "a[data-bs-target='#modalaccept']:first", run: "click"},
        ...sign("Nora Azure", "#modalaccept "),
        follow(`#modalaccept ${SIGN}`),
        {trigger: ".alert-success"},
        // The credits are there, with each of their movements.
        go(CREDITS),
        {trigger: `main:contains(${number(51)})`},
        {trigger: `a[href^='${CREDITS}/statement']`},
        // Those that were sent have a page, those asked for a file.
        follow(`a[href^='${CREDITS}/statements/']:not([href*='/files/']):first`),
        {trigger: "main table"},
        go("/my/timesheets"),
        {trigger: "td:contains(Secret by credits)"},
    ],
});
