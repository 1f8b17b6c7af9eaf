# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL, format_date

from ..models.accounting.figures import (
    LIABILITY_TYPES,
    SURPLUS,
    TO_COME,
    UNCLAIMED,
    query_documents,
    query_figures,
)
from .service_credit_balance import DATE_TO

# A line's id follows from its purchase, so it stays the same in the next query. Lines
# without a purchase have ids above this number.
NO_PURCHASE = 2**50
# Why the account and the ledger of credits differ; what has to be done first, first.
PAID = """(
    moved.paid_used + moved.paid_elsewhere + moved.paid_expired + moved.paid_withdrawn
)"""
PURCHASES = f"""
    SELECT purchase.id AS purchase_id, purchase.commercial_partner_id,
           purchase.company_id, figures.account_id,
           COALESCE(figures.currency_id, purchase.currency_id) AS currency_id,
           COALESCE(figures.invoiced, 0) AS invoiced,
           COALESCE(figures.credited, 0) AS credited,
           COALESCE(figures.opening, 0) AS opening,
           COALESCE(figures.recognized_revenue, 0) AS revenue,
           COALESCE(figures.recognized_breakage, 0) AS breakage,
           booked.owed, booked.owed_company,
           CASE WHEN ROW_NUMBER() OVER lines = 1
                THEN gone.transferred ELSE 0 END AS transferred,
           CASE WHEN ROW_NUMBER() OVER lines = 1
                THEN purchase.paid_total - gone.paid ELSE 0 END
               AS ledger_owed,
           purchase.currency_id AS ledger_currency_id,
           CASE WHEN NOT BOOL_AND(COALESCE(figures.currency_id, purchase.currency_id)
                                  = purchase.currency_id) OVER of_purchase THEN NULL
                WHEN ROW_NUMBER() OVER lines = 1
                THEN SUM(booked.owed) OVER of_purchase
                     - purchase.paid_total + gone.paid
                ELSE 0 END AS difference,
           CASE
               WHEN figures.revenue <> figures.recognized_revenue
                 OR figures.breakage <> figures.recognized_breakage
                 OR figures.revenue_company <> figures.recognized_revenue_company
               THEN 'recognize'
               WHEN SUM(booked.owed) OVER of_purchase
                    = purchase.paid_total - gone.paid
                AND BOOL_AND(figures.currency_id = purchase.currency_id)
                    OVER of_purchase THEN 'agrees'
               -- Asked of few: most purchases are on the account.
               WHEN booked.is_empty AND EXISTS (
                   SELECT FROM sale_order_line_invoice_rel link
                   JOIN account_move_line item ON item.id = link.invoice_line_id
                   JOIN account_move move ON move.id = item.move_id
                   JOIN account_account account ON account.id = item.account_id
                   WHERE link.order_line_id = purchase.sale_line_id
                     AND item.parent_state = 'posted' AND item.date <= %(date)s
                     AND move.move_type <> 'out_refund'
                     AND account.account_type NOT IN %(types)s
                     -- The invoice of a period is none of the next one.
                     AND (purchase.plan_id IS NULL OR purchase.invoiced_total > 0)
               ) THEN 'elsewhere'
               WHEN booked.is_empty THEN 'not_invoiced'
               WHEN figures.uncredited > 0 THEN 'withdrawn'
               WHEN figures.part < 1 AND figures.credited = 0 THEN 'part'
               WHEN NOT BOOL_AND(figures.currency_id = purchase.currency_id)
                    OVER of_purchase THEN 'currency'
               ELSE 'price'
           END AS reason,
           purchase.id::bigint * 64 + ROW_NUMBER() OVER lines AS id
    FROM service_credit_purchase purchase
    LEFT JOIN (%(figures)s) figures ON figures.purchase_id = purchase.id
    LEFT JOIN moved ON moved.purchase_id = purchase.id
    LEFT JOIN (
        -- What was transferred is still owed, to another customer.
        SELECT lot.origin_id, SUM({PAID}) AS paid,
               -SUM({PAID} + moved.paid_transferred) AS transferred
        FROM service_credit_purchase lot JOIN moved ON moved.purchase_id = lot.id
        WHERE lot.origin_id IS NOT NULL
        GROUP BY lot.origin_id
    ) received ON received.origin_id = purchase.id
    CROSS JOIN LATERAL (
        SELECT COALESCE({PAID}, 0) + COALESCE(received.paid, 0) AS paid,
               COALESCE(received.transferred, 0) AS transferred
    ) gone
    JOIN (%(days)s) day ON day.company_id = purchase.company_id
    CROSS JOIN LATERAL (
        SELECT COALESCE(invoiced, 0) = 0 AND COALESCE(credited, 0) = 0
                   AND COALESCE(opening, 0) = 0 AS is_empty,
               COALESCE(invoiced - credited + opening - recognized_revenue
                        - recognized_breakage, 0) AS owed,
               COALESCE(invoiced_company - credited_company + opening_company
                        - recognized_revenue_company - recognized_breakage_company, 0)
                   AS owed_company
    ) booked
    WHERE purchase.company_id IN %(companies)s AND purchase.origin_id IS NULL
      AND (figures.purchase_id IS NOT NULL
           OR purchase.is_draft IS NOT TRUE
              AND purchase.paid_total <> gone.paid
              AND (purchase.date_start <= %(date)s
                   OR (purchase.create_date AT TIME ZONE 'UTC'
                       AT TIME ZONE day.time_zone)::date <= %(date)s))
    -- A purchase with lines of two accounts, or currencies, is compared once.
    WINDOW of_purchase AS (PARTITION BY purchase.id),
           lines AS (
               PARTITION BY purchase.id
               ORDER BY figures.currency_id <> purchase.currency_id,
                        figures.account_id, figures.currency_id
           )
"""
# What was invoiced of allotments for periods without a purchase.
TO_CLAIM = f"""
    SELECT NULL::int, customer_id, company_id, account_id, currency_id, invoiced,
           credited, 0, 0, 0, owed, owed_company, 0, 0, currency_id, owed,
           CASE kind WHEN '{SURPLUS}' THEN 'withdrawn' ELSE '{TO_COME}' END,
           {NO_PURCHASE} + ROW_NUMBER() OVER (
               ORDER BY company_id, account_id, currency_id, customer_id, kind
           )
    FROM ({UNCLAIMED}) unclaimed
"""
# What of the accounts belongs to no purchase: items made by hand, a changed entry.
REST = f"""
    SELECT NULL::int, NULL::int, account.company_id, account.account_id,
           company.currency_id, 0, 0, 0, 0, 0, rest.owed, rest.owed, 0, 0,
           company.currency_id, rest.owed, 'no_purchase',
           2 * {NO_PURCHASE} + ROW_NUMBER() OVER (
               ORDER BY account.company_id, account.account_id
           )
    FROM (
        SELECT id AS company_id, service_credit_liability_account_id AS account_id
        FROM res_company WHERE id IN %(companies)s
        UNION SELECT company_id, account_id FROM booked
    ) account
    JOIN res_company company ON company.id = account.company_id
    CROSS JOIN LATERAL (
        SELECT COALESCE((
                   SELECT -SUM(item.balance) FROM account_move_line item
                   WHERE item.account_id = account.account_id
                     AND item.company_id = account.company_id
                     AND item.parent_state = 'posted' AND item.date <= %(date)s
               ), 0) - COALESCE((
                   SELECT SUM(booked.owed_company) FROM booked
                   WHERE booked.account_id = account.account_id
                     AND booked.company_id = account.company_id
               ), 0) AS owed
    ) rest
    WHERE account.account_id IS NOT NULL AND rest.owed <> 0
"""
REASONS = [
    ("agrees", "Agrees"),
    ("recognize", "To Recognize"),
    ("withdrawn", "Withdrawn, Not Credited"),
    ("to_come", "Periods to Come"),
    ("part", "Partly Invoiced"),
    ("price", "Invoice and Purchase Differ"),
    ("currency", "Invoiced in Another Currency"),
    ("not_invoiced", "Not Invoiced"),
    ("elsewhere", "Invoiced on Another Account"),
    ("no_purchase", "Items Without a Purchase"),
]


