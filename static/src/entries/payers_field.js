// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {Component, xml} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/**
 * Who pays for an entry, and why on hover; what is typed has no reason before it is saved.
 * In the form of a ticket or task all its rows were planned together, and that holds.
 */
export class PayersField extends Component {
    static template = xml`
        <span
            t-if="payers"
            class="o_service_payers d-block text-truncate"
            t-att-data-tooltip="why"
            t-esc="payers"
        />
    `;
    static props = {...standardFieldProps};

    get payers() {
        const {record, name} = this.props;
        const {payers} = record._parentRecord?.data.funding_draft || {};
        return payers?.[record.resId || record._virtualId] ?? record.data[name];
    }

    get why() {
        const {data, dirty} = this.props.record;
        return (!dirty && data.coverage_note) || this.payers;
    }
}

registry.category("fields").add("service_payers", {
    component: PayersField,
    supportedTypes: ["char"],
    fieldDependencies: [{name: "coverage_note", type: "char", readonly: true}],
});
