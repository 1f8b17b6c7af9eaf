# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, new_test_user, tagged

from ..support.language import ADDON
from ..support.service_log import ServiceLogCommon


@tagged("post_install", "-at_install")
class TestAuthorizationWays(ServiceLogCommon):
    """Every place that asks for hours or logs them, and which hours they take."""

    def _ask(self, record, user):
        """Fill in the window that a record opens for a user; return the request."""
        action = record.with_user(user).action_request_authorization()
        model = self.env[action["res_model"]].with_user(user)
        with Form(model.with_context(**action["context"])) as form:
            self.assertEqual(form.sale_line_id, self.item)
            form.hours = 1.5
            form.reason = "The report takes longer"
        request = form.record
        self.assertEqual(request.state, "requested")
        self.assertEqual(request.sudo().amount_estimate, 150)
        self.assertEqual(request.requested_by_id, user)
        return request

    def _create_request(self, hours):
        return (
            self.env["service.authorization"]
            .with_user(self.operator)
            .create({"sale_line_id": self.item.id, "hours": hours})
        )

    def test_a_reduction_never_goes_below_what_is_used(self):
        self._log(self.ticket, 8)
        message = "of 10 authorized hours 8 are used, so at most 2 can be"
        for hours in (-2.5, -100):
            with (
                self.subTest(hours),
                self.assertRefused(ValidationError, says=message),
                self.cr.savepoint(),
            ):
                self._create_request(hours)
        request, late = self._create_request(-2), self._create_request(-2)
        request.sudo().action_approve()
        with self.assertRefused(ValidationError, says="so at most 0 can be"):
            late.sudo().action_approve()
        self.assertEqual(self.item.authorized_hours, 8)
        self.assertEqual(self.item.authorized_hours_left, 0)

    def test_hours_are_read_as_people_write_them(self):
        request = self._create_request(5)
        cases = {
            "1,5": 1.5,
            "1.5": 1.5,
            " 1:30 ": 1.5,
            "1h30": 1.5,
            "90m": 1.5,
            "40": 40,
            "1:80": 140 / 60,
            2.5: 2.5,
            -2: -2,
        }
        for hours, expected in cases.items():
            with self.subTest(hours):
                self.assertAlmostEqual(request._parse_hours(hours), expected)

    def test_from_a_ticket(self):
        request = self._ask(self.ticket, self.operator)
        self.assertEqual(request.ticket_id, self.ticket)

    def _create_task(self):
        self.project.allow_billable = True
        return self.env["project.task"].create(
            {
                "name": "Task",
                "project_id": self.project.id,
                "partner_id": self.customer.id,
                "sale_line_id": self.item.id,
            }
        )

    def test_from_a_task(self):
        """Project users ask too; approved, the task's time fits."""
        planner = new_test_user(
            self.env, "planner_pam", "project.group_project_user,base.group_user"
        )
        task = self._create_task()
        self.assertEqual(task.authorized_hours_left, 10)
        request = self._ask(task, planner)
        self.assertEqual((request.task_id, request.ticket_id.id), (task, False))
        request.sudo().action_approve()
        self.assertEqual(task.authorized_hours_left, 11.5)
        self.assertIn("approved", str(task.message_ids.mapped("body")))

    def test_from_an_order(self):
        self.seller.group_ids += self.env.ref("sales_team.group_sale_manager")
        request = self._ask(self.item.order_id, self.seller)
        self.assertEqual(request.order_id, self.item.order_id)

    def test_others_neither_ask_nor_read(self):
        request = self._ask(self.ticket, self.operator)
        clerk = new_test_user(self.env, "clerk_carl", "base.group_user")
        with self.assertRaises(AccessError):
            request.with_user(clerk).read(["hours"])
        with self.assertRaises(AccessError):
            request.with_user(clerk).create({"sale_line_id": self.item.id, "hours": 1})

    def test_one_open_request_of_an_item(self):
        """While the customer has not answered, every button shows what was asked."""
        other = self._create_ticket(sale_line_id=self.item.id, user_id=self.operator.id)
        task = self._create_task()
        works = (self.ticket, other, task, self.item.order_id)
        self.assertFalse(self.ticket.requested_hours)
        request = self._ask(self.ticket, self.operator)
        self.env.invalidate_all()
        for ticket in (self.ticket, other):
            self.assertEqual(ticket.requested_hours, 1.5)
            action = ticket.with_user(self.operator).action_view_requests()
            self.assertEqual(action["res_id"], request.id)
        manager = self._create_person(
            "sales_sue",
            "sales_team.group_sale_manager,project.group_project_user,"
            "helpdesk_mgmt.group_helpdesk_user",
        )
        for work in works:
            with self.subTest(work):
                action = work.with_user(manager).action_request_authorization()
                self.assertEqual(action["res_id"], request.id)
        self.assertEqual(task.with_user(manager).requested_hours, 1.5)
        action = task.with_user(manager).action_view_requests()
        self.assertEqual(action["res_id"], request.id)
        request.sudo().action_approve()
        self.env.invalidate_all()
        self.assertFalse(self.ticket.requested_hours)
        again = self._ask(self.ticket, self.operator)
        self.assertNotEqual(again, request)

    def test_a_second_question_is_refused(self):
        """By whichever way it is asked, until the first is answered or withdrawn."""
        request = self._create_request(4)
        with self.assertRefused(
            ValidationError, "4", self.item.display_name, says="has not answered"
        ):
            self._create_request(1)
        request.action_cancel()
        model = self.env["service.authorization"].with_user(self.agent)
        asked = {"sale_line_id": self.item.id, "hours": 1}
        with self.assertRaises(ValidationError):
            model.create([asked, asked])
        self.assertEqual(len(self._create_request(2) + self._create_request(-1)), 2)

    def test_an_order_asks_for_the_item_that_is_not_asked_for(self):
        self._create_request(4)
        order = self.item.order_id
        second = self.env["sale.order.line"].create(
            {"order_id": order.id, "product_id": self.time_product.id}
        )
        self.assertTrue(second.limit_hours)
        action = order.with_user(self.seller).action_request_authorization()
        self.assertEqual(action["context"]["default_sale_line_id"], second.id)

    def test_says_who_cannot_be_mailed(self):
        """Before and after sending."""
        contact = self.item.order_id.partner_id
        for email, kind in ((False, "warning"), ("hello@azure.test", "success")):
            contact.email = email
            request = self.env["service.authorization"].create(
                {"sale_line_id": self.item.id, "hours": 1, "reason": "More"}
            )
            self.assertEqual(request.is_unreachable, not email)
            arch = request.get_view(view_type="form")["arch"]
            self.assertIn("state != 'requested' or not is_unreachable", arch)
            self.assertEqual(request.action_send()["params"]["type"], kind)
            request.action_cancel()

    def test_request_from_a_ticket_keeps_the_ticket(self):
        """The window shows it read-only, which the web client does not send."""
        action = self.ticket.with_user(self.agent).action_request_authorization()
        model = self.env[action["res_model"]].with_user(self.agent)
        for view in ("request", False):
            with self.subTest(view):
                view = view and f"{ADDON}.service_authorization_view_form_{view}"
                form = Form(model.with_context(**action["context"]), view=view or None)
                form.hours = 2
                form.reason = "More reports"
                request = form.save()
                self.assertEqual(request.ticket_id, self.ticket)
                self.assertEqual(request.sale_line_id, self.ticket.sale_line_id)
                self.assertIn(request, self.ticket.authorization_ids)
                request.action_cancel()
        request = model.with_context(**action["context"]).create({"hours": 1})
        self.assertEqual(request.ticket_id, self.ticket)

    def test_log_service_from_a_customer(self):
        """The customer's menu offers it to operators, and fills the customer in."""
        action = self.env.ref("helpdesk_service_credit.service_log_action_partner")
        bindings = self.env["ir.actions.actions"]
        for user, expected in ((self.operator, True), (self.agent, False)):
            with self.subTest(user.login):
                found = bindings.with_user(user).get_bindings("res.partner")
                ids = [row["id"] for row in found.get("action", ())]
                self.assertEqual(action.id in ids, expected)
        context = {"default_partner_id": self.customer.id}
        model = self.env["service.log"].with_user(self.operator)
        with Form(model.with_context(**context)) as form:
            self.assertEqual(form.partner_id, self.customer)
            self.assertEqual(form.sale_line_id, self.item)
            form.title = "Report"
        form.record.action_log_hours()
        self.assertEqual(form.record.ticket_id.partner_id, self.customer)

    def test_log_service_from_a_ticket(self):
        action = self.ticket.with_user(self.operator).action_log_service()
        model = self.env[action["res_model"]].with_user(self.operator)
        with Form(model.with_context(**action["context"])) as form:
            self.assertEqual(form.partner_id, self.customer)
            form.title = "Report"
        form.record.action_log_hours()
        self.assertEqual(form.record.entry_id.ticket_id, self.ticket)
