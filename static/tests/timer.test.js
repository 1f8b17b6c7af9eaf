// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {beforeEach, describe, expect, test} from "@odoo/hoot";
import {click, dblclick, press, queryAllTexts} from "@odoo/hoot-dom";
import {advanceTime, animationFrame, Deferred, mockDate} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {
    contains,
    getService,
    makeServerError,
    mockService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import {session} from "@web/session";
import {formatClock, ServiceTimers} from "@helpdesk_service_credit/timer/timer_service";
import {firstWords} from "@helpdesk_service_credit/quick_log/chatter_patch";
import {ProjectTaskStateSelection} from "@project/components/project_task_state_selection/project_task_state_selection";
import {TimerMenu} from "@helpdesk_service_credit/timer/timer_menu";

describe.current.tags("desktop");
defineMailModels();
beforeEach(() => {
    onRpc("service.timer", "get_day", () => DAY);
});

const NOW = Date.UTC(2026, 2, 3, 10, 0, 0) / 1000;
const RUNNING = {
    res_model: "helpdesk.ticket",
    res_id: 7,
    name: "HT00007 - Printer on fire",
    is_openable: true,
    is_running: true,
    is_refused: false,
    seconds: 65,
};
const PAPER = {
    res_model: "helpdesk.ticket",
    res_id: 9,
    name: "HT00009 - Paper",
    is_openable: true,
};
const DAY = {hours: 2.75, hours_due: 8, recent: [PAPER]};
const PAUSED = {
    res_model: "project.task",
    res_id: 8,
    name: "Cabling",
    is_openable: true,
    is_running: false,
    is_refused: true,
    seconds: 3600,
};

test("the clock reads hours, minutes and seconds", () => {
    expect(formatClock(0)).toBe("0:00:00");
    expect(formatClock(65.9)).toBe("0:01:05");
    expect(formatClock(45296)).toBe("12:34:56");
    expect(formatClock(-3)).toBe("0:00:00");
});

test("a client whose clock is an hour late counts as the server does", () => {
    let client = NOW - 3600;
    const timers = new ServiceTimers({now: NOW, timers: [RUNNING]}, () => client);
    expect(timers.clockOf(timers.current)).toBe("0:01:05");
    client += 10;
    expect(timers.clockOf(timers.current)).toBe("0:01:15");
    expect(timers.stateOf("helpdesk.ticket", 7)).toBe("running");
    expect(timers.stateOf("project.task", 7)).toBe("stopped");
    // A message that was under way for five seconds changes nothing.
    timers.update({now: NOW + 5, timers: [{...RUNNING, seconds: 70}, PAUSED]});
    expect(timers.clockOf(timers.current)).toBe("0:01:15");
    expect(timers.clockOf(timers.find("project.task", 8))).toBe("1:00:00");
    expect(timers.stateOf("project.task", 8)).toBe("paused");
});

test("the menu is hidden without timers and asks the server nothing", async () => {
    onRpc(({model}) => {
        if (model === "service.timer") {
            expect.step("asked");
        }
    });
    await mountWithCleanup(TimerMenu);
    expect(".o_service_timer_menu").toHaveCount(0);
    getService("service_timer").update({now: NOW, timers: [RUNNING]});
    await animationFrame();
    expect(".o_service_timer_menu").toHaveCount(1);
    expect.verifySteps([]);
});

test("the menu ticks, and its buttons ask the server", async () => {
    mockDate("2026-03-03 10:00:00", 0);
    patchWithCleanup(session, {service_timer: {now: NOW, timers: [RUNNING, PAUSED]}});
    onRpc("helpdesk.ticket", "action_timer_pause", ({args}) => {
        expect.step(["pause", args[0]]);
        return true;
    });
    onRpc("project.task", "action_timer_ask", ({args}) => {
        expect.step(["stop", args[0]]);
        return {type: "ir.actions.act_window_close"};
    });
    mockService("action", {doAction: (action) => expect.step(action.type)});
    await mountWithCleanup(TimerMenu);
    expect(".o_service_timer_menu [role=timer]").toHaveText("0:01:05");
    await advanceTime(3000);
    await animationFrame();
    expect(".o_service_timer_menu [role=timer]").toHaveText("0:01:08");
    await contains(".o_service_timer_menu").click();
    expect(queryAllTexts(".o_service_timer_open")).toEqual([RUNNING.name, PAUSED.name]);
    expect(".o_service_timer_resume").toHaveCount(1);
    await contains(".o_service_timer_pause").click();
    await click(".o_service_timer_stop:eq(1)");
    await animationFrame();
    expect.verifySteps([["pause", [7]], ["stop", [8]], "ir.actions.act_window_close"]);
});

test("work that its user cannot open is no link", async () => {
    const closed = {...PAUSED, is_openable: false};
    patchWithCleanup(session, {service_timer: {now: NOW, timers: [RUNNING, closed]}});
    await mountWithCleanup(TimerMenu);
    await contains(".o_service_timer_menu").click();
    expect(queryAllTexts(".o_service_timer_open")).toEqual([RUNNING.name]);
    expect(".o_service_timer_dropdown").toHaveText(/Cabling/);
});

test("a subtask is saved with the form of its parent", async () => {
    const changeState = (canSaveOnUpdate) => {
        const record = {
            ...{resModel: "project.task", resId: 8, canSaveOnUpdate},
            save: () => {
                expect.step("saved");
                return true;
            },
            update: (values) => expect.step(values.state),
        };
        const field = {
            props: {record, name: "state", autosave: true},
            serviceTimers: new ServiceTimers({now: NOW, timers: [PAUSED]}),
            state: {},
        };
        const {updateRecord} = ProjectTaskStateSelection.prototype;
        return updateRecord.call(field, "1_done");
    };
    await changeState(false);
    expect.verifySteps(["1_done"]);
    await changeState(true);
    expect.verifySteps(["saved", "1_done"]);
});

test("a double click asks once, and what follows is asked again", async () => {
    patchWithCleanup(session, {service_timer: {now: NOW, timers: [RUNNING, PAUSED]}});
    const answer = new Deferred();
    onRpc("helpdesk.ticket", "action_timer_ask", async ({args}) => {
        expect.step(["stop", args[0]]);
        await answer;
        return {type: "ir.actions.act_window_close"};
    });
    onRpc("helpdesk.ticket", "action_timer_pause", ({args}) => {
        expect.step(["pause", args[0]]);
        return true;
    });
    mockService("action", {doAction: (action) => expect.step(action.type)});
    await mountWithCleanup(TimerMenu);
    await contains(".o_service_timer_menu").click();
    await dblclick(".o_service_timer_stop:eq(0)");
    await animationFrame();
    expect.verifySteps([["stop", [7]]]);
    answer.resolve();
    await animationFrame();
    expect.verifySteps(["ir.actions.act_window_close"]);
    await contains(".o_service_timer_menu").click();
    await contains(".o_service_timer_pause").click();
    expect.verifySteps([["pause", [7]]]);
});

test("a request that fails does not block the next one", async () => {
    expect.errors(2);
    patchWithCleanup(session, {service_timer: {now: NOW, timers: [RUNNING]}});
    onRpc("helpdesk.ticket", "action_timer_pause", () => {
        expect.step("pause");
        throw makeServerError({message: "Reload the page."});
    });
    await mountWithCleanup(TimerMenu);
    await contains(".o_service_timer_menu").click();
    await click(".o_service_timer_pause");
    await animationFrame();
    await click(".o_service_timer_pause");
    await animationFrame();
    expect.verifySteps(["pause", "pause"]);
    expect.verifyErrors(["Reload the page.", "Reload the page."]);
});

test("the menu can be used with the keyboard alone", async () => {
    patchWithCleanup(session, {service_timer: {now: NOW, timers: [RUNNING, PAUSED]}});
    onRpc("project.task", "action_timer_resume", ({args}) => {
        expect.step(["resume", args[0]]);
        return true;
    });
    await mountWithCleanup(TimerMenu);
    await contains(".o_service_timer_menu").focus();
    await press("Enter");
    await animationFrame();
    // Ticket, pause and stop of the first, then ticket and resume of the second.
    for (let count = 0; count < 5; count++) {
        await press("ArrowDown");
        await animationFrame();
    }
    expect(".o_service_timer_resume").toBeFocused();
    await press("Enter");
    await animationFrame();
    expect.verifySteps([["resume", [8]]]);
});

test("the menu tells the day, and logs on the last tickets", async () => {
    patchWithCleanup(session, {service_timer: {now: NOW, timers: []}});
    onRpc("helpdesk.ticket", "get_time_preview", () => ({
        text: "S00027",
        is_refused: false,
    }));
    onRpc("helpdesk.ticket", "action_log_time", ({args}) => {
        expect.step(args);
        return {type: "ir.actions.client", tag: "display_notification", params: {}};
    });
    mockService("action", {doAction: () => expect.step("told")});
    await mountWithCleanup(TimerMenu);
    await contains(".o_service_day_menu").click();
    await animationFrame();
    expect(".o_service_day_hours").toHaveText("02:45 of 08:00");
    await contains(".o_service_day_log").click();
    await animationFrame();
    expect(".o_service_quick_log_duration").toBeFocused();
    await contains(".o_service_quick_log_duration").edit("15", {confirm: false});
    await animationFrame();
    expect(".o_service_quick_log_form [role=status]").toHaveText(/Minutes or hours/);
    await contains(".o_service_quick_log_form [data-choice='15m']").click();
    await animationFrame();
    expect(".o_service_quick_log_form [role=status]").toHaveText("S00027");
    await contains(".o_service_quick_log_description").edit("Toner");
    await animationFrame();
    expect.verifySteps([[[9], 0.25, "Toner"], "told"]);
    expect(".o_service_quick_log_form").toHaveCount(0);
});

test("a message is described by its first words", () => {
    expect(firstWords("<p>Hello <b>Nora</b>,</p><p>it is done.</p>")).toBe(
        "Hello Nora, it is done."
    );
    expect(
        firstWords("<div>Done<br><span data-o-mail-quote='1'>-- <br>Max</span></div>")
    ).toBe("Done");
    const long = firstWords(`<p>${"one two three ".repeat(20)}</p>`);
    expect(long.length).toBeLessThan(61);
    expect(long).toMatch(/three|two|one$/);
});
