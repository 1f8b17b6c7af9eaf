# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from .common_credit import CreditCommon


@tagged("post_install", "-at_install")
class TestCreditBalance(CreditCommon):
    def _balance(self, partner=None, **kwargs):
        return (partner or self.customer).get_service_credit_balance(**kwargs)

    def test_one_entry_per_currency(self):
        other = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        self._buy(4, expiry=30)
        self._buy(5, expiry=30)
        self._buy(10, expiry=90)
        self._buy(7, currency_id=other.id, value_per_credit=10, paid_per_credit=5)
        self._draw(self._create_ticket(), 1)
        balance = {line.pop("currency"): line for line in self._balance(self.contact)}
        self.assertEqual(
            balance,
            {
                self.currency.name: {
                    "credits_available": 18,
                    "value_available": 1800,
                    "paid_available": 1440,
                    "next_expiry": self._day(30),
                    "credits_next_expiry": 8,
                },
                "XTS": {
                    "credits_available": 7,
                    "value_available": 70,
                    "paid_available": 35,
                    "next_expiry": self._day(365),
                    "credits_next_expiry": 7,
                },
            },
        )
        self.assertEqual(
            self.customer.service_credit_balance,
            f"18.00 {self.currency.name} + 7.00 XTS"
            if self.currency.name < "XTS"
            else f"7.00 XTS + 18.00 {self.currency.name}",
        )

    def test_only_what_can_be_used(self):
        self._buy(is_draft=True)
        self._buy(start=3)
        self._buy(start=-9, expiry=-3)
        self._buy(partner_id=self.other_customer.id)
        self.assertEqual(self._balance(), [])
        self.company.service_credit_grace_days = 3
        self.assertEqual(self._balance()[0]["credits_available"], 10)
        self.assertEqual(
            self._balance(date=str(self._day(3)))[0]["next_expiry"], self._day(365)
        )

    def test_on_any_date(self):
        purchase = self._buy(10, start=-20, expiry=5)
        ticket = self._create_ticket()
        self._draw(ticket, 2, date=self._day(-10))
        row = self._draw(ticket, 3, date=self._day(-5)).rows
        expected = {-21: 0, -20: 10, -11: 10, -10: 8, -6: 8, -5: 5, 0: 5, 5: 5, 6: 0}
        for day, credits in expected.items():
            with self.subTest(day=day):
                self.assertEqual(purchase._get_balance(self._day(day)), credits)
                lines = self._balance(date=self._day(day))
                self.assertEqual(
                    sum(line["credits_available"] for line in lines), credits
                )
                self.assertEqual(
                    sum(line["value_available"] for line in lines), 100 * credits
                )
        row._give_back()
        self.assertEqual(purchase._get_balance(self._day(-5)), 8)

    def test_never_negative_on_any_date(self):
        """Drawn, given back, and drawn again for an earlier day."""
        purchase = self._buy(10, start=-30, expiry=30)
        ticket = self._create_ticket()
        self._draw(ticket, 10, date=self._day(-10)).rows._give_back()
        self._draw(ticket, 10, date=self._day(-20))
        for day in range(-30, 31):
            self.assertIn(purchase._get_balance(self._day(day)), (0, 10))

    def test_the_customer_is_the_sum_of_the_purchases(self):
        purchases = self._buy(3) | self._buy(4, start=-9) | self._buy(5, start=2)
        self._draw(self._create_ticket(), 2.5)
        for day in (-9, -1, 0, 2, 365, 366):
            lines = self._balance(date=self._day(day))
            self.assertEqual(
                sum(line["credits_available"] for line in lines),
                purchases._get_balance(self._day(day)),
            )

    def test_other_companies_stay_apart(self):
        branch = self.env["res.company"].create({"name": "Branch"})
        self._buy(10, company_id=branch.id)
        self.assertEqual(self._balance(), [])
        self.assertEqual(len(self._balance(company_id=branch.id)), 1)
        self._create_users()
        with self.assertRaises(AccessError):
            self.customer.with_user(self.credit_user).get_service_credit_balance(
                company_id=branch.id
            )


