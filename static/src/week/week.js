// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {Component, onWillStart, useEffect, useRef, useState} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {deserializeDate} from "@web/core/l10n/dates";
import {formatFloatTime} from "@web/views/fields/formatters";
import {getActiveHotkey} from "@web/core/hotkeys/hotkey_service";
import {Layout} from "@web/search/layout";
import {parseClearDuration, useDurationHint} from "../duration/duration_field";
import {registry} from "@web/core/registry";
import {SelectCreateDialog} from "@web/views/view_dialogs/select_create_dialog";
import {standardActionServiceProps} from "@web/webclient/actions/action_service";
import {RunningClock} from "../quick_log/work_time";
import {useQuickLog} from "../quick_log/quick_log";
import {user} from "@web/core/user";
import {useService} from "@web/core/utils/hooks";
import {useTimerCall} from "../timer/timer_call";

const NOTHING = {hours: 0, entries: [], is_editable: true};

/** The hours of a ticket or task on a day. What is being typed stays, whatever is redrawn. */
export class WeekCell extends Component {
    static template = "helpdesk_service_credit.WeekCell";
    static props = {
        hours: Number,
        date: String,
        label: String,
        isDisabled: Boolean,
        onTyped: Function,
    };

    setup() {
        this.inputRef = useRef("input");
        // Amounts would be in the way; a number with two readings is asked about.
        this.hint = useDurationHint(parseClearDuration, () => []);
        useEffect(
            () => this.restore(),
            () => [this.props.hours]
        );
    }

    restore() {
        const {hours} = this.props;
        this.inputRef.el.value = hours ? formatFloatTime(hours) : "";
    }

    onChange(ev) {
        const text = ev.target.value.trim();
        let hours = 0;
        try {
            hours = text ? parseClearDuration(text) : 0;
        } catch {
            // The hint beside the cell says what is wrong, and what may be meant.
            return;
        }
        this.hint.close();
        this.restore();
        if (Math.abs(hours - this.props.hours) > 1e-6) {
            this.props.onTyped(ev.target, hours);
        }
    }
}

/** One's own week: tickets and tasks against days, to read and to type in. */
export class Week extends Component {
    static template = "helpdesk_service_credit.Week";
    static components = {Layout, RunningClock, WeekCell};
    static props = {...standardActionServiceProps};

    setup() {
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.orm = useService("orm");
        this.ui = useState(useService("ui"));
        this.timers = useState(useService("service_timer"));
        this.timerCall = useTimerCall();
        this.quickLog = useQuickLog();
        this.display = {controlPanel: {}};
        this.format = formatFloatTime;
        this.state = useState({week: null, added: [], day: 0});
        onWillStart(() => this.load());
        onWillStart(async () => {
            this.hasTasks = await user.hasGroup("project.group_project_user");
        });
        // A timer that ended, here or in the bar at the top, became time.
        let isShown = false;
        useEffect(
            () => {
                if (isShown) {
                    this.reload();
                }
                isShown = true;
            },
            () => [this.timers.timers.length]
        );
    }

    async load(day = false) {
        const week = await this.orm.call("account.analytic.line", "get_week", [day]);
        const isOther = week.days[0].date !== this.state.week?.days[0].date;
        this.state.week = week;
        if (isOther) {
            const index = week.days.findIndex(({date}) => date === week.today);
            this.state.day = Math.max(0, index);
        }
    }

    reload() {
        return this.load(this.state.week.days[0].date);
    }

    get title() {
        const {days} = this.state.week;
        const text = (day) => deserializeDate(day.date).toLocaleString();
        return `${text(days[0])} – ${text(days.at(-1))}`;
    }

    /** A phone has room for one day. */
    get days() {
        const {days} = this.state.week;
        return this.ui.isSmall ? [days[this.state.day]] : days;
    }

    get rows() {
        const {rows} = this.state.week;
        const known = new Set(rows.map(this.keyOf));
        return [
            ...rows,
            ...this.state.added.filter((row) => !known.has(this.keyOf(row))),
        ];
    }

    keyOf(row) {
        return row.task_id ? `task ${row.task_id}` : `ticket ${row.ticket_id}`;
    }

    workOf(row) {
        return row.task_id
            ? {res_model: "project.task", res_id: row.task_id}
            : {res_model: "helpdesk.ticket", res_id: row.ticket_id};
    }

