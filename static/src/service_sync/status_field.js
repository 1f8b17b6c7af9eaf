// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {Component, xml} from "@odoo/owl";

const CLASSES = {
    grey: "fa-circle-o text-muted",
    green: "fa-circle text-success",
    orange: "fa-circle o_service_sync_orange",
    red: "fa-circle text-danger",
};

/** The coloured dot of a connected system, never without its word. */
export class SyncStatusField extends Component {
    static template = xml`
        <span
            class="o_service_sync_status d-inline-flex align-items-center gap-1"
            t-att-data-tooltip="props.record.data.status_text"
            t-att-data-status="status"
        >
            <i class="fa" t-att-class="icon" aria-hidden="true"/>
            <span class="text-nowrap" t-esc="props.record.data.status_label"/>
        </span>
    `;
    static props = {...standardFieldProps};

    get status() {
        return this.props.record.data[this.props.name];
    }

    get icon() {
        return CLASSES[this.status] || CLASSES.grey;
    }
}

registry.category("fields").add("service_sync_status", {
    component: SyncStatusField,
    displayName: _t("Status of a connected system"),
    supportedTypes: ["selection"],
    fieldDependencies: [
        {name: "status_text", type: "char"},
        {name: "status_label", type: "char"},
    ],
});
