// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {useEffect} from "@odoo/owl";
import {Chatter} from "@mail/chatter/web_portal/chatter";
import {patch} from "@web/core/utils/patch";
import {session} from "@web/session";
import {useQuickLog} from "./quick_log";
import {user} from "@web/core/user";
import {useService} from "@web/core/utils/hooks";

const MOST_LETTERS = 60;
// The field that says whether to offer it. Tasks that are left to core stay as they are.
const TAKES_TIME = {
    "helpdesk.ticket": "allow_timesheet",
    "project.task": "asks_payers",
};

/** @returns {string} the first words of a message, without its signature */
export function firstWords(html) {
    const apart = String(html || "").replace(/<\/?(p|div|li|h\d|br)\b/g, " $&");
    const page = new DOMParser().parseFromString(apart, "text/html");
    page.querySelectorAll("[data-o-mail-quote]").forEach((quote) => quote.remove());
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
        this.orm = useService("orm");
        this.quickLog = useQuickLog();
        useEffect(
            () => {
                this.openedAt = Date.now();
            },
            () => [this.props.threadModel, this.props.threadId]
        );
    },

    toggleComposer() {
        // What is sent from here on is newer.
        this.newestId = this.state.thread?.newestPersistentMessage?.id || 0;
        return super.toggleComposer(...arguments);
    },

    onPostCallback() {
        const {composerType, thread} = this.state;
        const words = firstWords(thread.composer.composerHtml);
        super.onPostCallback(...arguments);
        if (this.takesTime(composerType)) {
            this.offerTime(words);
        }
    },

    /** The window of the composer keeps what was written in it: the server has it. */
    async onCloseFullComposerCallback(isDiscard) {
        const {newestId, state} = this;
        const {composerType, thread} = state;
        super.onCloseFullComposerCallback(...arguments);
        if (isDiscard || !this.takesTime(composerType)) {
            return;
        }
        const sent = await this.orm.searchRead(
            "mail.message",
            [
                ["model", "=", thread.model],
                ["res_id", "=", thread.id],
                ["author_id", "=", user.partnerId],
                ["message_type", "=", "comment"],
                ["id", ">", newestId],
            ],
            ["body"],
            {limit: 1, order: "id desc"}
        );
        if (thread.eq(this.state.thread)) {
            this.offerTime(firstWords(sent[0]?.body));
        }
    },

    takesTime(composerType) {
        const {record, threadModel} = this.props;
        return (
            composerType === "message" &&
            session.service_timer &&
            record?.data[TAKES_TIME[threadModel]] &&
            !record.data.timesheet_obstacle
        );
    },

    offerTime(words) {
        const {id, model} = this.state.thread;
        const minutes = Math.max(1, Math.ceil((Date.now() - this.openedAt) / 60000));
        this.quickLog(this.rootRef.el.querySelector(".o-mail-Chatter-sendMessage"), {
            resModel: model,
            resId: id,
            duration: `${minutes}m`,
            description: words,
            onLogged: () => this.props.record.load(),
        });
        this.openedAt = Date.now();
    },
});
