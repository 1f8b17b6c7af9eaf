# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from ast import literal_eval

from odoo.exceptions import UserError
from odoo.tests import tagged

from ..support.approval import ApprovalCommon


@tagged("post_install", "-at_install")
class TestApprovalInvoicing(ApprovalCommon):
    """Only approved time is delivered and invoiced, by core's own ways."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._keep_accounts()
        cls.item = cls._sell(cls.time_product, hours=0)
        cls.ticket.sale_line_id = cls.item

    def _invoice(self, **values):
        return self._invoice_order(self.item.order_id, **values)

    def test_only_approved_time_is_invoiced(self):
        first, second = self._enter(hours=2), self._enter(hours=3)
        with self.assertRaises(UserError):
            self._invoice()
        (first | second).action_submit()
        with self.assertRaises(UserError):
            self._invoice()
        self._approve(first)
        self.assertEqual(self.item.qty_to_invoice, 2)
        self.assertEqual(self.item.invoice_status, "to invoice")
        invoice = self._invoice()
        self.assertEqual(invoice.invoice_line_ids.quantity, 2)
        self.assertEqual(first.timesheet_invoice_id, invoice)
        self.assertFalse(second.timesheet_invoice_id)
        self._approve(second)
        again = self._invoice()
        self.assertEqual(again.invoice_line_ids.quantity, 3)
        self.assertEqual(second.timesheet_invoice_id, again)

    def test_period(self):
        """A period bills its approved entries only, and links no others."""
        may, june = self._enter_submitted(hours=2), self._enter(hours=1)
        other = self._enter_submitted(hours=4, date="2026-06-04")
        self._approve(may | other)
        invoice = self._invoice(date_end_invoice_timesheet="2026-05-31")
        self.assertEqual(invoice.invoice_line_ids.quantity, 2)
        self.assertEqual(invoice.timesheet_ids, may)
        self.assertFalse((june | other).timesheet_invoice_id)

    def test_invoiced_time_is_not_reset(self):
        entry = self._enter_submitted()
        self._approve(entry)
        invoice = self._invoice()
        with self.assertRefused(UserError, invoice):
            entry.with_user(self.leader).action_reset_approval()
        invoice.invoice_line_ids.unlink()
        entry.with_user(self.leader).action_reset_approval()
        self.assertEqual(self.item.qty_to_invoice, 0)

    def test_other_teams_as_ever(self):
        """Time of teams without approval is invoiced beside time that waits."""
        free_team = self.team.copy({"name": "Free", "require_approval": False})
        free = self._create_ticket(team_id=free_team.id, sale_line_id=self.item.id)
        entry = self._log(free, 5)
        self._enter_submitted(hours=2)
        self.assertEqual(self.item.qty_to_invoice, 5)
        invoice = self._invoice()
        self.assertEqual(invoice.invoice_line_ids.quantity, 5)
        self.assertEqual(invoice.timesheet_ids, entry)

    def test_rounded_hours_wait_too(self):
        self.team.minimum_hours = 1
        entry = self._enter_submitted(hours=0.25)
        self.assertEqual(self.item.qty_delivered, 0)
        self._approve(entry)
        self.assertEqual(self.item.qty_delivered, 1)

    def test_overage_waits_for_both(self):
        """Hours authorized later pay for overage; it is billed once approved."""
        self.team.over_limit_policy = "overage"
        self._authorize(self.item, 1)
        self._enter(hours=3)
        entries = self.ticket.timesheet_ids
        self.ticket.with_user(self.agent).action_submit_time()
        overage = entries.filtered(lambda line: line.coverage == "overage")
        self.assertEqual(overage.approval_state, "submitted")
        self._authorize(self.item, 2)
        self.assertEqual(overage.coverage, "sale_line")
        self.assertEqual(self.item.qty_delivered, 0)
        self._approve(entries)
        self.assertEqual(self.item.qty_delivered, 3)

    def test_to_invoice_lists(self):
        """Time to Invoice lists what an invoice would take."""
        entry = self._enter_submitted()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.account_analytic_line_action_to_invoice"
        )
        domain = literal_eval(action["domain"])
        lines = self.env["account.analytic.line"]
        self.assertNotIn(entry, lines.search(domain))
        self._approve(entry)
        self.assertIn(entry, lines.search(domain))
