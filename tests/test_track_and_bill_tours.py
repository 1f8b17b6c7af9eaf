# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import HttpCase, new_test_user, tagged

from .common import ServiceCreditCommon


@tagged("post_install", "-at_install")
class TestTrackAndBillTours(ServiceCreditCommon, HttpCase):
    """The seed "Track and bill time", from team settings to the posted invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not cls.company.chart_template:
            cls.env["account.chart.template"].try_loading("generic_coa", cls.company)
        # Opening an invoice takes the invoicing right: core shows its payments.
        cls.seller.group_ids += cls.env.ref("account.group_account_invoice")
        cls.accountant = new_test_user(
            cls.env, "accountant_ida", "account.group_account_manager"
        )

    def _play(self, user, name, path):
        self.start_tour(path, f"helpdesk_service_credit_{name}", login=user.login)

    def _post_invoice(self, order):
        invoice = order.invoice_ids.sorted("id")[-1:]
        path = f"/odoo/action-account.action_move_out_invoice_type/{invoice.id}"
        self._play(self.accountant, "post_invoice", path)
        self.assertEqual(invoice.state, "posted")
        return invoice

    def test_prepaid_and_time_based_story(self):
        self._play(self.helpdesk_manager, "team", "/odoo/helpdesk-teams/new")
        team = self.env["helpdesk.ticket.team"].search([("name", "=", "Tour Desk")])
        self.assertEqual(team.default_project_id.name, "Tour Desk")
        self.assertTrue(team.default_project_id.allow_billable)

        new_order = "/odoo/action-sale.action_quotations/new"
        self._play(self.seller, "sell_prepaid", new_order)
        order = self.env["sale.order"].search([], order="id desc", limit=1)
        invoice = self._post_invoice(order)
        self.assertEqual(invoice.amount_untaxed, 1000)

        new_ticket = "/odoo/action-helpdesk_mgmt.helpdesk_ticket_action/new"
        self._play(self.agent, "prepaid_ticket", new_ticket)
        ticket = self.env["helpdesk.ticket"].search([], order="id desc", limit=1)
        self.assertEqual(ticket.sale_order_id, order)
        self.assertEqual(order.order_line.qty_delivered, 11)

        self._play(self.seller, "sell_time", new_order)
        order = self.env["sale.order"].search([], order="id desc", limit=1)
        ticket_path = f"/odoo/action-helpdesk_mgmt.helpdesk_ticket_action/{ticket.id}"
        self._play(self.agent, "time_ticket", ticket_path)
        self.assertEqual(order.order_line.qty_delivered, 3)
        self._play(
            self.seller,
            "invoice_time",
            f"/odoo/action-sale.action_quotations/{order.id}",
        )
        invoice = self._post_invoice(order)
        self.assertEqual(invoice.invoice_line_ids.quantity, 3)
        self.assertEqual(
            invoice.timesheet_ids,
            ticket.timesheet_ids.filtered(lambda line: line.unit_amount == 3),
        )
