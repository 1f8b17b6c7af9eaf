// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {
    Component,
    onMounted,
    onWillUnmount,
    status,
    useEffect,
    useState,
} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {standardWidgetProps} from "@web/views/widgets/standard_widget_props";

/** Redraw the component every second while a timer runs. */
export function useTicking(timers) {
    const tick = useState({count: 0});
    let interval;
    onMounted(() => {
        interval = setInterval(() => {
            if (timers.current?.is_running) {
                tick.count++;
            }
        }, 1000);
    });
    onWillUnmount(() => clearInterval(interval));
    return tick;
}

/** The clock of the timer on a ticket or task, beside its buttons. */
export class TimerClock extends Component {
    static template = "helpdesk_service_credit.TimerClock";
    static props = {...standardWidgetProps};

    setup() {
        this.timers = useState(useService("service_timer"));
        this.tick = useTicking(this.timers);
        // Another window, or the menu at the top, may have changed the timer. The
        // buttons of this form reload it themselves: give them the time to do so.
        useEffect(
            () => {
                const timeout = setTimeout(() => this.reload(), 500);
                return () => clearTimeout(timeout);
            },
            () => [this.stored]
        );
    }

    async reload() {
        const {record} = this.props;
        if (!record.resId || this.stored === record.data.timer_state) {
            return;
        }
        try {
            if (!(await record.isDirty())) {
                await record.load();
            }
        } catch (error) {
            // Who left the form meanwhile needs no reload.
            if (status(this) !== "destroyed") {
                throw error;
            }
        }
    }

    get stored() {
        const {resModel, resId} = this.props.record;
        return this.timers.stateOf(resModel, resId);
    }

    get timer() {
        const {resModel, resId} = this.props.record;
        return this.timers.find(resModel, resId);
    }

    get clock() {
        // Reading the tick ties the clock to it.
        return this.tick.count >= 0 && this.timer
            ? this.timers.clockOf(this.timer)
            : "";
    }
}

registry.category("view_widgets").add("service_timer_clock", {component: TimerClock});
