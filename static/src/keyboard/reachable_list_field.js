// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {X2ManyField, x2ManyField} from "@web/views/fields/x2many/x2many_field";
import {ListRenderer} from "@web/views/list/list_renderer";
import {registry} from "@web/core/registry";
import {useEffect} from "@odoo/owl";

/** Tab leads to the first cell; from there the arrows of core move on. */
export class ReachableListRenderer extends ListRenderer {
    setup() {
        super.setup();
        useEffect(() => {
            const cell = this.tableRef.el.querySelector(".o_data_row .o_data_cell");
            if (cell) {
                // A row that is edited has stops of its own.
                cell.tabIndex = this.editedRecord ? -1 : 0;
            }
        });
    }
}

/** Rows that can be opened or edited, where core has neither a button nor a link. */
export class ReachableListField extends X2ManyField {
    static components = {
        ...X2ManyField.components,
        ListRenderer: ReachableListRenderer,
    };
}

registry.category("fields").add("service_reachable_list", {
    ...x2ManyField,
    component: ReachableListField,
});
