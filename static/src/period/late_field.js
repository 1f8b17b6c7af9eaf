// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {Component} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** The mark of time that was logged after its period was closed. */
export class LateField extends Component {
    static template = "helpdesk_service_credit.LateField";
    static props = {...standardFieldProps};
}

registry.category("fields").add("service_late", {
    component: LateField,
    supportedTypes: ["boolean"],
    isEmpty: (record, name) => !record.data[name],
});
