# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import tagged
from odoo.tools import SQL

from ...models.ledger.drawing import draw_credits
from ..support.credit import CreditCommon, let_expire


@tagged("post_install", "-at_install")
class TestCreditQueries(CreditCommon):
    """The cost follows what is touched, not what has been recorded before."""

    def _count(self, action):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        action()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _buy_many(self, number, **values):
        self.purchase_model.create(
            [
                {
                    "partner_id": self.customer.id,
                    "credits": 10,
                    "value_per_credit": 100,
                    "date_start": self.today,
                    "date_expiry": self._day(100 + index % 50),
                    **values,
                }
                for index in range(number)
            ]
        )

    def _allocate(self, number=1, credits=1):
        milestones = self.env["project.milestone"].create(
            [
                {
                    "name": f"Step {index}",
                    "project_id": self.project.id,
                    "service_credits": credits,
                }
                for index in range(number)
            ]
        )
        return self._count(milestones.action_allocate_service_credits)

    def test_what_the_customer_owns_costs_nothing(self):
        self._buy_many(20)
        self._allocate()  # the caches of settings and rules are filled by now
        few = self._allocate()
        self._buy_many(400)
        self.assertEqual(self._allocate(), few)

    def test_history_of_a_purchase_costs_nothing(self):
        purchase = self._buy(5000)
        self._allocate()
        few = self._allocate()
        ticket = self._create_ticket()
        draw_credits(self.env, [self._request(ticket, 1) for _ in range(500)])
        self.assertEqual(len(purchase.consumption_ids), 502)
        self.assertEqual(self._allocate(), few)

    def test_many_milestones_in_one_call(self):
        self._buy(100000)
        few, many = self._allocate(5), self._allocate(200)
        # Rows are inserted by the hundred; nothing is done per milestone.
        self.assertLessEqual(many - few, 6)

    def test_giving_back_many_entries(self):
        self._buy(100000)
        ticket = self._create_ticket()

        def draw(number):
            requests = [self._request(ticket, 1) for _ in range(number)]
            return [plan.rows for plan in draw_credits(self.env, requests)]

        counts = []
        for number in (5, 200):
            claims = [(rows, None) for rows in draw(number)]
            counts.append(
                self._count(
                    lambda claims=claims: self.row_model._give_back_batch(claims)
                )
            )
        self.assertLessEqual(counts[1] - counts[0], 6)

    def test_expiring_many_purchases(self):
        def expire(number):
            self._buy_many(number, date_expiry=self.today)
            due = self.purchase_model.search(
                [("state", "=", "open")], limit=number, order="id desc"
            )
            return self._count(lambda: let_expire(due))

        few, many = expire(5), expire(200)
        self.assertLessEqual(many - few, 8)

    def test_balance_of_a_customer(self):
        self._buy_many(5)
        self._count(self.customer.get_service_credit_balance)
        few = self._count(self.customer.get_service_credit_balance)
        self._buy_many(200)
        self.assertEqual(self._count(self.customer.get_service_credit_balance), few)

    def test_the_order_of_drawing_is_read_from_the_index(self):
        self._buy_many(2000)
        self.env.flush_all()
        self.env.cr.execute("ANALYZE service_credit_purchase")
        purchases = self.purchase_model.sudo()
        query = purchases.with_context(active_test=False)._search(
            [
                ("commercial_partner_id", "=", self.customer.id),
                ("company_id", "=", self.company.id),
                ("currency_id", "=", self.currency.id),
                ("state", "=", "open"),
                ("date_start", "<=", self.today),
                ("date_expiry", ">=", self.today),
            ],
            order=", ".join(purchases._get_drawing_order()),
            limit=16,
        )
        rows = self.env.execute_query(SQL("EXPLAIN %s", query.select()))
        plan = "\n".join(line for (line,) in rows)
        self.assertIn("service_credit_purchase_drawing_order", plan)
        self.assertNotIn("Sort", plan)

    def test_numbers_of_many_purchases_are_drawn_at_once(self):
        self._buy_many(2)
        few = self._count(lambda: self._buy_many(5))
        many = self._count(lambda: self._buy_many(50))
        self.assertEqual(many, few)
        names = self.purchase_model.search([], limit=50).mapped("name")
        self.assertEqual(len(set(names)), 50)
        self.assertEqual(sorted(names, reverse=True), names)

    def test_a_sequence_without_gaps_counts_one_by_one(self):
        sequence = self.env["ir.sequence"].search(
            [("code", "=", "service.credit.purchase")]
        )
        sequence.implementation = "no_gap"
        sequence.number_next = 700
        self._buy_many(3)
        names = self.purchase_model.search([], limit=3).mapped("name")
        self.assertEqual([name[-3:] for name in names], ["702", "701", "700"])
