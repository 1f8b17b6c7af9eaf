# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import re

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from ..support.credit import transfer
from ..support.funding import FundingCommon


@tagged("post_install", "-at_install")
class TestCreditPortal(FundingCommon, HttpCase):
    """Customers see their own service credits, and nobody else's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.purchase = cls._buy(cls, 10)
        cls._work(cls, 3)
        cls.draft = cls._buy(cls, 5, is_draft=True)
        cls.portal = new_test_user(
            cls.env, "portal_pia", "base.group_portal", partner_id=cls.contact.id
        )
        cls.stranger = new_test_user(
            cls.env,
            "portal_per",
            "base.group_portal",
            partner_id=cls.other_customer.id,
        )

    def _open(self, path, user=None):
        self.authenticate(user and user.login, user and user.login)
        return self.url_open(path)

    def test_list_and_page(self):
        page = self._open("/my/service-credits", self.portal).text
        self.assertIn(self.purchase.name, page)
        self.assertIn("7.00 of 10.00 credits left", page)
        self.assertNotIn(self.draft.name, page)
        page = self._open(f"/my/service-credits/{self.purchase.id}", self.portal).text
        self.assertIn(self.ticket.number, page)
        self.assertIn("3.00", page)

    def _share_with_the_stranger(self):
        """Share the purchase, up to five credits, and use two of them."""
        self.purchase.write(
            {
                "sharing": "chosen",
                "shared_partner_ids": self.other_customer.ids,
                "description": "Price agreed with the group",
            }
        )
        self.env["service.credit.share"].create(
            {
                "purchase_id": self.purchase.id,
                "partner_id": self.other_customer.id,
                "credits": 5,
            }
        )
        theirs = self._create_ticket(
            partner_id=self.other_customer.id, name="Quiet matter"
        )
        self._work(2, ticket=theirs)
        return theirs

    def test_a_member_sees_its_own_use_of_a_pool(self):
        """And the owner that it was the member's, not what for."""
        theirs = self._share_with_the_stranger()
        path = f"/my/service-credits/{self.purchase.id}"
        page = self._open("/my/service-credits", self.stranger).text
        self.assertIn(self.purchase.name, page)
        self.assertIn("3.00 credits left of", page)
        page = " ".join(self._open(path, self.stranger).text.split())
        self.assertIn(theirs.name, page)
        for word in (self.ticket.number, "Price agreed", "Bought", "10.00"):
            self.assertNotIn(word, page)
        figures = re.findall(r"<strong[^>]*>(.*?)</strong>", page)
        self.assertEqual(
            [re.sub("<.*?>", "", figure).strip() for figure in figures][:3],
            [self.customer.name, "2.00", "3.00"],
        )
        page = self._open(path, self.portal).text
        self.assertIn(self.ticket.number, page)
        self.assertIn(self.other_customer.name, page)
        self.assertNotIn(theirs.name, page)
        self.purchase.project_ids = self.env["project.project"].create(
            {"name": "Secret Move"}
        )
        self.assertIn("Secret Move", self._open(path, self.portal).text)
        self.assertNotIn("Secret Move", self._open(path, self.stranger).text)
        # What was used stays to be read; the rest is not theirs any more.
        self.purchase.sharing = "customer"
        self.assertIn(theirs.name, self._open(path, self.stranger).text)
        self.assertNotIn(
            "credits left of", self._open("/my/service-credits", self.stranger).text
        )

    def test_giver_and_receiver_of_a_transfer_read_their_own(self):
        """What was given away is the receiver's: the giver opens no page of it."""
        daughter = self.customer.create(
            {
                "name": "Azure Daughter",
                "is_company": True,
                "parent_id": self.customer.id,
            }
        )
        receiver = new_test_user(
            self.env, "portal_dora", "base.group_portal", partner_id=daughter.id
        )
        received = transfer(self.purchase, daughter, 4)
        theirs = self._create_ticket(partner_id=daughter.id, name="Quiet matter")
        self._work(1, ticket=theirs)
        self.assertEqual(received.credits_allocated, 1)
        for purchase, reader, other in (
            (self.purchase, self.portal, receiver),
            (received, receiver, self.portal),
        ):
            path = f"/my/service-credits/{purchase.id}"
            self.assertTrue(self._open(path, reader).url.endswith(path))
            self.assertFalse(self._open(path, other).url.endswith(path))
        # Six were kept: three of them are used.
        page = self._open("/my/service-credits", self.portal).text
        self.assertIn("3.00 of 6.00 credits left", page)
        page = self._open("/my/service-credits", receiver).text
        self.assertIn("3.00 of 4.00 credits left", page)
        # Shared back with the giver, it is a member like any other.
        received.write({"sharing": "chosen", "shared_partner_ids": self.customer.ids})
        path = f"/my/service-credits/{received.id}"
        page = " ".join(self._open(path, self.portal).text.split())
        figures = re.findall(r"<strong[^>]*>(.*?)</strong>", page)
        self.assertEqual(
            [re.sub("<.*?>", "", figure).strip() for figure in figures][:3],
            [daughter.name, "0.00", "3.00"],
        )
        self.assertIn("Nothing was used yet", page)

    def test_every_figure_is_explained(self):
        """What is available but cannot be used today says why; the rest adds up."""
        today = fields.Date.today()
        later = self._buy(4, start=fields.Date.add(today, days=9), expiry="2099-12-31")
        past = self._buy(5, start="2025-01-01", expiry="2025-12-31")
        page = self._open("/my/service-credits", self.portal).text
        words = " ".join(page.split())
        for lot, state in (
            (self.purchase, "Open"),
            (later, "Starts Later"),
            (past, "Past Expiry Date"),
        ):
            with self.subTest(state=state):
                row = words[words.index(lot.name) :]
                self.assertIn(state, row[: row.index("</tr>")])
        page = self._open(f"/my/service-credits/{self.purchase.id}", self.portal).text
        figures = re.findall(r"<strong[^>]*>(.*?)</strong>", page)
        self.assertEqual(
            [re.sub("<.*?>", "", figure) for figure in figures][:4],
            ["10.00", "3.00", "0.00", "7.00"],
        )

    def test_rows_are_told_in_the_words_of_customers(self):
        """Used and given back, not the types of the ledger."""
        self.ticket.timesheet_ids.unlink()
        page = self._open(f"/my/service-credits/{self.purchase.id}", self.portal).text
        cells = re.findall(r"<td[^>]*>(.*?)</td>", " ".join(page.split()))
        self.assertIn("Used", cells)
        self.assertIn("Given back", cells)
        self.assertNotIn("Consumption", page)

    def test_looking_writes_nothing(self):
        """No token is made for a link that its reader does not need: making one would
        write the row that drawing locks."""
        self.env.flush_all()
        self.cr.execute("SELECT xmin FROM service_credit_purchase ORDER BY id")
        before = self.cr.fetchall()
        for path in ("/my", "/my/service-credits", self.purchase.access_url):
            self.assertEqual(self._open(path, self.portal).status_code, 200)
        self.env.invalidate_all()
        self.assertFalse(self.purchase.access_token)
        self.cr.execute("SELECT xmin FROM service_credit_purchase ORDER BY id")
        self.assertEqual(self.cr.fetchall(), before)

    def test_strangers_see_nothing(self):
        page = self._open("/my/service-credits", self.stranger).text
        self.assertNotIn(self.purchase.name, page)
        for user in (self.stranger, None):
            page = self._open(f"/my/service-credits/{self.purchase.id}", user)
            self.assertNotIn(self.purchase.name, page.text)

    def test_the_link_of_a_purchase_opens_it(self):
        url = self.purchase.get_portal_url()
        self.assertIn(self.purchase.name, self._open(url).text)
        self.assertNotIn(self.purchase.name, self._open(f"{url}x").text)
        self.assertIn(self.purchase.name, self._open(url, self.portal).text)

    def test_the_link_opens_nothing_else(self):
        """Not another customer's purchase to who is logged in, and no draft."""
        link, draft = self.purchase.get_portal_url(), self.draft.get_portal_url()
        for url, user in (
            (link, self.stranger),
            (draft, self.stranger),
            (draft, self.portal),
            (draft, None),
        ):
            with self.subTest(url=url, user=user and user.login):
                page = self._open(url, user)
                self.assertNotIn("/my/service-credits/", page.url)
                self.assertNotIn(self.purchase.name, page.text)
                self.assertNotIn(self.draft.name, page.text)

    def test_preview_as_customer(self):
        """What employees preview is the customer's page, not more."""
        note = "service_preview"
        manager = new_test_user(
            self.env,
            "credit_cleo",
            "base.group_user,helpdesk_service_credit.group_service_credit_manager",
        )
        for purchase in (self.purchase, self.draft):
            action = purchase.with_user(manager).action_preview_as_customer()
            page = self._open(action["url"], manager).text
            self.assertIn(purchase.name, page)
            self.assertIn(note, page)
        action = self.purchase.with_user(self.portal).action_preview_as_customer()
        page = self._open(action["url"], self.portal).text
        self.assertIn(self.purchase.name, page)
        self.assertNotIn(note, page)
