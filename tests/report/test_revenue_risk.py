# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import datetime, time, timedelta

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ...models.funding import apply
from ..support.selling import SellingCommon

PEOPLE = {
    "helpdesk": "helpdesk_mgmt.group_helpdesk_manager",
    "credits": "helpdesk_service_credit.group_service_credit_manager",
    "biller": "account.group_account_invoice",
    "auditor": "account.group_account_readonly",
}
PRICED = ("credits", "biller", "auditor")


class RevenueRiskCommon(SellingCommon):
    """A manager of everything, and the list of what is at risk."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._keep_accounts()
        cls.boss = cls._create_person(
            "boss_bea",
            "helpdesk_mgmt.group_helpdesk_manager,"
            "helpdesk_service_credit.group_service_credit_manager,"
            "hr_timesheet.group_hr_timesheet_approver,"
            "sales_team.group_sale_salesman_all_leads,account.group_account_invoice",
        )

    def _days_ago(self, days):
        return self.company._get_today() - timedelta(days=days)

    def _find(self, kind=None, user=None):
        """Return the findings about the customers of this class, as the list shows."""
        self.env.flush_all()
        self.env.invalidate_all()
        customers = self.customer + self.other_customer
        domain = [("commercial_partner_id", "in", customers.ids)]
        if kind:
            domain.append(("kind", "=", kind))
        return (
            self.env["service.revenue.risk"].with_user(user or self.boss).search(domain)
        )

    def _get_only(self, kind):
        risk = self._find()
        self.assertEqual(risk.mapped("kind"), [kind])
        return risk

    def _assert_settled(self):
        self.assertFalse(self._find().mapped("display_name"))


@tagged("post_install", "-at_install")
class TestRevenueRisk(RevenueRiskCommon):
    """Each kind: made by people's ways, seen in the list, settled by its action."""

    def test_nothing_is_at_risk_where_all_is_well(self):
        item = self._sell(hours=10)
        self._log(self._create_ticket(sale_line_id=item.id), 4)
        self._sell(self.time_product, hours=10)
        self._ordered()
        self._assert_settled()

    def test_overdrawn_prepaid_hours_are_ordered(self):
        item = self._sell(hours=10)
        ticket = self._create_ticket(sale_line_id=item.id)
        self._log(ticket, 8, date=self._days_ago(9))
        self._log(ticket, 4, date=self._days_ago(5))
        self._log(ticket, 3, date=self._days_ago(1))
        risk = self._get_only("negative_item")
        self.assertEqual(
            (risk.hours, risk.value, risk.date, risk.commercial_partner_id),
            (5, 500, self._days_ago(5), self.customer),
        )
        self.assertIn(item.order_id.name, risk.about)
        self.assertEqual(risk.action_open()["res_id"], item.order_id.id)
        risk.action_settle()
        self.assertEqual(item.product_uom_qty, 15)
        self.assertEqual(item.qty_to_invoice, 15)
        self._assert_settled()

    def test_overdrawn_days_are_ordered_in_days(self):
        day = self.env.ref("uom.product_uom_day")
        pack = self._create_service("Day", "ordered_prepaid", uom_id=day.id)
        pack.list_price = 800
        item = self._sell(pack, hours=1)
        self._log(self._create_ticket(sale_line_id=item.id), 12)
        risk = self._get_only("negative_item")
        self.assertEqual((risk.hours, risk.value), (4, 400))
        risk.action_settle()
        self.assertEqual(item.product_uom_qty, 1.5)
        self._assert_settled()

    def test_time_delivered_long_ago_is_invoiced(self):
        item = self._sell(self.time_product, hours=10)
        ticket = self._create_ticket(sale_line_id=item.id)
        self._log(ticket, 2, date=self._days_ago(30))
        self._assert_settled()
        self._log(ticket, 3, date=self._days_ago(31))
        risk = self._get_only("not_invoiced")
        self.assertEqual(
            (risk.hours, risk.value, risk.date), (3, 300, self._days_ago(31))
        )
        action = risk.action_settle()
        self.env[action["res_model"]].with_user(self.boss).with_context(
            **action["context"]
        ).create({"advance_payment_method": "delivered"}).create_invoices()
        self.assertEqual(item.qty_invoiced, 5)
        self._assert_settled()

    def test_billed_onto_a_prepaid_item_that_is_used_up_is_decided_again(self):
        """What an earlier version, or an import, marked as billed."""
        self.team.over_limit_policy = "overage"
        item = self._sell(hours=10)
        item.limit_hours = True
        self._authorize(item, 10)
        ticket = self._create_ticket(sale_line_id=item.id)
        self._log(ticket, 13, date=self._days_ago(3))
        waiting = ticket.timesheet_ids.filtered(lambda e: e.coverage == "overage")
        item.limit_hours = False
        values = {
            "coverage": "sale_line",
            "so_line": item.id,
            "overage_decision": "billed",
        }
        apply.write_funding({waiting: values})
        risk = self._get_only("billed_nowhere")
        self.assertEqual((risk.hours, risk.value, risk.timesheet_id), (3, 300, waiting))
        risk.action_settle()
        self.assertEqual(waiting.coverage, "overage")
        self.assertEqual(item.remaining_hours, 0)
        self._assert_settled()

    def test_time_not_billed_is_paid_by_what_is_left(self):
        self.team.over_limit_policy = "non_billable"
        ticket = self._create_ticket()
        entry = self._log(ticket, 2, date=self._days_ago(2))
        self.assertEqual(entry.coverage, "non_billable")
        self._assert_settled()
        lot = self._ordered()
        lot.date_start = self._days_ago(5)
        risk = self._get_only("non_billable")
        self.assertEqual((risk.hours, risk.value, risk.timesheet_id), (2, 20, entry))
        with self.assertRefused(UserError, ticket):
            risk.action_settle()
        self.team.use_service_credits = True
        ticket.use_service_credits = True
        risk.action_settle()
        self.assertEqual(entry.coverage, "credits")
        self._assert_settled()

    def test_time_that_was_unticked_is_charged_or_goodwill(self):
        item = self._sell(hours=10)
        ticket = self._create_ticket(sale_line_id=item.id)
        first = self._log(ticket, 2, is_billable=False)
        second = self._log(ticket, 1, is_billable=False)
        risks = self._find("non_billable")
        self.assertEqual(risks.timesheet_id, first + second)
        self.assertEqual(sum(risks.mapped("value")), 300)
        for risk, action in zip(
            risks.sorted("hours"), ("action_goodwill", "action_settle"), strict=True
        ):
            getattr(risk, action)()
        self.assertEqual(first.so_line, item)
        self.assertEqual(second.overage_decision, "goodwill")
        self.assertEqual(second.overage_decided_by_id, self.boss)
        self._assert_settled()

    def test_credits_that_could_not_have_paid_put_nothing_at_risk(self):
        self._log(self._create_ticket(), 2, date=self._days_ago(2))
        lot = self._ordered()  # starts today
        self.assertEqual(lot.state, "open")
        self._assert_settled()

    def test_old_overage_is_billed(self):
        self.team.over_limit_policy = "overage"
        item = self._sell(self.time_product, hours=10)
        item.limit_hours = True
        self._authorize(item, 1)
        ticket = self._create_ticket(sale_line_id=item.id)
        self._log(ticket, 1, date=self._days_ago(20))
        self._log(ticket, 2, date=self._days_ago(14))
        self._assert_settled()
        self._log(ticket, 4, date=self._days_ago(15))
        risk = self._get_only("overage")
        entry = risk.timesheet_id
        self.assertEqual((risk.hours, risk.date), (4, self._days_ago(15)))
        self.assertEqual(risk.value, entry.sudo().overage_value)
        item.limit_hours = False
        risk.action_settle()
        self.assertEqual((entry.coverage, entry.so_line), ("sale_line", item))
        self._assert_settled()

    def test_a_quotation_that_was_forgotten_is_opened(self):
        self.team.over_limit_policy = "overage"
        self.company.service_overage_product_id = self.time_product
        item = self._sell(hours=1)
        item.limit_hours = True
        entry = self._log(
            self._create_ticket(sale_line_id=item.id), 4, date=self._days_ago(20)
        )
        self._get_only("overage").action_settle()
        self.assertEqual(entry.overage_decision, "to_bill")
        self._assert_settled()
        # In the evening of the day before in Los Angeles, which is UTC's next day.
        self.company.partner_id.tz = "America/Los_Angeles"
        evening = datetime.combine(self._days_ago(14), time(4))
        apply.write_funding({entry: {"overage_decided_on": evening}})
        action = self._get_only("overage").action_settle()
        quotation = self.env["sale.order"].browse(action["res_id"])
        self.assertEqual(quotation, entry.overage_line_id.order_id)
        quotation.action_confirm()
        self.assertEqual(entry.overage_decision, "billed")
        self._assert_settled()

    def test_old_overage_becomes_goodwill(self):
        self.team.over_limit_policy = "overage"
        self._ordered()[:1].write({"date_start": self._days_ago(40)})
        self.team.use_service_credits = True
        ticket = self._create_ticket()
        ticket.use_service_credits = True
        self._log(ticket, 12, date=self._days_ago(20))
        risk = self._get_only("overage")
        self.assertEqual((risk.hours, risk.value), (2, 20))
        entry = risk.timesheet_id
        risk.action_goodwill()
        self.assertEqual(entry.overage_decision, "goodwill")
        self._assert_settled()

    def test_paid_credits_in_draft_become_usable(self):
        self.pack.service_credit_creation = "draft"
        order = self._quote()
        order.action_confirm()
        lot = order.order_line.service_credit_purchase_ids
        self.assertTrue(lot.is_draft)
        self._assert_settled()
        invoice = self._invoice_order(order)
        invoice.action_post()
        self._assert_settled()
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({})._create_payments()
        risk = self._get_only("draft_purchase")
        self.assertEqual((risk.hours, risk.value), (0, 100))
        self.assertEqual(risk.purchase_id, lot)
        risk.action_settle()
        self.assertEqual(lot.state, "open")
        self._assert_settled()

    def test_the_amount_paid_follows_a_cheaper_invoice(self):
        lot = self._ordered()
        invoice = self._invoice_order(lot.sale_order_id)
        invoice.invoice_line_ids.filtered("product_id").price_unit = 80
        invoice.action_post()
        self.assertEqual(lot.paid_total, 80)
        self._assert_settled()
        # As of a database where nothing followed.
        lot._write_past_the_lock({"paid_per_credit": 10})
        risk = self._get_only("different_amount")
        self.assertEqual((risk.value, risk.purchase_id), (20, lot))
        risk.action_settle()
        self.assertEqual(lot.paid_total, 80)
        self._assert_settled()

    def test_credits_used_before_the_invoice_keep_their_price(self):
        lot = self._ordered()
        self._use(1)
        invoice = self._invoice_order(lot.sale_order_id)
        invoice.invoice_line_ids.filtered("product_id").price_unit = 80
        invoice.action_post()
        action = self._get_only("different_amount").action_settle()
        self.assertEqual(self.env["account.move"].search(action["domain"]), invoice)
        self.assertEqual(lot.paid_per_credit, 10)

    def test_credits_of_a_credited_invoice_differ(self):
        lot = self._ordered()
        invoice = self._invoice_order(lot.sale_order_id)
        invoice.action_post()
        self._assert_settled()
        self._use(4)
        invoice._reverse_moves(cancel=True)
        risk = self._get_only("different_amount")
        self.assertEqual(risk.value, 40)

    def test_time_on_a_catch_all_ticket_is_moved(self):
        catch_all = self._create_ticket(name="Unknown")
        self.env["service.sync.source"].create(
            {
                "name": "Clock",
                "connector": "csv",
                "target": "time_entry",
                "catch_all_ticket_id": catch_all.id,
            }
        )
        self._log(catch_all, 2, date=self._days_ago(8))
        self._log(catch_all, 1, date=self._days_ago(3))
        risk = self._get_only("catch_all")
        self.assertEqual((risk.hours, risk.date), (3, self._days_ago(8)))
        entries = self.env["account.analytic.line"].search(
            risk.action_settle()["domain"]
        )
        self.assertEqual(entries, catch_all.timesheet_ids)
        entries.ticket_id = self._create_ticket(name="The real one")
        self._assert_settled()

    def test_goodwill_is_for_time_alone(self):
        lot = self._ordered()
        self._use(1)
        invoice = self._invoice_order(lot.sale_order_id)
        invoice.invoice_line_ids.filtered("product_id").price_unit = 80
        invoice.action_post()
        risk = self._get_only("different_amount")
        with self.assertRefused(UserError, risk):
            risk.action_goodwill()

    def test_values_are_in_the_currency_of_the_company(self):
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "rate": 0.5, "company_id": self.company.id}
        )
        pricelist = self.env["product.pricelist"].create(
            {"name": "Euro", "currency_id": euro.id}
        )
        item = self._sell(hours=1, pricelist_id=pricelist.id)
        item.price_unit = 60
        self._log(self._create_ticket(sale_line_id=item.id), 2)
        risk = self._get_only("negative_item")
        self.assertEqual(risk.currency_id, self.company.currency_id)
        self.assertEqual(risk.value, 120)

    # ------------------------------------------------------------------
    # Rights
    # ------------------------------------------------------------------

    def test_who_sees_the_list_and_its_prices(self):
        item = self._sell(hours=1)
        self._log(self._create_ticket(sale_line_id=item.id), 2)
        for name, group in PEOPLE.items():
            user = new_test_user(self.env, f"risk_{name}", group)
            risk = self._find(user=user)
            self.assertEqual(risk.hours, 1, name)
            self.assertIn(item.order_id.name, risk.about, name)
            fields_of_user = risk.fields_get()
            self.assertEqual("value" in fields_of_user, name in PRICED, name)
            with self.assertRaises(AccessError):
                risk.action_settle()
        for user in (self.agent, self.salesman):
            with self.assertRaises(AccessError):
                self._find(user=user)

    def test_each_company_has_its_own(self):
        item = self._sell(hours=1)
        self._log(self._create_ticket(sale_line_id=item.id), 2)
        other = self.env["res.company"].create({"name": "Branch"})
        stranger = new_test_user(
            self.env,
            "risk_stranger",
            PEOPLE["helpdesk"],
            company_id=other.id,
            company_ids=[Command.set(other.ids)],
        )
        self.assertTrue(self._find())
        self.assertFalse(self._find(user=stranger))
        risk = self._find().with_user(stranger)
        for action in ("action_open", "action_settle", "action_goodwill"):
            with self.assertRaises(AccessError):
                getattr(risk, action)()

    # ------------------------------------------------------------------
    # The weekly note
    # ------------------------------------------------------------------

    def _get_notes(self):
        return self.env["mail.activity"].search(
            [
                ("user_id", "=", self.boss.id),
                ("res_model", "=", "res.partner"),
                ("res_id", "=", self.company.partner_id.id),
                ("summary", "like", "Revenue at risk"),
            ],
            order="id",
        )

    def _tell(self, days=0):
        """Run the scheduled action, `days` after it ran the last time."""
        notices = self.env["service.revenue.risk.notice"].search([])
        for notice in notices:
            notice.date -= timedelta(days=days)
        self.env["service.revenue.risk.notice"]._cron_tell()

    def test_the_responsible_hears_of_what_is_new_once_a_week(self):
        self.company.service_credit_alert_user_id = self.boss
        self._tell()
        self._tell(7)
        before = self._get_notes()
        item = self._sell(hours=1)
        self._log(self._create_ticket(sale_line_id=item.id), 2.5)
        self._tell(7)
        first = self._get_notes() - before
        self.assertIn("1 new", first.summary)
        self.assertIn("Prepaid hours overdrawn: 1 (1.5 h)", first.note)
        self.assertNotIn("150", first.note)
        self._tell(7)
        self.assertEqual(self._get_notes() - before, first, "told twice")
        other = self._sell(hours=1)
        self._log(self._create_ticket(sale_line_id=other.id), 3)
        self._tell()
        second = self._get_notes() - before - first
        self.assertIn("1 new", second.summary)
        self.assertIn("(2 h)", second.note)
        third = self._sell(hours=1)
        self._log(self._create_ticket(sale_line_id=third.id), 4)
        self._tell(3)
        self._tell(3)
        self.assertEqual(
            self._get_notes() - before, first + second, "more than once a week"
        )
        self._tell(1)
        self.assertIn("(3 h)", (self._get_notes() - before - first - second).note)

    def test_what_comes_back_is_told_again(self):
        self.company.service_credit_alert_user_id = self.boss
        item = self._sell(hours=1)
        entry = self._log(self._create_ticket(sale_line_id=item.id), 2)
        self._tell(7)
        before = self._get_notes()
        entry.unit_amount = 1
        self._tell(7)
        entry.unit_amount = 2
        self._tell(7)
        self.assertEqual(len(self._get_notes() - before), 1)
