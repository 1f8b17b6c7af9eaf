# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..support.selling import SellingCommon

REPORTS = (
    "service.credit.balance",
    "service.credit.movement",
    "service.credit.forecast",
)
GROUPS = {
    "credit_user": "helpdesk_service_credit.group_service_credit_user",
    "accountant": "account.group_account_readonly",
    "biller": "account.group_account_invoice",
}


@tagged("post_install", "-at_install")
class TestReportRights(SellingCommon):
    """Who sees which line of the reports."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create({"name": "Branch"})
        cls.mine = cls._ordered()
        cls.theirs = cls._ordered(
            partner_id=cls.other_customer.id,
            opportunity_id=False,
            user_id=cls.colleague.id,
        )
        purchase_model = cls.env["service.credit.purchase"]
        stranger = cls.env["res.partner"].create({"name": "Cedar", "is_company": True})
        cls.manual = purchase_model.create({"partner_id": stranger.id, "credits": 5})
        cls.foreign = purchase_model.create(
            {
                "partner_id": cls.customer.id,
                "credits": 5,
                "company_id": cls.branch.id,
                "currency_id": cls.company.currency_id.id,
            }
        )
        cls.env.flush_all()

    def _sees(self, user):
        seen = self.env["service.credit.purchase"]
        for name in REPORTS:
            lines = self.env[name].with_user(user).search([])
            yield (
                name,
                lines.sudo().mapped("purchase_id")
                & (seen | self.mine | self.theirs | self.manual | self.foreign),
            )

    def test_readers_see_their_company(self):
        for login, group in GROUPS.items():
            user = new_test_user(self.env, login, group)
            for name, seen in self._sees(user):
                with self.subTest(user=login, model=name):
                    self.assertEqual(seen, self.mine | self.theirs | self.manual)
            self.env["service.credit.owed"].with_user(user).create({})

    def test_salespeople_see_their_own(self):
        for user, expected in (
            (self.salesman, self.mine),
            (self.colleague, self.theirs),
            (self.seller, self.mine | self.theirs),
        ):
            for name, seen in self._sees(user):
                with self.subTest(user=user.login, model=name):
                    self.assertEqual(seen, expected)

    def test_others_see_nothing(self):
        for login, group in (
            ("stranger", "base.group_user"),
            ("agent_ada", "helpdesk_mgmt.group_helpdesk_manager"),
            ("portal_pia", "base.group_portal"),
        ):
            user = new_test_user(self.env, login, group)
            for name in (*REPORTS, "service.credit.owed"):
                with self.subTest(user=login, model=name):
                    self.assertFalse(self.env[name].with_user(user).has_access("read"))
                    with self.assertRaises(AccessError):
                        self.env[name].with_user(user).search([])

    def test_nobody_writes(self):
        manager = new_test_user(
            self.env,
            "manager_max",
            "helpdesk_service_credit.group_service_credit_manager",
        )
        for name in REPORTS:
            line = self.env[name].with_user(manager).search([], limit=1)
            with self.assertRaises(AccessError):
                line.write({"credits_available": 99, "credits": 99})
            with self.assertRaises(AccessError):
                line.unlink()
            with self.assertRaises(AccessError):
                line.create({})

    def test_rows_can_be_analysed_by_work(self):
        """By accountants too, who have no right on tickets."""
        entry = self._use(2)
        entry.service_type_id = self.env["service.type"].create({"name": "Audit"})
        user = new_test_user(self.env, "books", "account.group_account_readonly")
        rows = self.env["service.credit.consumption"].with_user(user)
        for name in (
            "commercial_partner_id",
            "purchase_id",
            "ticket_id",
            "milestone_id",
            "ticket_team_id",
            "service_type_id",
            "currency_id",
            "consumption_type",
            "date:month",
        ):
            with self.subTest(name):
                groups = rows.web_read_group([], [name], ["credits:sum", "value:sum"])
                self.assertEqual(
                    sum(group["credits:sum"] for group in groups["groups"]), 2
                )
        groups = rows._read_group([], ["service_type_id"], ["credits:sum"])
        self.assertIn((entry.service_type_id.sudo(False), 2), groups)

    def test_customers_learn_no_team_from_rows(self):
        self._use(2)
        user = new_test_user(
            self.env, "nora", "base.group_portal", partner_id=self.contact.id
        )
        rows = self.env["service.credit.consumption"].with_user(user).search([])
        self.assertTrue(rows)
        self.assertFalse({"ticket_team_id", "service_type_id"} & set(rows.fields_get()))

    def test_several_companies_at_once(self):
        user = new_test_user(
            self.env,
            "books",
            "account.group_account_readonly",
            company_ids=[Command.set((self.company | self.branch).ids)],
        )
        lines = self.env["service.credit.balance"].with_user(user)
        lines = lines.with_context(
            allowed_company_ids=[self.company.id, self.branch.id]
        )
        found = lines.search([("commercial_partner_id", "=", self.customer.id)])
        self.assertEqual(found.company_id, self.company | self.branch)
