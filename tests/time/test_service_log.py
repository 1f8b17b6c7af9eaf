# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from ..support.service_log import ServiceLogCommon


@tagged("post_install", "-at_install")
class TestServiceLog(ServiceLogCommon):
    """Log Service: the window, and what it posts."""

    def test_the_only_time_based_item_is_suggested(self):
        """Without it, the time of a customer's first ticket was given away."""
        self.time_product.limit_hours = False
        log = self._create_log(
            ticket_id=False, partner_id=self.other_customer.id, team_id=self.team.id
        )
        self.assertFalse(log.sale_line_id)
        item = self._sell(self.time_product, partner=self.other_customer)
        log._compute_sale_line_id()
        self.assertEqual(log.sale_line_id, item)
        self._sell(self.time_product, partner=self.other_customer)
        log._compute_sale_line_id()
        self.assertFalse(log.sale_line_id)

    def test_logs_on_a_ticket(self):
        log = self._create_log(description="— first\n• second")
        log.action_log_hours()
        entry = log.entry_id
        self.assertEqual(entry.ticket_id, self.ticket)
        self.assertEqual(entry.name, "Quarterly report")
        self.assertEqual(entry.internal_note, "- first\n- second")
        self.assertEqual(entry.unit_amount, 2)
        self.assertEqual(entry.service_type_id, self.type)
        self.assertEqual(entry.employee_id, self.operator.employee_id)
        self.assertEqual(entry.user_id, self.operator)
        self.assertEqual(entry.create_uid, self.operator)
        self.assertEqual(entry.so_line, self.item)
        self.assertEqual(self.item.authorized_hours_left, 8)

    def test_logs_on_a_new_ticket(self):
        log = self._create_log(ticket_id=False, team_id=self.team.id)
        self.assertEqual(log.sale_line_id, self.item)
        log.action_log_hours()
        ticket = log.ticket_id
        self.assertEqual(ticket.name, "Quarterly report")
        self.assertEqual(ticket.partner_id, self.customer)
        self.assertEqual(ticket.team_id, self.team)
        self.assertEqual(ticket.user_id, self.operator)
        self.assertEqual(ticket.sale_line_id, self.item)
        self.assertEqual(ticket.timesheet_ids, log.entry_id)
        self.assertEqual(log.entry_id.so_line, self.item)

    def test_new_ticket_of_a_team_for_projects_only(self):
        """Before posting as in the preview, it says what can be done, and takes it."""
        self.team.only_project_tickets = True
        log = self._create_log(ticket_id=False, team_id=self.team.id)
        self.assertIn("project for the new", log.preview)
        with self.assertRefused(ValidationError, self.team.name, says="project for"):
            log.action_log_hours()
        hidden = self.project.copy(
            {"allow_timesheets": True, "privacy_visibility": "followers"}
        )
        log.project_id = hidden
        with self.assertRaises(AccessError):
            log.action_log_hours()
        log.project_id = other = self.project.copy({"allow_timesheets": True})
        self.assertIn(self.item.order_id.name, log.preview)
        log.action_log_hours()
        self.assertEqual(log.ticket_id.project_id, other)
        self.assertEqual(log.entry_id.project_id, other)

    def test_closes_the_ticket(self):
        """The service is done with its ticket, also where one was made for it."""
        log = self._create_log()
        log.action_log_and_close()
        self.assertTrue(self.ticket.closed)
        self.assertEqual(self.ticket.timesheet_ids, log.entry_id)
        log = self._create_log(ticket_id=False, team_id=self.team.id)
        log.action_log_and_close()
        self.assertTrue(log.ticket_id.closed)

    def test_result_leads_to_the_ticket(self):
        params = self._create_log().action_log_hours()["params"]
        self.assertIn("%s", params["message"])
        self.assertEqual(
            params["links"],
            [
                {
                    "label": self.ticket.display_name,
                    "url": f"/odoo/helpdesk.ticket/{self.ticket.id}",
                }
            ],
        )

    def test_offers_what_can_be_done(self):
        """Nothing fits where nothing is left, and only a limited item can be asked
        about."""
        self.assertEqual(self._create_log(2).over_limit_ways, "")
        self.assertEqual(self._create_log(12).over_limit_ways, "fit,overage,request")
        self._create_log(10).action_log_hours()
        self.assertEqual(self._create_log(2).over_limit_ways, "overage,request")

    def test_says_who_cannot_be_asked(self):
        """Before and after: a customer without an address is not asked by mail."""
        log = self._create_log(12, over_limit="request")
        self.assertIn("no e-mail address", log.preview)
        self.assertIn("no e-mail", log.action_log_hours()["params"]["message"])
        log.authorization_id.action_cancel()
        self.customer.email = "hello@azure.test"
        log = self._create_log(2, over_limit="request")
        self.assertNotIn("no e-mail address", log.preview)
        self.assertIn("was asked", log.action_log_hours()["params"]["message"])

    def test_without_employee(self):
        """Who has no employee reads how to get one."""
        user = new_test_user(
            self.env, "operator_new", "helpdesk_service_credit.group_service_operator"
        )
        self.ticket.user_id = user
        log = self._create_log(user=user)
        with self.assertRefused(ValidationError, user.name, self.company.name):
            log.action_log_hours()

    def test_form_fills_itself_and_previews(self):
        Wizard = self.env["service.log"].with_user(self.operator)
        tickets, entries = self._count()
        with Form(Wizard) as form:
            form.partner_id = self.customer
            self.assertEqual(form.team_id, self.team)
            self.assertEqual(form.sale_line_id, self.item)
            self.assertEqual(form.hours, 0.5)
            self.assertEqual(form.employee_id, self.operator.employee_id)
            form.service_type_id = self.type
            form.title = "Report"
            form.hours = 3
            self.assertIn(self.item.order_id.name, form.preview)
            self.assertIn("7:00", form.preview)
            form.hours = 3.2
            self.assertIn("log 3 or 3.5", form.preview)
            form.hours = 12
            self.assertTrue(form.is_over_limit)
            self.assertIn("over the limit", form.preview)
            form.over_limit = "overage"
            self.assertIn("overage", form.preview)
        self.assertEqual(self._count(), (tickets, entries))
        self.assertEqual(self.item.authorized_hours_left, 10)

    def test_preview_for_a_customer_without_a_ticket_yet(self):
        """Operators see what is left of every customer they may write a ticket for."""
        purchase = self.env["service.credit.purchase"].create(
            {
                "partner_id": self.other_customer.id,
                "credits": 7,
                "value_per_credit": 100,
                "is_draft": False,
            }
        )
        self.team.use_service_credits = True
        log = self._create_log(
            1, partner_id=self.other_customer.id, ticket_id=False, team_id=self.team.id
        )
        self.assertIn(purchase.name, log.preview)
        self.assertIn("6.00", log.preview)
        self.assertNotIn("700", log.preview)
        log.action_log_hours()
        self.assertEqual(log.sudo().entry_id.coverage, "credits")

    def test_preview_of_time_that_is_not_billed(self):
        """The product says so, and both the window and the entry obey it."""
        self.time_product.time_billable = False
        for over_limit in (False, "overage"):
            log = self._create_log(12 if over_limit else 2, over_limit=over_limit)
            self.assertEqual(
                [part["payer"] for part in log._plan()["slices"]], ["non_billable"]
            )
            log.action_log_hours()
            self.assertEqual(log.entry_id.coverage, "non_billable")
            self.assertFalse(log.entry_id.is_billable)

    def test_work_before_the_order_counts_in_days_of_the_user(self):
        """Confirmed late in the evening there, which is tomorrow in Greenwich."""
        self.operator.tz = "America/Los_Angeles"
        yesterday = fields.Date.context_today(self.item) - timedelta(days=1)
        self.item.order_id.date_order = fields.Datetime.to_datetime(
            yesterday
        ) + timedelta(days=1, hours=3)
        log = self._create_log(1, date=yesterday)
        self.assertFalse(log._get_early_text(log._plan()))
        log.sale_line_id = False
        self.assertFalse(log._get_early_text(log._plan()))

    def _count(self):
        return (
            self.env["helpdesk.ticket"].search_count([]),
            self.env["account.analytic.line"].search_count([]),
        )

    def test_preview_is_what_is_posted(self):
        for over_limit in (False, "fit", "overage"):
            with self.subTest(over_limit):
                log = self._create_log(12 if over_limit else 2, over_limit=over_limit)
                parts = log._plan()["slices"]
                before = self.ticket.timesheet_ids
                log.action_log_hours()
                posted = self.ticket.timesheet_ids - before
                self.assertEqual(
                    sorted((part["payer"], part["hours"]) for part in parts),
                    sorted((entry.coverage, entry.hours_billed) for entry in posted),
                )

    def test_over_the_limit_nothing_is_logged_without_a_choice(self):
        self._assert_refused("Only 10:00 of the 12:00 h.*Log 10:00 h", 12)
        self.assertFalse(self.ticket.timesheet_ids)

    def test_over_the_limit_log_what_fits(self):
        log = self._create_log(12, over_limit="fit")
        log.action_log_hours()
        self.assertEqual(log.entry_id.unit_amount, 10)
        self.assertEqual(self.ticket.total_hours, 10)
        self._assert_refused("None of the 1:00 hours", 1, over_limit="fit")

    def test_what_fits_is_what_the_team_can_bill(self):
        """A minimum or a rounding of the team would bill more than is left."""
        self._create_log(8.5).action_log_hours()
        self.team.rounding_hours = 1
        log = self._create_log(3, over_limit="fit")
        self.assertIn("1:00 h on", log.preview)
        log.action_log_hours()
        self.assertEqual(log.entry_id.unit_amount, 1)
        self.assertEqual(self.item.authorized_hours_left, 0.5)
        self.team.write({"rounding_hours": 0, "minimum_hours": 1})
        self._assert_refused("None of the 2:00 hours", 2, over_limit="fit")

    def test_over_the_limit_log_the_rest_as_overage(self):
        log = self._create_log(12, over_limit="overage")
        log.action_log_hours()
        hours = {
            entry.coverage: entry.hours_billed for entry in self.ticket.timesheet_ids
        }
        self.assertEqual(hours, {"sale_line": 10, "overage": 2})
        self.assertEqual(self.item.qty_delivered, 10)

    def test_over_the_limit_ask_for_more_and_cover_it(self):
        log = self._create_log(12.5, over_limit="request")
        log.action_log_hours()
        request = log.authorization_id
        self.assertEqual((request.hours, request.state), (2.5, "requested"))
        self.assertEqual(request.ticket_id, self.ticket)
        self.assertEqual(request.requested_by_id, self.operator)
        self.assertTrue(request.sudo().access_token)
        self.assertEqual(self.item.qty_delivered, 10)
        request.sudo().action_approve()
        self.assertFalse(
            self.ticket.timesheet_ids.filtered(
                lambda entry: entry.coverage == "overage"
            )
        )
        self.assertEqual(self.item.qty_delivered, 12.5)
        self.assertEqual(self.item.authorized_hours_left, 0)

    def test_who_was_asked_is_not_asked_again(self):
        """The hours wait as overage for the answer that is still to come."""
        self._create_log(12.5, over_limit="request").action_log_hours()
        log = self._create_log(1)
        self.assertEqual(log.over_limit_ways, "overage")
        self.assertIn("2:30 h and has not answered", log.preview)
        log.over_limit = "request"
        with self.assertRefused(ValidationError, self.item):
            log.action_log_hours()

    def test_approval_covers_the_oldest_overage_first(self):
        days = [fields.Date.today() - timedelta(days=n) for n in (1, 3, 2)]
        self._create_log(10).action_log_hours()
        logs = [
            self._create_log(1, over_limit="overage", date=day, title=str(day))
            for day in days
        ]
        for log in logs:
            log.action_log_hours()
        request = self.env["service.authorization"].create(
            {"sale_line_id": self.item.id, "hours": 1.5, "reason": "More"}
        )
        request.action_approve()
        covered = {log.date: log.entry_id.coverage for log in logs}
        self.assertEqual(covered[days[1]], "sale_line")
        self.assertEqual(covered[days[0]], "overage")
        self.assertEqual(self.item.authorized_hours_left, 0)

    def test_without_a_capped_item_nobody_can_be_asked(self):
        self.team.use_service_credits = True
        self.team.over_limit_policy = "overage"
        ticket = self._create_ticket(
            partner_id=self.other_customer.id, user_id=self.operator.id
        )
        self.env["service.credit.purchase"].create(
            {
                "partner_id": self.other_customer.id,
                "credits": 1,
                "value_per_credit": 100,
                "paid_per_credit": 100,
                "is_draft": False,
            }
        )
        self._assert_refused(
            "no sales order item with limited hours",
            3,
            partner_id=self.other_customer.id,
            ticket_id=ticket.id,
            over_limit="request",
        )

    def test_pressing_twice_logs_once(self):
        log = self._create_log()
        for _press in range(3):
            log.action_log_hours()
        self.assertEqual(len(self.ticket.timesheet_ids), 1)
        again = self._create_log(key=log.key)
        again.action_log_hours()
        self.assertEqual(again.entry_id, log.entry_id)
        self.assertEqual(len(self.ticket.timesheet_ids), 1)

    def test_only_operators(self):
        values = {
            "partner_id": self.customer.id,
            "title": "x",
            "service_type_id": self.type.id,
        }
        log = self._create_log()
        for user in (self.agent, self.helpdesk_manager, self.seller):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    self.env["service.log"].with_user(user).create(values)
                with self.assertRaises(AccessError):
                    log.with_user(user).action_log_hours()
                menus = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
                menu = self.env.ref("helpdesk_service_credit.service_log_menu")
                self.assertNotIn(menu.id, menus)
        other = self._create_person(
            "operator_pit", "helpdesk_service_credit.group_service_operator"
        )
        with self.assertRaises(AccessError):
            log.with_user(other).action_log_hours()
        self.assertFalse(self.ticket.timesheet_ids)

    def test_new_ticket_never_shows_the_internal_note(self):
        log = self._create_log(
            ticket_id=False, description="Secret", title="<b>Report</b>"
        )
        log.action_log_hours()
        ticket = log.ticket_id
        self.assertIn("&lt;b&gt;Report&lt;/b&gt;", ticket.description)
        self.assertNotIn("Secret", ticket.description)
        self.assertNotIn("Secret", str(ticket.message_ids.mapped("body")))

    def test_archived_types_are_not_offered(self):
        self.type.action_archive()
        found = self.env["service.type"].with_user(self.operator).name_search("Reports")
        self.assertFalse(found)

    def test_rounding_of_the_team(self):
        self.team.rounding_hours = 1
        log = self._create_log(1.5)
        log.action_log_hours()
        self.assertEqual(log.entry_id.hours_billed, 2)
        self.assertEqual(self.item.authorized_hours_left, 8)
