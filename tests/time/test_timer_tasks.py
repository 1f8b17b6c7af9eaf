# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, HttpCase, new_test_user, tagged

from ...models.time.timer_question import TimerQuestion
from ..support.language import LanguageCommon
from ..support.played import in_long_run
from ..support.tasks import TaskFundingCommon

START = datetime(2026, 5, 4, 10, 0, 0)
WORKER = "project.group_project_user,hr_timesheet.group_hr_timesheet_user"


class TaskTimerCommon(TaskFundingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.worker = cls._create_person("worker_wanda", WORKER)
        cls.rollout.message_subscribe(cls.worker.partner_id.ids)
        cls.own = cls.task.with_user(cls.worker)


@tagged("post_install", "-at_install")
class TestTaskTimer(TaskTimerCommon):
    """The timer on a task is the timer on a ticket."""

    def _at(self, minutes):
        return freeze_time(START + timedelta(minutes=minutes))

    def _start(self, task=None):
        with self._at(0):
            (task or self.own).action_timer_start()
        return self.env["service.timer"].search([("user_id", "=", self.worker.id)])

    def test_stopped_it_is_time_that_credits_pay(self):
        self._buy(10)
        self._start()
        self.assertEqual(self.own.timer_state, "running")
        with self._at(10):
            self.own.action_timer_pause()
        with self._at(30):
            self.own.action_timer_resume()
        with self._at(50):
            action = self.own.action_timer_stop()
        self.assertEqual(self.own.timer_state, "stopped")
        entry = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual((entry.task_id, entry.ticket_id.id), (self.task, False))
        self.assertEqual((entry.unit_amount, entry.time_start), (0.5, 10))
        self.assertEqual((entry.date, entry.user_id), (START.date(), self.worker))
        self.assertEqual((entry.coverage, entry.credits), ("credits", 0.5))

    def test_one_runs_on_a_ticket_or_a_task(self):
        self.worker.group_ids += self.env.ref("helpdesk_mgmt.group_helpdesk_user")
        ticket = self.ticket.with_user(self.worker)
        self._start()
        with self._at(5):
            ticket.action_timer_start()
        states = self.own.timer_state, ticket.timer_state
        self.assertEqual(states, ("paused", "running"))
        state = self.env["service.timer"]._get_client_state(self.worker)
        self.assertEqual(
            [(t["res_model"], t["name"], t["is_running"]) for t in state["timers"]],
            [
                ("helpdesk.ticket", self.ticket.display_name, True),
                ("project.task", "Cabling", False),
            ],
        )

    def test_the_last_tasks_are_in_the_menu(self):
        self.own.action_log_time(1)
        day = self.env["service.timer"].with_user(self.worker).get_day()
        task = {"res_model": "project.task", "res_id": self.task.id, "name": "Cabling"}
        self.assertEqual(day["recent"], [{**task, "is_openable": True}])
        self.rollout.allow_timesheets = False
        day = self.env["service.timer"].with_user(self.worker).get_day()
        self.assertEqual(day["recent"], [])

    def test_on_a_project_that_is_left_to_core(self):
        item = self._sell(self.time_product)
        plain = self._create_rollout(name="Plain")
        plain.message_subscribe(self.worker.partner_id.ids)
        task = self._create_task(plain, sale_line_id=item.id).with_user(self.worker)
        self._start(task)
        with self._at(30):
            task.action_timer_stop()
        entry = task.sudo().timesheet_ids
        self.assertEqual((entry.coverage, entry.so_line), (False, item))
        self.assertEqual(entry.unit_amount, 0.5)

    def test_moved_to_another_project(self):
        """Its time is logged where the task is, or waits where none is logged."""
        timer = self._start()
        inside = self._create_rollout(name="Inside", allow_timesheets=False)
        self.task.project_id = inside
        with self._at(30):
            action = self.own.action_timer_stop()
        self.assertEqual(action["res_model"], "service.timer")
        self.assertIn("no timesheets", timer.refusal)
        self.assertEqual(timer.seconds_before, 1800)
        other = self._create_rollout(name="Other")
        other.message_subscribe(self.worker.partner_id.ids)
        self.task.project_id = other
        timer.with_user(self.worker).action_log()
        self.assertEqual(self.task.timesheet_ids.project_id, other)
        self.assertFalse(timer.exists())

    def test_not_where_no_time_is_logged(self):
        self.rollout.allow_timesheets = False
        with self.assertRefused(UserError, self.task):
            self.own.action_timer_start()
        private = self.env["project.task"].with_user(self.worker).create({"name": "X"})
        with self.assertRefused(UserError, private):
            private.action_timer_start()

    def test_refused_time_is_kept(self):
        self._buy(1)
        timer = self._start()
        with self._at(90):
            self.own.action_timer_stop()
        self.assertIn("Cabling", timer.refusal)
        self.rollout.over_limit_policy = "overage"
        timer.with_user(self.worker).action_log()
        self.assertEqual(
            [piece[:2] for piece in self._task_pieces()],
            [("credits", 1), ("overage", 0.5)],
        )

    def _ask(self, vals):
        with self.assertRaises(TimerQuestion) as caught, self.env.cr.savepoint():
            self.own.write(vals)
        action = caught.exception.context["timer_action"]
        windows = self.env[action["res_model"]].with_user(self.worker)
        return windows.with_context(**action["context"])

    def test_closing_and_archiving_ask(self):
        for vals, method, hours in (
            ({"state": "1_done"}, "action_log", 0.5),
            ({"state": "1_canceled"}, "action_discard", 0),
            ({"active": False}, "action_log", 0.5),
        ):
            self.task.write({"state": "01_in_progress", "active": True})
            self.task.timesheet_ids.unlink()
            self._start()
            with self._at(30), self.subTest(vals):
                with Form(self._ask(vals)) as form:
                    form.name = "Cables"
                window = form.record
                self.assertEqual(self.task.state, "01_in_progress")
                self.assertEqual(self.own.timer_state, "running", "It counts on.")
                getattr(window, method)()
                for name, value in vals.items():
                    self.assertEqual(self.task[name], value)
                self.assertEqual(
                    sum(self.task.timesheet_ids.mapped("unit_amount")), hours
                )
                self.assertFalse(self.own.timer_ids)

    def test_a_project_is_not_archived_while_ones_timer_counts(self):
        timer = self._start()
        self.worker.group_ids += self.env.ref("project.group_project_manager")
        with self.assertRefused(UserError, self.task) as caught:
            self.rollout.with_user(self.worker).action_archive()
        self.assertNotIsInstance(caught.exception, TimerQuestion)
        self.assertTrue(self.rollout.active and self.task.active)
        self.rollout.action_archive()  # a colleague's timer does not keep one from it
        self.assertFalse(self.task.active)
        with self._at(30):
            timer.with_user(self.worker)._log()
        self.assertEqual(self.task.timesheet_ids.unit_amount, 0.5)

    def test_a_task_is_archived_with_the_timers_of_its_subtasks(self):
        subtask = self._create_task(parent_id=self.task.id, name="Drilling")
        self.assertFalse(subtask.display_in_project)
        self._start(subtask.with_user(self.worker))
        with self.assertRaises(TimerQuestion) as caught, self.env.cr.savepoint():
            self.own.action_archive()
        action = caught.exception.context["timer_action"]
        windows = self.env[action["res_model"]].with_user(self.worker)
        with self._at(30):
            windows.with_context(**action["context"]).create({}).action_log()
        self.assertFalse(self.task.active or subtask.active)
        self.assertTrue(subtask.timesheet_ids)

    def test_tasks_of_templates_take_no_time(self):
        self.own.action_log_time(1)
        self.rollout.is_template = True
        with self.assertRefused(UserError, self.task):
            self.own.action_log_time(1)
        with self.assertRefused(UserError, self.task):
            self.own.action_timer_start()
        lines = self.env["account.analytic.line"].with_user(self.worker)
        [row] = lines.get_week()["rows"]
        self.assertFalse(row["takes_time"])
        self.assertFalse(lines.env["service.timer"].get_day()["recent"])

    def test_who_cannot_open_a_task_reads_its_name(self):
        clerk = self._create_person(
            "clerk_cleo", "hr_timesheet.group_hr_timesheet_user"
        )
        for user, is_openable in ((self.worker, True), (clerk, False)):
            self.rollout.message_subscribe(user.partner_id.ids)
            task = self.task.with_user(user)
            params = task.action_log_time(1)["params"]
            self.assertEqual("links" in params, is_openable)
            self.assertEqual("Cabling" in params["message"], not is_openable)
            self.assertEqual("%s" in params["message"], is_openable)
            [row] = task.env["account.analytic.line"].get_week()["rows"]
            timers = task.env["service.timer"]
            [work] = timers.get_day()["recent"]
            task.action_timer_start()
            [timer] = timers._get_client_state(user)["timers"]
            for shown in (row, work, timer):
                self.assertEqual(shown["is_openable"], is_openable)

    def test_another_state_does_not_ask(self):
        self._start()
        self.own.state = "03_approved"
        self.task.state = "1_done"  # a colleague's timer does not keep one from it
        self.assertEqual(self.own.timer_state, "running")

    def test_a_task_with_a_timer_is_not_deleted(self):
        self._start()
        with self.assertRefused(UserError, self.task):
            self.task.unlink()

    def test_forgotten(self):
        timer = self._start()
        timer._flag_forgotten()
        self.assertEqual(timer.activity_id.res_model, "project.task")
        self.assertIn("Cabling", timer.activity_id.note)

    def test_timers_are_for_those_who_log_time(self):
        self._start()
        self.rollout.privacy_visibility = "portal"
        reader = new_test_user(
            self.env, "pia", "base.group_portal", partner_id=self.contact.id
        )
        self.task.message_subscribe(self.contact.ids)
        seen = self.task.with_user(reader)
        for method in ("start", "pause", "resume", "stop", "ask"):
            with self.assertRaises(UserError):
                getattr(seen, f"action_timer_{method}")()
        with self.assertRaises(AccessError):
            seen.read(["timer_ids"])
        self.task.write({"state": "01_in_progress"})
        colleague = self.task.with_user(self._create_person("worker_wolf", WORKER))
        self.assertEqual(colleague.timer_state, "stopped")
        with self.assertRaises(UserError):
            colleague.action_timer_stop()


@in_long_run
@tagged("post_install", "-at_install")
class TestTaskTimerTour(TaskTimerCommon, LanguageCommon, HttpCase):
    def test_start_and_close(self):
        """The form is saved first, back means back, and one window asks."""
        self._buy(10)
        self._speak(self.worker)
        self.start_tour(
            f"/odoo/project.task/{self.task.id}",
            "helpdesk_service_credit_task_timer",
            login=self.worker.login,
        )
        self.assertEqual((self.task.name, self.task.state), ("Cabling 2", "1_done"))
        self.assertEqual(self.task.timesheet_ids.mapped("name"), ["Swept up"])
        self.assertFalse(self.task.timer_ids)
