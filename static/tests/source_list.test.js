// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {beforeEach, describe, expect, test} from "@odoo/hoot";
import {advanceTime, animationFrame} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    MockServer,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");

class Source extends models.Model {
    _name = "service.sync.source";

    name = fields.Char();
    is_running = fields.Boolean();

    _records = [{id: 1, name: "Webshop", is_running: false}];
}

defineMailModels();
defineModels([Source]);

const SECONDS = 1000;

async function pass(seconds) {
    await advanceTime(seconds * SECONDS);
    await animationFrame();
}

beforeEach(async () => {
    onRpc("service.sync.source", "web_search_read", () => {
        expect.step("read");
    });
    await mountView({
        type: "list",
        resModel: "service.sync.source",
        arch: `
            <list js_class="service_sync_list">
                <field name="name"/>
                <field name="is_running" column_invisible="1"/>
            </list>`,
    });
    expect.verifySteps(["read"]);
});

test("while no system runs, the list is read every half minute", async () => {
    for (let turn = 0; turn < 2; turn++) {
        await pass(25);
        expect.verifySteps([]);
        await pass(5);
        expect.verifySteps(["read"]);
    }
});

test("while a system runs, the list is read every five seconds", async () => {
    MockServer.env["service.sync.source"].write([1], {is_running: true});
    await pass(30);
    expect.verifySteps(["read"]);
    for (let turn = 0; turn < 3; turn++) {
        await pass(5);
        expect.verifySteps(["read"]);
    }
    MockServer.env["service.sync.source"].write([1], {is_running: false});
    await pass(5);
    expect.verifySteps(["read"]);
    await pass(5);
    expect.verifySteps([]);
});

test("a list whose rows are selected keeps still", async () => {
    await contains(".o_data_row .o_list_record_selector input").click();
    await pass(60);
    expect.verifySteps([]);
});
