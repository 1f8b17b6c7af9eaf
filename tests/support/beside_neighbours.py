# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Tests beside other addons, which `dev/test --beside` installs and runs.

The name keeps them out of runs without those addons.
"""

from odoo.tests import Form, new_test_user, tagged

from .funding import FundingCommon


@tagged("post_install", "-at_install")
class TestBesideMerge(FundingCommon):
    """The window of `helpdesk_mgmt_merge` takes unbilled time along."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.target = cls._create_ticket(name="Smoke everywhere")
        # That addon moves messages, which takes an administrator.
        cls.admin = new_test_user(
            cls.env, "ada", "base.group_system,helpdesk_mgmt.group_helpdesk_manager"
        )

    def _merge(self, **values):
        wizards = self.env["helpdesk.ticket.merge"].with_user(self.admin)
        wizard = wizards.with_context(
            active_ids=(self.target + self.ticket).ids, active_model="helpdesk.ticket"
        ).create(values)
        wizard.merge_tickets()
        return wizard.dst_ticket_id.sudo()

    def test_unbilled_time_goes_along(self):
        """Colleagues' too; what is invoiced stays where it was billed."""
        item = self._sell(self.time_product)
        self.ticket.sale_line_id = self.target.sale_line_id = item
        billed = self._log(self.ticket, 1, date="2026-01-05")
        item.order_id._create_invoices().action_post()
        entry = self._log(self.ticket, 2, date="2026-01-06")
        unpaid = self._log(self.ticket, 3, date="2026-01-07", is_billable=False)
        self.assertEqual(self._merge(), self.target)
        self.assertEqual(self.target.timesheet_ids, entry + unpaid)
        self.assertEqual(entry.so_line, item)
        self.assertEqual(unpaid.coverage, "non_billable")
        self.assertEqual(billed.ticket_id, self.ticket)
        self.assertEqual((self.ticket.total_hours, self.target.total_hours), (1, 5))
        self.assertEqual((item.qty_delivered, item.qty_invoiced), (3, 1))
        self.assertFalse(self.ticket.active)

    def test_credits_go_along(self):
        """The time is paid as before, and the ledger adds up."""
        purchase = self._buy(5)
        entry = self._work(2)
        self._merge()
        self.assertEqual(entry.ticket_id, self.target)
        self.assertEqual((entry.coverage, entry.credits), ("credits", 2))
        self.assertEqual(purchase.credits_available, 3)
        self.assertEqual(self.target.service_credits_used, 2)
        self.assertEqual(self.ticket.service_credits_used, 0)
        self.assertFalse(self.env["service.credit.reconciliation"]._get_differences())

    def test_into_a_new_ticket(self):
        item = self._sell()
        self.ticket.sale_line_id = item
        entry = self._log(self.ticket, 2)
        merged = self._merge(
            create_new_ticket=True,
            dst_ticket_name="Both",
            dst_helpdesk_team_id=self.team.id,
        )
        self.assertEqual(entry.ticket_id, merged)
        self.assertEqual(merged.sale_line_id, item)
        self.assertEqual(entry.so_line, item)

    def test_timers_go_along(self):
        """Time that is not logged yet is unbilled time too."""
        ticket = self.ticket.with_user(self.agent)
        ticket.action_timer_start()
        theirs = self.ticket.with_user(self.helpdesk_manager)
        theirs.action_timer_start()
        target = self.target.with_user(self.helpdesk_manager)
        target.action_timer_start()
        self.env["service.timer"].sudo().search([]).seconds_before = 600
        self._merge()
        self.assertEqual(ticket.timer_state, "stopped")
        self.assertEqual(self.target.with_user(self.agent).timer_state, "running")
        self.assertEqual(target.timer_state, "running")
        timers = (
            self.env["service.timer"].sudo().search([("ticket_id", "=", target.id)])
        )
        self.assertEqual(sorted(timers.mapped("seconds_before")), [600, 1200])

    def test_time_that_is_excluded_from_sale_orders(self):
        """The tick of `sale_timesheet_line_exclude` holds on tickets."""
        item = self._sell()
        self.ticket.sale_line_id = item
        entry = self._log(self.ticket, 1, exclude_from_sale_order=True)
        self.assertFalse(entry.so_line)
        self.assertEqual(item.qty_delivered, 0)

    def test_forms_open(self):
        """Views of several addons on one form."""
        with Form(self.env["helpdesk.ticket"].with_user(self.agent)) as form:
            form.name = "Printer on fire"
            form.description = "Smoke"
            form.team_id = self.team
            form.partner_id = self.customer
            with form.timesheet_ids.new() as line:
                line.name = "Call"
                line.unit_amount = 1
        self.assertEqual(form.record.total_hours, 1)
