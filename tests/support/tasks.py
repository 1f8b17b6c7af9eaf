# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields

from .funding import MAY, FundingCommon


class TaskFundingCommon(FundingCommon):
    """A project whose tasks use service credits, and a task of its customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rollout = cls._create_rollout(use_service_credits=True)
        cls.task = cls._create_task()

    @classmethod
    def _create_rollout(cls, **values):
        return cls.env["project.project"].create(
            {
                "name": "Rollout",
                "partner_id": cls.customer.id,
                "allow_billable": True,
                "allow_timesheets": True,
                **values,
            }
        )

    @classmethod
    def _create_task(cls, project=None, **values):
        return cls.env["project.task"].create(
            {"name": "Cabling", "project_id": (project or cls.rollout).id, **values}
        )

    @classmethod
    def _log_task(cls, task, hours=1.0, **values):
        return cls.env["account.analytic.line"].create(
            {
                "task_id": task.id,
                "name": "Work",
                "unit_amount": hours,
                "date": fields.Date.today(),
                "employee_id": cls.employee.id,
                **values,
            }
        )

    def _do(self, hours=1.0, task=None, **values):
        date = values.pop("date", MAY)
        return self._log_task(task or self.task, hours, date=date, **values)

    def _task_pieces(self, task=None):
        return self._pieces(task or self.task)
