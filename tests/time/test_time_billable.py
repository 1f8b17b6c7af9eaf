# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import Form, tagged

from ..support.common import ServiceCreditCommon


@tagged("post_install", "-at_install")
class TestTimeBillable(ServiceCreditCommon):
    """The billable tick: where it starts, and what ticking anew does."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._sell(hours=10)
        cls.ticket = cls._create_ticket(user_id=cls.agent.id)

    def test_starts_as_the_product_says(self):
        self.assertTrue(self._log(self.ticket).is_billable)
        self.prepaid_product.time_billable = False
        entry = self._log(self.ticket)
        self.assertFalse(entry.is_billable)
        self.assertEqual(entry.coverage, "non_billable")
        self.assertTrue(self._log(self.ticket, is_billable=True).so_line)

    def test_starts_as_the_service_type_says(self):
        """A ticket without an item takes the product of the team's service type."""
        self.time_product.time_billable = False
        self.team.default_service_type_id = self.env["service.type"].create(
            {"name": "Courtesy", "product_id": self.time_product.id}
        )
        ticket = self._create_ticket(partner_id=self.other_customer.id)
        self.assertFalse(self._log(ticket).is_billable)

    def test_form_shows_it(self):
        """A new line of the tab shows the tick that saving would set."""
        self.prepaid_product.time_billable = False
        form = Form(self.ticket.with_user(self.agent))
        with form.timesheet_ids.new() as line:
            self.assertFalse(line.is_billable)
            line.unit_amount = 1
        form.save()
        self.assertFalse(self.ticket.timesheet_ids.is_billable)

    def test_saved_ticks_stay(self):
        """Neither the product nor another ticket changes a tick a user set."""
        entry = self._log(self.ticket, is_billable=False)
        entry.ticket_id = self._create_ticket()
        self.assertFalse(entry.is_billable)

    def test_bulk_change(self):
        """Un-ticking many at once gives the hours back, ticking takes them again."""
        entries = self._log(self.ticket, 2) | self._log(self.ticket, 3)
        self.assertEqual(self.item.remaining_hours, 5)
        entries.is_billable = False
        self.assertEqual(self.item.remaining_hours, 10)
        self.assertEqual(set(entries.mapped("coverage")), {"non_billable"})
        entries.is_billable = True
        self.assertEqual(self.item.remaining_hours, 5)
        self.assertEqual(entries.so_line, self.item)
