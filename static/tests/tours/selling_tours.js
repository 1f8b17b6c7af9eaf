// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {TIMESHEETS, addProduct, state} from "./tour_words";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");
const CREATE = "button[name=action_create_service_credit_purchases]";

// A salesperson: opportunity, quotation, purchases, confirmation.
tours.add("helpdesk_service_credit_sell_credits", {
    steps: () => [
        {trigger: "button[name=action_sale_quotations_new]"},
        {trigger: `body:not(:has(${CREATE}))`},
        {trigger: "button[name=action_sale_quotations_new]", run: "click"},
        ...addProduct("Credit Pack"),
        {
            trigger: "div[name=product_uom_qty] input",
            run: "edit 2 && press Tab",
        },
        {trigger: ".o_field_cell[name=service_credits]:contains(20)"},
        ...stepUtils.saveForm(),
        {trigger: ".o_breadcrumb a:contains(Support for Azure)", run: "click"},
        {trigger: CREATE, run: "click"},
        {trigger: ".modal td[name=credits]:contains(20)"},
        {trigger: ".modal td[name=description]", run: "click"},
        {
            trigger: ".modal div[name=description] textarea",
            run: "edit Twenty hours of help",
        },
        {trigger: ".modal button[name=action_create]", run: "click"},
        {trigger: state("draft")},
        {trigger: "div[name=description] :contains(Twenty hours of help)"},
        {trigger: "button[name=action_view_sale_order]", run: "click"},
        {trigger: `body:not(:has(${CREATE}))`},
        {trigger: "button[name=action_confirm]:enabled", run: "click"},
        {trigger: state("sale")},
        {trigger: "button[name=action_view_service_credit_purchases]", run: "click"},
        {trigger: state("open")},
    ],
});

// An agent: the time of a ticket takes the credits that were just sold.
tours.add("helpdesk_service_credit_use_sold_credits", {
    steps: () => [
        {trigger: TIMESHEETS, run: "click"},
        {
            trigger: "div[name=timesheet_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {trigger: ".o_selected_row div[name=name] input", run: "edit Help"},
        {
            trigger: ".o_selected_row div[name=unit_amount] input",
            run: "edit 3 && press Tab",
        },
        ...stepUtils.saveForm(),
        {trigger: "div[name=service_credits_available]:contains(17)"},
    ],
});
