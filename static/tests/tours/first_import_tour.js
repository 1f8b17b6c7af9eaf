// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {registry} from "@web/core/registry";
import {rpc} from "@web/core/network/rpc";

const PATIENCE = 20_000;
const PAUSE = 50;

/** The file or the address of the test, and what to answer to what its values leave open. */
async function readSample() {
    const [sample] = await rpc("/web/dataset/call_kw/ir.attachment/search_read", {
        model: "ir.attachment",
        method: "search_read",
        args: [[["name", "=like", "first_import%"]], ["name", "datas", "description"]],
        kwargs: {order: "id desc", limit: 1},
    });
    return {...sample, answers: JSON.parse(sample.description)};
}

async function upload() {
    const sample = await readSample();
    const bytes = Uint8Array.from(atob(sample.datas), (char) => char.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], sample.name));
    const input = document.querySelector("div[name=file] input[type=file]");
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", {bubbles: true}));
}

async function until(isDone) {
    for (let waited = 0; !isDone(); waited += PAUSE) {
        if (waited > PATIENCE) {
            throw new Error("The preview did not follow its answers.");
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
}

/** Answer in the window until it asks nothing more. */
async function answerAll() {
    const {answers} = await readSample();
    for (const _round of Object.keys(answers)) {
        const table = document.querySelector(".modal div[name=table]");
        const button = document.querySelector(".modal button[name=action_remember]");
        if (!button) {
            return;
        }
        for (const [name, value] of Object.entries(answers)) {
            const choice = `.modal div[name=${name}] input[data-value="${value}"]`;
            document.querySelector(choice)?.click();
        }
        button.click();
        await until(() => !table.isConnected);
        await until(() => document.querySelector(".modal div[name=table] tbody tr"));
    }
}

async function enterAddress(helpers) {
    const {datas} = await readSample();
    await helpers.edit(atob(datas));
}

const UPLOADING = [
    {trigger: ".nav-link[name=connection]", run: "click"},
    {trigger: "div[name=file]", run: upload},
    {trigger: "div[name=file_name], div[name=file] .o_input"},
];
const CONNECTING = [
    {trigger: "div[name=preset] .o_select_menu_toggler", run: "click"},
    {trigger: ".o_select_menu_item:contains(Zammad)", run: "click"},
    // A selection that is left before its record has changed is cleared again.
    {trigger: "div[name=url] input"},
    {trigger: "div[name=preset] input:value(Zammad)"},
    {trigger: "div[name=url] input", run: enterAddress},
];
const IMPORTING = [
    {trigger: ".o_form_button_save", run: "click"},
    {trigger: ".o_form_saved button[name=action_preview]", run: "click"},
    {trigger: ".modal div[name=table] tbody tr", run: answerAll},
    {trigger: ".modal footer button[name=action_sync_now]", run: "click"},
    {trigger: "body:not(:has(.modal))"},
    {
        trigger: "button[name=action_open_records] .o_stat_value:not(:contains(/^0$/))",
    },
];

// A file becomes purchases or time: uploaded, looked at, asked about, imported.
registry.category("web_tour.tours").add("helpdesk_service_credit_first_import", {
    steps: () => [...UPLOADING, ...IMPORTING],
});

// What an address answers becomes time: its preset is picked, the rest is the same.
registry.category("web_tour.tours").add("helpdesk_service_credit_first_answer", {
    steps: () => [...CONNECTING, ...IMPORTING],
});
