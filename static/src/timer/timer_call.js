// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {useService} from "@web/core/utils/hooks";

/**
 * @returns {Function} does something with the user's timer on a ticket or task (what has
 * `res_model` and `res_id`), and opens the window that the server answers with. One request at a time: what a second click asks
 * for is already being done.
 */
export function useTimerCall() {
    const action = useService("action");
    const orm = useService("orm");
    let isBusy = false;
    return async (work, method, {onWindow, onClose} = {}) => {
        if (isBusy) {
            return;
        }
        isBusy = true;
        try {
            const answer = await orm.call(work.res_model, method, [[work.res_id]]);
            if (answer?.type) {
                onWindow?.();
                await action.doAction(answer, {onClose});
            }
        } finally {
            isBusy = false;
        }
    };
}
