// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {registry} from "@web/core/registry";

const LINE = "div[name=timesheet_ids] .o_selected_row";

// Add a line to a ticket that has thousands of them.
registry.category("web_tour.tours").add("helpdesk_service_credit_thousands", {
    steps: () => [
        {trigger: ".nav-link[name=timesheets]", run: "click"},
        {trigger: "div[name=timesheet_ids] .o_pager_limit:contains(/000$/)"},
        {
            trigger: "div[name=timesheet_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {trigger: `${LINE} div[name=name] input`, run: "edit One more"},
        {trigger: `${LINE} div[name=unit_amount] input`, run: "edit 1:80"},
        {trigger: ".o_service_duration_hint:contains(02:20)"},
        {trigger: ".o_form_button_save", run: "click"},
        {trigger: "div[name=timesheet_ids] .o_pager_limit:contains(/001$/)"},
        {trigger: ".o_form_saved"},
    ],
});
