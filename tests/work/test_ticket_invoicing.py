# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..support.common import ServiceCreditCommon


@tagged("post_install", "-at_install")
class TestTicketInvoicing(ServiceCreditCommon):
    """From ticket time to a posted invoice, prepaid and time-based."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._keep_accounts()

    def test_periods_leave_no_hundredth_of_an_hour_open(self):
        item = self._sell(self.time_product)
        ticket = self._create_ticket(sale_line_id=item.id)
        for month in (1, 2, 3):
            self._log(ticket, 1 / 3, date=f"2026-0{month}-15")
        self.assertEqual(item.qty_delivered, 1)
        quantities = []
        for month in (1, 2, 3):
            invoice = self._invoice_order(
                item.order_id,
                date_start_invoice_timesheet=f"2026-0{month}-01",
                date_end_invoice_timesheet=f"2026-0{month}-28",
            )
            invoice.action_post()
            quantities.append(invoice.invoice_line_ids.quantity)
        self.assertEqual(quantities, [0.33, 0.33, 0.34])
        self.assertEqual((item.qty_invoiced, item.qty_to_invoice), (1, 0))

    def test_prepaid_is_invoiced_before_any_work(self):
        item = self._sell(hours=10)
        invoice = self._invoice_order(item.order_id)
        invoice.action_post()
        self.assertEqual(invoice.invoice_line_ids.quantity, 10)
        ticket = self._create_ticket()
        self._log(ticket, 12)
        self.assertEqual(item.qty_delivered, 12)
        self.assertEqual(ticket.remaining_hours_so, -2)
        self.assertEqual(ticket.invoice_count, 1)

    def test_time_based_waits_for_time(self):
        item = self._sell(self.time_product, hours=0)
        with self.assertRaises(UserError):
            self._invoice_order(item.order_id)

    def test_period_bills_exactly_its_unbilled_entries(self):
        item = self._sell(self.time_product, hours=0)
        ticket = self._create_ticket(sale_line_id=item.id)
        may = self._log(ticket, 1.5, date="2026-05-04")
        june = self._log(ticket, 2, date="2026-06-04")
        first = self._invoice_order(
            item.order_id,
            date_start_invoice_timesheet="2026-05-01",
            date_end_invoice_timesheet="2026-05-31",
        )
        first.action_post()
        self.assertEqual(first.invoice_line_ids.quantity, 1.5)
        self.assertEqual(may.timesheet_invoice_id, first)
        self.assertFalse(june.timesheet_invoice_id)
        late = self._log(ticket, 0.5, date="2026-05-20")
        second = self._invoice_order(item.order_id)
        self.assertEqual(second.invoice_line_ids.quantity, 2.5)
        self.assertEqual((june + late).timesheet_invoice_id, second)
        self.assertEqual(ticket.invoice_count, 2)

    def test_invoice_bills_the_rounded_hours(self):
        self.team.rounding_hours = 0.5
        item = self._sell(self.time_product, hours=0)
        ticket = self._create_ticket(sale_line_id=item.id)
        self._log(ticket, 0.7, date="2026-05-04")
        self._log(ticket, 0.2, date="2026-06-04")
        first = self._invoice_order(
            item.order_id, date_end_invoice_timesheet=fields.Date.to_date("2026-05-31")
        )
        self.assertEqual(first.invoice_line_ids.quantity, 1)
        self.assertEqual(
            self._invoice_order(item.order_id).invoice_line_ids.quantity, 0.5
        )

    def test_partly_credited_time_is_not_billed_twice(self):
        item = self._sell(self.time_product, hours=0)
        ticket = self._create_ticket(sale_line_id=item.id)
        self._log(ticket, 9, date="2026-05-04")
        invoice = self._invoice_order(item.order_id)
        invoice.action_post()
        self._credit(invoice, 4.5)
        again = self._invoice_order(
            item.order_id, date_start_invoice_timesheet="2026-01-01"
        )
        self.assertEqual(again.invoice_line_ids.quantity, 4.5)

    def test_partly_credited_time_of_a_period(self):
        """Only what was credited is billed again, and only in its own period."""
        item = self._sell(self.time_product, hours=0)
        ticket = self._create_ticket(sale_line_id=item.id)
        for hours, date in ((1, "2026-01-10"), (2, "2026-01-20"), (4, "2026-02-10")):
            self._log(ticket, hours, date=date)
        first = self._invoice_order(item.order_id)
        first.action_post()
        self._log(ticket, 8, date="2026-03-10")
        self._credit(first, 5)
        billed = [
            self._invoice_order(
                item.order_id,
                date_start_invoice_timesheet=f"2026-0{month}-01",
                date_end_invoice_timesheet=f"2026-0{month}-28",
            ).invoice_line_ids.quantity
            for month in (2, 1, 3)
        ]
        # The credit takes off the latest work: all of February, one hour of January.
        self.assertEqual(billed, [4, 1, 8])
        self.assertEqual(item.qty_invoiced, 15)
        with self.assertRaises(UserError):
            self._invoice_order(
                item.order_id, date_start_invoice_timesheet="2026-01-01"
            )

    def test_hours_added_by_hand_are_billed_in_advance(self):
        """Three hours billed for one: the next two periods bring nothing more."""
        item = self._sell(self.time_product, hours=0)
        ticket = self._create_ticket(sale_line_id=item.id)
        self._log(ticket, 1, date="2026-06-10")
        self._log(ticket, 1, date="2026-07-10")
        june, july = (
            {
                "date_start_invoice_timesheet": f"2026-0{month}-01",
                "date_end_invoice_timesheet": f"2026-0{month}-28",
            }
            for month in (6, 7)
        )
        invoice = self._invoice_order(item.order_id, **june)
        invoice.invoice_line_ids.quantity = 3
        invoice.action_post()
        with self.assertRaises(UserError):
            self._invoice_order(item.order_id, **july)
        self._log(ticket, 2.5, date="2026-07-11")
        again = self._invoice_order(item.order_id, **july)
        self.assertEqual(again.invoice_line_ids.quantity, 1.5)

    def test_work_below_its_down_payment_is_billed_by_the_credit_note(self):
        item = self._sell(self.time_product, hours=10)
        ticket = self._create_ticket(sale_line_id=item.id)
        values = {"advance_payment_method": "percentage", "amount": 50}
        self._invoice_order(item.order_id, **values).action_post()
        entry = self._log(ticket, 4)
        credit = self._invoice_order(item.order_id)
        self.assertEqual(credit.move_type, "out_refund")
        self.assertEqual(entry.timesheet_invoice_id, credit)
        credit.action_post()
        self.assertEqual((item.qty_invoiced, item.qty_to_invoice), (4, 0))
        billed = self.env["account.analytic.line"]._domain_not_billed()
        self.assertFalse(entry.filtered_domain(billed))
        with self.assertRaises(UserError):
            entry.unit_amount = 5

    def _credit(self, invoice, quantity):
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        credit = self.env["account.move"].browse(reversal.refund_moves()["res_id"])
        credit.invoice_line_ids.quantity = quantity
        credit.action_post()

    def test_invoiced_entry_keeps_ticket_hours_and_tick(self):
        item = self._sell(self.time_product, hours=0)
        ticket = self._create_ticket(sale_line_id=item.id)
        other = self._create_ticket(sale_line_id=item.id)
        entry = self._log(ticket, 1)
        invoice = self._invoice_order(item.order_id)
        invoice.action_post()
        for values, message in (
            (
                {"ticket_id": other.id},
                "is billed by INV.* and can't be changed",
            ),
            ({"is_billable": False}, "is billed by INV.* and can't be changed"),
            ({"unit_amount": 2}, "is billed by INV.* and can't be changed"),
        ):
            with self.subTest(values), self.assertRefused(UserError, says=message):
                entry.write(values)
        with self.assertRaises(UserError):
            entry.unlink()
        invoice.button_draft()
        invoice.button_cancel()
        entry.ticket_id = other
        self.assertEqual(other.total_hours, 1)

    def test_item_in_days_delivers_days(self):
        day = self.env.ref("uom.product_uom_day")
        product = self._create_service("Day Rate", "ordered_prepaid", uom_id=day.id)
        item = self._sell(product, hours=2)
        self.assertEqual(item.remaining_hours, 16)
        ticket = self._create_ticket()
        self.assertEqual(ticket.sale_line_id, item)
        self._log(ticket, 4)
        self.assertEqual(item.qty_delivered, 0.5)
        self.assertEqual(ticket.remaining_hours_so, 12)

    def test_sections_and_notes_do_not_stop_a_period(self):
        item = self._sell(self.time_product, hours=0)
        item.order_id.order_line = [
            Command.create({"display_type": "line_section", "name": "Support"}),
            Command.create({"display_type": "line_note", "name": "Thank you"}),
        ]
        ticket = self._create_ticket(sale_line_id=item.id)
        self._log(ticket, 2, date="2026-05-04")
        invoice = self._invoice_order(
            item.order_id, date_start_invoice_timesheet="2026-05-01"
        )
        lines = invoice.invoice_line_ids.filtered("product_id")
        self.assertEqual(lines.quantity, 2)
