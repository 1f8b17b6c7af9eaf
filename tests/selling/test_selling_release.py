# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import HttpCase, new_test_user, tagged

from ..support.books import assert_books
from ..support.credit import let_expire
from ..support.selling import SellingCommon


@tagged("post_install", "-at_install")
class TestSellingRelease(SellingCommon):
    """When the credits of an order can be used."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._keep_accounts()
        cls.team.over_limit_policy = "overage"

    def tearDown(self):
        assert_books(self, self.env)
        super().tearDown()

    def _order(self, release, units=1, **values):
        self.pack.service_credit_release = release
        return self._ordered(
            {"product_id": self.pack.id, "product_uom_qty": units}, **values
        )

    def _assert_usable(self, lot, usable):
        self.assertEqual(lot._get_usable_credits(), usable)
        balance = self.customer.get_service_credit_balance()
        self.assertEqual(sum(line["credits_available"] for line in balance), usable)
        self.assertEqual(lot._get_balance(), usable)
        if lot.credits_available:
            self.assertEqual(lot.state, "open" if usable else "waiting")

    def test_new_products_begin_with_the_setting(self):
        self.company.service_credit_release = "payment"
        self.assertEqual(
            self._create_credit_product("Paid").service_credit_release, "payment"
        )
        self.assertEqual(self.pack.service_credit_release, "order")

    def test_by_order(self):
        lot = self._order("order")
        self._assert_usable(lot, 10)
        self.assertFalse(lot.waiting_note)

    def test_what_was_used_elsewhere(self):
        """It is not used unpaid, and the invoice still says what was paid."""
        lot = self._order("payment")
        lot.write({"opening_used": 4, "is_draft": True})
        lot.is_draft = False
        self.assertEqual((lot.credits_allocated, lot.credits_unpaid), (4, 0))
        self._invoice(lot, price_unit=50)
        self.assertEqual(lot.paid_per_credit, 5)
        self.assertEqual((lot.paid_total, lot.paid_available), (50, 30))
        self.assertEqual(lot.credits_unpaid, 0)

    def test_by_invoice(self):
        lot = self._order("invoice", 2)
        self._assert_usable(lot, 0)
        self.assertEqual(lot.credits_available, 20)
        self.assertIn(lot.sale_order_id.name, lot.waiting_note)
        invoice = self._invoice(lot, quantity=1)
        self._assert_usable(lot, 10)
        self._invoice(lot)
        self._assert_usable(lot, 20)
        self.assertFalse(lot.waiting_note)
        invoice.button_draft()
        self._assert_usable(lot, 10)

    def test_by_payment(self):
        lot = self._order("payment")
        invoice = self._invoice(lot)
        self._assert_usable(lot, 0)
        self.assertIn(invoice.name, lot.waiting_note)
        self.assertIn(lot.waiting_note, invoice.service_credit_note)
        part = self._pay(invoice, 40)
        self._assert_usable(lot, 4)
        self.assertEqual(lot.value_waiting, 60)
        self._pay(invoice, 60)
        self._assert_usable(lot, 10)
        part.action_cancel()
        self._assert_usable(lot, 6)

    def test_a_payment_with_an_entry_of_its_own(self):
        """Banks that book payments before the statement does."""
        lot = self._order("payment")
        invoice = self._invoice(lot)
        journal = self.env["account.journal"].search(
            [("type", "=", "bank"), ("company_id", "=", self.company.id)], limit=1
        )
        outstanding = self.env["account.account"].create(
            {
                "name": "Outstanding",
                "code": "OUTS1",
                "account_type": "asset_current",
                "reconcile": True,
            }
        )
        journal.inbound_payment_method_line_ids.payment_account_id = outstanding
        payment = self._pay(invoice, 25)
        self.assertTrue(payment.move_id)
        self._assert_usable(lot, 2.5)
        payment.action_cancel()
        self._assert_usable(lot, 0)

    def test_an_invoice_of_nothing_is_paid(self):
        lot = self._order("payment")
        self._invoice(lot, price_unit=0)
        self._assert_usable(lot, 10)

    def test_credit_notes_are_no_payment(self):
        lot = self._order("payment", 2)
        invoice = self._invoice(lot)
        self._credit(invoice, quantity=1).action_post()
        self.assertEqual((lot.credits_available, lot.credits_withdrawn), (10, 10))
        self._assert_usable(lot, 0)
        self._pay(invoice, 50)
        self._assert_usable(lot, 5)
        self._pay(invoice, 50)
        self._assert_usable(lot, 10)

    def test_down_payments_release_their_share(self):
        lot = self._order("payment")
        order = lot.sale_order_id
        deposit = self._invoice_order(
            order, advance_payment_method="percentage", amount=40
        )
        deposit.action_post()
        self._assert_usable(lot, 0)
        self._pay(deposit)
        self._assert_usable(lot, 4)
        final = self._invoice(lot)
        self._assert_usable(lot, 4)
        self._pay(final)
        self._assert_usable(lot, 10)

    def test_what_waits_pays_for_nothing(self):
        lot = self._order("payment")
        invoice = self._invoice(lot)
        entry = self._use(3)
        self.assertEqual(entry.coverage, "overage")
        self.assertIn(invoice.name, entry.coverage_note)
        self._pay(invoice, 50)
        entry = self._use(6)
        pieces = entry | entry.split_ids if "split_ids" in entry else entry
        self.assertEqual(sum(pieces.mapped("credits")), 5)
        self.assertEqual(lot.state, "waiting")

    def test_a_payment_taken_back_undraws_nothing(self):
        lot = self._order("payment")
        invoice = self._invoice(lot)
        payment = self._pay(invoice)
        entry = self._use(8)
        first = lot.date_start - timedelta(days=3)
        lot.date_start = entry.date = first
        payment.action_cancel()
        self.assertEqual(entry.credits, 8)
        self.assertEqual((lot.credits_allocated, lot.credits_available), (8, 2))
        self._assert_usable(lot, 0)
        self.assertEqual(lot.credits_unpaid, 8)
        risk = self.env["service.revenue.risk"].search(
            [("kind", "=", "used_unpaid"), ("purchase_id", "=", lot.id)]
        )
        # Since the work that is not paid, not since the payment was taken back.
        self.assertEqual((risk.value, risk.date), (80, first))
        self.assertEqual(
            self.env["account.move"].search(risk.action_settle()["domain"]), invoice
        )
        self._pay(invoice)
        self.assertEqual(lot.credits_unpaid, 0)

    def test_money_paid_back_releases_nothing_any_more(self):
        """The customer got the money back: the invoice is open again."""
        lot = self._order("payment")
        invoice = self._invoice(lot)
        payment = self._pay(invoice, 60)
        self._use(2)
        self._assert_usable(lot, 4)
        receivable = invoice.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        receivable.remove_move_reconcile()
        refund = self.env["account.payment"].create(
            {
                "payment_type": "outbound",
                "partner_type": "customer",
                "partner_id": self.customer.id,
                "amount": 60,
                "date": self.today,
                "journal_id": payment.journal_id.id,
            }
        )
        refund.action_post()
        self._assert_usable(lot, 0)
        self.assertEqual((lot.credits_allocated, lot.credits_unpaid), (2, 2))
        self.assertIn(invoice.name, lot.waiting_note)
        self._pay(invoice)
        self._assert_usable(lot, 8)
        self.assertEqual(lot.credits_unpaid, 0)

    def test_waiting_credits_cannot_be_chosen(self):
        self.company.service_credit_manual_selection = True
        lot = self._order("payment")
        milestone = self.env["project.milestone"].create(
            {
                "name": "Go live",
                "project_id": self.env["project.project"]
                .create(
                    {
                        "name": "Rollout",
                        "partner_id": self.customer.id,
                        "allow_milestones": True,
                    }
                )
                .id,
                "service_credits": 5,
            }
        )
        with self.assertRefused(UserError, lot):
            milestone.action_allocate_service_credits([[lot.id, 5]])

    def test_what_waits_expires_too(self):
        lot = self._order("payment")
        lot.date_start = (
            self.env["service.credit.purchase"]
            ._fields["date_start"]
            .subtract(self.today, days=400)
        )
        lot.date_expiry = lot.date_start
        lot.action_expire()
        self.assertEqual((lot.state, lot.credits_expired), ("expired", 10))

    def test_what_expired_unpaid_was_not_used(self):
        lot = self._order("payment")
        invoice = self._invoice(lot)
        payment = self._pay(invoice, 50)
        self._use(5)
        let_expire(lot)
        self.assertEqual((lot.credits_expired, lot.credits_unpaid), (5, 0))
        payment.action_cancel()
        self.assertEqual(lot.credits_unpaid, 5)

    def test_a_manager_lets_them_be_used(self):
        lot = self._order("payment")
        lot.release = "order"
        self._assert_usable(lot, 10)

    def test_reports_count_none_of_it(self):
        lot = self._order("payment")
        forecast = self.env["service.credit.forecast"].search(
            [("commercial_partner_id", "=", self.customer.id)]
        )
        figures = (forecast.credits_available, forecast.credits_waiting)
        self.assertEqual(figures, (0, 10))
        statement = self.env["service.credit.statement"].create(
            {"partner_id": self.customer.id}
        )
        (section,) = statement._get_sections()
        self.assertEqual((section["waiting"], section["closing"]["credits"]), (10, 10))
        self.assertFalse(lot._get_balance())


@tagged("post_install", "-at_install")
class TestSellingReleasePortal(SellingCommon, HttpCase):
    """The customer reads what their credits wait for."""

    def test_list_and_page(self):
        self._keep_accounts()
        self.pack.service_credit_release = "payment"
        lot = self._ordered()
        invoice = self._invoice(lot)
        user = new_test_user(self.env, "portal_paula", "base.group_portal")
        user.partner_id.parent_id = self.customer
        self.authenticate("portal_paula", "portal_paula")
        for url in ("/my/service-credits", lot.access_url):
            page = self.url_open(url).text
            self.assertIn(f"wait for the payment of {invoice.name}", page)
            self.assertIn("Waiting", page)
