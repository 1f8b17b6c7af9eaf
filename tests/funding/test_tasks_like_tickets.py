# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import base64
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.tests import Form, new_test_user, tagged

from ..support.rates import MONDAY, RatesCommon
from ..support.sync import SyncMixin
from ..support.tasks import TaskFundingCommon

PERSON = (
    "helpdesk_mgmt.group_helpdesk_user,project.group_project_user,"
    "helpdesk_service_credit.group_service_operator"
)
TIMED = (2, 2.5, 2.5, "credits", "2:00 h: 1:00 × 1 until 18:00, 1:00 × 1.5 after")
TIMELESS = (
    2,
    2,
    2,
    "credits",
    "2:00 h × 1: without a start, only rates that always apply count",
)
SYNC = {
    "external_id": "id",
    "ticket_id": "ticket",
    "task_id": "task",
    "employee_email": "mail",
    "unit_amount": "hours",
    "date": "day",
    "time_start": "start",
}


@tagged("post_install", "-at_install")
class TestTasksLikeTickets(SyncMixin, TaskFundingCommon, RatesCommon):
    """Each way in and each screen tells the same of a ticket and of a task."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.purchase = cls._buy(cls, 100)
        cls.person = cls._create_person("person_pam", PERSON)
        cls.worker = cls.person.employee_id
        cls.worker.write({"work_email": "pam@helpdesk.test", "hourly_cost": 40})
        cls.team.write(
            {
                "user_ids": [Command.link(cls.person.id)],
                "show_timesheet_portal": True,
                "require_approval": True,
            }
        )
        cls.rollout.write({"privacy_visibility": "portal", "require_approval": True})
        cls.rollout.message_subscribe(cls.person.partner_id.ids)
        cls.ticket.user_id = cls.person
        cls.reader = new_test_user(
            cls.env, "pia", "base.group_portal", partner_id=cls.contact.id
        )
        cls.works = cls.ticket, cls.task
        for work in cls.works:
            work.message_subscribe(cls.contact.ids)

    def _get_name(self, work):
        return "ticket_id" if work == self.ticket else "task_id"

    def _read(self, entry):
        entry = entry.sudo()
        return (
            entry.unit_amount,
            entry.hours_billed,
            entry.credits,
            entry.coverage,
            entry.rate_note,
        )

    # ------------------------------------------------------------------
    # Ways in
    # ------------------------------------------------------------------

    def _type_in_the_tab(self, work):
        form = Form(work.with_user(self.person))
        with form.timesheet_ids.new() as line:
            line.date = MONDAY
            line.name = "Typed"
            line.unit_amount = 2
            line.time_start = 17
        form.save()

    def _import(self, work):
        name = self._get_name(work)
        self.env["account.analytic.line"].with_user(self.person).load(
            [f"{name}/.id", "date", "name", "unit_amount", "time_start"],
            [[str(work.id), MONDAY, "Imported", "2", "17"]],
        )

    def _stop_a_timer(self, work):
        start = datetime(2026, 5, 4, 15)  # 17:00 in Brussels
        work = work.with_user(self.person)
        with freeze_time(start):
            work.action_timer_start()
        with freeze_time(start + timedelta(hours=2)):
            work.action_timer_stop()

    def _log_service(self, work):
        windows = self.env["service.log"].with_user(self.person)
        window = windows.create(
            {
                "partner_id": self.customer.id,
                self._get_name(work): work.id,
                "title": "Service",
                "hours": 2,
                "date": MONDAY,
                "time_start": 17,
            }
        )
        window.action_log_hours()

    def _sync(self, work):
        ticket = work.number if work == self.ticket else ""
        task = work.name if work == self.task else ""
        text = (
            "id,ticket,task,mail,hours,day,start\n"
            f"{work._name},{ticket},{task},pam@helpdesk.test,2,{MONDAY},17:00\n"
        )
        source = self.csv_source(mapping=SYNC, target="time_entry")
        source.file = base64.b64encode(text.encode())
        source.action_sync_now()

    def _log_quickly(self, work):
        work.with_user(self.person).action_log_time("2h", "Quick", MONDAY)

    def test_every_way_in(self):
        for way, told in (
            (self._type_in_the_tab, TIMED),
            (self._import, TIMED),
            (self._stop_a_timer, TIMED),
            (self._log_service, TIMED),
            (self._sync, TIMED),
            (self._log_quickly, TIMELESS),
        ):
            for work in self.works:
                with self.subTest(way.__name__, work=work._name):
                    before = work.timesheet_ids
                    way(work)
                    entry = work.timesheet_ids - before
                    self.assertEqual(len(entry), 1)
                    self.assertEqual(self._read(entry), told)
                    self.assertEqual(entry.employee_id, self.worker)
                    self.assertEqual(entry.approval_state, "draft")

    # ------------------------------------------------------------------
    # Screens
    # ------------------------------------------------------------------

    def _log_timed(self, work):
        return self.env["account.analytic.line"].create(
            {
                self._get_name(work): work.id,
                "employee_id": self.worker.id,
                "date": MONDAY,
                "name": "Cables",
                "unit_amount": 2,
                "time_start": 17,
            }
        )

    def _get_week_hours(self, entry, work):
        lines = self.env["account.analytic.line"].with_user(self.person)
        [hours] = [
            cell["hours"]
            for row in lines.get_week(MONDAY)["rows"]
            if row[self._get_name(work)] == work.id
            for cell in row["cells"].values()
        ]
        return hours

    def _is_shown_to_the_customer(self, entry, _work):
        entries = self.env["account.analytic.line"].with_user(self.reader)
        return entry in entry.search(entries._timesheet_get_portal_domain())

    def _approve(self, entry, work):
        work.with_user(self.person).action_submit_time()
        lead = entry.with_user(self.env.user)
        may_approve = lead.may_approve
        lead.action_approve()
        return may_approve, entry.approval_state

    def _get_analysis(self, entry, _work):
        self.env.flush_all()
        [line] = self.env["timesheets.analysis.report"].search([("id", "=", entry.id)])
        return (
            line.unit_amount,
            line.hours_billed,
            line.amount,
            line.timesheet_revenues,
            line.coverage,
        )

    def _get_movement(self, entry, _work):
        self.env.flush_all()
        [move] = self.env["service.credit.movement"].search(
            [("timesheet_id", "=", entry.id)]
        )
        return move.movement_type, move.credits, move.value

    def _get_statement(self, entry, work):
        statement = self.env["service.credit.statement"].create(
            {
                "partner_id": self.customer.id,
                "date_from": MONDAY,
                "date_to": MONDAY,
            }
        )
        [section] = statement._get_sections()
        [note] = [
            line["note"]
            for line in section["lines"]
            if line["movement"].timesheet_id == entry
        ]
        return note

    def _get_balance(self, _entry, work):
        return work.service_credits_used

    def _is_in_the_button(self, entry, work):
        action = work.action_view_service_credits()
        rows = entry.consumption_ids
        return action["res_id"] == rows.allocation_id.id

    def _get_who_pays(self, _entry, work):
        name = self._get_name(work)
        panel = self.env["service.funding.panel"].create({name: work.id})
        return self.purchase.name in panel.preview

    def test_every_screen(self):
        entries = {work: self._log_timed(work) for work in self.works}
        for screen in (
            self._get_week_hours,
            self._is_shown_to_the_customer,
            self._approve,
            self._get_analysis,
            self._get_movement,
            self._get_statement,
            self._get_balance,
            self._is_in_the_button,
            self._get_who_pays,
        ):
            with self.subTest(screen.__name__):
                on_ticket, on_task = (
                    screen(entries[work], work) for work in self.works
                )
                self.assertEqual(on_task, on_ticket)
                self.assertTrue(on_ticket)
        analysis = self._get_analysis(entries[self.task], self.task)
        # Two hours at 40 cost, two and a half credits worth 100 each.
        self.assertEqual(analysis[:4], (2, 2.5, -80, 250))
        self.assertIn(TIMED[-1], self._get_statement(entries[self.task], self.task))
        self.assertFalse(
            self.env["service.revenue.risk"].search(
                [("commercial_partner_id", "=", self.customer.id)]
            )
        )

    def test_costs_count_what_was_worked_and_revenue_what_was_billed(self):
        """In the project's profitability, with credits and with an item."""
        self._log_timed(self.task).with_user(self.person).action_submit()
        self.task.timesheet_ids.action_approve()
        item = self._sell(self.time_product)
        billed = self._create_rollout(name="By the Hour", sale_line_id=item.id)
        task = self._create_task(billed, sale_line_id=item.id)
        self._log_timed(task)
        self.env.flush_all()
        for project, name, earned in (
            (self.rollout, "service_credits", ("invoiced", 250)),
            (billed, "billable_time", ("to_invoice", 250)),
        ):
            items = project._get_profitability_items(with_action=False)
            [revenue] = [r for r in items["revenues"]["data"] if r["id"] == name]
            self.assertEqual((earned[0], revenue[earned[0]]), earned)
            cost = items["costs"]["total"]
            self.assertEqual(cost["billed"] + cost["to_bill"], -80)
