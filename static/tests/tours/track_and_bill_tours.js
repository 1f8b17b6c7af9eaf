// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {TIMESHEETS, addProduct, number, state} from "./tour_words";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";
import tourUtils from "@sale/js/tours/tour_utils";

const tours = registry.category("web_tour.tours");

const pick = (field, text) => [
    {trigger: `div[name=${field}] input`, run: `edit ${text}`},
    {trigger: `.o-autocomplete--dropdown-item:contains(${text})`, run: "click"},
];

const logTime = (description, hours) => [
    {
        trigger: "div[name=timesheet_ids] .o_field_x2many_list_row_add a",
        run: "click",
    },
    {
        trigger: ".o_selected_row div[name=name] input",
        run: `edit ${description}`,
    },
    {
        trigger: ".o_selected_row div[name=unit_amount] input",
        run: `edit ${hours} && press Tab`,
    },
];

// A helpdesk manager ticks the two boxes; the project comes by itself.
tours.add("helpdesk_service_credit_team", {
    steps: () => [
        {trigger: "div[name=name] input", run: "edit Tour Desk"},
        {trigger: "body:not(:has(div[name=allow_billable]))"},
        {trigger: "div[name=allow_timesheet] input", run: "click"},
        {trigger: "div[name=allow_billable] input", run: "click"},
        {trigger: "div[name=sale_line_preference]"},
        ...stepUtils.saveForm(),
    ],
});

// A salesperson sells ten hours and invoices them before any work.
tours.add("helpdesk_service_credit_sell_prepaid", {
    steps: () => [
        ...tourUtils.selectCustomer("Azure Mills"),
        ...addProduct("Support Pack"),
        {
            trigger: "div[name=product_uom_qty] input",
            run: "edit 10 && press Tab",
        },
        {trigger: `.o_field_cell[name=price_subtotal]:contains(${number(1000)})`},
        {trigger: "button[name=action_confirm]:enabled", run: "click"},
        {trigger: state("sale")},
        {trigger: "#create_invoice", run: "click"},
        {trigger: ".modal button#create_invoice_open", run: "click"},
        {trigger: state("draft")},
    ],
});

tours.add("helpdesk_service_credit_sell_time", {
    steps: () => [
        ...tourUtils.selectCustomer("Azure Mills"),
        ...addProduct("Support Time"),
        {trigger: `.o_field_cell[name=price_subtotal]:contains(${number(100)})`},
        {trigger: "button[name=action_confirm]:enabled", run: "click"},
        {trigger: state("sale")},
    ],
});

// An agent opens a ticket: the item fills itself, the hours left count down to red.
tours.add("helpdesk_service_credit_prepaid_ticket", {
    steps: () => [
        {trigger: "div[name=name] input", run: "edit Printer on fire"},
        {trigger: ".odoo-editor-editable", run: "editor Smoke"},
        ...pick("team_id", "Tour Desk"),
        ...pick("partner_id", "Azure Mills"),
        {trigger: "div[name=sale_line_id] input:value(10:00)"},
        ...stepUtils.saveForm(),
        {trigger: TIMESHEETS, run: "click"},
        ...logTime("Look at the smoke", "4"),
        {trigger: "div[name=remaining_hours_so]:contains(06:00)"},
        ...logTime("Put it out", "7"),
        {trigger: "div[name=remaining_hours_so].text-danger:contains(-01:00)"},
        ...stepUtils.saveForm(),
        {trigger: "div[name=remaining_hours_so].text-danger:contains(-01:00)"},
    ],
});

tours.add("helpdesk_service_credit_time_ticket", {
    steps: () => [
        ...pick("sale_line_id", "Support Time"),
        {trigger: TIMESHEETS, run: "click"},
        ...logTime("Rewire the office", "3"),
        ...stepUtils.saveForm(),
        {
            trigger: "td[name=payers]:contains(S0)",
        },
    ],
});

// The salesperson goes from the order to an invoice of the period's time.
tours.add("helpdesk_service_credit_invoice_time", {
    steps: () => [
        {trigger: `td[name=qty_delivered]:contains(${number(3)})`},
        {trigger: "#create_invoice", run: "click"},
        {trigger: ".modal div[name=date_start_invoice_timesheet]"},
        {trigger: ".modal button#create_invoice_open", run: "click"},
        {trigger: state("draft")},
    ],
});

tours.add("helpdesk_service_credit_post_invoice", {
    steps: () => [
        {trigger: "button[name=action_post]:enabled", run: "click"},
        {trigger: state("posted")},
    ],
});