    timerOf(row) {
        const {res_model: resModel, res_id: resId} = this.workOf(row);
        return this.timers.find(resModel, resId);
    }

    dayLabel({date}) {
        return deserializeDate(date).toLocaleString({weekday: "short", day: "numeric"});
    }

    isToday({date}) {
        return date === this.state.week.today;
    }

    cellOf(row, {date}) {
        return row.cells[date] || NOTHING;
    }

    totalOf(day) {
        const hours = this.rows.map((row) => this.cellOf(row, day).hours);
        return hours.reduce((sum, one) => sum + one, day.other);
    }

    get total() {
        return this.state.week.days.reduce((sum, day) => sum + this.totalOf(day), 0);
    }

    get due() {
        return this.state.week.days.reduce((sum, day) => sum + day.due, 0);
    }

    /** @returns {Object|undefined} today, where it is in the week that is shown */
    get today() {
        return this.state.week.days.find((day) => this.isToday(day));
    }

    rowTotal(row) {
        return Object.values(row.cells).reduce((sum, cell) => sum + cell.hours, 0);
    }

    /**
     * One entry takes the hours typed. Where there is none, or are several, the line
     * that logs asks what was done.
     */
    onTyped(input, hours, row, day) {
        const cell = this.cellOf(row, day);
        if (cell.entries.length === 1 && cell.is_editable) {
            return this.change(cell, hours);
        }
        if (hours > cell.hours) {
            return this.logMore(input, row, day, hours - cell.hours);
        }
        return this.openEntries(cell);
    }

    async change({entries}, hours) {
        if (hours) {
            await this.orm.write("account.analytic.line", entries, {
                unit_amount: hours,
            });
        } else {
            await this.orm.unlink("account.analytic.line", entries);
        }
        await this.reload();
    }

    logMore(input, row, day, more) {
        const {res_model: resModel, res_id: resId} = this.workOf(row);
        this.quickLog(input, {
            resModel,
            resId,
            title: `${row.name} · ${this.dayLabel(day)}`,
            duration: formatFloatTime(more),
            isDescribed: true,
            date: day.date,
            onLogged: () => this.reload(),
        });
    }

    openEntries({entries}) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name: _t("Time Entries"),
            res_model: "account.analytic.line",
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain: [["id", "in", entries]],
            context: {is_timesheet: 1},
        });
    }

    openWork(row) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            ...this.workOf(row),
            views: [[false, "form"]],
        });
    }

    addTicket() {
        return this.addWork("helpdesk.ticket", "ticket_id", {
            title: _t("Add a Ticket"),
            domain: [["allow_timesheet", "=", true]],
        });
    }

    addTask() {
        return this.addWork("project.task", "task_id", {
            title: _t("Add a Task"),
            domain: [
                ["allow_timesheets", "=", true],
                ["has_template_ancestor", "=", false],
                ["has_project_template", "=", false],
                ["is_closed", "=", false],
            ],
        });
    }

    addWork(resModel, field, props) {
        this.dialog.add(SelectCreateDialog, {
            ...props,
            resModel,
            multiSelect: false,
            noCreate: true,
            onSelected: async ([id]) => {
                const names = ["display_name", "commercial_partner_id"];
                const [work] = await this.orm.read(resModel, [id], names);
                this.state.added.push({
                    [field]: id,
                    name: work.display_name,
                    customer: work.commercial_partner_id[1] || "",
                    takes_time: true,
                    cells: {},
                });
            },
        });
    }

    openAs(viewType) {
        return this.action.doAction(
            "helpdesk_service_credit.account_analytic_line_action_week",
            {
                viewType,
                // A calendar shows other weeks, too, and the grid may stand at one.
                additionalContext: {
                    search_default_this_week:
                        viewType === "list" && Boolean(this.today),
                },
            }
        );
    }

    /** The arrows lead from row to row, Enter confirms. */
    onKeydown(ev) {
        const hotkey = getActiveHotkey(ev);
        const step = {arrowdown: 1, arrowup: -1}[hotkey];
        if (!step) {
            return;
        }
        ev.preventDefault();
        const column = ev.target.dataset.date;
        const inputs = [
            ...ev.currentTarget.querySelectorAll(`input[data-date='${column}']`),
        ];
        inputs[inputs.indexOf(ev.target) + step]?.focus();
    }
}

registry.category("actions").add("helpdesk_service_credit.week", Week);
