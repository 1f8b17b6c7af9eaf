// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {Component, useRef, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {Dropdown} from "@web/core/dropdown/dropdown";
import {useDropdownState} from "@web/core/dropdown/dropdown_hooks";
import {formatFloatTime} from "@web/views/fields/formatters";
import {registry} from "@web/core/registry";
import {session} from "@web/session";
import {useQuickLog} from "../quick_log/quick_log";
import {useService} from "@web/core/utils/hooks";
import {useTimerCall} from "./timer_call";
import {useTicking} from "./timer_clock";

/** The user's timers and day, in the bar at the top of every screen. */
export class TimerMenu extends Component {
    static template = "helpdesk_service_credit.TimerMenu";
    static components = {Dropdown};
    static props = {};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.ui = useService("ui");
        this.timerCall = useTimerCall();
        this.timers = useState(useService("service_timer"));
        this.tick = useTicking(this.timers);
        this.dropdown = useDropdownState();
        this.quickLog = useQuickLog();
        this.menuRef = useRef("menu");
        this.state = useState({day: null});
    }

    get title() {
        return this.timers.current?.name || _t("My time today");
    }

    get isShown() {
        return this.timers.timers.length || session.service_timer;
    }

    /**
     * Only those who open the menu ask for the day. A phone's sheet keeps the height
     * that it opens with, so it waits for what it shows.
     */
    loadDay() {
        const loading = this.orm.silent
            .call("service.timer", "get_day", [])
            .then((day) => (this.state.day = day));
        return this.ui.isSmall ? loading.catch(() => undefined) : undefined;
    }

    get dayText() {
        const {hours, hours_due: due} = this.state.day;
        return due
            ? _t("%(hours)s of %(due)s", {
                  hours: formatFloatTime(hours),
                  due: formatFloatTime(due),
              })
            : formatFloatTime(hours);
    }

    keyOf(work) {
        return `${work.res_model} ${work.res_id}`;
    }

    /** The last tickets and tasks, but for those that have a timer above. */
    get recent() {
        const works = this.state.day?.recent || [];
        return works.filter((work) => !this.timers.find(work.res_model, work.res_id));
    }

    logTime(work) {
        this.dropdown.close();
        this.quickLog(this.menuRef.el, {
            resModel: work.res_model,
            resId: work.res_id,
            title: work.name,
        });
    }

    clockOf(timer) {
        return this.tick.count >= 0 ? this.timers.clockOf(timer) : "";
    }

    call(timer, method) {
        return this.timerCall(timer, method, {
            onWindow: () => this.dropdown.close(),
        });
    }

    openWork(work) {
        this.dropdown.close();
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: work.res_model,
            res_id: work.res_id,
            views: [[false, "form"]],
        });
    }
}

registry
    .category("systray")
    .add("helpdesk_service_credit.timer", {Component: TimerMenu}, {sequence: 30});
