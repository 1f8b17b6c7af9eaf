# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Mail is read as superuser: an address types no more than people may."""

from odoo.exceptions import ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..support.funding import FundingCommon

MAIL = """From: nora@azure.test
To: {to}
Subject: Printer
Message-Id: <attack-{number}@azure.test>
Content-Type: text/plain

Smoke.
"""


@tagged("post_install", "-at_install")
class TestAttackGateway(FundingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.domain = cls.env["mail.alias.domain"].create({"name": "desk.test"})
        cls.company.alias_domain_id = cls.domain
        cls.team.write({"alias_name": "attack-desk", "alias_domain_id": cls.domain.id})

    def _receive(self, number):
        before = self.env["helpdesk.ticket"].search([])
        self.env["mail.thread"].message_process(
            False, MAIL.format(to="attack-desk@desk.test", number=number)
        )
        return self.env["helpdesk.ticket"].search([]) - before

    def test_addresses_type_no_decided_values(self):
        """Nothing that is forged at an address is ever read as superuser."""
        item = self._sell(self.time_product)
        entry = {"name": "x", "unit_amount": 1, "coverage": "credits"}
        request = {"sale_line_id": item.id, "hours": 99, "state": "approved"}
        team = self.team.with_user(self.helpdesk_manager)
        for values in (
            {"timesheet_ids": [(0, 0, entry)]},
            {"authorization_ids": [(0, 0, request)]},
            {"is_sale_line_cleared": True},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                team.alias_defaults = repr(values)
        self.assertFalse(item.authorized_hours)

    def test_projects_too(self):
        entry = {"name": "x", "unit_amount": 1, "ticket_id": self.ticket.id}
        tasks = [(0, 0, {"name": "x", "timesheet_ids": [(0, 0, entry)]})]
        for values in ({"timesheet_ids": [(0, 0, entry)]}, {"child_ids": tasks}):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                self.project.alias_id.alias_defaults = repr(values)

    @mute_logger("odoo.addons.mail.models.mail_thread")
    def test_ordinary_values_stay_possible(self):
        tag = self.env["helpdesk.ticket.tag"].create({"name": "By mail"})
        self.team.alias_defaults = repr(
            {"priority": "2", "tag_ids": [(6, 0, tag.ids)], "team_id": self.team.id}
        )
        ticket = self._receive(1)
        self.assertEqual((ticket.priority, ticket.tag_ids), ("2", tag))
        self.assertFalse(ticket.timesheet_ids)
