// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {TIMESHEETS, number} from "./tour_words";
import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");
const row = (text) => `div[name=timesheet_ids] .o_data_row:contains(${text})`;
const hours = ".o_selected_row div[name=unit_amount] input";
const left = (credits) => ({
    trigger: `div[name=service_credits_available]:contains(${number(credits)})`,
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
        {trigger: TIMESHEETS, run: "click"},
        left(2),
        ...logTime("Look at the smoke", "1:30", `(${number(1.5)})`),
        left(0.5),
        ...logTime("Dig up the cable", "2", ", SCP"),
        left(0),
        {trigger: `${row("Dig")} td[name=payers] .text-warning`},
        {trigger: `${row("Look")} td[name=unit_amount]`, run: "click"},
        {trigger: hours, run: "edit 1 && press Tab"},
        ...stepUtils.saveForm(),
        left(0.5),
        {
            trigger: `${row(`(${number(0.5)})`)} .o_list_record_remove button`,
            run: "click",
        },
        ...stepUtils.saveForm(),
        left(1),
        {trigger: ".o_service_funding_panel", run: "click"},
        {trigger: `.modal div[name=preview] td:contains(${number(1)})`},
        {trigger: ".modal footer button", run: "click"},
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
        {trigger: ".o_view_nocontent_smiling_face"},
    ],
});
