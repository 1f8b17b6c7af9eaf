// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {FormController} from "@web/views/form/form_controller";
import {formView} from "@web/views/form/form_view";
import {registry} from "@web/core/registry";
import {useExternalListener} from "@odoo/owl";

/**
 * A form for the keyboard alone: Tab takes the suggestion and goes on to the next field.
 *
 * The suggestions are links, so Tab went to the first of them, which then disappeared;
 * what was typed next was lost.
 */
export class ServiceLogFormController extends FormController {
    setup() {
        super.setup();
        useExternalListener(window, "keydown", this.skipSuggestions, {capture: true});
    }

    skipSuggestions(ev) {
        if (ev.key === "Tab") {
            const links = document.querySelectorAll(".o-autocomplete a");
            links.forEach((link) => (link.tabIndex = -1));
        }
    }
}

registry.category("views").add("service_log_form", {
    ...formView,
    Controller: ServiceLogFormController,
});
