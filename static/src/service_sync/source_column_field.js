// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {_t} from "@web/core/l10n/translation";
import {CharField, charField} from "@web/views/fields/char/char_field";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {toRaw, useState} from "@odoo/owl";

// The columns that were asked for, by the form that asks: rows share them.
const asked = new WeakMap();

/** The name of a field at the source: a file's columns are suggested, others can be typed. */
export class SourceColumnField extends CharField {
    static template = "helpdesk_service_credit.SourceColumnField";

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.state = useState({columns: []});
    }

    get listId() {
        return `${this.props.id || this.props.name}_columns`;
    }

    async onFocus() {
        const {is_file: isFile, file, id} = this.props.record.evalContext.parent;
        if (id && isFile) {
            this.state.columns = await this.ask(id, `${id} ${file}`);
        }
    }

    ask(id, key) {
        const model = toRaw(this.props.record.model);
        if (asked.get(model)?.key !== key) {
            const columns = this.orm.silent.call(
                "service.sync.source",
                "get_source_columns",
                [[id]]
            );
            asked.set(model, {key, columns});
        }
        return asked.get(model).columns;
    }
}

registry.category("fields").add("service_sync_column", {
    ...charField,
    component: SourceColumnField,
    displayName: _t("Field of a Connected System"),
});
