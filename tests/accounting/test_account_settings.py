# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..support.accounting import AccountingCommon


@tagged("post_install", "-at_install")
class TestCompanies(AccountingCommon):
    def test_each_company_recognizes_its_own(self):
        purchase = self._sell_credits()
        self._invoice(purchase)
        self._spend(4)
        other = self.env["res.company"].create({"name": "Azure Abroad"})
        self.env["account.chart.template"].try_loading("generic_coa", other)
        self._set_accounts(other)
        self.assertFalse(self._recognize(company=other).line_ids)
        self.assertEqual(self._recognize().revenue, 400)
        self.assertFalse(
            self._books(allowed_company_ids=other.ids).filtered("purchase_id")
        )


@tagged("post_install", "-at_install")
class TestDrafts(AccountingCommon):
    def test_a_second_one_names_the_draft_that_has_it(self):
        """It stays, empty, until its user deletes it: programs go on with it."""
        self._invoice(self._sell_credits())
        self._spend(4)
        draft = self._recognize(post=False)
        again = draft.create({"date": draft.date}).with_user(self.accountant)
        params = again.action_prepare()["params"]
        self.assertRecordValues(again, [{"state": "draft", "move_id": False}])
        self.assertIn(draft.display_name, params["message"])
        self.assertIn("already has what was used", params["message"])


@tagged("post_install", "-at_install")
class TestSettings(AccountingCommon):
    def test_the_chart_of_accounts_suggests(self):
        self.assertEqual(self.liability.code, "212000")
        self.assertIn("Deferred", self.liability.name)
        self.assertEqual(self.breakage.account_type, "income_other")
        self.assertEqual(self.company.service_credit_journal_id.type, "general")

    def _suggest(self, *accounts):
        """Return the names that a chart of such accounts suggests."""
        company = self.env["res.company"].create({"name": "Azure Elsewhere"})
        self.env["account.account"].with_company(company).create(
            [
                {
                    "code": code,
                    "name": name,
                    "account_type": account_type,
                    "company_ids": [Command.set(company.ids)],
                }
                for code, name, account_type in accounts
            ]
        )
        settings = self.env["res.config.settings"].with_company(company).create({})
        action = settings.action_suggest_service_credit_accounts()
        return (
            company.service_credit_liability_account_id.name,
            company.service_credit_breakage_account_id.name,
            action.get("params", {}).get("title"),
        )

    def test_the_names_of_another_chart_are_weighed(self):
        liability, income = "liability_current", "income_other"
        self.assertEqual(
            self._suggest(
                ("0968", "Deferred tax liabilities", liability),
                ("0980", "Unearned income of VAT", liability),
                ("0985", "Deferred income (long term)", "liability_non_current"),
                ("0987", "Deferred income from items of equity", liability),
                ("0990", "Deferred income", liability),
                ("0991", "Customer advances", liability),
                ("2620", "Income from other securities", income),
                ("2700", "Other income", income),
            ),
            ("Deferred income", "Other income", "Service Credit Journal"),
        )

    def test_what_a_chart_lacks_is_said(self):
        liability, income = "liability_current", "income_other"
        missing = "Service Credit Journal, Expired Service Credits"
        self.assertEqual(
            self._suggest(
                ("0968", "Deferred tax liabilities", liability),
                ("1710", "Advance payments from customers", liability),
                ("2620", "Income from securities", income),
            ),
            ("Advance payments from customers", False, missing),
        )

    def test_accounts_of_another_kind_are_refused(self):
        with self.assertRefused(ValidationError, self.breakage):
            self.company.service_credit_liability_account_id = self.breakage
        with self.assertRefused(ValidationError, self.liability):
            self.company.service_credit_breakage_account_id = self.liability
        sales = self.env["account.journal"].search([("type", "=", "sale")], limit=1)
        with self.assertRefused(ValidationError, sales):
            self.company.service_credit_journal_id = sales
