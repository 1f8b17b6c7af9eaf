# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import HttpCase, new_test_user, tagged

from ..support.common import ServiceCreditCommon
from ..support.language import LanguageCommon, RomanianCommon

NEW_ORDER = "/odoo/action-sale.action_quotations/new"
TICKETS = "/odoo/action-helpdesk_mgmt.helpdesk_ticket_action"


class TrackAndBillCommon(ServiceCreditCommon):
    """The people of the seed "Track and bill time", in a browser."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._keep_accounts()
        # Opening an invoice takes the invoicing right: core shows its payments.
        cls.seller.group_ids += cls.env.ref("account.group_account_invoice")
        cls.accountant = new_test_user(
            cls.env, "accountant_ida", "account.group_account_manager"
        )
        cls._speak(cls.seller, cls.agent, cls.helpdesk_manager, cls.accountant)

    def _play(self, user, name, path):
        self.start_tour(path, f"helpdesk_service_credit_{name}", login=user.login)

    def _get_last_order(self):
        return self.env["sale.order"].search([], order="id desc", limit=1)

    def _post_invoice(self, order):
        invoice = order.invoice_ids.sorted("id")[-1:]
        path = f"/odoo/action-account.action_move_out_invoice_type/{invoice.id}"
        self._play(self.accountant, "post_invoice", path)
        self.assertEqual(invoice.state, "posted")
        return invoice

    def _offer(self, team):
        """Make the form offer a team beside `helpdesk_type`, which knows only teams of
        the ticket's type."""
        if "helpdesk.ticket.type" in self.env:
            kind = self.env["helpdesk.ticket.type"].create(
                {"name": "Any", "team_ids": team.ids}
            )
            self.env["ir.default"].set("helpdesk.ticket", "type_id", kind.id)


@tagged("post_install", "-at_install")
class TestPrepaidTour(TrackAndBillCommon, RomanianCommon, HttpCase):
    def test_from_team_settings_to_red_hours(self):
        self._play(self.helpdesk_manager, "team", "/odoo/helpdesk-teams/new")
        team = self.env["helpdesk.ticket.team"].search([("name", "=", "Tour Desk")])
        self.assertEqual(team.default_project_id.name, "Tour Desk")
        self.assertTrue(team.default_project_id.allow_billable)

        self._play(self.seller, "sell_prepaid", NEW_ORDER)
        order = self._get_last_order()
        # Posting it by hand is played below, with time.
        order.invoice_ids.action_post()
        self.assertEqual(order.invoice_ids.amount_untaxed, 1000)

        self._offer(team)
        self._play(self.agent, "prepaid_ticket", f"{TICKETS}/new")
        ticket = self.env["helpdesk.ticket"].search([], order="id desc", limit=1)
        self.assertEqual(ticket.sale_order_id, order)
        self.assertEqual(order.order_line.qty_delivered, 11)


@tagged("post_install", "-at_install")
class TestTimeBasedTour(TrackAndBillCommon, LanguageCommon, HttpCase):
    def test_from_the_order_to_the_posted_invoice(self):
        ticket = self._create_ticket()
        self._play(self.seller, "sell_time", NEW_ORDER)
        order = self._get_last_order()
        self._play(self.agent, "time_ticket", f"{TICKETS}/{ticket.id}")
        self.assertEqual(order.order_line.qty_delivered, 3)
        order_path = f"/odoo/action-sale.action_quotations/{order.id}"
        self._play(self.seller, "invoice_time", order_path)
        invoice = self._post_invoice(order)
        self.assertEqual(invoice.invoice_line_ids.quantity, 3)
        self.assertEqual(invoice.timesheet_ids, ticket.timesheet_ids)
