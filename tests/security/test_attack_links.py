# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The link that answers a request is for one reader, however it is asked for."""

import inspect
import logging
import random
from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.service.model import call_kw, get_public_method
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from ..support.funding import FundingCommon
from ..support.people import create_users
from ..support.played import LONG
from ..support.random_walk import SEED

_logger = logging.getLogger(__name__)
TEMPLATE = "helpdesk_service_credit.mail_template_authorization"
ONE_HOUR = timedelta(hours=1)
# They take records or messages of Python's, which no RPC can send.
UNSENDABLE = (
    "message_change_thread",
    "message_parse",
    "message_route",
    "rating_apply",
    "rating_send_request",
)
MIXINS = ("portal.mixin", "mail.thread", "mail.activity.mixin")
GROUPS = {
    "link_plain": "base.group_user",
    "link_own": "helpdesk_mgmt.group_helpdesk_user_own",
    "link_agent": "helpdesk_mgmt.group_helpdesk_user",
    "link_lead": "helpdesk_mgmt.group_helpdesk_manager",
    "link_operator": "helpdesk_service_credit.group_service_operator",
    "link_credit": "helpdesk_service_credit.group_service_credit_manager",
    "link_seller": "sales_team.group_sale_salesman_all_leads",
    "link_invoicing": "account.group_account_invoice",
    "link_planner": "project.group_project_user",
    "link_settings": "base.group_system",
    "link_templates": "base.group_user,mail.group_mail_template_editor",
}


