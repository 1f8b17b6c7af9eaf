// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {Component, useState} from "@odoo/owl";
import {AMOUNTS, choiceLabel, parseClearDuration} from "../duration/duration_field";
import {formatFloatTime} from "@web/views/fields/formatters";
import {getActiveHotkey} from "@web/core/hotkeys/hotkey_service";
import {useAutofocus, useService} from "@web/core/utils/hooks";
import {usePopover} from "@web/core/popover/popover_hook";

/** Logs the user's time on one ticket or task: how long, what was done, Enter. */
export class QuickLog extends Component {
    static template = "helpdesk_service_credit.QuickLog";
    static props = {
        resModel: String,
        resId: Number,
        title: {type: String, optional: true},
        duration: {type: String, optional: true},
        description: {type: String, optional: true},
        isDescribed: {type: Boolean, optional: true},
        date: {type: String, optional: true},
        onLogged: {type: Function, optional: true},
        close: Function,
    };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        // Where it was said how long, what was done is asked for.
        const refName = this.props.isDescribed ? "description" : "duration";
        useAutofocus({refName, selectAll: true});
        this.amounts = AMOUNTS;
        this.choiceLabel = choiceLabel;
        this.isBusy = false;
        const {duration = "", description = ""} = this.props;
        this.state = useState({duration, description, text: "", isWrong: false});
        this.state.choices = [];
        if (duration) {
            this.preview();
        }
    }

    /** @returns {number|null} the hours typed, null where they are none */
    read() {
        this.state.choices = [];
        try {
            return parseClearDuration(this.state.duration);
        } catch (error) {
            Object.assign(this.state, {text: error.message, isWrong: true});
            this.state.choices = error.readings || [];
            return null;
        }
    }

    onInput(ev) {
        this.state.duration = ev.target.value;
        this.understand();
    }

    understand() {
        Object.assign(this.state, {text: "", isWrong: false});
        if (this.state.duration.trim()) {
            const hours = this.read();
            if (hours !== null) {
                this.state.text = `= ${formatFloatTime(hours)}`;
            }
        }
    }

    choose(amount) {
        this.state.duration = amount;
        this.understand();
        this.preview();
    }

    /** Say who would pay, when it was typed how long. */
    async preview() {
        const {resModel, resId, date} = this.props;
        const {duration} = this.state;
        const hours = duration.trim() ? this.read() : null;
        if (!hours) {
            return;
        }
        const {text, is_refused: isWrong} = await this.orm.silent.call(
            resModel,
            "get_time_preview",
            [[resId], hours],
            {date: date || false}
        );
        if (duration === this.state.duration) {
            Object.assign(this.state, {text, isWrong});
        }
    }

    onKeydown(ev) {
        if (getActiveHotkey(ev) === "enter" && ev.target.matches("input")) {
            ev.preventDefault();
            this.log();
        }
    }

    /** One request at a time: a second Enter asks for what is being done. */
    async log() {
        const hours = this.read();
        if (!hours || this.isBusy) {
            return;
        }
        this.isBusy = true;
        try {
            const {resModel, resId, date, onLogged} = this.props;
            const action = await this.orm.call(
                resModel,
                "action_log_time",
                [[resId], hours, this.state.description],
                {date: date || false}
            );
            this.props.close();
            await this.action.doAction({
                ...action,
                params: {...action.params, next: undefined},
            });
            await onLogged?.();
        } finally {
            this.isBusy = false;
        }
    }
}

/**
 * @returns {Function} opens the line beside an element: (target, props). What had the
 * focus before has it afterwards.
 */
export function useQuickLog() {
    let focused = null;
    const popover = usePopover(QuickLog, {
        position: "bottom-end",
        popoverClass: "o_service_quick_log_popover",
        onClose: () => {
            const now = document.activeElement;
            if (now === document.body || now.closest(".o_service_quick_log_form")) {
                focused.focus();
            }
        },
    });
    return (target, props) => {
        focused = document.activeElement;
        return popover.open(target, props);
    };
}
