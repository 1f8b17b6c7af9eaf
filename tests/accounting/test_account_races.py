# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.ledger.drawing import DrawRequest, draw_credits
from ..support.credit import give_back, let_expire
from ..support.scratch import ScratchCase


@tagged("post_install", "-at_install")
class TestAccountRaces(ScratchCase):
    """Two connections at once recognize every row once, and lose none."""

    @classmethod
    def _prepare(cls, env):
        company = env.company
        if not company.chart_template:
            env["account.chart.template"].try_loading("generic_coa", company)
        company.write(company._suggest_service_credit_accounts())
        product = env["product.product"].create(
            {
                "name": "Race Pack",
                "type": "service",
                "service_credits": 10,
                "service_credit_creation": "open",
                "taxes_id": [Command.clear()],
            }
        )
        cls.product_id = product.id

    def setUp(self):
        super().setUp()
        self._sell()

    def _sell(self):
        with self._env() as env:
            customer = env["res.partner"].create({"name": "Racer", "is_company": True})
            order = env["sale.order"].create(
                {
                    "partner_id": customer.id,
                    "order_line": [
                        Command.create(
                            {"product_id": self.product_id, "price_unit": 1000}
                        )
                    ],
                }
            )
            order.action_confirm()
            self.order_id, self.customer_id = order.id, customer.id
            self.purchase_id = order.order_line.service_credit_purchase_ids.id
            ticket = env["helpdesk.ticket"].create(
                {"name": "Race", "description": "x", "partner_id": customer.id}
            )
            self.ticket_id = ticket.id

    def _invoice(self, env):
        invoice = env["sale.order"].browse(self.order_id)._create_invoices()
        invoice.invoice_date = env.company._get_today()
        invoice.action_post()
        return invoice.id

    def _credit(self, env, credits=None, post=True):
        """Credit the invoice of the order, all of it or the units of some credits."""
        order = env["sale.order"].browse(self.order_id)
        note = order.invoice_ids._reverse_moves(
            [{"invoice_date": env.company._get_today()}]
        )
        if credits:
            note.invoice_line_ids.quantity = credits / 10
        if post:
            note.action_post()
        return note.id

    def _draw(self, env, credits=4):
        request = DrawRequest(
            work=env["helpdesk.ticket"].browse(self.ticket_id),
            partner=env["res.partner"].browse(self.customer_id),
            company=env.company,
            currency=env.company.currency_id,
            date=env.company._get_today(),
            credits=credits,
        )
        draw_credits(env, [request])

    def _give_back(self, env):
        lot = env["service.credit.purchase"].browse(self.purchase_id)
        give_back(lot.consumption_ids.filtered(lambda row: row.credits > 0))

    def _expire(self, env):
        lot = env["service.credit.purchase"].browse(self.purchase_id)
        let_expire(lot)

    def _pay(self, env):
        """Pay a part of the invoice, which credits wait for."""
        order = env["sale.order"].browse(self.order_id)
        window = env["account.payment.register"].with_context(
            active_model="account.move", active_ids=order.invoice_ids.ids
        )
        window.create({"amount": 300})._create_payments()

    def _order_less(self, env):
        order = env["sale.order"].browse(self.order_id)
        order.order_line.product_uom_qty = 0.6

    def _recognize(self, env):
        recognition = env["service.credit.recognition"].create(
            {"date": env.company._get_today()}
        )
        recognition.action_prepare()
        if recognition.move_id:
            recognition.move_id.action_post()
        return recognition.id

    def _assert_recognized(self, revenue, breakage=0):
        with self._env() as env:
            lines = env["service.credit.recognition.line"].search(
                [("purchase_id", "=", self.purchase_id), ("state", "!=", "cancelled")]
            )
            self.assertEqual(sum(lines.mapped("revenue")), revenue)
            self.assertEqual(sum(lines.mapped("breakage")), breakage)
            rows = env["service.credit.purchase"].browse(self.purchase_id)
            self.assertEqual(lines.consumption_ids, rows.consumption_ids)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_two_that_prepare_at_once_recognize_once(self):
        with self._env() as env:
            self._invoice(env)
            self._draw(env)
        results = self._race(self._recognize, self._recognize)
        self.assertFalse([one for one in results if isinstance(one, Exception)])
        self._assert_recognized(400)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_a_draw_meanwhile_is_recognized_next_time(self):
        with self._env() as env:
            self._invoice(env)
            self._draw(env)
        results = self._race(self._recognize, lambda env: self._draw(env, 2))
        self.assertFalse([one for one in results if isinstance(one, Exception)])
        with self._env() as env:
            self._recognize(env)
        self._assert_recognized(600)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_what_happens_meanwhile_is_recognized_next_time(self):
        """Whichever comes first; a payment alone changes nothing."""
        jobs = {
            self._expire: (400, 600),
            self._give_back: (0, 0),
            self._pay: (400, 0),
            self._order_less: (400, 0),
        }
        for job, amounts in jobs.items():
            with self.subTest(job=job.__name__):
                self._sell()
                with self._env() as env:
                    self._draw(env)
                    lot = env["service.credit.purchase"].browse(self.purchase_id)
                    lot.release = "payment"
                    self._invoice(env)
                results = self._race(self._recognize, job)
                self.assertFalse([one for one in results if isinstance(one, Exception)])
                with self._env() as env:
                    self._recognize(env)
                self._assert_recognized(*amounts)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_an_invoice_meanwhile_is_recognized_next_time(self):
        with self._env() as env:
            self._draw(env)
        results = self._race(self._recognize, self._invoice)
        self.assertFalse([one for one in results if isinstance(one, Exception)])
        with self._env() as env:
            self._recognize(env)
        self._assert_recognized(400)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_cancelling_meanwhile_leaves_the_whole_or_nothing(self):
        with self._env() as env:
            self._invoice(env)
            self._draw(env)
            recognition_id = self._recognize(env)

        def cancel(env):
            env["service.credit.recognition"].browse(recognition_id).action_cancel()

        self._race(cancel, self._recognize)
        with self._env() as env:
            self._recognize(env)
        self._assert_recognized(400)

    @mute_logger("odoo.sql_db", "odoo.service.model")
    def test_a_credit_note_meanwhile_is_recognized_next_time(self):
        """Whichever comes first, no revenue is left of what was refunded, and no row
        is recognized twice."""
        for credits, revenue, withdrawn in ((None, 0, 6), (3, 400, 3), (8, 200, 6)):
            with self.subTest(credits=credits):
                self._sell()
                with self._env() as env:
                    self._invoice(env)
                    self._draw(env)
                    note_id = self._credit(env, credits, post=False)

                def credit(env, note_id=note_id):
                    env["account.move"].browse(note_id).action_post()

                results = self._race(self._recognize, credit)
                self.assertFalse([one for one in results if isinstance(one, Exception)])
                with self._env() as env:
                    self._recognize(env)
                    purchase = env["service.credit.purchase"].browse(self.purchase_id)
                    self.assertEqual(purchase.credits_withdrawn, withdrawn)
                self._assert_recognized(revenue)
