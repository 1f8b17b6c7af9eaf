// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {patch} from "@web/core/utils/patch";
import {ProjectTaskStateSelection} from "@project/components/project_task_state_selection/project_task_state_selection";
import {useService} from "@web/core/utils/hooks";

/**
 * The state of a task. While a timer counts, everything else in the form is saved
 * before the state, so that nothing is lost whatever becomes of the question about it.
 */
patch(ProjectTaskStateSelection.prototype, {
    setup() {
        super.setup();
        this.serviceTimers = useService("service_timer");
    },

    async updateRecord(value) {
        const {record} = this.props;
        // A subtask in the form of its parent is saved with the parent.
        if (
            !record.canSaveOnUpdate ||
            !this.serviceTimers.find(record.resModel, record.resId)
        ) {
            return super.updateRecord(value);
        }
        if (!(await record.save())) {
            return;
        }
        try {
            return await super.updateRecord(value);
        } catch (error) {
            await record.discard();
            throw error;
        }
    },
});
