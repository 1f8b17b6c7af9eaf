# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..support.alert import AlertCommon

CREDITS = "helpdesk_service_credit.group_service_credit"


@tagged("post_install", "-at_install")
class TestAlertRights(AlertCommon):
    """Who sees which alert; nobody types, changes or deletes one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create({"name": "Branch"})
        cls._buy(10)
        cls._draw(cls.ticket, 8)
        cls._buy(10, partner_id=cls.other_customer.id)
        cls._draw(cls.ticket, 8, partner=cls.other_customer)
        cls.alert_model._fire(cls.company, (cls.customer | cls.other_customer).ids)
        cls.mine, cls.nobodys = cls.alert_model.search([], order="user_id, id")
        there = {"company_id": cls.branch.id, "currency_id": cls.currency.id}
        elsewhere = cls._buy(1, **there)
        cls.foreign = cls.mine.copy({**there, "purchase_id": elsewhere.id})
        cls.all = cls.mine | cls.nobodys | cls.foreign

    def _see(self, user):
        return self.alert_model.with_user(user).search([]).sudo() & self.all

    def test_readers_see_their_company(self):
        for login, group in (
            ("user", f"{CREDITS}_user"),
            ("manager", f"{CREDITS}_manager"),
            ("books", "account.group_account_readonly"),
            ("biller", "account.group_account_invoice"),
        ):
            user = new_test_user(self.env, login, group)
            with self.subTest(user=login):
                self.assertEqual(self._see(user), self.mine | self.nobodys)

    def test_salespeople_see_their_customers(self):
        for login, group in (
            ("all", "sales_team.group_sale_salesman_all_leads"),
            ("other", "sales_team.group_sale_salesman"),
        ):
            user = new_test_user(self.env, login, group)
            expected = self.mine if login == "all" else self.mine.browse()
            self.assertEqual(self._see(user), expected)
        self.assertEqual(self._see(self.salesman), self.mine)
        alert = self.mine.with_user(self.salesman)
        action = alert.action_create_renewal()
        renewal = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(renewal.partner_id, self.customer)
        domain = alert.action_view_purchases()["domain"]
        self.assertIn(("commercial_partner_id", "=", self.customer.id), domain)

    def test_others_see_nothing(self):
        for login, group in (
            ("stranger", "base.group_user"),
            ("agent", "helpdesk_mgmt.group_helpdesk_manager"),
            ("nora", "base.group_portal"),
        ):
            alerts = self.alert_model.with_user(new_test_user(self.env, login, group))
            with self.subTest(user=login):
                self.assertFalse(alerts.has_access("read"))
                for method in ("action_create_renewal", "action_view_purchases"):
                    with self.assertRaises(AccessError):
                        getattr(alerts.browse(self.mine.id), method)()

    def test_nobody_writes(self):
        for user in (
            self.salesman,
            new_test_user(self.env, "manager", f"{CREDITS}_manager"),
        ):
            alert = self.mine.with_user(user)
            with self.assertRaises(AccessError):
                alert.write({"state": "over"})
            with self.assertRaises(AccessError):
                alert.unlink()
            with self.assertRaises(AccessError):
                alert.create({})
