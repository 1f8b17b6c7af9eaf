// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {number, state} from "./tour_words";
import {registry} from "@web/core/registry";

const tours = registry.category("web_tour.tours");

// The customer opens the mailed link, without an account, and signs.
tours.add("helpdesk_service_credit_authorize", {
    steps: () => [
        {trigger: "h2:contains(Support Time)"},
        {trigger: "#authorization_hours:value(/^2[.,]5$/)"},
        {
            trigger: ".o_web_sign_name_and_signature input",
            run: "edit Nora Azure",
        },
        {trigger: "canvas.o_web_sign_signature", run: "canvasNotEmpty"},
        {
            trigger: ".o_portal_sign_submit:enabled",
            run: "click",
            expectUnloadPage: true,
        },
        {trigger: ".alert-success:contains(Nora Azure)"},
    ],
});

// An empty field approves nothing, and says so; fewer hours are approved as typed.
tours.add("helpdesk_service_credit_authorize_less", {
    steps: () => [
        {
            trigger: ".o_web_sign_name_and_signature input",
            run: "edit Nora Azure",
        },
        {trigger: "canvas.o_web_sign_signature", run: "canvasNotEmpty"},
        {trigger: "#authorization_hours", run: "clear"},
        {trigger: ".o_portal_sign_submit:enabled", run: "click"},
        // Refused by the server: what was typed stays.
        {trigger: "#authorization_hours:focus:invalid", run: "edit 1,3"},
        {trigger: ".o_portal_sign_submit:enabled", run: "click"},
        {trigger: ".o_portal_sign_error_msg"},
        {trigger: "#authorization_hours:value(1,3)", run: "edit 1,5"},
        // Typing the name draws the form again.
        {
            trigger: ".o_web_sign_name_and_signature input",
            run: "edit Nora B. Azure",
        },
        // As is what a reload shows.
        {
            trigger: "#authorization_hours:value(1,5)",
            run: () => window.location.reload(),
            expectUnloadPage: true,
        },
        {trigger: "#authorization_hours:value(1,5)"},
        {trigger: "canvas.o_web_sign_signature", run: "canvasNotEmpty"},
        {
            trigger: `.o_portal_sign_submit:enabled:contains(${number(150)})`,
            run: "click",
            expectUnloadPage: true,
        },
        {trigger: ".alert-success:contains(Nora B. Azure)"},
    ],
});

// The salesperson bills what was authorized, all of it and nothing more.
tours.add("helpdesk_service_credit_bill_authorized", {
    steps: () => [
        {trigger: "button[name=action_view_authorizations]:contains(12:30)"},
        {trigger: `td[name=qty_delivered]:contains(${number(12.5)})`},
        {trigger: "#create_invoice", run: "click"},
        {trigger: ".modal button#create_invoice_open", run: "click"},
        {trigger: state("draft")},
    ],
});