@tagged("post_install", "-at_install")
class TestAttackLinks(HttpCase, FundingCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customer.email = "azure@example.test"
        cls.item = cls._sell(cls.time_product)
        cls._authorize(cls.item, 10)
        cls.ticket.sale_line_id = cls.item
        cls.request = (
            cls.env["service.authorization"]
            .with_user(cls.agent)
            .create(
                {"sale_line_id": cls.item.id, "ticket_id": cls.ticket.id, "hours": 2}
            )
            .sudo()
        )
        cls.request.action_send()
        cls.token = cls.request.access_token
        cls.purchase = cls._buy(cls, 10)
        cls.purchase_token = cls.purchase._portal_ensure_token()
        company = cls.env["res.company"].create({"name": "Company B"})
        elsewhere = {
            "company_id": company.id,
            "company_ids": [Command.set(company.ids)],
        }
        cls.users = create_users(cls.env, GROUPS)
        names = ("link_agent", "link_lead", "link_seller", "link_credit")
        strangers = {f"{login}_b": GROUPS[login] for login in names}
        cls.users += create_users(cls.env, strangers, **elsewhere)
        cls.own = new_test_user(cls.env, "link_customer", "base.group_portal")
        cls.own.partner_id.parent_id = cls.customer
        cls.foreign = new_test_user(cls.env, "link_foreign", "base.group_portal")
        cls.foreign.partner_id.parent_id = cls.other_customer
        cls.users += [cls.own, cls.foreign, cls.env.ref("base.public_user")]

    def _call(self, user, record, name, *args, **kwargs):
        """Call a method as RPC does; return its result, or the refusal."""
        model = record.browse().with_user(user)
        is_model = getattr(get_public_method(model, name), "_api_model", False)
        arguments = list(args) if is_model else [record.ids, *args]
        try:
            with self.cr.savepoint(), mute_logger("odoo.sql_db", "odoo.models"):
                result = call_kw(model, name, arguments, kwargs)
                self.env.flush_all()
                return result
        except (UserError, IntegrityError) as error:
            return error

    def _find_token(self):
        """Return where the token stands besides the field and the customer's mail."""
        messages = self.env["mail.message"].search([("body", "like", self.token)])
        mails = self.env["mail.mail"].search([("body_html", "like", self.token)])
        strangers = mails.filtered(
            lambda mail: mail.recipient_ids != self.customer or mail.email_to
        )
        return messages, strangers

    def _assert_kept(self):
        self.env.invalidate_all()
        messages, strangers = self._find_token()
        self.assertFalse(messages.mapped("body"))
        self.assertFalse(strangers)
        self.assertEqual(self.request.access_token, self.token)
        self.assertEqual(self.request.state, "requested")

    # ------------------------------------------------------------------
    # Methods
    # ------------------------------------------------------------------

    def test_nobody_gets_the_link_by_the_method(self):
        for user in self.users:
            with self.subTest(user.login):
                result = self._call(user, self.request, "get_portal_url")
                self.assertIsInstance(result, AccessError)
        self._assert_kept()

    @mute_logger("odoo.http")
    def test_nobody_gets_the_link_over_the_wire(self):
        """By call_kw and by JSON-2."""
        parameters = {
            "model": "service.authorization",
            "method": "get_portal_url",
            "args": [self.request.ids],
            "kwargs": {},
        }
        for user in self.users[:-1]:
            with self.subTest(user.login):
                self.authenticate(user.login, user.login)
                with self.assertRaises(JsonRpcException) as caught:
                    self.make_jsonrpc_request("/web/dataset/call_kw", parameters)
                self.assertNotIn(self.token, str(caught.exception))
                key = (
                    self.env["res.users.apikeys"]
                    .with_user(user)
                    .sudo()
                    ._generate("rpc", "test", fields.Datetime.now() + ONE_HOUR)
                )
                self.authenticate(None, None)
                answer = self.url_open(
                    "/json/2/service.authorization/get_portal_url",
                    json={"ids": self.request.ids},
                    headers={"Authorization": f"bearer {key}"},
                )
                self.assertEqual(answer.status_code, 403)
                self.assertNotIn(self.token, answer.text)
        self._assert_kept()

    def test_nobody_reads_or_finds_the_token(self):
        model = self.request.browse()
        for user in self.users:
            for name, args in (
                ("read", [["access_token"]]),
                ("search_count", [[("access_token", "like", self.token[0])]]),
                ("search_read", [[("id", "=", self.request.id)], ["access_token"]]),
                ("export_data", [["access_token"]]),
                ("web_read", [{"access_token": {}}]),
            ):
                with self.subTest(user=user.login, method=name):
                    result = self._call(user, self.request, name, *args)
                    self.assertIsInstance(result, UserError)
            with self.assertRaises(AccessError):
                model.with_user(user).search([], order="access_token")

    def test_every_inherited_method(self):
        """Whatever a mixin opens to RPC tells no token and moves nothing of others."""
        calls, dice = 0, random.Random(SEED)
        for record, token in (
            (self.request, self.token),
            (self.purchase, self.purchase_token),
        ):
            for name in self._get_inherited(record):
                for user in self.users if LONG else dice.sample(self.users, 6):
                    calls += 1
                    with self.subTest(record=record, method=name, user=user.login):
                        self._attack(user, record, name, token)
        _logger.info("Calls of inherited methods: %s", calls)
        self._assert_kept()

    def _attack(self, user, record, name, token):
        may_read = record.with_user(user).has_access("read")
        former = self._get_traces(record)
        # As in a request of its own: what the cache holds, nobody is refused.
        self.env.invalidate_all()
        context = {"active_model": record._name, "active_id": record.id}
        arguments = self._get_arguments(name, user)
        result = self._call(user, record, name, *arguments, context=context)
        if record == self.request or not may_read:
            self.assertNotIn(token, repr(result))
        if not may_read:
            self.assertEqual(self._get_traces(record), former, result)
        self.assertIn(record.exists(), record)

    def _get_inherited(self, record):
        """Return the names of the public methods that mixins bring."""
        registry = self.registry
        names = set()
        for mixin in MIXINS:
            if isinstance(record, registry[mixin]):
                names |= set(dir(registry[mixin])) - set(dir(registry["base"]))
        for name in sorted(names):
            method = getattr(type(record), name)
            is_public = not name.startswith("_") and inspect.isfunction(method)
            is_private = name in UNSENDABLE or getattr(method, "_api_private", False)
            if is_public and not is_private:
                yield name

    def _get_arguments(self, name, user):
        """Return arguments that a method takes; the attacker's own where it asks."""
        partner = user.partner_id.ids
        template = self.env.ref(TEMPLATE)
        arguments = {
            "activity_feedback": [["mail.mail_activity_data_todo"]],
            "activity_reschedule": [["mail.mail_activity_data_todo"]],
            "activity_schedule": ["mail.mail_activity_data_todo"],
            "activity_send_mail": [template.id],
            "activity_unlink": [["mail.mail_activity_data_todo"]],
            "message_mail_with_source": [TEMPLATE],
            "message_new": [{"subject": "x", "from": "x@example.test"}],
            "message_post_with_source": [TEMPLATE],
            "message_process": ["service.authorization", "From: x@example.test\n\nx"],
            "message_subscribe": [partner],
            "message_unsubscribe": [self.customer.ids],
            "message_update": [{"subject": "x"}],
            "notify_cancel_by_type": ["email"],
        }
        return arguments.get(name, [])

    def _get_traces(self, record):
        """Return what an attack on a record would change."""
        self.env.flush_all()
        owner = Domain("res_id", "=", record.id)
        counts = [
            self.env[model].search_count(owner & Domain(field, "=", record._name))
            for model, field in (
                ("mail.message", "model"),
                ("mail.followers", "res_model"),
                ("mail.activity", "res_model"),
            )
        ]
        return (*counts, self.env["mail.mail"].search_count([]))

    # ------------------------------------------------------------------
    # Templates, windows and messages
    # ------------------------------------------------------------------

    def _render(self, user):
        """Yield what a user sees of the mail by every way that renders its template."""
        request, template = self.request.with_user(user), self.env.ref(TEMPLATE)
        preview = (
            self.env["mail.template.preview"]
            .with_user(user)
            .create(
                {
                    "mail_template_id": template.id,
                    "resource_ref": f"service.authorization,{request.id}",
                }
            )
        )
        yield preview.body_html
        composer = (
            self.env["mail.compose.message"]
            .with_user(user)
            .create(
                {
                    "model": "service.authorization",
                    "res_ids": str(request.ids),
                    "template_id": template.id,
                    "composition_mode": "comment",
                }
            )
        )
        yield composer.body
        mail_id = template.with_user(user).send_mail(
            request.id, email_values={"email_to": "mallory@example.test"}
        )
        yield self.env["mail.mail"].browse(mail_id).body_html
        request.message_post_with_source(TEMPLATE)
        request.message_mail_with_source(TEMPLATE)
        yield str(request.message_ids.sudo().mapped("body"))

    def test_a_rendering_shows_no_link(self):
        """In the preview, the composer, a mail to oneself and the messages."""
        renderings = 0
        for user in self.users:
            if not self.request.with_user(user).has_access("read"):
                continue
            with self.subTest(user.login):
                try:
                    for text in self._render(user):
                        renderings += 1
                        self.assertNotIn(self.token, text or "")
                        self.assertNotIn("access_token", text or "")
                except UserError:
                    # Not everybody may read the order that the mail names.
                    continue
        _logger.info("Renderings: %s", renderings)
        self.assertGreater(renderings, 10)
        self._assert_kept()

    def test_a_rendering_as_superuser_shows_no_link_either(self):
        """As scheduled actions and automation rules do."""
        for text in self._render(self.env.user):
            self.assertNotIn(self.token, text or "")
        self._assert_kept()

    def test_recipients_of_the_template_do_not_count(self):
        self.env.ref(TEMPLATE).write(
            {
                "email_cc": "mallory@example.test",
                "email_to": "mallory@example.test",
                "partner_to": str(self.foreign.partner_id.id),
            }
        )
        self.request.action_send()
        self.token = self.request.access_token
        [mail] = self.env["mail.mail"].search([("body_html", "like", self.token)])
        self.assertEqual(mail.recipient_ids, self.customer)
        self.assertFalse(mail.email_to or mail.email_cc)
        self._assert_kept()

    def test_sharing_gives_the_page_and_no_link(self):
        for user in (self.users[2], self.users[3], self.users[6]):
            with self.subTest(user.login):
                share = (
                    self.env["portal.share"]
                    .with_user(user)
                    .with_context(
                        active_model="service.authorization",
                        active_id=self.request.id,
                    )
                )
                shown = share.default_get(["share_link"])["share_link"]
                self.assertNotIn("access_token", shown)
        self._assert_kept()

    def test_messages_to_the_customer_hold_no_link(self):
        for partner in (self.customer, self.own.partner_id):
            self.request.with_user(self.agent).message_post(
                body=self.ticket.name,
                partner_ids=partner.ids,
                subtype_xmlid="mail.mt_comment",
            )
        mails = self.env["mail.mail"].search(
            [("model", "=", "service.authorization"), ("res_id", "=", self.request.id)]
        )
        self.assertTrue(mails)
        for mail in mails:
            self.assertNotIn("access_token", mail.body_html)

    @mute_logger("odoo.http")
    def test_the_link_opens_no_discussion(self):
        self.authenticate(None, None)
        for values in ({"token": self.token}, {"token": self.token, "pid": 1}):
            with self.assertRaises(JsonRpcException):
                self.make_jsonrpc_request(
                    "/mail/message/post",
                    {
                        "thread_model": "service.authorization",
                        "thread_id": self.request.id,
                        "post_data": {"body": "Spam", "message_type": "comment"},
                        **values,
                    },
                )
        self.assertNotIn("Spam", str(self.request.message_ids.mapped("body")))

    # ------------------------------------------------------------------
    # Who sends
    # ------------------------------------------------------------------

    def test_only_people_who_may_ask_send_again(self):
        # Agents may ask for hours on the items of every customer of their companies.
        senders = {
            "link_own",
            "link_operator",
            "link_agent",
            "link_lead",
            "link_credit",
            "link_seller",
            "link_planner",
        }
        self.request.valid_until = fields.Datetime.now() - ONE_HOUR
        for user in self.users:
            with self.subTest(user.login), self.cr.savepoint() as point:
                mails = self.env["mail.mail"].search_count([])
                result = self._call(user, self.request, "action_send")
                if user.login in senders:
                    self.assertEqual(result["tag"], "display_notification")
                    self.assertNotIn(self.token, str(result))
                    self.assertEqual(self.env["mail.mail"].search_count([]), mails + 1)
                else:
                    self.assertIsInstance(result, AccessError)
                    self.assertEqual(self.env["mail.mail"].search_count([]), mails)
                    self.assertTrue(self.request.is_lapsed)
                point.rollback()
                self.env.invalidate_all()

    def test_a_request_is_not_mailed_without_end(self):
        for _index in range(4):
            self.request.action_send()
        with self.assertRefused(UserError, self.request, self.customer):
            self.request.action_send()
        self.request.mailed_on = fields.Date.add(fields.Date.today(), days=-1)
        self.request.action_send()
        self.assertEqual(self.request.mails_sent, 1)
