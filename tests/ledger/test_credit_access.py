# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..support.credit import CreditCommon


@tagged("post_install", "-at_install")
class TestCreditAccess(CreditCommon):
    """Each group: what it may, and what it may not."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.branch = cls.env["res.company"].create({"name": "Branch"})
        cls.purchase = cls._buy()
        cls.ticket = cls._create_ticket()
        cls.rows = cls._draw(cls.ticket, 2).rows
        cls.foreign = cls._buy(company_id=cls.branch.id, currency_id=cls.currency.id)
        cls.foreign_rows = cls._draw(
            cls._create_ticket(company_id=cls.branch.id), 1, company=cls.branch
        ).rows
        cls.ledger = (
            cls.purchase | cls.foreign,
            (cls.rows | cls.foreign_rows),
            (cls.rows | cls.foreign_rows).allocation_id,
        )
        cls.portal = cls._create_portal_user("portal_nora", cls.contact)
        cls.other_portal = cls._create_portal_user(
            "portal_bert",
            cls.env["res.partner"].create(
                {"name": "Bert Birch", "parent_id": cls.other_customer.id}
            ),
        )

    @classmethod
    def _create_portal_user(cls, login, partner):
        return new_test_user(cls.env, login, "base.group_portal", partner_id=partner.id)

    def test_strangers_read_nothing(self):
        for records in self.ledger:
            with self.assertRaises(AccessError):
                records.with_user(self.stranger).read(["credits"])
            with self.assertRaises(AccessError):
                records.with_user(self.stranger).search([])

    def test_users_read_their_company_only(self):
        for records in self.ledger:
            for user in (self.credit_user, self.credit_manager):
                mine = records.with_user(user)
                self.assertEqual(mine.search([("id", "in", records.ids)]), mine[0])
                with self.assertRaises(AccessError):
                    mine[1].read(["credits"])

    def test_users_do_not_manage_purchases(self):
        mine = self.purchase.with_user(self.credit_user)
        with self.assertRaises(AccessError):
            mine.create({"partner_id": self.customer.id, "credits": 1})
        with self.assertRaises(AccessError):
            mine.unlink()
        with self.assertRaises(AccessError):
            mine.action_archive()
        with self.assertRaises(AccessError):
            mine.action_extend()

    def test_managers_manage_purchases(self):
        mine = self.purchase_model.with_user(self.credit_manager)
        purchase = mine.create({"partner_id": self.customer.id, "credits": 1})
        purchase.write({"is_draft": True})
        self.assertTrue(purchase.is_draft)
        purchase.unlink()
        self.assertFalse(purchase.exists())

    def test_windows_per_group(self):
        for model, group in (
            ("service.credit.manage", self.credit_user),
            ("service.credit.manage.project", self.credit_user),
            ("service.credit.manage.line", self.credit_user),
            ("service.credit.manage.project.line", self.credit_user),
            ("service.credit.extend", self.credit_manager),
            ("service.credit.reconciliation", self.credit_manager),
            ("service.credit.reconciliation.line", self.credit_manager),
        ):
            with self.subTest(model=model):
                self.assertTrue(self.env[model].with_user(group).has_access("create"))
                self.assertFalse(
                    self.env[model].with_user(self.stranger).has_access("create")
                )
                if group == self.credit_manager:
                    self.assertFalse(
                        self.env[model].with_user(self.credit_user).has_access("create")
                    )

    def test_sales_managers_are_managers(self):
        user = new_test_user(self.env, "sales_head", "sales_team.group_sale_manager")
        self.assertTrue(
            user.has_group("helpdesk_service_credit.group_service_credit_manager")
        )

    def test_portal_users_read_their_own(self):
        draft = self._buy(is_draft=True)
        for records in self.ledger:
            mine = records.with_user(self.portal)
            self.assertEqual(mine.search([("id", "in", records.ids)]), mine[0])
            self.assertTrue(mine[0].read(["credits"]))
            other = records.with_user(self.other_portal)
            self.assertFalse(other.search([("id", "in", records.ids)]))
            with self.assertRaises(AccessError):
                other[0].read(["credits"])
        with self.assertRaises(AccessError):
            draft.with_user(self.portal).read(["credits"])
        with self.assertRaises(AccessError):
            self.purchase.with_user(self.portal).read(["opportunity_id"])

    def test_portal_users_change_nothing(self):
        for call in (
            lambda: self.purchase.with_user(self.portal).write({"description": "x"}),
            lambda: self.purchase.with_user(self.portal).action_expire(),
            lambda: self.purchase.with_user(self.portal).action_extend(),
            lambda: self.purchase.with_user(self.portal).copy(),
            lambda: (
                self._create_milestone(1)
                .with_user(self.portal)
                .action_allocate_service_credits()
            ),
            lambda: self.project.with_user(
                self.portal
            ).action_allocate_service_credits(),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_balance_portal(self):
        for partner in (self.customer, self.contact, self.portal.partner_id):
            lines = partner.with_user(self.portal).get_service_credit_balance()
            self.assertEqual(lines[0]["credits_available"], 8)
        with self.assertRaises(AccessError):
            self.customer.with_user(self.other_portal).get_service_credit_balance()
        both = self.customer | self.other_customer
        with self.assertRaises(AccessError):
            both.with_user(self.other_portal).get_service_credit_balance()

    def test_agents_see_the_balance_of_every_customer_of_their_companies(self):
        """In credits: they may write the first ticket of any of them."""
        agent = new_test_user(
            self.env, "agent", "helpdesk_mgmt.group_helpdesk_user_own"
        )
        lines = self.contact.with_user(agent).get_service_credit_balance()
        self.assertEqual(lines[0]["credits_available"], 8)
        self.assertNotIn("value_available", lines[0])
        self.assertFalse(
            self.other_customer.with_user(agent).get_service_credit_balance()
        )
        company = self.env["res.company"].create({"name": "Second Company"})
        with self.assertRaises(AccessError):
            self.customer.with_user(agent).get_service_credit_balance(
                company_id=company.id
            )
        with self.assertRaises(AccessError):
            self.customer.with_user(self.stranger).get_service_credit_balance()

    def test_an_agent_who_sells_sees_the_balance_of_own_purchases_only(self):
        """Their balances and statements have amounts."""
        both = new_test_user(
            self.env,
            "both",
            "sales_team.group_sale_salesman,helpdesk_mgmt.group_helpdesk_user",
        )
        self.ticket.user_id = both
        with self.assertRaises(AccessError):
            self.customer.with_user(both).get_service_credit_balance()

    def test_balance_credit_users(self):
        lines = self.customer.with_user(self.credit_user).get_service_credit_balance()
        self.assertEqual(lines[0]["credits_available"], 8)

    def test_nobody_is_fooled_by_a_context(self):
        for context in ({"install_mode": True}, {"sudo": True}, {"no_check": True}):
            with self.assertRaises(AccessError):
                self.purchase.with_user(self.credit_user).with_context(**context).write(
                    {"description": "x"}
                )

    def test_settings_on_the_helpdesk_page(self):
        settings = self.env["res.config.settings"].create({})
        for name, value in (
            ("service_credit_paid_follows_value", True),
            ("service_credit_draft_by_default", True),
            ("service_credit_allow_past_expiry", True),
            ("service_credit_grace_days", 4),
            ("service_credit_manual_selection", True),
        ):
            settings[name] = value
            self.assertEqual(self.company[name], value)
        self.assertIn(
            "service_credit_grace_days",
            settings.get_view(
                self.env.ref("helpdesk_mgmt.res_config_settings_view_form").id, "form"
            )["arch"],
        )