@tagged("post_install", "-at_install")
class TestCreditOwner(CreditCommon):
    """Credits follow the entity that owns them, and nobody else."""

    def test_a_contact_that_changes_employer_leaves_the_credits(self):
        purchase = self._buy(partner_id=self.contact.id)
        self.contact.parent_id = self.other_customer
        self.assertEqual(purchase.commercial_partner_id, self.customer)
        self.assertTrue(self.customer.get_service_credit_balance())
        self.assertFalse(self.other_customer.get_service_credit_balance())

    def test_a_person_who_becomes_a_contact_takes_the_credits_along(self):
        person = self.env["res.partner"].create({"name": "Sole Trader"})
        purchase = self._buy(partner_id=person.id)
        rows = self._draw(self._create_ticket(), 1, partner=person).rows
        person.parent_id = self.other_customer
        self.assertEqual(purchase.commercial_partner_id, self.other_customer)
        self.assertEqual(rows.allocation_id.commercial_partner_id, self.other_customer)
        self.assertEqual(purchase.credits_available, 9)

    def _merge(self, source, target):
        self.env.flush_all()
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((source | target).ids, target)
        self.env.invalidate_all()

    def test_merging_customers_carries_the_balance(self):
        mine, theirs = self._buy(10), self._buy(4, partner_id=self.other_customer.id)
        ticket = self._create_ticket()
        self._draw(ticket, 3)
        self._draw(ticket, 1, partner=self.other_customer)
        milestone = self._create_milestone(2)
        milestone.action_allocate_service_credits()
        self.contact.parent_id = False
        self._merge(self.customer, self.other_customer)
        self.assertEqual((mine | theirs).commercial_partner_id, self.other_customer)
        balance = self.other_customer.get_service_credit_balance()
        self.assertEqual(balance[0]["credits_available"], 8)
        milestone.action_adjust_service_credits(5)
        self.assertEqual(milestone.service_credits_allocated, 5)
        self._draw(ticket, 1, partner=self.other_customer)
        self.assertFalse(self.env["service.credit.reconciliation"]._get_differences())

    def test_merging_an_entity_into_a_contact(self):
        person = self.env["res.partner"].create({"name": "Nora A."})
        purchase = self._buy(partner_id=person.id)
        self._merge(person, self.contact)
        self.assertEqual(purchase.partner_id, self.contact)
        self.assertEqual(purchase.commercial_partner_id, self.customer)


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
        purchase.unlink()

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

    def test_balance_of_customers_of_readable_tickets(self):
        agent = new_test_user(
            self.env, "agent", "helpdesk_mgmt.group_helpdesk_user_own"
        )
        with self.assertRaises(AccessError):
            self.customer.with_user(agent).get_service_credit_balance()
        self.ticket.user_id = agent
        lines = self.contact.with_user(agent).get_service_credit_balance()
        self.assertEqual(lines[0]["credits_available"], 8)
        with self.assertRaises(AccessError):
            self.other_customer.with_user(agent).get_service_credit_balance()
        with self.assertRaises(AccessError):
            self.customer.with_user(self.stranger).get_service_credit_balance()

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


@tagged("post_install", "-at_install")
class TestCreditReconciliation(CreditCommon):
    def _differences(self):
        return self.env["service.credit.reconciliation"]._get_differences()

    def test_nothing_to_report(self):
        self._buy(3, value_per_credit=100 / 3)
        ticket = self._create_ticket()
        rows = self._draw(ticket, 1.37).rows
        rows._give_back(0.5)
        past = self._buy(5, start=-9, expiry=-1)
        past.action_expire()
        self.assertFalse(self._differences())
        wizard = self.env["service.credit.reconciliation"].create({})
        self.assertFalse(wizard.line_ids)

    def test_every_difference_is_listed_and_nothing_fixed(self):
        purchase = self._buy(10)
        allocation = self._draw(self._create_ticket(), 4).rows.allocation_id
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE service_credit_purchase SET credits_allocated = 3, "
            "credits_available = 7, value_available = 1 WHERE id = %s",
            [purchase.id],
        )
        self.env.cr.execute(
            "UPDATE service_credit_allocation SET paid = 0 WHERE id = %s",
            [allocation.id],
        )
        self.env.invalidate_all()
        found = {
            (model, res_id, name): (float(stored), float(expected))
            for model, res_id, name, stored, expected in self._differences()
        }
        self.assertEqual(
            found,
            {
                ("service.credit.purchase", purchase.id, "credits_allocated"): (3, 4),
                ("service.credit.purchase", purchase.id, "credits_available"): (7, 6),
                ("service.credit.purchase", purchase.id, "value_available"): (1, 600),
                ("service.credit.allocation", allocation.id, "paid"): (0, 320),
            },
        )
        wizard = self.env["service.credit.reconciliation"].create({})
        self.assertEqual(len(wizard.line_ids), 4)
        self.assertIn(purchase.name, wizard.line_ids.mapped("record_name"))
        self.assertEqual(purchase.credits_allocated, 3)
