// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {formatFloatTime} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";
import {useService} from "@web/core/utils/hooks";

/** What saving the ticket or task would refuse of its time, before it is saved, and ways out. */
export class RefusalField extends Component {
    static template = "helpdesk_service_credit.RefusalField";
    static props = {...standardFieldProps};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
    }

    get record() {
        return this.props.record;
    }

    get refused() {
        const {refused} = this.record.data[this.props.name] || {};
        return (refused || []).filter(({row}) => this.findEntry(row));
    }

    get canRequest() {
        const {limit_hours: isLimited, requested_hours: asked} = this.record.data;
        return this.record.resId && isLimited && !asked;
    }

    /** @returns {string} what the customer was asked for already, and has not answered */
    get waitingText() {
        const {limit_hours: isLimited, requested_hours: asked} = this.record.data;
        return isLimited && asked > 0
            ? _t(
                  "The customer was asked for %s and has not answered yet.",
                  formatFloatTime(asked)
              )
            : "";
    }

    findEntry(row) {
        const {records} = this.record.data.timesheet_ids;
        return records.find((entry) => (entry.resId || entry._virtualId) === row);
    }

    fitLabel({fit}) {
        return _t("Log %s", formatFloatTime(this.floor(fit)));
    }

    requestLabel({rest}) {
        return _t("Request %s", formatFloatTime(rest));
    }

    /** Whole minutes: more than fits would be refused again. */
    floor(hours) {
        return Math.floor(hours * 60 + 1e-6) / 60;
    }

    async logWhatFits({row, fit}) {
        await this.findEntry(row).update({unit_amount: this.floor(fit)});
    }

    async makeFree({row}) {
        await this.findEntry(row).update({is_billable: false});
    }

    /** Ask the customer for the rest. What is typed stays, to be saved once they agree. */
    async requestRest(refused) {
        const {data, resModel, resId} = this.record;
        const action = await this.orm.call(resModel, "action_request_authorization", [
            [resId],
        ]);
        const defaults = {
            default_hours: refused.rest,
            default_reason: this.findEntry(refused.row).data.name,
        };
        if (data.sale_line_id) {
            defaults.default_sale_line_id = data.sale_line_id.id;
        }
        action.context = {...action.context, ...defaults};
        await this.action.doAction(action, {onClose: () => this.readAsked()});
    }

    /** Reloading the form would drop what is typed. */
    async readAsked() {
        const {resModel, resId} = this.record;
        const [values] = await this.orm.read(resModel, [resId], ["requested_hours"]);
        this.record._applyValues({requested_hours: values.requested_hours});
        this.record.model.notify();
    }
}

registry.category("fields").add("service_refusal", {
    component: RefusalField,
    supportedTypes: ["json"],
});
