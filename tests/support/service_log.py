# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import UserError, ValidationError

from .common import ServiceCreditCommon


class ServiceLogCommon(ServiceCreditCommon):
    """An operator, a ticket, and an item with ten authorized hours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.operator = cls._create_person(
            "operator_ola", "helpdesk_service_credit.group_service_operator"
        )
        cls.team.user_ids = [Command.link(cls.operator.id)]
        cls.type = cls.env.ref("helpdesk_service_credit.service_type_reports")
        cls.time_product.limit_hours = True
        cls.item = cls._sell(cls.time_product)
        cls.ticket = cls._create_ticket(
            sale_line_id=cls.item.id, user_id=cls.operator.id
        )
        cls.env.flush_all()

    def _create_log(self, hours=2, user=None, **values):
        return (
            self.env["service.log"]
            .with_user(user or self.operator)
            .create(
                {
                    "partner_id": self.customer.id,
                    "ticket_id": self.ticket.id,
                    "service_type_id": self.type.id,
                    "title": "Quarterly report",
                    "hours": hours,
                    **values,
                }
            )
        )

    def _assert_refused(self, message, hours=2, **values):
        with (
            self.assertRaisesRegex((UserError, ValidationError), message),
            self.cr.savepoint(),
        ):
            self._create_log(hours, **values).action_log_hours()
