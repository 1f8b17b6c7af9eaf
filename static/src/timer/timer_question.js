// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {UncaughtPromiseError} from "@web/core/errors/error_service";
import {registry} from "@web/core/registry";

const QUESTION =
    "odoo.addons.helpdesk_service_credit.models.time.timer_question.TimerQuestion";

/** The server asks about a timer: open its window in place of an error. */
export function openTimerQuestion(env, error, originalError) {
    if (
        !(error instanceof UncaughtPromiseError) ||
        originalError?.exceptionName !== QUESTION
    ) {
        return false;
    }
    error.unhandledRejectionEvent.preventDefault();
    env.services.action.doAction(originalError.data.context.timer_action);
    return true;
}

registry
    .category("error_handlers")
    .add("helpdesk_service_credit.timer_question", openTimerQuestion, {sequence: 96});
