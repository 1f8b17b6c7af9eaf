// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {Component, useState} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {session} from "@web/session";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useQuickLog} from "./quick_log";
import {useService} from "@web/core/utils/hooks";
import {useTicking} from "../timer/timer_clock";

/** The user's timer on a ticket, second by second. */
export class RunningClock extends Component {
    static template = "helpdesk_service_credit.RunningClock";
    static props = {ticketId: Number};

    setup() {
        this.timers = useState(useService("service_timer"));
        this.tick = useTicking(this.timers);
    }

    get clock() {
        const timer = this.timers.find(this.props.ticketId);
        return this.tick.count >= 0 && timer ? this.timers.clockOf(timer) : "";
    }
}

/**
 * Start, stop and log, on a row, a card and in the form of a ticket alike. The timers
 * came with the page: a list of tickets asks for nothing more on their account.
 */
export class TicketTime extends Component {
    static template = "helpdesk_service_credit.TicketTime";
    static components = {RunningClock};
    static props = {...standardWidgetProps};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.timers = useState(useService("service_timer"));
        this.quickLog = useQuickLog();
        this.isBusy = false;
    }

    get isForm() {
        return this.env.config.viewType === "form";
    }

    get isShown() {
        const {record} = this.props;
        // The page brings the timers of people who log time.
        return session.service_timer && record.resId && record.data.allow_timesheet;
    }

    /** In a form a clock of its own stands beside its buttons. */
    get timer() {
        return this.isForm ? undefined : this.timers.find(this.props.record.resId);
    }

    async call(method) {
        if (this.isBusy) {
            return;
        }
        this.isBusy = true;
        try {
            const ids = [this.props.record.resId];
            const action = await this.orm.call("helpdesk.ticket", method, [ids]);
            if (action?.type) {
                await this.action.doAction(action, {onClose: () => this.reload()});
            }
        } finally {
            this.isBusy = false;
        }
    }

    start() {
        const isPaused = this.timers.find(this.props.record.resId);
        return this.call(isPaused ? "action_timer_resume" : "action_timer_start");
    }

    stop() {
        return this.call("action_timer_ask");
    }

    async openLog(ev) {
        const {record} = this.props;
        const target = ev.currentTarget;
        if (this.isForm && !(await record.save())) {
            return;
        }
        this.quickLog(target, {
            ticketId: record.resId,
            onLogged: () => this.reload(),
        });
    }

    reload() {
        return this.props.record.load();
    }
}

registry.category("view_widgets").add("service_ticket_time", {
    component: TicketTime,
    fieldDependencies: [{name: "allow_timesheet", type: "boolean"}],
});
