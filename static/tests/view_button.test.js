// License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import {describe, expect, test} from "@odoo/hoot";
import {defineModels, fields, models, mountView} from "@web/../tests/web_test_helpers";
import {defineMailModels} from "@mail/../tests/mail_test_helpers";

describe.current.tags("desktop");

class Row extends models.Model {
    _name = "service.row";

    name = fields.Char();

    _records = [{id: 1, name: "First"}];
}

defineMailModels();
defineModels([Row]);

test("a button that is but an icon has its title as its name", async () => {
    await mountView({
        type: "list",
        resModel: "service.row",
        arch: `
            <list>
                <field name="name"/>
                <button name="items" type="object" title="Items" icon="fa-book"/>
                <button name="rows" type="object" string="Rows" title="All rows"
                    icon="fa-list"/>
            </list>`,
    });
    expect("button[name=items]").toHaveAttribute("aria-label", "Items");
    expect("button[name=rows]").not.toHaveAttribute("aria-label");
    expect("button[name=rows]").toHaveText("Rows");
});

test("what a form says of its buttons stays", async () => {
    await mountView({
        type: "form",
        resModel: "service.row",
        resId: 1,
        arch: `
            <form>
                <header>
                    <button name="one" type="object" icon="fa-book" aria-label="One"
                        title="The first"/>
                    <button name="two" type="object" icon="fa-book" title="The second">
                        <span>Two</span>
                    </button>
                </header>
                <field name="name"/>
            </form>`,
    });
    expect("button[name=one]").toHaveAttribute("aria-label", "One");
    expect("button[name=two]").not.toHaveAttribute("aria-label");
});
