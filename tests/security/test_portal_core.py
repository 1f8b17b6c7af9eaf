# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Routes and methods of Odoo itself, called by everybody who comes near a customer."""

import base64

from odoo.exceptions import AccessError
from odoo.tests import JsonRpcException, tagged
from odoo.tools import mute_logger

from .test_portal_readers import ADDON, PortalReadersCase

SECRET = "Secret message"
CONTENT = b"Secret content"
# What portal users may read some records of.
CORE = (
    "account.analytic.line",
    "account.move",
    "helpdesk.ticket",
    "ir.attachment",
    "mail.followers",
    "mail.message",
    "mail.notification",
    "project.milestone",
    "project.project",
    "project.task",
    "res.partner",
    "res.users",
    "sale.order",
    "sale.order.line",
)


@tagged("post_install", "-at_install")
class TestPortalCore(PortalReadersCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        entry = cls.ticket.timesheet_ids.filtered("consumption_ids")
        allocation = entry.consumption_ids.allocation_id
        cls.records = (
            cls.purchase,
            cls.request,
            cls.quotation,
            cls.item.order_id,
            cls.sent,
            entry,
            allocation,
        )
        cls.files = cls.env["ir.attachment"].create(
            [
                {
                    "name": "Secret.txt",
                    "raw": CONTENT,
                    "res_model": record._name,
                    "res_id": record.id,
                }
                for record in cls.records
            ]
        )
        cls.threads = [rec for rec in cls.records if hasattr(rec, "message_post")]
        for record in cls.threads:
            record.message_post(body=SECRET, subtype_xmlid="mail.mt_comment")
        cls.others = (cls.foreign, cls.sibling, cls.former, None)

    def _login(self, user):
        self.authenticate(user and user.login, user and user.login)

    @mute_logger("odoo.http")
    def _call(self, route, **values):
        """Return what a route answers, as text; a refusal tells nothing."""
        try:
            return str(self.make_jsonrpc_request(route, values))
        except JsonRpcException:
            return ""

    def test_files_are_read_by_employees(self):
        """Or the next test could not fail."""
        self._login(self.env.ref("base.user_admin"))
        for file in self.files:
            page = self.url_open(f"/web/content/{file.id}")
            self.assertEqual(page.content, CONTENT)

    @mute_logger("odoo.http")
    def test_files_are_read_by_no_one_else(self):
        for user in self.others:
            self._login(user)
            for file in self.files:
                for path in (
                    f"/web/content/{file.id}",
                    f"/web/content/{file.id}?download=1",
                    f"/web/image/{file.id}",
                    f"/web/content?model=ir.attachment&id={file.id}&field=raw",
                ):
                    with self.subTest(user=user and user.login, path=path):
                        self.assertNotIn(CONTENT, self.url_open(path).content)

    @mute_logger("odoo.http")
    def test_signatures_are_seen_by_no_one_else(self):
        signature = self.env.user.image_128 or self.files[0].datas
        self.request.signature = signature
        self.env.flush_all()
        model, record_id = self.request._name, self.request.id
        paths = (
            f"/web/image/{model}/{record_id}/signature",
            f"/web/content?model={model}&id={record_id}&field=signature",
        )
        seen = base64.b64decode(signature)
        for user in self.others:
            self._login(user)
            for path in paths:
                with self.subTest(user=user and user.login, path=path):
                    self.assertNotIn(seen, self.url_open(path).content)

    def _fetch(self, record):
        """Return all that the routes of conversations tell of a record."""
        thread = {"thread_model": record._name, "thread_id": record.id}
        wanted = ["attachments", "followers", "messages", "suggestedRecipients"]
        return "".join(
            (
                self._call("/mail/chatter_fetch", fetch_params={"limit": 30}, **thread),
                self._call("/portal/chatter_init", **thread),
                self._call("/mail/thread/messages", **thread),
                self._call("/mail/thread/recipients", message_id=False, **thread),
                self._call(
                    "/mail/thread/recipients/get_suggested_recipients", **thread
                ),
                self._call(
                    "/mail/data",
                    fetch_params=[["mail.thread", {**thread, "request_list": wanted}]],
                ),
            )
        )

    def test_conversations(self):
        self._login(self.own)
        self.assertIn("Secret message", self._fetch(self.quotation))
        for user in self.others:
            self._login(user)
            for record in (*self.threads, self.ticket):
                with self.subTest(user=user and user.login, record=record):
                    self.assertEqual(self._find_secrets(self._fetch(record)), [])

    def test_no_one_else_writes_in_a_conversation(self):
        """Nor follows it, to be told of what is written later."""
        for user in self.others:
            self._login(user)
            for record in self.threads:
                thread = {"thread_model": record._name, "thread_id": record.id}
                before = record.message_ids
                with self.subTest(user=user and user.login, record=record):
                    self._call(
                        "/mail/message/post",
                        post_data={"body": "Hello", "message_type": "comment"},
                        **thread,
                    )
                    self._call(
                        "/mail/thread/subscribe",
                        res_model=record._name,
                        res_id=record.id,
                        partner_ids=user.partner_id.ids if user else [],
                    )
                    self.env.invalidate_all()
                    self.assertEqual(record.message_ids, before)
                    if user:
                        followers = record.message_partner_ids
                        self.assertNotIn(user.partner_id, followers)

    def _get_models(self):
        names = self.env["ir.model.data"].search(
            [("module", "=", ADDON), ("model", "=", "ir.model")]
        )
        ours = self.env["ir.model"].browse(names.mapped("res_id")).mapped("model")
        models = [self.env[name] for name in {*ours, *CORE} if name in self.env]
        return [model for model in models if model._auto and not model._abstract]

    def _read_all(self, model, user):
        """Return all that a user reads of a model, as text."""
        records = model.with_user(user)
        if not records.has_access("read"):
            return ""
        fields = {
            name
            for name, values in records.fields_get([], ["type"]).items()
            if values["type"] not in ("binary", "properties")
        }
        try:
            found = records.search([], limit=200)
            return str(found.read(sorted(fields))) + str(found.mapped("display_name"))
        except AccessError:
            return ""

    def test_records_and_searches(self):
        """Every model that portal users may read, with every field."""
        models = self._get_models()
        texts = [self._read_all(model, self.own) for model in models]
        found = self._find_secrets("".join(texts))
        self.assertIn("Secret", found)
        self.assertIn(self.purchase.name, found)
        for user in self.others[:-1]:
            for model in models:
                with self.subTest(user=user.login, model=model._name):
                    text = self._read_all(model, user)
                    self.assertEqual(self._find_secrets(text), [])

    def test_a_task_shows_totals_to_its_customer_alone(self):
        """A former one sees the time that was logged for it, and no hours left."""
        project = self.env["project.project"].create(
            {
                "name": "Rollout",
                "privacy_visibility": "portal",
                "allow_billable": True,
                "use_service_credits": True,
            }
        )
        task = self.env["project.task"].create(
            {
                "name": "Shared task",
                "project_id": project.id,
                "partner_id": self.former.commercial_partner_id.id,
            }
        )
        values = {"project_id": project.id, "task_id": task.id, "unit_amount": 1}
        entries = self.env["account.analytic.line"]
        entries.create({**values, "name": "Work for Former"})
        item = self._sell(self.prepaid_product, hours=37)
        task.write({"partner_id": self.customer.id, "sale_line_id": item.id})
        entries.create({**values, "name": "Work for Azure", "unit_amount": 2})
        readers = self.own.partner_id + self.former.partner_id
        project.message_subscribe(readers.ids)
        task.message_subscribe(readers.ids)
        page = self._read(f"/my/tasks/{task.id}", self.own)
        for text in ("Work for Azure", "37:00", "03:00"):
            self.assertIn(text, page)
        page = self._read(f"/my/tasks/{task.id}", self.former)
        self.assertIn("Work for Former", page)
        for text in ("Work for Azure", "37:00", "03:00"):
            self.assertNotIn(text, page)

    def test_contacts_are_found_by_their_own_company(self):
        contact = self.own.partner_id
        for user, is_own in ((self.own, True), *((o, False) for o in self.others[:-1])):
            partners = self.env["res.partner"].with_user(user)
            with self.subTest(user=user.login):
                names = partners.name_search(contact.name)
                found = partners.search([("name", "ilike", contact.name)])
                self.assertEqual(bool(names), is_own)
                self.assertEqual(contact in found, is_own)

    def test_mails_go_to_the_company_alone(self):
        """Statements, requests, alerts: whatever was queued with its data."""
        mails = self.env["mail.mail"].sudo().search([])
        ours = mails.filtered(lambda mail: self._find_secrets(mail.body_html or ""))
        self.assertTrue(ours)
        others = (self.foreign + self.sibling + self.former).partner_id
        self.assertFalse(ours.recipient_ids & others)
        for mail in ours:
            for address in others.mapped("email"):
                self.assertNotIn(address, f"{mail.email_to} {mail.email_cc}")
