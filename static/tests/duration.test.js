// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {beforeEach, describe, expect, globals, test} from "@odoo/hoot";
import {queryAllAttributes} from "@odoo/hoot-dom";
import {animationFrame} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {
    clickSave,
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
    patchTranslations,
} from "@web/../tests/web_test_helpers";
import {
    DurationError,
    parseDuration,
} from "@helpdesk_service_credit/duration/parse_duration";

describe.current.tags("desktop");

class Entry extends models.Model {
    hours = fields.Float();
    _records = [{id: 1, hours: 0.5}];
}
defineMailModels();
defineModels([Entry]);

let cases;
beforeEach(async () => {
    patchTranslations();
    const answer = await globals.fetch(
        "/helpdesk_service_credit/static/tests/duration_cases.json"
    );
    cases = await answer.json();
});

const mountForm = (options = "{}") =>
    mountView({
        type: "form",
        resModel: "entry",
        resId: 1,
        arch: `<form>
            <field name="hours" widget="service_duration" options="${options}"/>
        </form>`,
    });

test("reads what the server reads", () => {
    expect(cases.understood.length).toBeGreaterThan(20);
    for (const [text, hours] of cases.understood) {
        expect(parseDuration(text)).toBeCloseTo(hours, {digits: 5, message: text});
    }
});

test("reads less than nothing and more than a day where they are possible", () => {
    for (const [text, hours] of cases.signed) {
        const read = parseDuration(text, {signed: true});
        expect(read).toBeCloseTo(hours, {digits: 5, message: text});
    }
    for (const text of cases.signed_refused) {
        expect(() => parseDuration(text, {signed: true})).toThrow(DurationError);
    }
    for (const [text, hours] of cases.confirmed) {
        expect(parseDuration(text, {confirmed: true})).toBe(hours);
        expect(parseDuration(`-${text}`, {confirmed: true, signed: true})).toBe(-hours);
    }
});

test("refuses and questions what the server does", () => {
    for (const text of cases.refused) {
        expect(() => parseDuration(text)).toThrow(DurationError);
    }
    for (const text of cases.questioned) {
        expect(() => parseDuration(text)).toThrow(/at most 24 hours/);
    }
});

test("shows what was understood before it is saved", async () => {
    onRpc("web_save", ({args}) => expect.step(args[1]));
    await mountForm();
    expect(".o_field_widget[name=hours] input").toHaveValue("00:30");
    await contains(".o_field_widget[name=hours] input").edit("1:80", {confirm: false});
    await animationFrame();
    expect(".o_service_duration_hint").toHaveText("= 02:20");
    await contains(".o_form_view").click();
    await animationFrame();
    expect(".o_field_widget[name=hours] input").toHaveValue("02:20");
    expect(".o_service_duration_hint").toHaveCount(0);
    await clickSave();
    expect.verifySteps([{hours: 140 / 60}]);
});

test("a bare number above 24 is questioned and not saved", async () => {
    onRpc("web_save", () => expect.step("saved"));
    await mountForm();
    await contains(".o_field_widget[name=hours] input").edit("90", {confirm: "tab"});
    await animationFrame();
    expect(".o_service_duration_hint [role=status]").toHaveText(
        "An entry takes at most 24 hours. Enter 90m if you mean minutes."
    );
    expect(".o_service_duration_choice").toHaveText("90 minutes");
    expect(".o_field_widget[name=hours]").toHaveClass("o_field_invalid");
    await contains(".o_field_widget[name=hours] input").edit("90m");
    await clickSave();
    expect.verifySteps(["saved"]);
    expect(".o_field_widget[name=hours] input").toHaveValue("01:30");
});

test("a bare number above 8 is asked about, with both readings to click", async () => {
    onRpc("web_save", ({args}) => expect.step(args[1]));
    await mountForm();
    await contains(".o_field_widget[name=hours] input").edit("15", {confirm: false});
    await animationFrame();
    expect(".o_service_duration_hint").toHaveText(/Minutes or hours/);
    expect(queryAllAttributes(".o_service_duration_choice", "data-choice")).toEqual([
        "15m",
        "15h",
    ]);
    await clickSave();
    expect.verifySteps([]);
    expect(".o_field_widget[name=hours]").toHaveClass("o_field_invalid");
    await contains(".o_service_duration_choice[data-choice='15m']").click();
    await clickSave();
    expect.verifySteps([{hours: 0.25}]);
    // What was stored so is no question.
    await contains(".o_field_widget[name=hours] input").edit("9:00");
    await clickSave();
    expect.verifySteps([{hours: 9}]);
});

test("usual amounts are one click away", async () => {
    onRpc("web_save", ({args}) => expect.step(args[1]));
    await mountForm();
    await contains(".o_field_widget[name=hours] input").click();
    expect(queryAllAttributes(".o_service_duration_choice", "data-choice")).toEqual([
        "5m",
        "15m",
        "30m",
        "60m",
    ]);
    await contains(".o_service_duration_choice[data-choice='5m']").click();
    expect(".o_field_widget[name=hours] input").toHaveValue("00:05");
    await clickSave();
    expect.verifySteps([{hours: 5 / 60}]);
});

test("takes hours back where the view says so", async () => {
    onRpc("web_save", ({args}) => expect.step(args[1]));
    await mountForm("{'signed': true, 'confirmed': true}");
    await contains(".o_field_widget[name=hours] input").edit("-100,5", {
        confirm: false,
    });
    await animationFrame();
    expect(".o_service_duration_hint").toHaveText("= -100:30");
    await clickSave();
    expect.verifySteps([{hours: -100.5}]);
});
