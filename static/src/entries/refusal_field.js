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

    /** Save what fits, and ask the customer for the rest. */
    async requestRest(refused) {
        const entry = this.findEntry(refused.row);
        const list = this.record.data.timesheet_ids;
        if (this.floor(refused.fit) > 0) {
            await this.logWhatFits(refused);
        } else if (entry.isNew) {
            await list.delete(entry);
        } else {
            await entry.discard();
        }
        if (!(await this.record.save())) {
            return;
        }
        const action = await this.orm.call(
            this.record.resModel,
            "action_request_authorization",
            [[this.record.resId]]
        );
        action.context = {...action.context, default_hours: refused.rest};
        await this.action.doAction(action, {onClose: () => this.record.load()});
    }
}

registry.category("fields").add("service_refusal", {
    component: RefusalField,
    supportedTypes: ["json"],
});
