// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {number, state, today} from "./tour_words";
import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const field = (name) => `.o_field_widget[name=${name}]`;
const saved = {trigger: ".o_form_saved, .o_form_status_indicator_buttons.invisible"};

// Record a purchase as a draft, correct it, and make it usable.
tours.add("helpdesk_service_credit_purchase", {
    steps: () => [
        {trigger: ".o_list_button_add", run: "click"},
        {trigger: `${field("partner_id")} input`, run: "edit Azure Mills"},
        {
            trigger: ".o-autocomplete--dropdown-item:contains(Azure Mills)",
            run: "click",
        },
        {trigger: `${field("credits")} input`, run: "edit 200"},
        {trigger: `${field("value_per_credit")} input`, run: "edit 100"},
        {trigger: `${field("paid_per_credit")} input`, run: "edit 80"},
        {trigger: `${field("is_draft")} input`, run: "check"},
        {trigger: ".o_form_button_save", run: "click"},
        saved,
        {trigger: state("draft")},
        {trigger: `${field("value_total")}:contains(${number(20000)})`},
        // A draft can be edited.
        {trigger: `${field("credits")} input`, run: "edit 20"},
        {trigger: `${field("date_expiry")} button`, run: "click"},
        {trigger: `${field("date_expiry")} input`, run: `edit ${today()}`},
        {trigger: ".o_form_button_save", run: "click"},
        saved,
        {trigger: `${field("value_total")}:contains(${number(2000)})`},
        {trigger: `${field("is_draft")} input`, run: "uncheck"},
        {trigger: ".o_form_button_save", run: "click"},
        saved,
        {trigger: state("open")},
        {trigger: `${field("credits")}.o_readonly_modifier`},
    ],
});

// Allocate to a milestone after looking at what will be drawn, then adjust.
tours.add("helpdesk_service_credit_milestone", {
    steps: () => [
        {trigger: `${field("service_credits")} input`, run: "edit 12"},
        {trigger: ".o_form_button_save", run: "click"},
        {trigger: "button[name=action_manage_service_credits]", run: "click"},
        {
            trigger: `.modal ${field("line_ids")} td[name=credits]:contains(${number(12)})`,
        },
        {
            trigger: `.modal ${field("line_ids")} td[name=credits_left]:contains(${number(8)})`,
        },
        {
            trigger: ".modal footer button[name=action_confirm]:visible",
            run: "click",
        },
        {trigger: "body:not(:has(.modal))"},
        {trigger: `${field("service_credits_allocated")}:contains(${number(12)})`},
        {trigger: "button[name=action_manage_service_credits]", run: "click"},
        {trigger: `.modal ${field("total")} input`, run: "edit 25 && press Tab"},
        {trigger: `.modal .alert:contains(${number(8)})`},
        {trigger: `.modal ${field("total")} input`, run: "edit 15 && press Tab"},
        {
            trigger: `.modal ${field("line_ids")} td[name=credits]:contains(${number(3)})`,
        },
        {
            trigger: ".modal footer button[name=action_confirm]:visible",
            run: "click",
        },
        {trigger: "body:not(:has(.modal))"},
        {trigger: `${field("service_credits_allocated")}:contains(${number(15)})`},
    ],
});

// Write off what is left on the last day.
tours.add("helpdesk_service_credit_expire", {
    steps: () => [
        {trigger: `${field("credits_available")}:contains(${number(5)})`},
        {trigger: "button[name=action_expire]", run: "click"},
        {trigger: ".modal .btn-primary", run: "click"},
        {trigger: state("expired")},
        {trigger: `${field("credits_available")}:contains(${number(0)})`},
        {trigger: `${field("credits_expired")}:contains(${number(5)})`},
        {trigger: `${field("date_expiry")}.o_readonly_modifier`},
    ],
});
