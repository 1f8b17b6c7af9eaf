// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {X2ManyField, x2ManyField} from "@web/views/fields/x2many/x2many_field";
import {ListRenderer} from "@web/views/list/list_renderer";
import {registry} from "@web/core/registry";

/**
 * The time of a ticket. One says what was done and how long; the date and the person
 * are right already, so a row starts in its description and no calendar opens.
 */
export class EntriesListRenderer extends ListRenderer {
    async onCellClicked() {
        this.isPointing = true;
        try {
            await super.onCellClicked(...arguments);
        } finally {
            this.isPointing = false;
        }
    }

    focusCell(column, forward) {
        const isChosen = this.isPointing || this.cellToFocus;
        if (!isChosen && column && column === this.columns[0]) {
            const start = this.columns.find(({name}) => name === "name");
            return super.focusCell(start || column, forward);
        }
        return super.focusCell(column, forward);
    }
}

export class EntriesField extends X2ManyField {
    static components = {
        ...X2ManyField.components,
        ListRenderer: EntriesListRenderer,
    };
}

registry.category("fields").add("service_entries", {
    ...x2ManyField,
    component: EntriesField,
});
