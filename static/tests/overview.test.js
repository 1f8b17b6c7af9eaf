// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {animationFrame, Deferred} from "@odoo/hoot-mock";
import {describe, expect, test} from "@odoo/hoot";
import {queryAllTexts, queryOne} from "@odoo/hoot-dom";
import {
    contains,
    getService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {WebClient} from "@web/webclient/webclient";

describe.current.tags("desktop");
defineMailModels();

const LIST = {action: "helpdesk_service_credit.a_list", domain: [["a", "=", 1]]};
const RISK = {id: "risk", title: "Revenue at Risk", number: "…", note: "", count: 0};
const CARDS = [
    {...RISK, ...LIST},
    {...RISK, ...LIST, id: "overage", title: "Overage Waiting", number: "0 h"},
];
const CHART = {
    id: "hours",
    title: "Hours by Payer and Week",
    nothing: "No time logged in these weeks.",
    labels: ["Nov 16", "Nov 23"],
    series: [
        {id: "credits", label: "Service Credits", values: [2, 0], total: "2", ...LIST},
        {id: "overage", label: "Overage", values: [1.5, 0], total: "1.5", ...LIST},
    ],
    is_empty: false,
};

/**
 * @param {Object} overview what the server says
 * @param {Object|Promise} risk what it says later
 */
async function show(overview, risk = {}) {
    onRpc("service.overview", "get_overview", () => overview);
    onRpc("service.overview", "get_risk", () => risk);
    onRpc("/web/action/load", async (request) => {
        const {params} = await request.json();
        expect.step(params.action_id);
        return {type: "ir.actions.act_window", name: "A List", domain: "[]"};
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.client",
        tag: "helpdesk_service_credit.overview",
    });
    patchWithCleanup(getService("action"), {
        doAction({name, domain}) {
            expect.step([name, domain]);
        },
    });
}

test("cards open the lists behind them, and the slow one comes later", async () => {
    const risk = new Deferred();
    await show({cards: CARDS, charts: [], is_empty: true}, risk);
    expect(queryAllTexts(".o_service_overview_card .fs-2")).toEqual(["…", "0 h"]);
    expect(".o_service_overview_empty").toHaveCount(1);
    risk.resolve({number: "$ 500.00", note: "Findings: 2.", count: 2});
    await animationFrame();
    await animationFrame();
    expect(queryAllTexts(".o_service_overview_card .fs-2")).toEqual([
        "$ 500.00",
        "0 h",
    ]);
    expect(".o_service_overview_empty").toHaveCount(0);
    await contains("button[data-card=overage]").click();
    expect.verifySteps([LIST.action, ["Overage Waiting", LIST.domain]]);
});

test("a chart says what it shows, and its colors open lists", async () => {
    await show({cards: [], charts: [CHART], is_empty: false});
    expect(queryOne("canvas").getAttribute("aria-label")).toBe(
        "Hours by Payer and Week. Nov 16: Service Credits 2, Overage 1.5; Nov 23: 0"
    );
    await contains("button[data-series=overage]").click();
    expect.verifySteps([
        LIST.action,
        ["Hours by Payer and Week: Overage", LIST.domain],
    ]);
});

test("a chart without anything says so", async () => {
    await show({cards: [], charts: [{...CHART, is_empty: true}], is_empty: true});
    expect("canvas").toHaveCount(0);
    expect(".o_service_overview_chart p").toHaveText("No time logged in these weeks.");
});
