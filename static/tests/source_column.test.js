// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {describe, expect, test} from "@odoo/hoot";
import {queryAllValues} from "@odoo/hoot-dom";
import {animationFrame} from "@odoo/hoot-mock";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";
import {
    contains,
    defineModels,
    fields,
    models,
    mountView,
    onRpc,
} from "@web/../tests/web_test_helpers";

describe.current.tags("desktop");

class Source extends models.Model {
    _name = "service.sync.source";

    is_file = fields.Boolean();
    mapping_ids = fields.One2many({relation: "service.sync.mapping"});

    _records = [{id: 1, is_file: true, mapping_ids: [1, 2]}];
}

class Mapping extends models.Model {
    _name = "service.sync.mapping";

    source_field = fields.Char();

    _records = [
        {id: 1, source_field: "Nr"},
        {id: 2, source_field: "Kunde"},
    ];
}

defineMailModels();
defineModels([Source, Mapping]);

test("columns of the file are suggested, and other names can be typed", async () => {
    onRpc("service.sync.source", "get_source_columns", ({args}) => {
        expect.step(args[0]);
        return ["Nr", "Kunde", "Stunden"];
    });
    await mountView({
        type: "form",
        resModel: "service.sync.source",
        resId: 1,
        arch: `
            <form>
                <field name="is_file"/>
                <field name="mapping_ids">
                    <list editable="bottom">
                        <field name="source_field" widget="service_sync_column"/>
                    </list>
                </field>
            </form>`,
    });
    await contains(".o_data_cell:eq(1)").click();
    await animationFrame();
    expect.verifySteps([[1]]);
    const input = ".o_selected_row input";
    expect(queryAllValues("datalist option")).toEqual(["Nr", "Kunde", "Stunden"]);
    expect(input).toHaveAttribute("list", document.querySelector("datalist").id);
    await contains(input).edit("user.name");
    expect(".o_data_cell:eq(1)").toHaveText("user.name");
});
