// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {Component, useRef, useState} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {session} from "@web/session";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";
import {useHotkey} from "@web/core/hotkeys/hotkey_hook";
import {useDropdownCloser} from "@web/core/dropdown/dropdown_hooks";
import {useQuickLog} from "./quick_log";
import {useService} from "@web/core/utils/hooks";
import {useTicking} from "../timer/timer_clock";
import {useTimerCall} from "../timer/timer_call";

/** The user's timer on a ticket or task, second by second. */
export class RunningClock extends Component {
    static template = "helpdesk_service_credit.RunningClock";
    static props = {resModel: String, resId: Number};

    setup() {
        this.timers = useState(useService("service_timer"));
        this.tick = useTicking(this.timers);
    }

    get clock() {
        const timer = this.timers.find(this.props.resModel, this.props.resId);
        return this.tick.count >= 0 && timer ? this.timers.clockOf(timer) : "";
    }
}

/**
 * Start, stop and log, on a row, a card and in the form of a ticket or task alike. The
 * timers came with the page: a list asks for nothing more on their account.
 */
export class WorkTime extends Component {
    static template = "helpdesk_service_credit.WorkTime";
    static components = {RunningClock};
    static props = {...standardWidgetProps};

    setup() {
        this.timerCall = useTimerCall();
        this.timers = useState(useService("service_timer"));
        this.quickLog = useQuickLog();
        // On a phone the form's buttons are in a sheet.
        this.sheet = useDropdownCloser();
        this.rootRef = useRef("root");
        this.useRowHotkey("alt+g", ".o_service_quick_log");
        this.useRowHotkey("alt+z", ".o_service_timer_start, .o_service_timer_end");
    }

    /** The keys of the form's buttons, for the row or card that has the focus. */
    useRowHotkey(hotkey, selector) {
        const getRow = () => this.rootRef.el?.closest(".o_data_row, .o_kanban_record");
        const getButton = () => this.rootRef.el.querySelector(selector);
        useHotkey(hotkey, () => getButton().click(), {
            area: getRow,
            withOverlay: () =>
                getRow()?.contains(document.activeElement) && getButton(),
        });
    }

    get isForm() {
        return this.env.config.viewType === "form";
    }

    get isShown() {
        const {record} = this.props;
        // The page brings the timers of people who log time.
        const {allow_timesheet, allow_timesheets, ...data} = record.data;
        // Rows do not load it: what refuses their time is said when it is logged.
        if (data.timesheet_obstacle) {
            return false;
        }
        const isTemplate = data.has_template_ancestor || data.has_project_template;
        const takesTime = allow_timesheet || (allow_timesheets && !isTemplate);
        return session.service_timer && record.resId && takesTime;
    }

    /** In a form a clock of its own stands beside its buttons. */
    get timer() {
        return this.isForm ? undefined : this.kept;
    }

    get kept() {
        const {resModel, resId} = this.props.record;
        return this.timers.find(resModel, resId);
    }

    call(method) {
        const {resModel, resId} = this.props.record;
        const work = {res_model: resModel, res_id: resId};
        return this.timerCall(work, method, {onClose: () => this.reload()});
    }

    start() {
        return this.call(this.kept ? "action_timer_resume" : "action_timer_start");
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
            resModel: record.resModel,
            resId: record.resId,
            onLogged: () => {
                this.sheet.closeAll();
                return this.reload();
            },
        });
    }

    reload() {
        return this.props.record.load();
    }
}

registry.category("view_widgets").add("service_ticket_time", {
    component: WorkTime,
    fieldDependencies: [{name: "allow_timesheet", type: "boolean"}],
});
registry.category("view_widgets").add("service_task_time", {
    component: WorkTime,
    fieldDependencies: [
        {name: "allow_timesheets", type: "boolean"},
        {name: "has_project_template", type: "boolean"},
        {name: "has_template_ancestor", type: "boolean"},
    ],
});