class ServiceCreditBooks(models.Model):
    """What the liability account says of every purchase, beside what the ledger of
    credits says, on a date.

    The date comes with the context, as for the balances. The sum of *Balance* is what
    the liability account says on the date.
    """

    _name = "service.credit.books"
    _inherit = "service.lines.mixin"
    _description = "Service Credits in the Books"
    _auto = False
    _order = "reason desc, purchase_id, id"
    _rec_name = "purchase_id"
    _depends = {
        "account.move.line": ["balance", "account_id", "parent_state", "date"],
        "service.credit.purchase": ["paid_total", "is_draft", "date_start"],
        "service.credit.consumption": ["paid"],
        "service.credit.plan": ["state", "periods", "next_start", "date_end"],
        "service.credit.recognition": ["state", "date"],
        "service.credit.recognition.line": ["revenue", "breakage"],
    }

    purchase_id = fields.Many2one(comodel_name="service.credit.purchase", readonly=True)
    commercial_partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    account_id = fields.Many2one(comodel_name="account.account", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    ledger_currency_id = fields.Many2one(
        comodel_name="res.currency", string="Purchase Currency", readonly=True
    )
    invoiced = fields.Monetary(readonly=True, depends_context=(DATE_TO,))
    credited = fields.Monetary(
        string="Refunded", readonly=True, depends_context=(DATE_TO,)
    )
    opening = fields.Monetary(
        string="By Entry",
        readonly=True,
        depends_context=(DATE_TO,),
        help="By journal entries that name the purchase, as the opening entry does.",
    )
    revenue = fields.Monetary(
        string="Recognized", readonly=True, depends_context=(DATE_TO,)
    )
    breakage = fields.Monetary(readonly=True, depends_context=(DATE_TO,))
    owed = fields.Monetary(
        string="On the Account",
        readonly=True,
        depends_context=(DATE_TO,),
        help="Invoiced, less what was refunded, recognized and expired.",
    )
    owed_company = fields.Monetary(
        string="Balance",
        currency_field="company_currency_id",
        readonly=True,
        depends_context=(DATE_TO,),
        help="What is on the account for the purchase, in the company's currency at "
        "the rates of the invoices.",
    )
    transferred = fields.Monetary(
        currency_field="ledger_currency_id",
        readonly=True,
        depends_context=(DATE_TO,),
        help="The part of the credits still owed that was transferred to another "
        "customer.",
    )
    ledger_owed = fields.Monetary(
        string="By the Ledger",
        currency_field="ledger_currency_id",
        readonly=True,
        depends_context=(DATE_TO,),
        help="What was paid for the credits that could still be used.",
    )
    difference = fields.Monetary(
        currency_field="ledger_currency_id",
        readonly=True,
        depends_context=(DATE_TO,),
    )
    reason = fields.Selection(
        selection=REASONS, readonly=True, depends_context=(DATE_TO,)
    )
    way_out = fields.Char(string="What to Do", compute="_compute_way_out")

    @api.depends("reason", "purchase_id")
    @api.depends_context("lang")
    def _compute_way_out(self):
        ways = self._get_ways_out()
        for line in self:
            reason = line.reason
            # sudo: accountants need no right on sales
            if reason == "not_invoiced" and not line.purchase_id.sudo().sale_line_id:
                reason = "no_order"
            line.way_out = ways.get(reason, "")
            if line.way_out and not line.company_id._has_service_credit_accounts():
                line.way_out = self._get_setup_text(line.company_id)

    @api.model
    def _get_setup_text(self, company):
        return self.env._(
            "Choose a journal and the accounts of service credits of %(company)s in the"
            " settings of Invoicing first.",
            company=company.name,
        )

    @api.model
    def _get_ways_out(self):
        return {
            "recognize": self.env._(
                "In Recognize Service Credits, prepare the period and post its entry."
            ),
            "withdrawn": self.env._(
                "Credit the invoice, without withdrawing credits again."
            ),
            "to_come": self.env._(
                "Nothing: each period gets its purchase when it starts."
            ),
            "part": self.env._("Invoice the rest of the order."),
            "price": self.env._(
                "Nothing: the invoiced amount is recognized once the last credit is "
                "used."
            ),
            "currency": self.env._("Compare the amounts on the invoice."),
            "not_invoiced": self.env._(
                "Invoice the order: until then, nothing is recognized."
            ),
            "no_order": self.env._(
                "Post a journal item that names the purchase: until then, nothing is "
                "recognized."
            ),
            "elsewhere": self.env._(
                "Its revenue was recognized by the invoice: select the line and press "
                "Move to the Account for what is still owed."
            ),
            "no_purchase": self.env._("Choose the purchase on these journal items."),
        }

    @api.model
    def _get_date(self):
        try:
            date = fields.Date.to_date(self.env.context.get(DATE_TO))
        except (TypeError, ValueError) as error:
            raise UserError(
                self.env._(
                    "Choose the dates of the balance again: they are written like "
                    "2026-12-31."
                )
            ) from error
        return date or self.env.company._get_today()

    @property
    def _table_query(self):
        companies, date = self.env.companies, self._get_date()
        values = {
            "companies": companies._ids,
            "date": date,
            "types": LIABILITY_TYPES,
            "documents": query_documents(self.env, companies, date),
            "figures": query_figures(
                self.env, companies, date, ("posted",), alone=False
            ),
            "days": self.env["res.company"]._query_days(),
        }
        return SQL(
            f"""
            WITH %(documents)s,
                 booked AS MATERIALIZED ({PURCHASES} UNION ALL {TO_CLAIM})
            SELECT * FROM booked UNION ALL {REST}
            """,
            **values,
        )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @api.model
    @api.readonly
    def action_open(self):
        """Open the books of today, with the day in the title, and what to look at."""
        self.check_access("read")
        action = self._prepare_action(self._get_date())
        action["context"] = {"search_default_differs": 1}
        return action

    @api.model
    def _prepare_action(self, date):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_books_action"
        )
        # The day first: the end of it is cut off.
        title = self.env._(
            "%(date)s: Service Credits in the Books", date=format_date(self.env, date)
        )
        action["name"] = action["display_name"] = title
        return action

    def action_move_to_account(self):
        """Draft the entry that moves what is still owed of purchases, which were
        invoiced on another account, to the liability account.

        :raise UserError: when none of the lines is one of these
        """
        self.check_access("read")
        moves = self.env["account.move"]
        lines = self.filtered(lambda line: line.reason == "elsewhere")
        if not lines:
            raise UserError(
                self.env._(
                    "Choose purchases that were invoiced on another account: for the "
                    "others, there is nothing to move."
                )
            )
        for company, own_lines in lines.grouped("company_id").items():
            moves += moves.create(own_lines._prepare_opening_entry(company))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_journal_line"
        )
        action["domain"] = [("id", "in", moves.ids)]
        action["context"] = {"create": False}
        return action

    def _prepare_opening_entry(self, company):
        if not company._has_service_credit_accounts():
            raise UserError(self._get_setup_text(company))
        date = self._get_date()
        return {
            "move_type": "entry",
            "journal_id": company.service_credit_journal_id.id,
            "company_id": company.id,
            "date": date,
            "ref": self.env._("Service credits owed"),
            "line_ids": [
                Command.create(vals)
                for line in self
                for vals in line.purchase_id._prepare_opening_items(
                    line.ledger_owed, date
                )
            ],
        }

    @api.model
    @api.readonly
    def action_view_account(self):
        """Open the journal items of the liability accounts until the date: what they
        add up to is the sum of the balances."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_account_moves_all"
        )
        accounts = self._read_group(
            [("account_id", "!=", False)], ["company_id", "account_id"]
        )
        of_accounts = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("account_id", "=", account.id)
            for company, account in accounts
        )
        action["domain"] = list(
            of_accounts
            & Domain("parent_state", "=", "posted")
            & Domain("date", "<=", self._get_date())
        )
        action["context"] = {"create": False, "search_default_group_by_account": 1}
        return action

    @api.readonly
    def action_view_items(self):
        """Open the journal items behind the line."""
        self.check_access("read")
        return self.purchase_id._get_items_action(
            [
                ("account_id", "=", self.account_id.id),
                ("company_id", "=", self.company_id.id),
                ("date", "<=", self._get_date()),
            ]
        )

    @api.readonly
    def action_view_balance_sheet(self):
        """Open the balance of every account of the balance sheet on the date, with the
        liability account of service credits among them."""
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._(
                "Balances on %(date)s", date=format_date(self.env, self._get_date())
            ),
            "domain": [
                ("account_id.include_initial_balance", "=", True),
                ("company_id", "in", self.env.companies.ids),
                ("parent_state", "=", "posted"),
                ("date", "<=", self._get_date()),
            ],
            "res_model": "account.move.line",
            "views": [(False, "pivot"), (False, "list")],
            "context": {
                "create": False,
                "pivot_row_groupby": ["account_id"],
                "pivot_column_groupby": [],
                "pivot_measures": ["balance"],
            },
        }

    @api.readonly
    def action_view_purchase(self):
        """Open the purchase of the line; without one, its journal items."""
        self.check_access("read")
        purchase = self.purchase_id
        if not purchase:
            return self.action_view_items()
        return purchase._get_purchase_action([("id", "in", purchase.ids)], purchase)

    @api.readonly
    def action_view_recognized(self):
        """Open what was recognized of the purchase, period by period."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_recognition_line_action"
        )
        action["domain"] = [("purchase_id", "=", self.purchase_id.id)]
        action["context"] = {"search_default_live": 1, "service_credit_periods": True}
        return action
