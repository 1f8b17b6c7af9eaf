# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from .funding import FundingCommon
from .people import create_employees, create_users


class ApprovalCommon(FundingCommon):
    """Anna's team approves its time: Lea leads it, Pat is an approver of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leader, cls.approver, cls.outsider = create_users(
            cls.env,
            {
                "leader_lea": "helpdesk_mgmt.group_helpdesk_user_own",
                "approver_pat": "helpdesk_mgmt.group_helpdesk_user_own",
                "outsider_ole": "helpdesk_mgmt.group_helpdesk_user",
            },
        )
        create_employees(cls.leader | cls.approver | cls.outsider)
        cls.team.write(
            {
                "require_approval": True,
                "user_id": cls.leader.id,
                "approver_ids": [(4, cls.approver.id)],
            }
        )
        cls.ticket.user_id = cls.agent

    def _enter(self, user=None, hours=1.0, ticket=None, **values):
        """Log time as a person does."""
        user = user or self.agent
        lines = self.env["account.analytic.line"].with_user(user)
        return lines.create(
            {
                "ticket_id": (ticket or self.ticket).id,
                "name": "Call",
                "unit_amount": hours,
                "date": "2026-05-04",
                **values,
            }
        )

    def _enter_submitted(self, *args, **values):
        entry = self._enter(*args, **values)
        entry.action_submit()
        return entry

    def _approve(self, entries, user=None):
        return entries.with_user(user or self.leader).action_approve()
