# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from ..support.tasks import TaskFundingCommon

SHARED_FORM = "project.project_sharing_project_task_view_form"


@tagged("post_install", "-at_install")
class TestTaskPeople(TaskFundingCommon):
    """People who log no time work on tasks as before, whatever a project sets."""

    def _use(self, task):
        """Do with a task what its form, list and cards offer."""
        with Form(task) as form:
            form.name = "Painting"
        task.write({"partner_id": self.other_customer.id, "sale_line_id": False})
        task.message_post(body=task.name)
        for state in ("1_done", "01_in_progress", "1_canceled"):
            task.state = state
        task.action_archive()
        task.action_unarchive()
        self._read(task)
        task.copy().unlink()
        task.unlink()

    def _read(self, task):
        """Read what the views show, and every field that is added to tasks."""
        self._read_added(task)
        for kind in ("form", "list", "kanban"):
            views = task.get_views([(False, kind)])
            names = views["models"]["project.task"]["fields"].keys()
            self.assertTrue(task.read(names))

    def _read_added(self, task):
        added = [
            name
            for name, field in task._fields.items()
            if field._module == "helpdesk_service_credit"
            and task._has_field_access(field, "read")
        ]
        self.assertIn("use_service_credits", added)
        self.assertTrue(task.read(added))

    def test_project_user(self):
        user = new_test_user(self.env, "plain_paul", "project.group_project_user")
        tasks = self.env["project.task"].with_user(user)
        for project in (self.rollout, self._create_rollout(name="Plain"), False):
            with self.subTest(project):
                values = {"name": "Paint", "user_ids": [Command.link(user.id)]}
                if project:
                    values["project_id"] = project.id
                self._use(tasks.create(values))

    def test_project_manager(self):
        user = new_test_user(
            self.env, "plain_pia", "project.group_project_manager,base.group_user"
        )
        user.group_ids -= self.env.ref("hr_timesheet.group_timesheet_manager")
        project = self.rollout.with_user(user)
        self._buy(10)
        self._do(1)
        with Form(project) as form:
            form.name = "Rollout 2"
        project.write({"partner_id": self.other_customer.id})
        project.allow_billable = False
        project.action_archive()
        self.assertFalse(self.task.active)
        project.action_unarchive()
        project.copy().unlink()

    def test_employee(self):
        user = new_test_user(self.env, "plain_eve", "base.group_user")
        self.rollout.privacy_visibility = "employees"
        # Core's form shows fields that only users of Project may read.
        self._read_added(self.task.with_user(user))
        with self.assertRaises(AccessError):
            self.task.with_user(user).action_move_timesheets()

    def test_portal_user_who_edits_a_shared_project(self):
        user = new_test_user(
            self.env, "shared_pat", "base.group_portal", partner_id=self.contact.id
        )
        self.rollout.write(
            {
                "privacy_visibility": "portal",
                "collaborator_ids": [Command.create({"partner_id": self.contact.id})],
            }
        )
        self.rollout.message_subscribe(self.contact.ids)
        items = [self._sell(self.time_product) for _index in range(2)]
        self.task.sale_line_id = items[0]
        self._do(1)
        self.task.sale_line_id = items[1]
        self.assertEqual(self.task.movable_timesheet_count, 1)
        task = self.task.with_user(user)
        with Form(task, view=SHARED_FORM) as form:
            form.name = "Painting"
        for state in ("1_done", "01_in_progress"):
            task.state = state
        self.assertTrue(task.read(task.fields_get(attributes=["type"])))
        with self.assertRaises(AccessError):
            task.action_move_timesheets()
        self.assertEqual(self.task.timesheet_ids.so_line, items[0])
