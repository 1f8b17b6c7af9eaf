# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from ..support.funding import FundingCommon


@tagged("post_install", "-at_install")
class TestFundingOverage(FundingCommon):
    """Overage waits until a manager covers, bills or forgives it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.over_limit_policy = "overage"
        cls.first = cls._buy(cls, 2)
        cls.early = cls._work(cls, 3, date="2026-05-02").ticket_id.timesheet_ids
        cls.late = cls._work(cls, 2, date="2026-05-01")
        cls.waiting = cls.ticket.timesheet_ids.filtered(
            lambda line: line.coverage == "overage"
        )

    def _decide(self, action, user=None):
        entries = self.waiting.with_user(user or self.helpdesk_manager)
        return getattr(entries, f"action_{action}_overage")()

    def _hours(self, coverage):
        entries = self.ticket.timesheet_ids
        return sum(
            entries.filtered(lambda line: line.coverage == coverage).mapped(
                "hours_billed"
            )
        )

    def test_new_credits_cover_the_oldest_work_first(self):
        self.assertEqual(self._hours("overage"), 3)
        new = self._buy(2.5)
        self._decide("cover")
        self.assertEqual(new.credits_available, 0)
        self.assertEqual(self.late.coverage, "credits")
        self.assertEqual(self.late.credits, 2)
        self.assertEqual(self._hours("overage"), 0.5)
        self.assertEqual(self._hours("credits"), 4.5)
        self.assertEqual(self.late.overage_decision, "covered")
        self.assertEqual(self.late.overage_decided_by_id, self.helpdesk_manager)
        self.assertTrue(self.late.overage_decided_on)
        self.assertIn("2:30 h: Covered", self.ticket.message_ids[0].body)

    def test_nothing_to_cover_with_is_said(self):
        with self.assertRefused(UserError, says="Nothing covers the overage of HT"):
            self._decide("cover")

    def test_goodwill_is_never_billed_and_keeps_its_value(self):
        value = sum(self.waiting.mapped("overage_value"))
        self.assertEqual(value, 300)
        self._decide("goodwill")
        self.assertEqual(self._hours("non_billable"), 3)
        self.assertEqual(sum(self.waiting.mapped("overage_value")), value)
        self.assertIn(self.helpdesk_manager.name, self.waiting[0].coverage_note)
        with self.assertRefused(UserError, says="selected entries is pending overage"):
            self._decide("goodwill")

    def test_bill_needs_a_product_or_an_item_and_keeps_within_its_cap(self):
        with self.assertRefused(UserError, self.ticket, self.env.company):
            self._decide("bill")
        item = self._sell(self.time_product, hours=0)
        self.ticket.sale_line_id = item
        item.limit_hours = True
        with self.assertRefused(ValidationError, says="authorized hours left on"):
            self._decide("bill")
        item.limit_hours = False
        self._decide("bill")
        self.assertEqual(item.qty_to_invoice, 3)
        self.assertEqual(self._hours("sale_line"), 3)
        self.assertEqual(set(self.waiting.mapped("overage_decision")), {"billed"})
        item.order_id._action_cancel()
        self.assertEqual(self._hours("overage"), 3)
        self.assertFalse(any(self.waiting.mapped("overage_decision")))

    def _quote(self):
        self.env.company.service_overage_product_id = self.time_product
        self._decide("bill")
        return self.waiting.overage_line_id

    def test_overage_without_an_item_waits_on_a_quotation(self):
        line = self._quote()
        self.assertEqual(line.order_id.state, "draft")
        self.assertEqual(line.order_partner_id, self.customer)
        self.assertEqual((line.product_uom_qty, line.price_unit), (3, 100))
        self.assertEqual(set(self.waiting.mapped("overage_decision")), {"to_bill"})
        self.assertEqual(self._hours("overage"), 3)
        with self.assertRefused(UserError, self.ticket, line.order_id):
            self._decide("bill")
        line.order_id.action_confirm()
        self.assertEqual(set(self.waiting.mapped("overage_decision")), {"billed"})
        self.assertEqual(self.waiting.so_line, line)
        self.assertEqual((line.qty_delivered, line.qty_to_invoice), (3, 3))
        line.order_id._action_cancel()
        self.assertEqual(self._hours("overage"), 3)
        self.assertFalse(self.waiting.so_line)
        self.assertFalse(any(self.waiting.mapped("overage_decision")))

    def test_overage_on_an_invoiced_pack_is_quoted(self):
        """It was marked Billed on an invoiced item, and could never be invoiced."""
        self._keep_accounts()
        item = self._sell(hours=1)
        self._invoice_order(item.order_id).action_post()
        self.ticket.sale_line_id = item
        line = self._quote()
        self.assertNotEqual(line, item)
        self.assertEqual(self._hours("sale_line"), 0)
        line.order_id.action_confirm()
        invoice = self._invoice_order(line.order_id)
        self.assertEqual(self.waiting.timesheet_invoice_id, invoice)
        self.assertEqual(invoice.invoice_line_ids.quantity, 3)

    def test_time_of_no_customer_is_no_overage_to_bill(self):
        """Whatever the team does over the limit: it could be quoted to no customer."""
        self.env.company.service_overage_product_id = self.time_product
        entry = self._log(self._create_ticket(partner_id=False), 2)
        self.assertEqual(entry.coverage, "non_billable")
        with self.assertRefused(UserError):
            entry.with_user(self.helpdesk_manager).action_bill_overage()
        self.assertFalse(entry.overage_line_id)

    def test_one_quotation_for_each_customer_and_company(self):
        line = self._quote()
        other = self._create_ticket()
        self._work(2, other)
        stranger = self._create_ticket(partner_id=self.other_customer.id)
        self._buy(1, partner_id=self.other_customer.id)
        self._work(5, stranger)
        more = (other | stranger).timesheet_ids.filtered(
            lambda entry: entry.coverage == "overage"
        )
        more.with_user(self.helpdesk_manager).action_bill_overage()
        self.assertEqual(line.product_uom_qty, 5)
        lines = more.overage_line_id
        self.assertEqual(len(lines.order_id), 2)
        self.assertEqual((lines - line).product_uom_qty, 4)
        self.assertEqual((lines - line).order_partner_id, self.other_customer)

    def test_one_call_bills_many_tickets_customers_companies_and_currencies(self):
        euro, company = self._set_up_abroad()
        item, waiting = self._work_over_everywhere(euro, company)
        self.helpdesk_manager.company_ids |= company
        allowed = (self.company | company).ids
        waiting.with_user(self.helpdesk_manager).with_context(
            allowed_company_ids=allowed
        ).action_bill_overage()
        self.assertEqual(item.qty_delivered, 2)
        quoted = waiting.filtered(lambda e: e.overage_decision == "to_bill")
        lines = quoted.overage_line_id
        self.assertEqual(len(lines.order_id), 3)
        self.assertEqual(
            {
                (
                    line.order_partner_id,
                    line.company_id,
                    line.currency_id,
                    line.product_uom_qty,
                    line.price_unit,
                )
                for line in lines
            },
            {
                (self.customer, self.company, self.company.currency_id, 3, 100),
                (self.other_customer, self.company, euro, 4, 200),
                # A list price is in the currency of the company that sells.
                (self.customer, company, euro, 5, 100),
            },
        )
        lines.order_id.action_confirm()
        self.assertEqual(set(waiting.mapped("overage_decision")), {"billed"})
        for line, entries in waiting.grouped("so_line").items():
            hours = sum(entries.mapped("hours_billed"))
            self.assertEqual(line.qty_to_invoice, hours)

    def _work_over_everywhere(self, euro, company):
        """Return an item that bills by time, and overage: 3 h and 2 h for the customer,
        the latter on a ticket of the item, 4 h for another one, 5 h abroad."""
        item = self._sell(self.time_product)
        by_item = self._create_ticket(sale_line_id=self._sell(hours=1).id)
        stranger = self._create_ticket(partner_id=self.other_customer.id)
        team = self.env["helpdesk.ticket.team"].create(
            {
                "name": "Abroad",
                "company_id": company.id,
                "allow_timesheet": True,
                "allow_billable": True,
                "use_service_credits": True,
                "over_limit_policy": "overage",
            }
        )
        abroad = self._create_ticket(team_id=team.id, company_id=company.id)
        self._buy(1, partner_id=self.other_customer.id)
        self._buy(1, company_id=company.id, currency_id=euro.id)
        colleague = self.env["hr.employee"].create(
            {"name": "Abroad", "company_id": company.id}
        )
        self.team.prepaid_limit = "closed"
        self._work(3, by_item)
        by_item.sale_line_id = item
        self._work(5, stranger)
        self._work(6, abroad, employee_id=colleague.id)
        tickets = self.ticket | by_item | stranger | abroad
        return item, tickets.timesheet_ids.filtered(lambda e: e.coverage == "overage")

    def _set_up_abroad(self):
        """A company in euros, and a customer of this one who pays in euros."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        company = self.env["res.company"].create(
            {"name": "Second Company", "currency_id": euro.id}
        )
        self.env.user.company_ids |= company
        self.env["res.currency.rate"].create(
            [
                {
                    "currency_id": currency.id,
                    "company_id": owner.id,
                    "name": "2026-01-01",
                    "rate": rate,
                }
                for owner in (self.company, company)
                for currency, rate in ((euro, 2.0), (self.company.currency_id, 1.0))
                if currency != owner.currency_id
            ]
        )
        self.other_customer.property_product_pricelist = self.env[
            "product.pricelist"
        ].create({"name": "Euros", "currency_id": euro.id})
        for owner in self.company | company:
            owner.service_overage_product_id = self.time_product
        return euro, company

    def test_a_quotation_follows_the_time_it_bills(self):
        line = self._quote()
        self.late.unit_amount = 4
        self.assertEqual(line.product_uom_qty, 5)
        self.late.unlink()
        self.assertEqual(line.product_uom_qty, 1)
        self.waiting = self.waiting.exists()
        self._decide("goodwill")
        self.assertFalse(line.exists())
        self.assertFalse(self.waiting.overage_line_id)
        self.assertEqual(self.waiting.overage_decision, "goodwill")

    def test_a_quotation_of_another_customer_bills_none_of_it(self):
        line = self._quote()
        line.order_id.partner_id = self.other_customer
        line.order_id.action_confirm()
        self.assertFalse(self.waiting.so_line)
        self.assertFalse(self.waiting.overage_line_id)
        self.assertFalse(any(self.waiting.mapped("overage_decision")))
        self.assertEqual(self._hours("overage"), 3)
        self.assertEqual(line.qty_delivered, 0)

    def test_deleting_the_quotation_makes_it_overage_again(self):
        for delete in ("order", "line"):
            with self.subTest(delete):
                line = self._quote()
                (line if delete == "line" else line.order_id).unlink()
                self.assertFalse(any(self.waiting.mapped("overage_decision")))
                self.assertEqual(self._hours("overage"), 3)

    def test_days_and_the_product_of_the_service_type_are_quoted(self):
        days = self._create_service(
            "Support Day",
            "delivered_timesheet",
            uom_id=self.env.ref("uom.product_uom_day").id,
            list_price=800,
        )
        self.waiting.service_type_id = self.env["service.type"].create(
            {"name": "By Day", "product_id": days.id}
        )
        line = self._quote()
        self.assertEqual(line.product_id, days)
        self.assertAlmostEqual(line.product_uom_qty, 3 / 8, delta=0.0051)

    def test_only_managers_decide(self):
        for user in (self.agent, self.seller):
            for action in ("cover", "bill", "goodwill"):
                with self.subTest(user.login), self.assertRaises(AccessError):
                    self._decide(action, user)
        with self.assertRefused(AccessError, says="Overage Decision"):
            self._log(self.ticket.with_user(self.agent)).browse().with_user(
                self.agent
            ).create(
                {
                    "ticket_id": self.ticket.id,
                    "unit_amount": 1,
                    "overage_decision": "goodwill",
                }
            )

    def test_authorized_hours_cover_what_waits_for_the_item(self):
        item = self._sell(self.time_product, hours=0)
        item.limit_hours = True
        self.ticket.sale_line_id = item
        self.env["service.authorization"].create(
            {"sale_line_id": item.id, "hours": 2.5, "state": "approved"}
        )
        self.env["account.analytic.line"]._cover_overage_of(item)
        self.assertEqual(item.authorized_hours_used, 2.5)
        self.assertEqual(self.late.coverage, "sale_line")
        self.assertEqual(self._hours("overage"), 0.5)

    def test_profitability_and_portal_go_on_working(self):
        self.env.flush_all()
        items = self.project._get_profitability_items(with_action=True)
        sections = {line["id"] for line in items["costs"]["data"]}
        self.assertIn("service_credits", sections)
        labels = self.project._get_profitability_labels()
        self.assertLessEqual(sections, set(labels))
        total = sum(line["billed"] for line in items["costs"]["data"])
        self.assertEqual(total, sum(self.ticket.timesheet_ids.mapped("amount")))
        action = self.project.action_profitability_items("service_credits")
        self.assertEqual(action["res_model"], "account.analytic.line")

    def test_a_batch_nobody_covers_costs_the_inserts_only(self):
        """Whether the customer buys credits is asked once, not per entry."""
        values = {
            "ticket_id": self.ticket.id,
            "name": "Work",
            "unit_amount": 1,
            "employee_id": self.employee.id,
            "date": "2026-05-02",
        }

        def count(size):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            entries = self.env["account.analytic.line"].create([dict(values)] * size)
            self.env.flush_all()
            self.assertEqual(set(entries.mapped("coverage")), {"overage"})
            return self.env.cr.sql_log_count - start

        count(1)
        few, many = count(5), count(50)
        self.assertLessEqual(many - few, 45, f"{few} then {many}")
