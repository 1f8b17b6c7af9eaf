// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {useEffect} from "@odoo/owl";
import {Chatter} from "@mail/chatter/web_portal/chatter";
import {patch} from "@web/core/utils/patch";
import {session} from "@web/session";
import {useQuickLog} from "./quick_log";

const MOST_LETTERS = 60;
// The field that says whether to offer it. Tasks that are left to core stay as they are.
const TAKES_TIME = {
    "helpdesk.ticket": "allow_timesheet",
    "project.task": "asks_payers",
};

/** @returns {string} the first words of a message */
export function firstWords(html) {
    const page = new DOMParser().parseFromString(String(html || ""), "text/html");
    const text = page.body.textContent.replace(/\s+/g, " ").trim();
    if (text.length <= MOST_LETTERS) {
        return text;
    }
    return text.slice(0, text.lastIndexOf(" ", MOST_LETTERS) + 1).trim();
}

/** After a message on a ticket or task, one line offers to log the time since it was opened. */
patch(Chatter.prototype, {
    setup() {
        super.setup(...arguments);
        this.quickLog = useQuickLog();
        useEffect(
            () => {
                this.openedAt = Date.now();
            },
            () => [this.props.threadModel, this.props.threadId]
        );
    },

    onPostCallback() {
        const {composerType, thread} = this.state;
        const words = firstWords(thread.composer.composerHtml);
        super.onPostCallback(...arguments);
        if (
            composerType !== "message" ||
            !session.service_timer ||
            !this.props.record?.data[TAKES_TIME[thread.model]] ||
            this.props.record.data.timesheet_obstacle
        ) {
            return;
        }
        const minutes = Math.max(1, Math.ceil((Date.now() - this.openedAt) / 60000));
        this.quickLog(this.rootRef.el.querySelector(".o-mail-Chatter-sendMessage"), {
            resModel: thread.model,
            resId: thread.id,
            duration: `${minutes}m`,
            description: words,
            onLogged: () => this.props.record.load(),
        });
        this.openedAt = Date.now();
    },
});
