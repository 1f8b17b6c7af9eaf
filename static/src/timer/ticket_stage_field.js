// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {
    StatusBarDurationField,
    statusBarDurationField,
} from "@mail/views/fields/statusbar_duration/statusbar_duration_field";
import {registry} from "@web/core/registry";

/**
 * The stage of a ticket. While a timer counts, everything else in the form is saved
 * before the stage, so that nothing is lost whatever becomes of the question about it.
 */
export class TicketStageField extends StatusBarDurationField {
    async selectItem(item) {
        const {record} = this.props;
        if ((record.data.timer_state || "stopped") === "stopped") {
            return super.selectItem(item);
        }
        if (!(await record.save())) {
            return;
        }
        try {
            await super.selectItem(item);
        } catch (error) {
            await record.discard();
            throw error;
        }
    }
}

registry.category("fields").add("service_ticket_stage", {
    ...statusBarDurationField,
    component: TicketStageField,
});
