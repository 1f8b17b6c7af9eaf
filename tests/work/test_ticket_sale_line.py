# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from ...controllers.left import get_left
from ..support.common import ServiceCreditCommon


@tagged("post_install", "-at_install")
class TestTicketSaleLine(ServiceCreditCommon):
    """Which sales order item a ticket takes."""

    def test_customer_fills_most_recent_prepaid_item_with_hours(self):
        self._sell(date_order="2026-01-10")
        recent = self._sell(date_order="2026-03-10")
        self._sell(date_order="2026-02-10")
        ticket = self._create_ticket()
        self.assertEqual(ticket.sale_line_id, recent)
        self.assertEqual(ticket.sale_order_id, recent.order_id)

    def test_contact_of_the_customer_counts_as_the_customer(self):
        item = self._sell()
        self.assertEqual(
            self._create_ticket(partner_id=self.contact.id).sale_line_id, item
        )

    def test_oldest_preference(self):
        self.team.sale_line_preference = "oldest"
        self._sell(date_order="2026-03-10")
        old = self._sell(date_order="2026-01-10")
        self.assertEqual(self._create_ticket().sale_line_id, old)

    def test_used_up_item_is_passed_over(self):
        old = self._sell(hours=5, date_order="2026-01-10")
        recent = self._sell(hours=2, date_order="2026-03-10")
        first = self._create_ticket()
        self._log(first, 2)
        self.assertEqual(recent.remaining_hours, 0)
        self.assertEqual(self._create_ticket().sale_line_id, old)

    def test_item_delivered_by_hand_is_never_taken(self):
        """A service left on its defaults reads as prepaid, but no time consumes it."""
        product = self._create_service("Plain Service", "ordered_prepaid")
        product.service_type = "manual"
        item = self._sell(product)
        self.assertEqual(item.product_id.service_policy, "ordered_prepaid")
        self.assertTrue(item.remaining_hours_available)
        self.assertFalse(self._create_ticket().sale_line_id)

    def test_only_confirmed_orders_of_own_customer_and_company(self):
        self._sell(confirm=False)
        self._sell(partner=self.other_customer)
        company = self.env["res.company"].create({"name": "Second Company"})
        self._sell(company_id=company.id)
        self.assertFalse(self._create_ticket().sale_line_id)

    def test_time_based_item_is_taken_by_hand_only(self):
        item = self._sell(self.time_product)
        ticket = self._create_ticket()
        self.assertFalse(ticket.sale_line_id)
        ticket.sale_line_id = item
        self.assertEqual(ticket.sale_order_id, item.order_id)

    def test_the_only_time_based_item_is_suggested_before_the_ticket_is_saved(self):
        """Without prepaid hours, so that a first ticket's time is not given away."""
        item = self._sell(self.time_product, partner=self.other_customer)
        with Form(self.env["helpdesk.ticket"].with_user(self.agent)) as form:
            form.name = form.description = "Printer on fire"
            form.team_id = self.team
            self.assertFalse(form.suggested_sale_line_id)
            form.partner_id = self.other_customer
            self.assertFalse(form.sale_line_id)
            self.assertEqual(form.suggested_sale_line_id, item)
        ticket = form.record
        self.assertFalse(ticket.sale_line_id)
        ticket.action_use_suggested_sale_line()
        self.assertEqual(ticket.sale_line_id, item)
        self.assertTrue(ticket.sudo().is_sale_line_chosen)
        self.assertFalse(ticket.suggested_sale_line_id)
        ticket.sale_line_id = False
        self.assertFalse(ticket.suggested_sale_line_id, "a user emptied it")

    def test_nothing_is_suggested_where_it_would_be_a_guess(self):
        ticket = self._create_ticket()

        def suggested():
            ticket.invalidate_recordset()
            return ticket.suggested_sale_line_id

        item = self._sell(self.time_product)
        self.assertEqual(suggested(), item)
        self._authorize(item, 1)
        self.assertEqual(suggested(), item)
        self._log(self._create_ticket(sale_line_id=item.id), 1)
        self.assertFalse(suggested(), "the item takes nothing any more")
        item.limit_hours = False
        ticket.stage_id = self.env["helpdesk.ticket.stage"].search(
            [("closed", "=", True)], limit=1
        )
        self.assertFalse(suggested(), "the ticket is closed")
        ticket.stage_id = self.team._get_applicable_stages()[:1]
        self.assertEqual(suggested(), item)
        self._sell()
        self.assertFalse(suggested(), "there are prepaid hours")

    def test_one_of_several_time_based_items_is_not_suggested(self):
        self._sell(self.time_product)
        self._sell(self.time_product)
        self.assertFalse(self._create_ticket().suggested_sale_line_id)

    def test_credits_that_pay_leave_nothing_to_suggest(self):
        self.team.use_service_credits = True
        item = self._sell(self.time_product)
        ticket = self._create_ticket()
        self.assertEqual(ticket.suggested_sale_line_id, item)
        self.env["service.credit.purchase"].create(
            {
                "partner_id": self.customer.id,
                "credits": 5,
                "value_per_credit": 100,
                "paid_per_credit": 100,
                "is_draft": False,
            }
        )
        ticket.invalidate_recordset()
        self.assertFalse(ticket.suggested_sale_line_id)

    def test_choice_by_hand_stays_until_the_customer_changes(self):
        chosen = self._sell(date_order="2026-01-10")
        self._sell(date_order="2026-03-10")
        theirs = self._sell(partner=self.other_customer)
        ticket = self._create_ticket()
        ticket.sale_line_id = chosen
        ticket.name = "Still burning"
        ticket.partner_id = self.contact
        self.assertEqual(ticket.sale_line_id, chosen)
        ticket.partner_id = self.other_customer
        self.assertEqual(ticket.sale_line_id, theirs)
        ticket.partner_id = False
        self.assertFalse(ticket.sale_line_id)

    def test_an_item_that_was_emptied_stays_empty_until_the_customer_changes(self):
        item = self._sell()
        theirs = self._sell(partner=self.other_customer)
        with Form(self.env["helpdesk.ticket"].with_user(self.agent)) as form:
            form.name = form.description = "Printer on fire"
            form.team_id = self.team
            form.partner_id = self.customer
            form.sale_line_id = self.env["sale.order.line"]
        by_write = self._create_ticket()
        by_write.sale_line_id = False
        other_team = self.team.copy({"name": "Second Line"})
        for ticket in (form.record, by_write):
            with self.subTest(ticket):
                ticket.user_id = self.env.user
                ticket.team_id = other_team
                ticket.partner_id = self.contact
                with Form(ticket) as form:
                    form.user_id = self.agent
                self.assertFalse(ticket.sale_line_id)
                with Form(ticket) as form:
                    form.partner_id = self.other_customer
                    self.assertEqual(form.sale_line_id, theirs)
                ticket.sale_line_id = False
                ticket.partner_id = self.customer
                self.assertEqual(ticket.sale_line_id, item)

    def test_a_ticket_without_a_choice_takes_what_is_there_when_its_team_bills(self):
        """A form sends an empty item also where there was nothing to choose."""
        with Form(self.env["helpdesk.ticket"].with_user(self.agent)) as form:
            form.name = form.description = "Printer on fire"
            form.team_id = self.team
            form.partner_id = self.customer
        item = self._sell()
        self.assertFalse(form.record.sale_line_id)
        form.record.team_id = self.team.copy({"name": "Second Line"})
        self.assertEqual(form.record.sale_line_id, item)

    def test_switches_of_a_team_leave_closed_tickets_alone(self):
        """Neither the item nor the credits of history change, nor does its chatter."""
        self.team.allow_billable = False
        opened, closed = self._create_ticket(), self._create_ticket()
        closed.stage_id = self.env["helpdesk.ticket.stage"].search(
            [("closed", "=", True)], limit=1
        )
        self.env.flush_all()
        item = self._sell()
        before = closed.message_ids
        self.team.write({"allow_billable": True, "use_service_credits": True})
        self.env.flush_all()
        self.assertEqual(opened.sale_line_id, item)
        self.assertTrue(opened.use_service_credits)
        self.assertFalse(closed.sale_line_id)
        self.assertFalse(closed.use_service_credits)
        self.assertEqual(closed.message_ids, before)
        self.team.use_service_credits = False
        self.assertFalse(opened.use_service_credits)

    def test_form_fills_the_item_when_the_customer_is_set(self):
        item = self._sell()
        with Form(self.env["helpdesk.ticket"].with_user(self.agent)) as form:
            form.name = "Printer on fire"
            form.description = "Smoke"
            form.team_id = self.team
            form.partner_id = self.customer
            self.assertEqual(form.sale_line_id, item)
        self.assertEqual(form.record.sale_line_id, item)

    def test_item_of_another_customer_is_refused(self):
        theirs = self._sell(partner=self.other_customer)
        ticket = self._create_ticket()
        with self.assertRefused(ValidationError, says="Birch Works.*Azure Mills"):
            ticket.sale_line_id = theirs

    def test_item_of_an_order_that_is_not_confirmed_is_refused(self):
        draft = self._sell(confirm=False)
        ticket = self._create_ticket()
        with self.assertRefused(ValidationError, says="confirmed order"):
            ticket.sale_line_id = draft

    def test_items_of_many_customers_cost_the_same_queries(self):
        """Flat cost: the number of customers does not multiply the searches."""
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {i}"} for i in range(21)]
        )
        for partner in partners:
            self._sell(partner=partner)

        def count(group):
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self.env["sale.order.line"]._get_prepaid_items(group, self.company)
            return self.env.cr.sql_log_count - start

        count(partners)  # fills the caches of the registry
        self.assertEqual(count(partners[:2]), count(partners[2:]))

    def test_figures_of_many_tickets_cost_the_same_queries(self):
        """In a list, an export or a report: no query for each ticket."""
        partners = self.env["res.partner"].create(
            [{"name": f"Customer {i}"} for i in range(21)]
        )
        for partner in partners:
            self._sell(partner=partner)
        tickets = self.env["helpdesk.ticket"].concat(
            *(self._create_ticket(partner_id=partner.id) for partner in partners)
        )
        for ticket in tickets[::5]:
            self._log(ticket)

        def count(name, group):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            group.mapped(name)
            return self.env.cr.sql_log_count - start

        names = (
            "movable_timesheet_count",
            "service_credits_available",
            "suggested_sale_line_id",
        )
        for name in names:
            count(name, tickets)  # fills the caches of the registry
            with self.subTest(name):
                self.assertEqual(count(name, tickets[:2]), count(name, tickets[2:]))

    def test_time_to_move_is_found_on_any_other_item(self):
        """Whether the other item is older or newer than the ticket's, or none."""
        ticket = self._create_ticket()
        unpaid = self._log(ticket, 1)
        items = [self._sell(date_order=f"2026-0{month}-10") for month in (1, 2, 3)]
        self.assertFalse(ticket.movable_timesheet_count)
        for item, count in zip(items, (1, 2, 3), strict=True):
            ticket.sale_line_id = item
            self.assertEqual(ticket.movable_timesheet_count, count)
            self._log(ticket, 1)
            ticket.invalidate_recordset()
            self.assertEqual(ticket.movable_timesheet_count, count)
        ticket.sale_line_id = items[0]
        self.assertEqual(ticket.movable_timesheet_count, 3)
        unpaid.is_billable = False
        ticket.invalidate_recordset()
        self.assertEqual(ticket.movable_timesheet_count, 2)
        ticket.action_move_timesheets()
        self.assertFalse(ticket.movable_timesheet_count)

    def test_the_portal_names_only_hours_that_time_uses(self):
        pack = self._create_service("Pack", "ordered_prepaid", service_credits=10)
        by_hand = self.env["product.product"].create(
            {"name": "Advice", "type": "service", "uom_id": self.hour.id}
        )
        for product in (pack, by_hand):
            self.assertGreater(self._sell(product, hours=1).remaining_hours, 0)
        item = self._sell(hours=2)
        self.assertEqual(
            [text for text in get_left(self.env, self.customer) if " h left" in text],
            [f"2 of 2 h left on {item.product_id.name} ({item.order_id.name})"],
        )
