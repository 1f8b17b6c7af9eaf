// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {Component, useState} from "@odoo/owl";
import {Dropdown} from "@web/core/dropdown/dropdown";
import {useDropdownState} from "@web/core/dropdown/dropdown_hooks";
import {registry} from "@web/core/registry";
import {useService} from "@web/core/utils/hooks";
import {useTicking} from "./timer_clock";

/** The user's timers, in the bar at the top of every screen. */
export class TimerMenu extends Component {
    static template = "helpdesk_service_credit.TimerMenu";
    static components = {Dropdown};
    static props = {};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.timers = useState(useService("service_timer"));
        this.tick = useTicking(this.timers);
        this.dropdown = useDropdownState();
        this.isBusy = false;
    }

    clockOf(timer) {
        return this.tick.count >= 0 ? this.timers.clockOf(timer) : "";
    }

    /** One request at a time: what a second click asks for is already being done. */
    async call(timer, method) {
        if (this.isBusy) {
            return;
        }
        this.isBusy = true;
        try {
            const action = await this.orm.call("helpdesk.ticket", method, [
                [timer.ticket_id],
            ]);
            if (action?.type) {
                this.dropdown.close();
                await this.action.doAction(action);
            }
        } finally {
            this.isBusy = false;
        }
    }

    openTicket(timer) {
        this.dropdown.close();
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "helpdesk.ticket",
            res_id: timer.ticket_id,
            views: [[false, "form"]],
        });
    }
}

registry
    .category("systray")
    .add("helpdesk_service_credit.timer", {Component: TimerMenu}, {sequence: 30});
