// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {FormController} from "@web/views/form/form_controller";
import {formView} from "@web/views/form/form_view";
import {getActiveHotkey} from "@web/core/hotkeys/hotkey_service";
import {registry} from "@web/core/registry";
import {useExternalListener} from "@odoo/owl";

/** A window in which Enter presses the main button, as in any form of a few lines. */
export class EnterFormController extends FormController {
    setup() {
        super.setup();
        useExternalListener(window, "keydown", this.onWindowKeydown);
    }

    onWindowKeydown(ev) {
        const input = ev.target;
        if (
            getActiveHotkey(ev) !== "enter" ||
            !input.matches?.(".modal input:not([type=checkbox])") ||
            // Enter takes the suggestion, or the day, that is open.
            input.matches("[aria-expanded=true]") ||
            input.closest(".o_field_date")
        ) {
            return;
        }
        const buttons = input.closest(".modal").querySelectorAll("footer .btn-primary");
        [...buttons].find((button) => button.getClientRects().length)?.click();
    }
}

registry.category("views").add("service_enter_form", {
    ...formView,
    Controller: EnterFormController,
});
