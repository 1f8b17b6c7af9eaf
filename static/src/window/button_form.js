// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {FormController} from "@web/views/form/form_controller";
import {formView} from "@web/views/form/form_view";
import {onMounted} from "@odoo/owl";
import {registry} from "@web/core/registry";

/**
 * A window that begins with a date, which is proposed: the main button has the first
 * focus, because a date opens its calendar, over the buttons.
 */
export class ButtonFormController extends FormController {
    setup() {
        super.setup();
        onMounted(() => {
            const footer = document.getElementById(this.env.dialogId);
            footer?.querySelector("footer .btn-primary")?.focus();
        });
    }
}

registry.category("views").add("service_button_form", {
    ...formView,
    Controller: ButtonFormController,
});
