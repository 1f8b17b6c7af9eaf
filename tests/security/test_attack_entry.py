# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import random

from odoo import fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..support.funding import FundingCommon
from ..support.played import LONG
from ..support.random_walk import SEED

# What an entry is about: changed while it is open, it changes who pays and how much.
ABOUT = frozenset(
    (
        "analytic_distribution",
        "date",
        "employee_id",
        "is_billable",
        "project_id",
        "service_type_id",
        "so_line",
        "task_id",
        "ticket_id",
        "unit_amount",
        "user_id",
    )
)
STATES = ("open", "by_credits", "capped", "invoiced", "approved", "closed")


@tagged("post_install", "-at_install")
class TestAttackEntry(FundingCommon):
    """What people may write on their own entries changes nothing that was billed,
    capped, invoiced, approved or closed, and tells nothing they may not read."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket.user_id = cls.agent
        cls.days = cls.env.ref("uom.product_uom_day")
        cls.today = fields.Date.context_today(cls.env.user)

    # ------------------------------------------------------------------
    # Every stored field, on entries in every state
    # ------------------------------------------------------------------

    def _make(self, state):
        """Return an entry of the agent in that state, and what bills it."""
        ticket = self._create_ticket(user_id=self.agent.id)
        item = self._sell(self.time_product, hours=5)
        ticket.use_service_credits = state == "by_credits"
        ticket.sale_line_id = item
        purchase = self._buy(10)
        if state == "capped":
            self._authorize(item, 1)
        if state == "approved":
            self.team.require_approval = True
        entry = (
            self.env["account.analytic.line"]
            .with_user(self.agent)
            .create(
                {
                    "ticket_id": ticket.id,
                    "unit_amount": 1,
                    "name": "Call",
                    "date": "2026-05-04",
                }
            )
        )
        if state == "approved":
            entry.action_submit()
            entry.with_user(self.helpdesk_manager).action_approve()
            self.team.require_approval = False
        if state == "invoiced":
            item.order_id._create_invoices().action_post()
        if state == "closed":
            self.company.timesheet_lock_date = "2026-05-31"
        self.env.flush_all()
        return entry, item, purchase

    def _get_sums(self, entry, item, purchase):
        self.env.flush_all()
        self.env.invalidate_all()
        invoice_lines = item.invoice_lines
        return {
            "delivered": item.qty_delivered,
            "to invoice": item.qty_to_invoice,
            "invoiced": sum(invoice_lines.mapped("quantity")),
            "used": item.authorized_hours_used,
            "credits": purchase.credits_available,
            "rows": sum(entry.sudo().consumption_ids.mapped("credits")),
            "billed": entry.sudo().hours_billed,
            "cost": entry.sudo().amount,
            "customer": entry.sudo().partner_id,
            "unit": entry.sudo().product_uom_id,
        }

    def _get_values(self, entry, name):
        """Return values people might try for a field."""
        field = entry._fields[name]
        value = entry.sudo()[name]
        if field.type == "many2one":
            others = self.env[field.comodel_name].sudo().search([], limit=3)
            return [other.id for other in others if other != value] + [False]
        if field.type in ("float", "monetary", "integer"):
            return [value * 8, value + 1000, -12345, 0, float("nan"), float("inf")]
        if field.type == "boolean":
            return [not value]
        if field.type == "selection":
            return [item for item in field.get_values(self.env) if item != value]
        if field.type in ("date", "datetime"):
            return ["2025-01-01", "2027-01-01"]
        if field.type in ("char", "text", "html"):
            return ["typed"]
        if field.type == "json":
            plan = self.env["account.analytic.account"].search([], limit=2)
            return [{str(account.id): 50 for account in plan}]
        return []

    def test_every_stored_field_in_every_state(self):
        tried = accepted = 0
        dice = random.Random(SEED)
        names = [
            name
            for name, field in self.env["account.analytic.line"]._fields.items()
            if (field.store or field.inverse)
            and name not in models.MAGIC_COLUMNS
            and field.type not in ("one2many", "many2many")
        ]
        for state in STATES:
            entry, item, purchase = self._make(state)
            before = self._get_sums(entry, item, purchase)
            for name in names:
                if name in ABOUT and state in ("open", "by_credits", "capped"):
                    continue
                values = self._get_values(entry, name)
                if not LONG:
                    values = dice.sample(values, min(1, len(values)))
                for value in values:
                    tried += 1
                    with (
                        self.subTest(state=state, field=name, value=value),
                        self.cr.savepoint() as savepoint,
                    ):
                        try:
                            entry.write({name: value})
                            self.env.flush_all()
                            accepted += 1
                        except (UserError, ValueError):
                            savepoint.rollback()
                            self.env.invalidate_all()
                        else:
                            after = self._get_sums(entry, item, purchase)
                            savepoint.rollback()
                            self.env.invalidate_all()
                            self.assertEqual(after, before)
            self.company.timesheet_lock_date = False
        self.assertGreater(tried, 300 if LONG else 150)
        self.assertGreater(accepted, 5, "The description, at least, may be corrected")

    def test_the_unit_multiplies_nothing(self):
        """A day is eight hours: neither the cap nor the invoice counts it so."""
        for state in ("open", "capped", "invoiced", "closed"):
            entry, item, _purchase = self._make(state)
            with self.subTest(state), self.assertRaises(UserError):
                entry.write({"product_uom_id": self.days.id})
            with self.subTest(state), self.assertRaises(UserError):
                entry.sudo().write({"product_uom_id": self.days.id})
            self.assertEqual(item.qty_delivered, 1)
            self.company.timesheet_lock_date = False

    def test_the_unit_is_hours_where_the_company_counts_days(self):
        self.company.project_time_mode_id = self.days
        self.assertEqual(self._work().product_uom_id, self.hour)
        entry = self.env["account.analytic.line"].create(
            {
                "ticket_id": self.ticket.id,
                "unit_amount": 1,
                "product_uom_id": self.days.id,
            }
        )
        self.assertEqual(entry.product_uom_id, self.hour)

    def test_an_entry_in_days_does_not_move_to_a_ticket(self):
        self.company.project_time_mode_id = self.days
        on_project = self.env["account.analytic.line"].create(
            {"project_id": self.project.id, "unit_amount": 1, "name": "A day"}
        )
        self.assertEqual(on_project.product_uom_id, self.days)
        with self.assertRaises(ValidationError):
            on_project.ticket_id = self.ticket

    # ------------------------------------------------------------------
    # Numbers nothing can count
    # ------------------------------------------------------------------

    def test_hours_that_nothing_can_count(self):
        entry = self._work()
        for hours in (float("nan"), float("inf"), -float("inf"), 1e308, -1, 0, 1e-9):
            with self.subTest(hours):
                with self.assertRaises(UserError), self.cr.savepoint():
                    self._work(hours)
                with self.assertRaises(UserError), self.cr.savepoint():
                    entry.unit_amount = hours

    # ------------------------------------------------------------------
    # What is told of tickets and prices
    # ------------------------------------------------------------------

    def test_typing_tells_nothing_of_tickets_one_may_not_read(self):
        self._buy(29.5)
        outsiders = (
            self._create_person("rtime", "hr_timesheet.group_hr_timesheet_user"),
            self._create_person("rown", "helpdesk_mgmt.group_helpdesk_user_own"),
        )
        for user in outsiders:
            lines = self.env["account.analytic.line"].with_user(user)
            values = {
                "ticket_id": self.ticket.id,
                "unit_amount": 1000,
                "date": "2026-05-04",
            }
            spec = {"payers": {}, "partner_id": {"fields": {"display_name": {}}}}
            with self.subTest(user.login), self.assertRaises(AccessError):
                lines.onchange(values, ["ticket_id"], spec)
            with self.subTest(user.login), self.assertRaises(AccessError):
                lines.with_context(default_ticket_id=self.ticket.id).onchange(
                    {}, [], spec
                )
            # Nested in another record, where only the computations see it.
            typed = lines.new(values)
            for name in ("payers", "partner_id", "commercial_partner_id"):
                with self.subTest(user.login, field=name):
                    self.assertFalse(typed[name])

    def test_typing_what_is_no_ticket_is_no_crash(self):
        lines = self.env["account.analytic.line"].with_user(self.agent)
        for junk in (True, "x", [self.ticket.id, "x"], 1.5):
            with self.subTest(junk=junk):
                values = {"ticket_id": junk, "unit_amount": 1, "date": "2026-05-04"}
                result = lines.onchange(values, ["unit_amount"], {"payers": {}})
                self.assertFalse(result["value"].get("payers"))

    def test_logging_on_what_is_no_ticket_is_refused(self):
        lines = self.env["account.analytic.line"].with_user(self.agent)
        values = {"name": "Call", "unit_amount": 1}
        for junk in ([], {}, "x", [self.ticket.id, "x"]):
            with self.subTest(junk=junk):
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    lines.create({**values, "ticket_id": junk})
                defaults = lines.with_context(default_ticket_id=junk)
                with self.assertRaises(UserError), self.env.cr.savepoint():
                    defaults.create(values)

    def test_overage_value_is_for_who_sees_prices(self):
        self.team.over_limit_policy = "overage"
        self.ticket.sale_line_id = self._sell(self.time_product)
        self._authorize(self.ticket.sale_line_id, 0.5)
        self._work(2)
        entry = self.ticket.timesheet_ids.filtered(lambda e: e.coverage == "overage")
        for user in (self.agent, self.helpdesk_manager):
            lines = entry.with_user(user)
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    lines.read(["overage_value"])
                self.assertNotIn("overage_value", lines.fields_get())
                with self.assertRaises(UserError):
                    lines.export_data(["overage_value"])
        self.assertEqual(entry.overage_value, 150)

    def test_agents_do_not_learn_what_a_colleague_costs(self):
        entry = self._work(2)
        self.assertEqual(entry.amount, -80)
        lines = entry.with_user(self.agent)
        self.assertEqual(lines.unit_amount, 2)
        for probe in (
            lambda: lines.read(["amount"]),
            lambda: lines.search([("amount", "<", -50)]),
            lambda: lines.search([], order="amount"),
            lambda: lines.formatted_read_group([], ["ticket_id"], ["amount:sum"]),
        ):
            with self.assertRaises(AccessError):
                probe()
        own = lines.create({"ticket_id": self.ticket.id, "unit_amount": 1})
        self.assertTrue(own.sudo().currency_id)

    def test_overage_value_is_untaxed_and_in_the_company_s_currency(self):
        """An item by the day, in euros, with the tax in its price."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "name": "2026-01-01", "rate": 0.5}
        )
        tax = self.env["account.tax"].create(
            {
                "name": "Included",
                "amount": 25,
                "price_include_override": "tax_included",
            }
        )
        item = self._sell(
            self.time_product,
            hours=2,
            pricelist_id=self.env["product.pricelist"]
            .create({"name": "Euros", "currency_id": euro.id})
            .id,
            confirm=False,
        )
        item.write(
            {
                "product_uom_id": self.days.id,
                "price_unit": 1000,
                "tax_ids": [(6, 0, tax.ids)],
            }
        )
        item.order_id.action_confirm()
        self.ticket.sale_line_id = item
        self.team.over_limit_policy = "overage"
        item.limit_hours = True
        self._work(4)
        entry = self.ticket.timesheet_ids
        self.assertEqual(entry.coverage, "overage")
        # Half a day of 800 euros, at two dollars for a euro.
        self.assertAlmostEqual(entry.overage_value, 800, 2)

    def test_currency_of_an_entry_is_the_company_s(self):
        """Another currency would multiply what the hours cost."""
        entry = self._work()
        other = self.env.ref("base.EUR") + self.env.ref("base.USD")
        other = (other - entry.currency_id)[:1]
        for value in (other.id, False):
            with self.assertRaises(AccessError):
                entry.with_user(self.agent).write({"currency_id": value})

    def test_customer_of_an_entry_is_the_ticket_s(self):
        entry = self._work().with_user(self.agent)
        own = (
            self.env["account.analytic.line"]
            .with_user(self.agent)
            .create(
                {
                    "ticket_id": self.ticket.id,
                    "unit_amount": 1,
                    "partner_id": self.other_customer.id,
                }
            )
        )
        self.assertEqual(own.sudo().partner_id, self.customer)
        for line in (own, entry):
            with self.assertRaises(AccessError):
                line.partner_id = self.other_customer
