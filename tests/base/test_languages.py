# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import tagged

from ..authorization.test_authorization import SIGNATURE
from ..support.common import ServiceCreditCommon
from ..support.language import RomanianCommon
from ..support.sync import SyncMixin


@tagged("post_install", "-at_install")
class TestLanguages(SyncMixin, ServiceCreditCommon, RomanianCommon):
    """A text is in the language of its reader, not of the user who caused it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.time_product.limit_hours = True
        cls.customer.write({"email": "azure@example.test", "lang": cls.language})
        cls.item = cls._sell(cls.time_product)
        cls.ticket = cls._create_ticket(sale_line_id=cls.item.id)

    def _request_hours(self):
        requests = self.env["service.authorization"].with_user(self.agent)
        request = requests.create(
            {
                "sale_line_id": self.item.id,
                "ticket_id": self.ticket.id,
                "hours": 2.5,
                "reason": "Reports",
            }
        )
        request.action_send()
        return request.sudo()

    def test_mail_and_page_of_the_customer(self):
        request = self._request_hours()
        [mail] = self.env["mail.mail"].search(
            [("body_html", "ilike", request.access_token)]
        )
        self.assertIn("2,5", mail.subject)
        self.assertNotIn("please authorize", mail.subject)
        self.assertIn("2,5", mail.body)
        self.assertNotIn("Hello", mail.body)
        texts = request.with_context(lang=self.language)._get_portal_texts()
        title = self._say("%(hours)s h on %(item)s")
        values = {"hours": "2,5", "item": "Support Time"}
        self.assertEqual(texts["title"], title % values)

    def test_the_answer_is_told_in_the_language_of_who_asked(self):
        request = self._request_hours()
        answered = request.with_context(lang=self.language)
        public = self.env.ref("base.public_user")
        answered._ask_in_portal(public, "De ce?")
        self.assertIn("asks about 2.5 h on", self.ticket.message_ids[0].body)
        answered._approve_in_portal(public, 2, "Nora", SIGNATURE)
        told = self.ticket.message_ids[0].body
        self.assertIn("approved by Nora. Hours asked for: 2.5.", told)

    def test_a_forgotten_timer_is_told_in_the_language_of_its_person(self):
        self._speak(self.agent)
        self.ticket.with_user(self.agent).action_timer_start()
        timer = self.ticket.timer_ids
        timer.with_context(lang="en_US")._flag_forgotten()
        self.assertEqual(timer.activity_id.summary, self._say("Forgotten timer"))

    def test_rows_are_refused_in_the_language_of_the_responsible(self):
        self._speak(self.helpdesk_manager)
        source = self.csv_source(
            "id,customer,credits\n1,azure@example.test,ten\n",
            {"external_id": "id", "partner_email": "customer", "credits": "credits"},
            user_id=self.helpdesk_manager.id,
        )
        source.next_sync = "2020-01-01"
        self.env["service.sync.source"].with_context(lang="en_US")._cron_sync()
        error = self.records(source)["1"].error
        self.assertIn(
            self._say("“%(value)s” isn't a number.") % {"value": "ten"}, error
        )

    def test_previews_and_notes(self):
        self.team.use_service_credits = True
        purchase = self.env["service.credit.purchase"].create(
            {
                "partner_id": self.customer.id,
                "credits": 1.5,
                "date_start": "2026-01-01",
                "date_expiry": "2026-12-31",
                "is_draft": False,
            }
        )
        ticket = self._create_ticket()
        romanian = ticket.with_context(lang=self.language)
        entry = self._log(romanian, 1.5, date="2026-05-04")
        for lang, payers in (
            (self.language, f"{purchase.name} (1,50)"),
            ("en_US", f"{purchase.name} (1.50)"),
        ):
            self.assertEqual(entry.with_context(lang=lang).payers, payers)
