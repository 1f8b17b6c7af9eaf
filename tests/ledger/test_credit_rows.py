# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from itertools import product

from psycopg2 import Error

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ...models.ledger.drawing import draw_credits
from ..support.credit import CreditCommon, give_back


@tagged("post_install", "-at_install")
class TestCreditRows(CreditCommon):
    """Rows are added and never changed; giving back is exact."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.soon = cls._buy(4, expiry=10)
        cls.late = cls._buy(10, expiry=20)
        cls.ticket = cls._create_ticket()
        cls.employee = cls.env["hr.employee"].create({"name": "Desk"})
        cls.project.allow_timesheets = True

    def _log(self, **values):
        return self.env["account.analytic.line"].create(
            {
                "name": "Work",
                "project_id": self.project.id,
                "unit_amount": 1,
                "employee_id": self.employee.id,
                **values,
            }
        )

    def _figures(self):
        self.env.flush_all()
        purchases = self.soon | self.late
        purchases.invalidate_recordset()
        return purchases.read(
            [
                "credits_available",
                "credits_allocated",
                "credits_expired",
                "value_available",
                "paid_available",
                "state",
            ]
        )

    def test_orm_and_superuser_change_nothing(self):
        row = self._draw(self.ticket, 1).rows
        allocation = row.allocation_id
        self._create_users()
        for records, user in product(
            (row, allocation), (self.env.user, self.credit_user, self.credit_manager)
        ):
            records = records.with_user(user)
            with self.subTest(records=records, user=user.login):
                for change in (
                    lambda r=records: r.write({"credits": 5}),
                    lambda r=records: r.unlink(),
                    lambda r=records: r.copy(),
                    lambda r=records: r.create({"credits": 5}),
                ):
                    with self.assertRaises(AccessError):
                        change()
        with self.assertRaises(AccessError):
            row.sudo().write({"credits": 5})
        with self.assertRaises(UserError):
            self.soon.write({"consumption_ids": [Command.clear()]})
        with self.assertRaises(UserError):
            self.soon.write(
                {"consumption_ids": [Command.update(row.id, {"credits": 1})]}
            )
        with self.assertRaises(UserError):
            self.soon.write({"consumption_ids": [Command.create({"credits": 1})]})

    def test_import_changes_nothing(self):
        row = self._draw(self.ticket, 1).rows
        for model in (self.row_model, self.allocation_model):
            result = model.load([".id", "credits"], [[str(row.id), "5"]])
            self.assertFalse(result["ids"])
            self.assertTrue(result["messages"])
        row.invalidate_recordset()
        self.assertEqual(row.credits, 1)

    @mute_logger("odoo.sql_db")
    def test_raw_sql_changes_nothing(self):
        row = self._draw(self.ticket, 1, timesheet=self._log()).rows
        for query in (
            SQL("UPDATE service_credit_consumption SET credits = 9"),
            SQL("UPDATE service_credit_consumption SET write_date = now()"),
            SQL("UPDATE service_credit_consumption SET timesheet_id = NULL"),
            SQL("DELETE FROM service_credit_consumption WHERE id = %s", row.id),
            SQL("TRUNCATE service_credit_consumption CASCADE"),
        ):
            with (
                self.subTest(query=query.code),
                self.assertRefused(Error, says="never changed or deleted"),
                self.cr.savepoint(),
            ):
                self.env.cr.execute(query)
        row.invalidate_recordset()
        self.assertTrue(row.timesheet_id)

    @mute_logger("odoo.sql_db")
    def test_raw_sql_cannot_break_a_balance(self):
        changes = (
            "credits_available = -1, credits_allocated = 5",
            "credits_available = 9",
            "credits_allocated = -1, credits_available = 5",
            "credits_available = NULL",
            "credits_expired = NULL, credits_available = 9",
        )
        self._assert_database_refuses(self.soon, changes)

    def test_a_row_outlives_its_time_entry(self):
        line = self._log()
        rows = self._draw(self.ticket, 1, timesheet=line).rows
        self.row_model._give_back_timesheets({line: None})
        line.unlink()
        self.env.flush_all()
        rows.invalidate_recordset()
        self.assertTrue(rows.exists())
        self.assertFalse(rows.timesheet_id)
        self.assertEqual(rows.credits, 1)

    def test_give_back_is_the_exact_earlier_state(self):
        before = self._figures()
        rows = self._draw(self.ticket, 6.35).rows
        self.assertNotEqual(self._figures(), before)
        back = give_back(rows)
        self.assertEqual(self._figures(), before)
        self.assertEqual(back.reversed_id, rows)
        self.assertEqual(sum((rows | back).mapped("value")), 0)
        self.assertEqual(sum((rows | back).mapped("paid")), 0)
        self.assertEqual(rows.allocation_id.credits, 0)

    def test_give_back_in_reverse_order_of_drawing(self):
        rows = self._draw(self.ticket, 6).rows
        back = give_back(rows, 3)
        self.assertEqual(self._slices(back), [(self.late, -2), (self.soon, -1)])
        self.assertEqual(set(back.mapped("consumption_type")), {"adjustment"})
        self.assertEqual(self._slices(give_back(rows)), [(self.soon, -3)])

    def test_give_back_happens_once(self):
        rows = self._draw(self.ticket, 6).rows
        give_back(rows, 4)
        with self.assertRefused(UserError, says="3.00 credits.*only 2.00"):
            give_back(rows, 3)
        self.assertTrue(give_back(rows, 2))
        self.assertFalse(give_back(rows))

    def test_giving_back_a_give_back_does_nothing(self):
        back = give_back(self._draw(self.ticket, 6).rows)
        self.assertFalse(give_back(back))

    def test_give_back_even_past_the_expiry(self):
        purchase = self._buy(3, start=-30, expiry=-10)
        self.company.service_credit_late_days = 10
        rows = self._draw(self.ticket, 3, date=self._day(-12)).rows
        self.company.service_credit_late_days = 0
        back = give_back(rows)
        self.assertEqual(purchase.credits_available, 3)
        self.assertEqual(back.date, self._day(-12), "the date of what it undoes")

    def test_many_entries_in_one_go(self):
        lines = self._log() | self._log() | self._log()
        draw_credits(
            self.env, [self._request(self.ticket, 3, timesheet=line) for line in lines]
        )
        wanted = dict(zip(lines, (1, None, 0), strict=True))
        self.row_model._give_back_timesheets(wanted)
        left = {
            line: sum(
                self.row_model.search([("timesheet_id", "=", line.id)]).mapped(
                    "credits"
                )
            )
            for line in lines
        }
        self.assertEqual(list(left.values()), [2, 0, 3])

    def test_partial_give_backs_leave_no_cent(self):
        purchase = self._buy(
            3, expiry=1, value_per_credit=100 / 3, paid_per_credit=100 / 7
        )
        rows = self._draw(self.ticket, 3).rows
        for part in (0.37, 1.11, 0.52, 1):
            give_back(rows, part)
        allocation = rows.allocation_id
        self.assertEqual(
            (allocation.credits, allocation.value, allocation.paid), (0,) * 3
        )
        self.assertEqual(purchase.value_available, purchase.value_total)
        self.assertEqual(purchase.paid_available, purchase.paid_total)

    def test_half_cents_do_not_depend_on_earlier_give_backs(self):
        """0.67 is left of 83.32 - 82.65; half of it is 0.34, not 0.33."""
        self._buy(4, expiry=1, value_per_credit=0, paid_per_credit=33.33)
        self._draw(self.ticket, 1.5)
        rows = self._draw(self.ticket, 2.5).rows
        self.assertEqual(give_back(rows, 2.48).paid, -82.65)
        self.assertEqual(give_back(rows, 0.01).paid, -0.34)
        self.assertEqual(give_back(rows).paid, -0.33)
        # In one batch too.
        rows = self._draw(self.ticket, 2.5).rows
        claims = [(rows, 2.48), (rows, 0.01), (rows, 0.01)]
        back = self.row_model._give_back_batch(claims)
        self.assertEqual(back.mapped("paid"), [-82.65, -0.34, -0.33])
