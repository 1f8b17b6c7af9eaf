// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {registry} from "@web/core/registry";

// Start on the form, go elsewhere, stop from the bar at the top.
registry.category("web_tour.tours").add("helpdesk_service_credit_timer", {
    steps: () => [
        {
            // The timers came with the page: nothing was asked for on its account.
            trigger: "button[name=action_timer_start]:visible",
            run: async ({click}) => {
                const asked = performance
                    .getEntriesByType("resource")
                    .map((entry) => entry.name)
                    .filter((name) => /service.timer|action_timer/.test(name))
                    .filter((name) => name.includes("/web/dataset/"));
                if (asked.length) {
                    throw new Error(`Asked for timers: ${asked.join(" ")}`);
                }
                await click();
            },
        },
        {trigger: ".o_service_timer_clock:visible"},
        {trigger: "button[name=action_timer_pause]:visible", run: "click"},
        {trigger: "button[name=action_timer_resume]:visible", run: "click"},
        {trigger: "button[name=action_timer_ask]:visible"},
        {trigger: ".o_breadcrumb a", run: "click"},
        {trigger: "body:not(:has(.o_service_timer_clock))"},
        {trigger: ".o_service_timer_menu:visible", run: "click"},
        {trigger: ".o_service_timer_stop", run: "click"},
        {trigger: ".modal div[name=hours] input:value(0:01)"},
        {
            trigger: ".modal div[name=name] input",
            run: "edit Phone call && press Enter",
        },
        {trigger: "body:not(:has(.modal)):not(:has(.o_service_timer_menu))"},
    ],
});

const CLOSE = ".o_statusbar_status .o_arrow_button:not(.o_arrow_button_current)";

// Close with a timer from the form: all of it is saved first, and back means back.
registry.category("web_tour.tours").add("helpdesk_service_credit_close", {
    steps: () => [
        {trigger: "button[name=action_timer_start]:visible", run: "click"},
        {trigger: ".o_service_timer_clock:visible"},
        {trigger: "div[name=name] input", run: "edit Printer was on fire"},
        {trigger: ".nav-link[name=timesheets]", run: "click"},
        {
            trigger: "div[name=timesheet_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {trigger: ".o_selected_row div[name=name] input", run: "edit Extinguished"},
        {trigger: ".o_selected_row div[name=unit_amount] input", run: "edit 0:10"},
        {trigger: `${CLOSE}:contains(Done)`, run: "click"},
        {trigger: ".modal div[name=hours] input:value(0:01)"},
        {trigger: ".modal footer button[special=cancel]", run: "click"},
        {trigger: "body:not(:has(.modal))"},
        // The row was saved with the title; the stage was not touched.
        {trigger: `${CLOSE}:contains(Done)`},
        {trigger: ".o_form_view:not(:has(.o_form_button_save:visible))"},
        {trigger: `${CLOSE}:contains(Done)`, run: "click"},
        {
            trigger: ".modal div[name=name] input",
            run: "edit Swept up && press Enter",
        },
        {trigger: "body:not(:has(.modal)):not(:has(.o_service_timer_menu))"},
        {trigger: ".o_arrow_button_current:contains(Done)"},
    ],
});

const STATE = "div[name=state] .o_state_button";
const DONE = ".o-dropdown--menu .fa-check-circle";

// The same on a task, which is closed by its state.
registry.category("web_tour.tours").add("helpdesk_service_credit_task_timer", {
    steps: () => [
        {trigger: "button[name=action_timer_start]:visible", run: "click"},
        {trigger: ".o_service_timer_clock:visible"},
        {trigger: "div[name=name] textarea", run: "edit Cabling 2"},
        {trigger: STATE, run: "click"},
        {trigger: DONE, run: "click"},
        {trigger: ".modal div[name=hours] input:value(0:01)"},
        {trigger: ".modal footer button[special=cancel]", run: "click"},
        {trigger: "body:not(:has(.modal))"},
        // The name was saved; the state was not touched.
        {trigger: ".o_form_view:not(:has(.o_form_button_save:visible))"},
        {trigger: `${STATE}.btn-outline-secondary`, run: "click"},
        {trigger: DONE, run: "click"},
        {
            trigger: ".modal div[name=name] input",
            run: "edit Swept up && press Enter",
        },
        {trigger: "body:not(:has(.modal)):not(:has(.o_service_timer_menu))"},
        {trigger: `${STATE}.btn-outline-success`},
    ],
});
