// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {RadioField, radioField} from "@web/views/fields/radio/radio_field";
import {registry} from "@web/core/registry";

/** What happens to hours that nobody covers: the ways out that are possible. */
export class OverLimitField extends RadioField {
    get items() {
        const ways = (this.props.record.data.over_limit_ways || "").split(",");
        return super.items.filter(([way]) => ways.includes(way));
    }
}

registry.category("fields").add("service_over_limit", {
    ...radioField,
    component: OverLimitField,
    fieldDependencies: [{name: "over_limit_ways", type: "char"}],
});
