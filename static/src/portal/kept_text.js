// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {Interaction} from "@web/public/interaction";
import {registry} from "@web/core/registry";

/** Keeps what a customer writes into a form until it is sent, also over a reload. */
export class KeptText extends Interaction {
    static selector = "form.o_service_kept textarea";
    dynamicContent = {
        _root: {
            "t-on-input": () => sessionStorage.setItem(this.key, this.el.value),
        },
    };

    setup() {
        this.key = `service_kept:${window.location.pathname}:${this.el.id}`;
        this.el.value = this.el.value || sessionStorage.getItem(this.key) || "";
    }

    start() {
        this.addListener(this.el.form, "submit", () =>
            sessionStorage.removeItem(this.key)
        );
    }
}

registry
    .category("public.interactions")
    .add("helpdesk_service_credit.kept_text", KeptText);
