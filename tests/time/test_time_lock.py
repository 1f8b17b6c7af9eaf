# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from ..support.approval import ApprovalCommon

APRIL = date(2026, 4, 28)
MAY = date(2026, 5, 4)
LOCK = date(2026, 4, 30)
TODAY = date(2026, 5, 12)


@tagged("post_install", "-at_install")
class TestTimeLock(ApprovalCommon):
    """Time is closed until a date; late work keeps its date and counts today."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.require_approval = False
        cls.april = cls._log(cls.ticket, 2, date=APRIL).with_user(cls.agent)
        cls.april.sudo().employee_id = cls.agent_employee
        cls.april_of_task = cls.env["account.analytic.line"].create(
            {
                "name": "Task",
                "project_id": cls.project.id,
                "unit_amount": 1,
                "date": APRIL,
                "employee_id": cls.agent_employee.id,
            }
        )
        cls.company.timesheet_lock_date = LOCK
        cls.company.timesheet_lock_grace_days = 5

    def setUp(self):
        super().setUp()
        frozen = freeze_time(f"{TODAY} 10:00:00")
        frozen.start()
        self.addCleanup(frozen.stop)

    def test_off_by_default(self):
        company = self.env["res.company"].new({})
        self.assertFalse(company._get_time_lock())
        self.company.timesheet_lock_date = False
        self.april.unit_amount = 3
        self.assertFalse(self._enter(date=APRIL).is_late)

    def test_days_to_finish(self):
        """Open through the last of the days, closed the day after."""
        for day, is_closed in (("2026-05-05", False), ("2026-05-06", True)):
            with self.subTest(day=day), freeze_time(f"{day} 10:00:00"):
                self.assertEqual(bool(self.company._get_time_lock()), is_closed)
                self.assertEqual(self._enter(date=APRIL).is_late, is_closed)

    def test_day_is_the_companys(self):
        """Midnight comes by the company's clock, not by that of who logs."""
        self.agent.tz = "America/Los_Angeles"
        self.company.partner_id.tz = "Pacific/Auckland"
        with freeze_time("2026-05-05 14:00:00"):  # the 6th in Auckland
            self.assertEqual(self.company._get_time_lock(), LOCK)
            self.assertEqual(str(self._enter(date=APRIL).period_date), "2026-05-06")

    def test_late_work_lands_in_the_open_period(self):
        """Credits of April pay, by the work date; the month it counts in is May."""
        purchase = self._buy(start="2026-04-01", expiry="2026-04-30")
        entry = self._enter(date=APRIL)
        self.assertEqual(entry.date, APRIL)
        self.assertEqual(entry.period_date, TODAY)
        self.assertTrue(entry.is_late)
        self.assertEqual(purchase.credits_available, 9)
        self.assertEqual(entry.sudo().consumption_ids.date, APRIL)
        self._buy()
        on_time = self._enter(date=MAY)
        self.assertEqual((on_time.period_date, on_time.is_late), (MAY, False))
        # What counts in the open period can be corrected there.
        entry.unit_amount = 2
        entry.date = date(2026, 4, 29)
        self.assertTrue(entry.is_late)
        entry.date = MAY
        self.assertEqual((entry.period_date, entry.is_late), (MAY, False))
        entry.unlink()

    def test_last_day_is_closed_too(self):
        self.assertTrue(self._enter(date=LOCK).is_late)
        self.assertFalse(self._enter(date="2026-05-01").is_late)

    def test_closed_time_does_not_change(self):
        """Not for its author, a manager or the system; tickets and tasks alike."""
        system = self.env.ref("base.user_root")
        other = self._create_ticket()
        for user in (self.agent, self.helpdesk_manager, system):
            for values in (
                {"unit_amount": 8},
                {"date": MAY},
                {"is_billable": False},
                {"employee_id": self.leader.employee_id.id},
                {"ticket_id": other.id},
            ):
                with (
                    self.subTest(user=user.login, values=values),
                    self.assertRaises(UserError),
                ):
                    self.april.with_user(user).write(values)
        with self.assertRefused(
            UserError,
            self.company.name,
            says="closed its time until 04/30/2026.*reopen",
        ):
            self.april.unit_amount = 8
        with self.assertRefused(UserError, self.company.name, "04/30/2026"):
            self.april.unlink()
        with self.assertRefused(UserError, self.company.name):
            self.april_of_task.unit_amount = 4
        with self.assertRefused(UserError, self.company.name):
            self.april_of_task.unlink()
        self.assertTrue(self.april.readonly_timesheet)
        self.april.name = "A clearer text for the customer"
        self.company.timesheet_lock_date = "2026-03-31"
        self.april.unit_amount = 8
        self.april.unlink()

    def test_import(self):
        """New rows land in the open period; rows of closed entries are refused."""
        lines = self.env["account.analytic.line"].with_user(self.agent)
        fields = ["ticket_id/.id", "date", "name", "unit_amount"]
        result = lines.load(fields, [[str(self.ticket.id), str(APRIL), "Late", "1:30"]])
        entry = lines.browse(result["ids"])
        self.assertTrue(entry.is_late)
        self.assertEqual(entry.period_date, TODAY)
        result = lines.load([".id", "unit_amount"], [[str(self.april.id), "5"]])
        self.assertIn("closed its time", result["messages"][0]["message"])
        self.assertEqual(self.april.unit_amount, 2)
        result = lines.load(
            [*fields, "period_date"],
            [[str(self.ticket.id), str(APRIL), "Typed", "1", str(APRIL)]],
        )
        self.assertIn("because Odoo computes it", result["messages"][0]["message"])

    def test_periods_are_not_typed(self):
        with self.assertRaises(AccessError):
            self._enter(period_date=APRIL)
        entry = self._enter(date=MAY)
        with self.assertRaises(AccessError):
            entry.period_date = APRIL
        with self.assertRaises(AccessError):
            entry.with_user(self.helpdesk_manager).write({"is_late": True})
        self.assertTrue(self.april.copy().is_late)

    def test_form_says_it_before_saving(self):
        form = Form(self.ticket.with_user(self.agent))
        with form.timesheet_ids.new() as line:
            line.unit_amount = 1
            line.date = APRIL
            self.assertTrue(line.is_late)
            line.date = MAY
            self.assertFalse(line.is_late)
        form.save()

    def test_moving_and_merging_leave_closed_time(self):
        item = self._sell(self.time_product, hours=0)
        open_entry = self._enter(date=MAY)
        self.ticket.sale_line_id = item
        self.assertEqual(self.ticket.movable_timesheet_count, 1)
        self.ticket.action_move_timesheets()
        self.assertEqual(open_entry.so_line, item)
        self.assertFalse(self.april.so_line)
        target = self._create_ticket()
        target._absorb_timesheets(self.ticket)
        self.assertEqual(target.timesheet_ids, open_entry)
        self.assertEqual(self.ticket.timesheet_ids, self.april.sudo())

    def test_late_time_is_invoiced_with_the_open_period(self):
        """April was invoiced; what came late is on May's invoice, once."""
        self._keep_accounts()
        item = self._sell(self.time_product, hours=0)
        self.ticket.sale_line_id = item
        late, on_time = self._enter(date=APRIL, hours=3), self._enter(hours=1)
        order = item.order_id.with_user(self.seller)

        def invoice(start, end):
            self.env["sale.advance.payment.inv"].with_user(self.seller).with_context(
                active_model="sale.order", active_ids=order.ids
            ).create(
                {
                    "advance_payment_method": "delivered",
                    "date_start_invoice_timesheet": start,
                    "date_end_invoice_timesheet": end,
                }
            ).create_invoices()
            return order.invoice_ids.sudo().sorted("id")[-1]

        with self.assertRaises(UserError):
            invoice("2026-04-01", "2026-04-30")
        bill = invoice("2026-05-01", "2026-05-31")
        self.assertEqual(bill.invoice_line_ids.quantity, 4)
        self.assertEqual(bill.timesheet_ids, (late | on_time).sudo())

    def test_late_approval_counts_in_the_open_period(self):
        """Pending time of a closed month is billed in the month of its approval."""
        with freeze_time("2026-04-29 10:00:00"):
            self.team.require_approval = True
            entry = self._enter_submitted(date=APRIL)
            decided = self._enter_submitted(date=APRIL)
            self._approve(decided)
        self.assertFalse(entry.is_late)
        self._approve(entry)
        self.assertTrue(entry.is_late)
        self.assertEqual((entry.date, entry.period_date), (APRIL, TODAY))
        with self.assertRefused(UserError, self.company.name):
            decided.with_user(self.leader).action_reset_approval()

    def test_sync_is_told(self):
        """The system's own writers meet the same rule."""
        with self.assertRaises(UserError):
            self.april.sudo().write({"unit_amount": 1})

    def test_settings(self):
        """An administrator sets the date; days cannot be negative."""
        settings = self.env["res.config.settings"].create(
            {"timesheet_lock_date": "2026-05-31", "timesheet_lock_grace_days": 2}
        )
        settings.execute()
        self.assertEqual(str(self.company.timesheet_lock_date), "2026-05-31")
        self.assertEqual(self.company.timesheet_lock_grace_days, 2)
        with self.assertRaises(AccessError):
            self.company.with_user(self.helpdesk_manager).timesheet_lock_date = MAY

    def test_lock_is_of_the_company(self):
        """Another company's time stays open."""
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.assertFalse(other._get_time_lock())
        self.assertEqual(self.company._get_time_lock(), LOCK)

    def test_queries_are_flat(self):
        """A late batch costs no more queries than one on time."""
        values = {"ticket_id": self.ticket.id, "name": "x", "unit_amount": 1}
        lines = self.env["account.analytic.line"].with_user(self.agent)
        costs = []
        for day, count in ((MAY, 2), (MAY, 50), (APRIL, 50)):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            lines.create([{**values, "date": day} for _index in range(count)])
            self.env.flush_all()
            costs.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(costs[2], costs[1] + 1, costs)
