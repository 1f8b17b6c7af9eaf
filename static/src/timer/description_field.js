// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {onMounted} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {CharField, charField} from "@web/views/fields/char/char_field";

/** What was done. The stroke of an entry without a description gives way to typing. */
export class DescriptionField extends CharField {
    setup() {
        super.setup();
        onMounted(() => {
            if (this.input.el?.value === "/") {
                this.input.el.select();
            }
        });
    }
}

registry
    .category("fields")
    .add("service_description", {...charField, component: DescriptionField});
