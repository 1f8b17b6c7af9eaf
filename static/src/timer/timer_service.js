// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {reactive} from "@odoo/owl";
import {registry} from "@web/core/registry";
import {session} from "@web/session";

const NOTIFICATION = "helpdesk_service_credit/timers";

/**
 * @param {number} seconds
 * @returns {string} like 0:00:05, or 12:34:56
 */
export function formatClock(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const pad = (value) => String(value).padStart(2, "0");
    const minutes = Math.floor(whole / 60);
    return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(whole % 60)}`;
}

/**
 * The user's timers in this window. They come with the page and then from the bus, so
 * no window asks for them. The server counts; the client only shows the seconds since.
 */
export class ServiceTimers {
    constructor(state, clientNow = () => Date.now() / 1000) {
        this.clientNow = clientNow;
        this.offset = -Infinity;
        this.timers = [];
        this.now = 0;
        if (state) {
            this.update(state);
        }
    }

    update({now, timers}) {
        // The clocks of server and client differ. Every message was under way for a
        // while, so the largest difference seen is the nearest to the truth.
        this.offset = Math.max(this.offset, now - this.clientNow());
        this.now = now;
        this.timers = timers;
    }

    /** @returns {Object|undefined} the timer that runs, else the first that waits */
    get current() {
        return this.timers.find((timer) => timer.is_running) || this.timers[0];
    }

    /** @returns {Object|undefined} the timer on a ticket or task */
    find(resModel, resId) {
        return this.timers.find(
            (timer) => timer.res_model === resModel && timer.res_id === resId
        );
    }

    /** @returns {"running"|"paused"|"stopped"} as the `timer_state` of a record */
    stateOf(resModel, resId) {
        const timer = this.find(resModel, resId);
        return timer ? (timer.is_running ? "running" : "paused") : "stopped";
    }

    clockOf(timer) {
        const since = timer.is_running ? this.clientNow() + this.offset - this.now : 0;
        return formatClock(timer.seconds + Math.max(0, since));
    }
}

export const serviceTimerService = {
    dependencies: ["bus_service"],
    start(env, {bus_service: bus}) {
        const timers = reactive(new ServiceTimers(session.service_timer));
        bus.subscribe(NOTIFICATION, (state) => timers.update(state));
        bus.start();
        return timers;
    },
};

registry.category("services").add("service_timer", serviceTimerService);
