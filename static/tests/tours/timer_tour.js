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
        {trigger: "button[name=action_timer_stop]:visible"},
        {trigger: ".o_breadcrumb a", run: "click"},
        {trigger: "body:not(:has(.o_service_timer_clock))"},
        {trigger: ".o_service_timer_menu:visible", run: "click"},
        {trigger: ".o_service_timer_stop", run: "click"},
        {trigger: ".modal div[name=unit_amount] input:value(0:01)"},
        {trigger: ".modal div[name=name] input", run: "edit Phone call"},
        {trigger: ".modal footer .btn-primary", run: "click"},
        {trigger: "body:not(:has(.modal)):not(:has(.o_service_timer_menu))"},
    ],
});
