# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from pathlib import Path

from odoo import Command
from odoo.exceptions import AccessError
from odoo.modules import get_module_path
from odoo.modules.module import load_script
from odoo.tests import Form, new_test_user, tagged

from ..support.credit import transfer
from ..support.people import create_users
from ..support.selling import SellingCommon

MIGRATION = "migrations/19.0.2.0.0/selling.py"


@tagged("post_install", "-at_install")
class TestSellingRights(SellingCommon):
    """A salesperson with nothing but sales rights sells credits."""

    def setUp(self):
        super().setUp()
        self.env = self.env(user=self.salesman)

    def test_click_by_click(self):
        """Opportunity → quotation → window → purchase → confirm, all as salesperson."""
        lead = self.lead.with_env(self.env)
        with Form(lead, view="crm.crm_lead_view_form") as form:
            self.assertFalse(form.has_service_credits_to_buy)
        context = lead.action_new_quotation()["context"]
        quotation = Form(self.env["sale.order"].with_context(**context))
        with quotation as form, form.order_line.new() as line:
            line.product_template_id = self.pack.product_tmpl_id
            line.product_id = self.pack
            line.product_uom_qty = 2
        order = lead.order_ids
        lead.invalidate_recordset()
        self.assertTrue(lead.has_service_credits_to_buy)
        window = self._open_window(lead)
        with Form(window) as form, form.line_ids.edit(0) as line:
            line.paid_per_credit = 9
        action = window.action_create()
        lot = self.env["service.credit.purchase"].browse(action["res_id"])
        with self.assertRaises(AccessError):
            lot.description = "Not theirs to edit"
        form = Form(lot)
        self.assertEqual(
            (form.credits, form.paid_per_credit, form.state), (20, 9, "draft")
        )
        order.action_confirm()
        self.assertEqual(lot.state, "open")
        self.assertTrue(lot.action_create_renewal())
        order._action_cancel()
        self.assertEqual(lot.state, "withdrawn")
        self.assertEqual(len(lot.consumption_ids), 1)
        self.assertTrue(lot.consumption_ids.allocation_id.name)

    def test_not_of_a_colleague(self):
        """Orders of others: no window, no purchase to see, no forged item."""
        order = self._quote(user_id=self.colleague.id)
        order.opportunity_id = False
        mine = self._quote().with_env(self.env)
        with self.assertRaises(AccessError):
            order.with_env(self.env).action_create_service_credit_purchases()
        forged = self.env["service.credit.purchase.create"].create(
            {"order_ids": mine.ids, "line_ids": [Command.clear()]}
        )
        forged.sudo().line_ids = [Command.create({"sale_line_id": order.order_line.id})]
        forged.invalidate_recordset()
        with self.assertRaises(AccessError):
            forged.action_create()
        lot = self._buy(order)
        self.assertFalse(self.env["service.credit.purchase"].search([]))
        with self.assertRaises(AccessError):
            lot.with_env(self.env).read(["credits"])

    def test_what_another_customer_received(self):
        """Credits that were transferred are still of the sale they came from."""
        order = self._quote()
        order.action_confirm()
        lot = self._buy(order)
        daughter = self.customer.create(
            {
                "name": "Azure Daughter",
                "is_company": True,
                "parent_id": self.customer.id,
            }
        )
        received = transfer(lot, daughter, 4).sudo(False)
        self._use(1, partner_id=daughter.id)
        [boss] = create_users(
            self.env(su=True), {"boss": "sales_team.group_sale_salesman_all_leads"}
        )
        alerts = self.env(su=True)["service.credit.alert"]
        company = lot.company_id
        self.assertEqual(alerts._get_responsible(company, received), self.salesman)
        self.env.flush_all()
        for model in (
            "service.credit.purchase",
            "service.credit.consumption",
            "service.credit.allocation",
            "service.credit.movement",
            "service.credit.balance",
            "service.credit.forecast",
        ):
            domain = [("commercial_partner_id", "=", daughter.id)]
            for user, sees in (
                (self.salesman, True),
                (self.colleague, False),
                (boss, True),
            ):
                with self.subTest(model=model, user=user.login):
                    found = self.env(user=user)[model].search(domain)
                    self.assertEqual(bool(found), sees)
                    found.read(["commercial_partner_id"])

    def test_rules_of_before_show_what_was_received(self):
        """Rules are never updated by themselves; one that was changed is kept."""
        script = Path(get_module_path("helpdesk_service_credit"), MIGRATION)
        module = load_script(str(script), "selling")
        rules = {
            self.env(su=True).ref(f"helpdesk_service_credit.service_credit_{name}"): (
                old,
                new,
            )
            for name, old, new in module._get_rules()
        }
        self.assertEqual(len(rules), 14)
        for rule, (old, new) in rules.items():
            self.assertEqual(rule.domain_force, f"[{new}]", rule.name)
            rule.domain_force = f"[{old}]"
        first, *others = rules
        first.domain_force = "[(1, '=', 1)]"
        for _again in range(2):
            module.after(self.env(su=True))
        self.assertEqual(first.domain_force, "[(1, '=', 1)]")
        for rule in others:
            self.assertEqual(rule.domain_force, f"[{rules[rule][1]}]")

    def test_alternative_of_a_colleague(self):
        """The opportunity shows each salesperson the own quotations only."""
        own = self._quote()
        self._quote(user_id=self.colleague.id)
        window = self._open_window(self.lead.with_env(self.env))
        self.assertEqual(window.line_ids.sale_line_id.order_id.ids, own.ids)

    def test_purchase_of_a_colleague_counts(self):
        """An item whose purchase cannot be seen has one all the same."""
        order = self._quote()
        self._buy(order)
        order.order_line.service_credit_purchase_ids.sudo().opportunity_id = False
        lead = self.lead.with_user(self.colleague)
        order.user_id = self.colleague
        order.invalidate_recordset()
        self.assertFalse(order.with_user(self.colleague).has_service_credits_to_buy)
        self.assertFalse(lead.has_service_credits_to_buy)

    def test_cannot_create_directly(self):
        """The window is the salesperson's only way."""
        with self.assertRaises(AccessError):
            self.env["service.credit.purchase"].create(
                {"partner_id": self.customer.id, "credits": 1000}
            )

    def test_others_are_not_narrowed(self):
        """Users of credits who also sell see every purchase, sold or not."""
        both = new_test_user(
            self.env(su=True),
            "both_bo",
            "sales_team.group_sale_salesman,"
            "helpdesk_service_credit.group_service_credit_user",
        )
        accountant = new_test_user(
            self.env(su=True), "accountant_al", "account.group_account_invoice"
        )
        lot = self.env(su=True)["service.credit.purchase"].create(
            {"partner_id": self.customer.id, "credits": 5}
        )
        for user in (both, accountant):
            self.assertEqual(lot.with_user(user).read(["credits"])[0]["credits"], 5)

    def test_accountant_opens_the_order(self):
        """The order's form can be read by those who have no sales rights as well."""
        order = self._quote()
        order.action_confirm()
        lot = self._buy(order)
        accountant = new_test_user(
            self.env(su=True), "accountant_ann", "account.group_account_invoice"
        )
        order = order.with_user(accountant)
        shown = ["has_service_credits_to_buy", "service_credits_missing"]
        self.assertEqual(order.read(shown)[0][shown[0]], False)
        self.assertEqual(
            order.order_line.read(["service_credits"])[0]["service_credits"], 10
        )
        self.assertTrue(Form(lot.with_user(accountant)).credits)
        seller = new_test_user(
            self.env(su=True), "seller_all", "sales_team.group_sale_salesman_all_leads"
        )
        self.assertTrue(Form(lot.with_user(seller)).credits)

    def test_stranger(self):
        """Who has no sales rights has no window."""
        agent = self.agent
        order = self._quote()
        with self.assertRaises(AccessError):
            order.with_user(agent).action_create_service_credit_purchases()
        with self.assertRaises(AccessError):
            self.env["service.credit.purchase.create"].with_user(agent).create({})
