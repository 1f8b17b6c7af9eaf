# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from itertools import combinations

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ...models.ledger.drawing import DrawRequest, draw_credits
from ..support.credit import give_back, let_expire
from ..support.played import LONG
from ..support.scratch import ScratchCase

FIGURES = (
    "credits",
    "credits_allocated",
    "credits_expired",
    "credits_withdrawn",
    "credits_refunded",
    "credits_available",
    "credits_waiting",
    "credits_unpaid",
    "paid_per_credit",
    "paid_total",
    "paid_available",
    "invoiced_total",
    "credited_total",
    "state",
)
COMPUTED = (
    "credits_available",
    "credits_waiting",
    "credits_unpaid",
    "invoiced_total",
    "credited_total",
)


@tagged("post_install", "-at_install")
class TestSellingBillingRaces(ScratchCase):
    """An invoice, a payment, a credit note, a drawing, what is given back and an expiry
    of one purchase, two of them at the same moment on connections of their own.

    Afterwards every figure is what the documents and rows that are there say: asking
    for all of it again changes nothing.
    """

    @classmethod
    def _prepare(cls, env):
        env["account.chart.template"].try_loading("generic_coa", env.company)
        customer = env["res.partner"].create({"name": "Azure Mills"})
        product = env["product.product"].create(
            {
                "name": "Credit Pack",
                "type": "service",
                "list_price": 100,
                "taxes_id": [Command.clear()],
                "service_credits": 10,
                "service_credit_creation": "open",
                "service_credit_release": "payment",
            }
        )
        project = env["project.project"].create(
            {"name": "Rollout", "partner_id": customer.id, "allow_milestones": True}
        )
        cls.ids = customer.id, product.id, project.id

    def _sell(self, env):
        """Return an ordered purchase of twenty credits, half of them paid, with an
        invoice and two drafts: one more invoice, and a credit note."""
        customer_id, product_id, project_id = self.ids
        order = env["sale.order"].create(
            {
                "partner_id": customer_id,
                "order_line": [
                    Command.create({"product_id": product_id, "product_uom_qty": 2})
                ],
            }
        )
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.invoice_line_ids.quantity = 1
        invoice.action_post()
        self._register(env, invoice, 50)
        further = order._create_invoices()
        further.invoice_line_ids.price_unit = 70
        note = invoice._reverse_moves()
        note.invoice_line_ids.quantity = 0.4
        milestone = env["project.milestone"].create(
            {"name": "Go live", "project_id": project_id}
        )
        self.lot_id = order.order_line.service_credit_purchase_ids.id
        self.invoice_id, self.further_id = invoice.id, further.id
        self.note_id, self.milestone_id = note.id, milestone.id

    def _register(self, env, invoice, amount):
        window = env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        window.create({"amount": amount})._create_payments()

    def _lot(self, env):
        return env["service.credit.purchase"].browse(self.lot_id)

    # What happens, each in a transaction of its own.

    def _invoice(self, env):
        env["account.move"].browse(self.further_id).action_post()

    def _unpost(self, env):
        env["account.move"].browse(self.invoice_id).button_draft()

    def _pay(self, env):
        invoice = env["account.move"].browse(self.invoice_id)
        self._register(env, invoice, 30)

    def _credit(self, env):
        env["account.move"].browse(self.note_id).action_post()

    def _draw(self, env, credits=4):
        lot = self._lot(env)
        request = DrawRequest(
            work=env["project.milestone"].browse(self.milestone_id),
            partner=lot.partner_id,
            company=lot.company_id,
            date=fields.Date.today(),
            credits=credits,
        )
        draw_credits(env, [request])

    def _give_back(self, env):
        drawn = self._lot(env).consumption_ids.filtered(
            lambda row: row.consumption_type == "consumption" and row.credits > 0
        )
        give_back(drawn.sorted("id")[:1])

    def _expire(self, env):
        let_expire(self._lot(env))

    def _release(self, env):
        self._lot(env).release = "order"

    def _order_less(self, env):
        self._lot(env).sale_line_id.product_uom_qty = 1

    def test_each_pair(self):
        jobs = [
            self._invoice,
            self._unpost,
            self._pay,
            self._credit,
            self._draw,
            self._give_back,
            self._expire,
            self._release,
            self._order_less,
        ]
        pairs = list(combinations(jobs, 2))
        # Each of them still meets several others in every run.
        for first, second in pairs if LONG else pairs[::9]:
            with self.subTest(first=first.__name__, second=second.__name__):
                with self._env() as env:
                    self._sell(env)
                    if self._give_back in (first, second):
                        self._draw(env, 1)
                for result in self._race(first, second):
                    if isinstance(result, Exception):
                        self.assertIsInstance(result, UserError)
                with self._env() as env:
                    self._assert_settled(env)

    def _assert_settled(self, env):
        lot = self._lot(env)
        before = lot.read(FIGURES)[0]
        for name in COMPUTED:
            env.add_to_compute(lot._fields[name], lot)
        lot.flush_recordset()
        lot._follow_documents()
        self.assertEqual(lot.read(FIGURES)[0], before)
        parts = lot.credits_allocated + lot.credits_expired + lot.credits_withdrawn
        self.assertEqual(lot.credits, lot.credits_available + parts)
