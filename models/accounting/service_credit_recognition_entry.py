# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from collections import defaultdict
from datetime import date, timedelta

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL, format_date

from ...tools import lock_and_touch
from .figures import query_figures
from .service_credit_recognition import CANCELLED, LIVE, POSTED

# What a line recognizes is what there is to recognize less what was.
DIFFERENCES = (
    "credits_used",
    "credits_expired",
    "revenue",
    "breakage",
    "revenue_company",
    "breakage_company",
)
# The day of a row is that of the movements: not after today, and not before its
# purchase starts or was received.
# Those of transferred credits are the business of the purchase that was sold.
SOLD = "COALESCE(purchase.origin_id, purchase.id)"
NEW_ROWS = """
    FROM service_credit_consumption row
    JOIN service_credit_purchase purchase ON purchase.id = row.purchase_id
    WHERE row.company_id = %(company)s
      AND row.consumption_type NOT IN ('opening', 'transfer')
      AND GREATEST(
              purchase.date_start, purchase.date_received, LEAST(row.date, %(today)s)
          ) <= %(date)s
      AND NOT EXISTS (
          SELECT FROM service_credit_recognition_row known
          WHERE known.consumption_id = row.id
      )
"""


class ServiceCreditRecognition(models.Model):
    """How a recognition is prepared and undone."""

    _inherit = "service.credit.recognition"

    def _prepare(self):
        self.ensure_one()
        # Of two at the same time, the second starts over and sees the first.
        lock_and_touch(self.company_id)
        self._check_preparable()
        self._clear()
        self._write_prepared({"is_cancelled": False})
        vals_list = self._prepare_lines()
        # sudo: nobody types the figures
        lines_sudo = self.env["service.credit.recognition.line"].sudo()
        lines_sudo = lines_sudo.create(vals_list)
        self._link_rows()
        entry = self._prepare_entry(lines_sudo)
        if entry["line_ids"]:
            self._write_prepared({"move_id": self.env["account.move"].create(entry).id})

    def _cancel(self):
        self.ensure_one()
        if self.state == CANCELLED:
            return
        lock_and_touch(self.company_id)
        later = self._get_later()
        if later:
            raise UserError(
                self.env._(
                    "%(recognition)s can't be cancelled before %(later)s, which builds "
                    "on it.",
                    recognition=self.display_name,
                    later=later.display_name,
                )
            )
        if self.state == POSTED:
            self._check_lock_date()
            self.move_id.button_draft()
        move = self.move_id
        self._release()
        if move.posted_before:
            move.button_cancel()
        else:
            move.unlink()

    def _clear(self):
        """Take away what was prepared before."""
        # sudo: nobody deletes the figures of a recognition but the recognition
        self.line_ids.sudo().unlink()
        move = self.move_id
        self._write_prepared({"move_id": False})
        if move.state == "draft" and not move.posted_before:
            move.unlink()
        elif move.state == "draft":
            move.button_cancel()

    # ------------------------------------------------------------------
    # What is refused
    # ------------------------------------------------------------------

    def _check_preparable(self):
        if self.state == POSTED:
            raise UserError(
                self.env._(
                    "%(recognition)s is posted: cancel it to prepare it again.",
                    recognition=self.display_name,
                )
            )
        if not self.company_id._has_service_credit_accounts():
            raise UserError(
                self.env._(
                    "Choose a journal and the accounts of service credits of "
                    "%(company)s in the settings of Invoicing first.",
                    company=self.company_id.name,
                )
            )
        later = self._get_later()
        if later:
            raise UserError(
                self.env._(
                    "Service credits are already recognized until %(date)s: choose "
                    "that day or a later one. Earlier changes are included.",
                    date=format_date(self.env, later.date),
                )
            )
        self._check_lock_date()

    def _check_lock_date(self):
        locks = self.company_id._get_lock_date_violations(
            self.date, fiscalyear=True, sale=False, purchase=False, tax=False, hard=True
        )
        if locks:
            lock = max(lock for lock, _field in locks)
            first = min(lock, date.max - timedelta(days=1)) + timedelta(days=1)
            raise UserError(
                self.env._(
                    "%(date)s is in a period that is closed until %(lock)s: choose "
                    "%(first)s or a later day. Earlier changes are included.",
                    date=format_date(self.env, self.date),
                    lock=format_date(self.env, lock),
                    first=format_date(self.env, first),
                )
            )

    def _check_entry(self):
        """Refuse an entry with another date than prepared, or other amounts on the
        liability accounts."""
        move = self.move_id
        if move.date != self.date or self._get_edited_accounts():
            raise UserError(
                self.env._(
                    "%(entry)s can't be posted, because its date or amounts were "
                    "changed: prepare %(recognition)s again.",
                    entry=move.display_name,
                    recognition=self.display_name,
                )
            )

    def _get_edited_accounts(self):
        """Return the liability accounts whose items differ from the lines."""
        owed = defaultdict(float)
        keys = ["account_id", "currency_id"]
        sums = ["revenue_company:sum", "breakage_company:sum"]
        sums += ["revenue:sum", "breakage:sum"]
        for account, currency, *amounts in self.line_ids._read_group(
            [("recognition_id", "=", self.id)], keys, sums
        ):
            owed[account, self.currency_id, "balance"] += sum(amounts[:2])
            owed[account, currency, "amount_currency"] += sum(amounts[2:])
        accounts = self.line_ids.account_id.ids
        for account, currency, balance, amount in self.move_id.line_ids._read_group(
            [("move_id", "=", self.move_id.id), ("account_id", "in", accounts)],
            keys,
            ["balance:sum", "amount_currency:sum"],
        ):
            owed[account, self.currency_id, "balance"] -= balance
            owed[account, currency, "amount_currency"] -= amount
        return {
            account
            for (account, currency, _name), amount in owed.items()
            if not currency.is_zero(amount)
        }

    def _get_later(self):
        """Return the latest recognition that builds on this one."""
        later = Domain("date", ">", self.date)
        later |= Domain("date", "=", self.date) & Domain("id", ">", self.id)
        return self.search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("state", "in", LIVE)
            & Domain("line_ids", "!=", False)
            & later,
            limit=1,
        )

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def _prepare_lines(self):
        """Return the values of the lines: what there is to recognize now."""
        self.env.flush_all()
        figures = self._read(query_figures(self.env, self.company_id, self.date))
        with_rows = {
            purchase_id
            for (purchase_id,) in self.env.execute_query(
                SQL(f"SELECT DISTINCT {SOLD} {NEW_ROWS}", **self._get_period())
            )
        }
        vals_list = []
        accounts = self._get_revenue_accounts(figures)
        for figure, account in zip(figures, accounts, strict=True):
            vals = {
                name: float(figure[name] - figure[f"recognized_{name}"])
                for name in DIFFERENCES
            }
            if figure["purchase_id"] in with_rows or any(vals.values()):
                vals |= self._prepare_line(figure)
                vals["revenue_account_id"] = account.id
                vals_list.append(vals)
        return vals_list

    def _prepare_line(self, figure):
        recognized = sum(
            figure[name] for name in ("revenue_company", "breakage_company")
        )
        booked = sum(figure[f"{name}_company"] for name in ("invoiced", "opening"))
        return {
            "recognition_id": self.id,
            "purchase_id": figure["purchase_id"],
            "account_id": figure["account_id"],
            "currency_id": figure["currency_id"],
            "credits_left": float(figure["credits_left"]),
            "owed": float(figure["owed"]),
            "owed_company": float(booked - figure["credited_company"] - recognized),
        }

    def _read(self, query):
        self.env.cr.execute(query)
        return self.env.cr.dictfetchall()

    def _get_period(self):
        return {
            "company": self.company_id.id,
            "date": self.date,
            "today": self.company_id._get_today(),
        }

    def _link_rows(self):
        """Note which rows of the ledger the lines take into account, each once."""
        self.env.flush_all()
        first = {}
        for line in self.line_ids.sorted("id", reverse=True):
            first[line.purchase_id.id] = line.id
        # A list has a length the planner knows, a new table has no statistics yet;
        # and once it is made, nothing looks into the table while it grows.
        self.env.cr.execute(
            SQL(
                f"""
                INSERT INTO service_credit_recognition_row (line_id, consumption_id)
                SELECT line.id, UNNEST(found.ids) FROM (
                    SELECT {SOLD} AS purchase_id, ARRAY_AGG(row.id) AS ids {NEW_ROWS}
                    GROUP BY {SOLD}
                ) found
                JOIN UNNEST(%(lines)s::int[], %(purchases)s::int[])
                  AS line (id, purchase_id) ON line.purchase_id = found.purchase_id
                """,
                lines=list(first.values()),
                purchases=list(first),
                **self._get_period(),
            )
        )
        self.line_ids._forget_row_lists()

    # ------------------------------------------------------------------
    # The entry
    # ------------------------------------------------------------------

    def _get_revenue_accounts(self, figures):
        """Return the income account of each figure, as a list.

        :raise UserError: where no account can be found
        """
        purchases = self.env["service.credit.purchase"].browse(
            figure["purchase_id"] for figure in figures
        )
        keys = [
            (purchase._get_sold_product(), figure["fiscal_position_id"])
            for purchase, figure in zip(purchases, figures, strict=True)
        ]
        known = {key: self._get_revenue_account(*key) for key in set(keys)}
        return [known[key] for key in keys]

    def _get_revenue_account(self, product, position_id):
        position = self.env["account.fiscal.position"].browse(position_id or ())
        account = position.map_account(self._get_income_account(product))
        if not account:
            raise UserError(
                self.env._(
                    "%(product)s has no income account: choose one on the product or "
                    "its category.",
                    product=product.display_name,
                )
            )
        return account

    def _get_income_account(self, product):
        """Return the account that the product's revenue belongs to.

        A product may have been booked to a liability account all along; revenue then
        is what its category, or the company, says.
        """
        company = self.company_id
        product = product.with_company(company)
        candidates = (
            product.property_account_income_id,
            product.categ_id.property_account_income_categ_id,
            company.income_account_id,
            self.env["account.journal"]
            .search(
                [
                    *self.env["account.journal"]._check_company_domain(company),
                    ("type", "=", "sale"),
                ],
                limit=1,
            )
            .default_account_id,
        )
        accounts = self.env["account.account"].concat(*candidates)
        return accounts.filtered(lambda one: one.internal_group == "income")[:1]

    def _prepare_entry(self, lines):
        """Return the values of the draft entry, one item per account, currency and
        analytic distribution."""
        breakage = self.company_id.service_credit_breakage_account_id
        sums = defaultdict(lambda: [0.0, 0.0])
        for line in lines:
            distribution = line.purchase_id._get_analytic_distribution()
            key = line.currency_id, tuple(sorted(distribution.items()))
            for account, amount, amount_company in (
                (line.revenue_account_id, line.revenue, line.revenue_company),
                (breakage, line.breakage, line.breakage_company),
            ):
                for side, sign in ((account, -1), (line.account_id, 1)):
                    sums[(side, *key)][0] += sign * amount
                    sums[(side, *key)][1] += sign * amount_company
        items = [
            Command.create(vals)
            for (account, currency, distribution), amounts in sums.items()
            for vals in self._prepare_items(account, currency, distribution, *amounts)
        ]
        return {
            "move_type": "entry",
            "journal_id": self.company_id.service_credit_journal_id.id,
            "company_id": self.company_id.id,
            "date": self.date,
            "ref": self.display_name,
            "line_ids": items,
        }

    def _prepare_items(self, account, currency, distribution, amount, amount_company):
        """Return one item; two where a difference of rates has the other sign."""
        amount = currency.round(amount)
        amount_company = self.currency_id.round(amount_company)
        parts = [(amount, amount_company)]
        if amount * amount_company < 0:
            parts = [(amount, 0.0), (0.0, amount_company)]
        return [
            {
                "name": self.display_name,
                "account_id": account.id,
                "currency_id": currency.id,
                "amount_currency": part,
                "balance": part_company,
                "analytic_distribution": dict(distribution) or False,
            }
            for part, part_company in parts
            if part or part_company
        ]
