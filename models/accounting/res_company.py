# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .figures import LIABILITY_TYPES

# What the charts of accounts that come with Odoo call the accounts, the best first.
LIABILITY_NAMES = (
    "deferred revenue",
    "deferred income",
    "unearned",
    "advance payments from customers",
    "customer advances",
)
BREAKAGE_NAMES = ("other income",)
ACCOUNT_SETTINGS = (
    "service_credit_journal_id",
    "service_credit_liability_account_id",
    "service_credit_breakage_account_id",
)
OTHER_ACCOUNT = re.compile(r"\b(tax|taxes|vat|assets?|banks?)\b", re.IGNORECASE)


class ResCompany(models.Model):
    """Where service credits are booked until they are used."""

    _inherit = "res.company"

    service_credit_journal_id = fields.Many2one(
        comodel_name="account.journal",
        check_company=True,
        domain=[("type", "=", "general")],
        help="The journal of the entries that recognize revenue of service credits.",
    )
    service_credit_liability_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Service Credits Owed",
        check_company=True,
        domain=[("account_type", "in", LIABILITY_TYPES)],
        help="What customers pay for service credits waits on this account until the "
        "credits are used or expire.",
    )
    service_credit_breakage_account_id = fields.Many2one(
        comodel_name="account.account",
        string="Expired Service Credits",
        check_company=True,
        domain=[("internal_group", "=", "income")],
        help="Revenue of service credits that expired without being used.",
    )

    @api.constrains(*ACCOUNT_SETTINGS)
    def _check_service_credit_accounts(self):
        for company_sudo in self.sudo():
            account = company_sudo.service_credit_liability_account_id
            if account and account.account_type not in LIABILITY_TYPES:
                raise ValidationError(
                    self.env._(
                        "%(account)s can't hold the service credits that %(company)s "
                        "owes: choose a liability account.",
                        account=account.display_name,
                        company=company_sudo.name,
                    )
                )
            account = company_sudo.service_credit_breakage_account_id
            if account and account.internal_group != "income":
                raise ValidationError(
                    self.env._(
                        "%(account)s can't hold the revenue of expired service "
                        "credits: choose an income account.",
                        account=account.display_name,
                    )
                )
            journal = company_sudo.service_credit_journal_id
            if journal and journal.type != "general":
                raise ValidationError(
                    self.env._(
                        "The journal %(journal)s can't recognize service credits: "
                        "choose a journal for miscellaneous operations.",
                        journal=journal.display_name,
                    )
                )

    def _has_service_credit_accounts(self):
        """Return whether revenue waits until the credits are used."""
        # sudo: settings of the company are not secret
        company_sudo = self.sudo()
        return bool(
            company_sudo.service_credit_journal_id
            and company_sudo.service_credit_liability_account_id
            and company_sudo.service_credit_breakage_account_id
        )

    def _get_missing_service_credit_accounts(self):
        """Return the names of the settings that are empty."""
        return [
            self._fields[name]._description_string(self.env)
            for name in ACCOUNT_SETTINGS
            if not self[name]
        ]

    def _suggest_service_credit_accounts(self):
        """Return the values that the chart of accounts suggests for what is empty."""
        self.ensure_one()
        found = {
            "service_credit_journal_id": self._suggest_journal(),
            "service_credit_liability_account_id": self._suggest_liability_account(),
            "service_credit_breakage_account_id": self._suggest_breakage_account(),
        }
        return {
            name: record.id
            for name, record in found.items()
            if record and not self[name]
        }

    def _suggest_journal(self):
        return self.env["account.journal"].search(
            [*self.env["account.journal"]._check_company_domain(self)]
            + [("type", "=", "general")],
            order="sequence, id",
            limit=1,
        )

    def _suggest_liability_account(self):
        return self._search_account(
            Domain("account_type", "in", LIABILITY_TYPES), LIABILITY_NAMES
        )

    def _suggest_breakage_account(self):
        return self._search_account(
            Domain("internal_group", "=", "income"), BREAKAGE_NAMES
        )

    def _search_account(self, domain, names):
        """Return the account with the first of the names, current rather than not and
        with the plainest name, or none."""
        # The names of charts are known in English.
        accounts = self.env["account.account"].with_company(self)
        accounts = accounts.with_context(lang="en_US")
        own = Domain(accounts._check_company_domain(self))
        named = Domain.OR([("name", "ilike", name)] for name in names)
        found = accounts.search(own & domain & named, order="code, id").filtered(
            lambda account: not OTHER_ACCOUNT.search(account.name)
        )

        def rank(account):
            name = account.name.lower()
            places = [place for place, one in enumerate(names) if one in name]
            return (
                min(places, default=len(names)),
                account.account_type.endswith("non_current"),
                len(name),
            )

        return found.sorted(rank)[:1].with_env(self.env)
