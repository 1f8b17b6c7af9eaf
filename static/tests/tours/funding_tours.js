// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");
const row = (text) => `div[name=timesheet_ids] .o_data_row:contains(${text})`;
const hours = ".o_selected_row div[name=unit_amount] input";
const left = (credits) => ({
    trigger: `div[name=service_credits_available]:contains(${credits})`,
});

const logTime = (description, amount, payers) => [
    {
        trigger: "div[name=timesheet_ids] .o_field_x2many_list_row_add a",
        run: "click",
    },
    {trigger: ".o_selected_row div[name=name] input", run: `edit ${description}`},
    {trigger: hours, run: `edit ${amount} && press Tab`},
    // Who would pay, before it is saved.
    {trigger: `.o_selected_row td[name=payers]:contains(${payers})`},
    ...stepUtils.saveForm(),
];

// An agent logs, overruns the credits, corrects and deletes.
tours.add("helpdesk_service_credit_overrun", {
    steps: () => [
        {trigger: "a.nav-link:contains(Timesheets)", run: "click"},
        left("2.00"),
        ...logTime("Look at the smoke", "1:30", "(1.50)"),
        left("0.50"),
        ...logTime("Dig up the cable", "2", "(0.50), Overage"),
        left("0.00"),
        {trigger: `${row("Dig")}:contains(Overage)`},
        {trigger: `${row("Look")} td[name=unit_amount]`, run: "click"},
        {trigger: hours, run: "edit 1 && press Tab"},
        ...stepUtils.saveForm(),
        left("0.50"),
        {
            trigger: `${row("(0.50)")} .o_list_record_remove button`,
            run: "click",
        },
        ...stepUtils.saveForm(),
        left("1.00"),
        {trigger: "button:contains(Who would pay?)", run: "click"},
        {trigger: ".modal div[name=preview]:contains(1.00 credits from)"},
        {trigger: ".modal footer button:contains(Close)", run: "click"},
        {trigger: "body:not(:has(.modal))"},
    ],
});

// A manager lets credits bought meanwhile cover what waits.
tours.add("helpdesk_service_credit_cover", {
    steps: () => [
        {
            trigger: ".o_data_row:contains(Dig) .o_list_record_selector input",
            run: "click",
        },
        {trigger: "button[name=action_cover_overage]", run: "click"},
        {trigger: ".o_view_nocontent_smiling_face:contains(No overage)"},
    ],
});
