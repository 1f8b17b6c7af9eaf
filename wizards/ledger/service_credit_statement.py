# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from itertools import islice

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import float_round, format_date, split_every

# Lines that are made while people wait: a few seconds for the whole page.
AT_ONCE = 1_000
# Lines that are printed, a page for every forty of them; more are a spreadsheet.
MOST_PRINTED = 5_000
ORDER = ("bought", "elsewhere", "transferred", "used", "expired", "withdrawn")
# What a line tells, read in one query.
LINE_FIELDS = (
    "date",
    "movement_type",
    "purchase_id",
    "allocation_id",
    "timesheet_id",
    "commercial_partner_id",
    "currency_id",
    "credits",
    "value",
    "credits_change",
    "value_change",
)


class ServiceCreditStatement(models.TransientModel):
    """A customer's statement of service credits: opening balance, every purchase and
    every movement, closing balance, per currency.

    Its lines are the movements that every balance is a sum of, so they add up to what
    the portal and ``res.partner.get_service_credit_balance`` tell of the last day.
    """

    _name = "service.credit.statement"
    _description = "Statement of Service Credits"

    purchase_id = fields.Many2one(comodel_name="service.credit.purchase", readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        compute="_compute_partner_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="Recipient. The statement covers the contact's whole company.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        compute="_compute_company_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    date_from = fields.Date(
        string="From",
        compute="_compute_date_from",
        compute_sudo=False,
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    date_to = fields.Date(
        string="To",
        required=True,
        default=lambda self: self.env.company._get_today(),
    )

    @api.depends("purchase_id")
    def _compute_partner_id(self):
        for statement in self.filtered("purchase_id"):
            statement.partner_id = statement.purchase_id.partner_id

    @api.depends("purchase_id")
    def _compute_company_id(self):
        for statement in self:
            purchase = statement.purchase_id
            statement.company_id = purchase.company_id or self.env.company

    @api.depends("purchase_id")
    def _compute_date_from(self):
        """A purchase from its beginning, a customer from the beginning of the year."""
        for statement in self:
            today = (statement.company_id or self.env.company)._get_today()
            year = today.replace(month=1, day=1)
            statement.date_from = statement.purchase_id.date_start or year

    @api.constrains("date_from", "date_to")
    def _check_order_of_dates(self):
        for statement in self:
            if statement.date_from > statement.date_to:
                raise ValidationError(
                    self.env._(
                        "A statement that starts on %(start)s can't end on %(end)s: "
                        "choose an earlier start or a later end.",
                        start=format_date(self.env, statement.date_from),
                        end=format_date(self.env, statement.date_to),
                    )
                )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_print(self):
        """Print the statement, or have a long one made in the background.

        :raise AccessError: unless the user may see the purchases of the customer
        """
        self.ensure_one()
        self._check_may_see()
        if not self._is_short():
            # sudo: asking for a file is no right to write one; what it shows was
            # checked above, and is checked again when it is opened
            files_sudo = self.env["service.statement.file"].sudo()
            return files_sudo._request(self, self.env.user)._get_notice()
        return self.env.ref(
            "helpdesk_service_credit.service_credit_statement_report"
        ).report_action(self)

    def _check_may_see(self):
        """Raise unless the user may see all that a statement tells."""
        if self.env.su:
            return
        self.env["service.credit.purchase"].check_access("read")
        for statement in self:
            statement.partner_id._check_service_credit_balance_access()
            if statement.company_id not in self.env.user.company_ids:
                raise AccessError(
                    self.env._("You can't see the service credits of that company.")
                )

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def _get_report_base_filename(self):
        self.ensure_one()
        return self.env._(
            "Service Credits %(customer)s %(date)s",
            customer=self.partner_id.commercial_partner_id.name,
            date=self.date_to,
        )

    def _is_short(self):
        """Tell whether the statement is made while people wait for it."""
        return self._count_lines(AT_ONCE + 1) <= AT_ONCE

    def _is_printable(self):
        """Tell whether a printed statement is not too long to be read or made."""
        # sudo: see _fetch_movements_sudo
        rows_sudo = self.env["service.credit.consumption"].sudo()
        lines = sum(count for _day, count in self._count_days_sudo())
        shared = rows_sudo.search_count(self._domain_shared(), limit=MOST_PRINTED + 1)
        return max(lines, shared) <= MOST_PRINTED

    def _count_lines(self, most):
        """Count the lines, up to as many: quick, and a few more or less than there
        are, where purchases were written off or are shared."""
        # sudo: see _fetch_movements_sudo
        rows_sudo = self.env["service.credit.consumption"].sudo()
        purchases_sudo = self.env["service.credit.purchase"].sudo()
        own = self._domain_owner()
        rows = Domain("purchase_id", "any", own) & self._domain_period("date")
        begun = own & Domain("is_draft", "=", False) & self._domain_period("date_start")
        over = own & Domain("is_draft", "=", False) & self._domain_period("date_expiry")
        return (
            rows_sudo.search_count(rows, limit=most)
            + rows_sudo.search_count(self._domain_shared(), limit=most)
            + purchases_sudo.search_count(begun, limit=most)
            + purchases_sudo.search_count(over, limit=most)
        )

    def _get_sections(self):
        """Return one section per currency with something to tell.

        :return: list of dicts with ``currency``, ``waiting`` (credits of the closing
            balance), ``opening``, ``closing``, ``later`` (dicts of ``credits`` and
            ``value``) and ``lines``: dicts of ``movement``, ``work`` (its name, or
            whose it was), ``note`` (what the customer may read about it) and
            ``balance`` (dict of ``credits`` and ``value`` after the line)
        """
        self.ensure_one()
        self._check_may_see()
        movements = self._search_movements_sudo()
        openings = self._get_openings_sudo()
        later = self._get_later_sudo().grouped("currency_id")
        waiting = self._get_waiting_sudo()
        by_currency = movements.grouped("currency_id")
        currencies = movements.currency_id.union(*openings, *later)
        sections = [
            {"waiting": waiting.get(currency, 0.0)}
            | self._prepare_section(
                currency,
                openings.get(currency, {"credits": 0.0, "value": 0.0}),
                by_currency.get(currency, movements.browse()),
                later.get(currency),
            )
            for currency in currencies.sorted("name")
        ]
        return [section for section in sections if self._is_worth_telling(section)]

    def _search_movements_sudo(self):
        """Return the movements of the period, one line each.

        :raise UserError: for more lines than are printed
        """
        found_sudo = self._fetch_movements_sudo(self.date_from, self.date_to)
        if len(found_sudo) > MOST_PRINTED:
            raise UserError(
                self.env._(
                    "The statement of %(customer)s has more than %(most)s lines: "
                    "choose a shorter period.",
                    customer=self.partner_id.commercial_partner_id.name,
                    most=MOST_PRINTED,
                )
            )
        return found_sudo

    def _fetch_movements_sudo(self, date_from, date_to, limit=MOST_PRINTED + 1):
        """Return the movements between two days in the order of the lines."""
        # sudo: who may see the customer's credits gets all of them, or the lines
        # would not add up
        movements_sudo = self.env["service.credit.movement"].sudo()
        domain = self._domain_owner() & Domain(
            [("date", ">=", date_from), ("date", "<=", date_to)]
        )
        found_sudo = movements_sudo.search_fetch(
            domain, LINE_FIELDS, limit=limit, order="date, id"
        )
        return found_sudo.sorted(
            lambda move: (move.date, ORDER.index(move.movement_type), move.id)
        )

    def _count_days_sudo(self):
        """Return ``[(day, lines)]`` of the days of the period with lines."""
        # sudo: see _fetch_movements_sudo
        movements_sudo = self.env["service.credit.movement"].sudo()
        days = movements_sudo._read_group(
            self._domain_owner() & self._domain_period("date"),
            ["date:day"],
            ["__count"],
        )
        return sorted(days)

    def _get_totals(self):
        """Return ``{currency: {"lines", "credits", "value"}}`` of the period and its
        last day, added up by the database: what the sections say, without lines."""
        self.ensure_one()
        self._check_may_see()
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        # sudo: see _fetch_movements_sudo
        movements_sudo = self.env["service.credit.movement"].sudo()
        totals = {
            currency: {"lines": 0, **opening}
            for currency, opening in self._get_openings_sudo().items()
            if any(opening.values())
        }
        for later_sudo in self._get_later_sudo():
            zero = {"lines": 0, "credits": 0.0, "value": 0.0}
            totals.setdefault(later_sudo.currency_id, zero)
        for currency, count, credits, value in movements_sudo._read_group(
            self._domain_owner() & self._domain_period("date"),
            ["currency_id"],
            ["__count", "credits_change:sum", "value_change:sum"],
        ):
            before = totals.get(currency, {"credits": 0.0, "value": 0.0})
            totals[currency] = {
                "lines": count,
                "credits": float_round(before["credits"] + credits, digits),
                "value": currency.round(before["value"] + value),
            }
        return totals

    def _get_openings_sudo(self):
        """Return ``{currency: {"credits", "value"}}`` before the period, added up by
        the database however long the history is."""
        # sudo: see _fetch_movements_sudo
        movements_sudo = self.env["service.credit.movement"].sudo()
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        return {
            currency: {
                "credits": float_round(credits, digits),
                "value": currency.round(value),
            }
            for currency, credits, value in movements_sudo._read_group(
                self._domain_owner() & Domain("date", "<", self.date_from),
                ["currency_id"],
                ["credits_change:sum", "value_change:sum"],
            )
        }

    def _get_later_sudo(self):
        # sudo: see _fetch_movements_sudo
        balance_sudo = self.env["service.credit.balance"].sudo()
        return balance_sudo.with_context(
            service_credit_date_to=self.date_to, service_credit_date_from=False
        ).search_fetch(
            self._domain_owner() & Domain("credits_later", ">", 0),
            ["currency_id", "credits_later", "value_later"],
        )

    def _get_waiting_sudo(self):
        """Return the credits that wait for an invoice or payment today, by currency."""
        if self.date_to < self.company_id._get_today():
            return {}
        # sudo: see _fetch_movements_sudo
        purchases_sudo = self.env["service.credit.purchase"].sudo()
        return dict(
            purchases_sudo._read_group(
                self._domain_owner()
                & Domain("is_draft", "=", False)
                & Domain("credits_waiting", ">", 0)
                & Domain("date_start", "<=", self.date_to),
                ["currency_id"],
                ["credits_waiting:sum"],
            )
        )

    def _domain_owner(self):
        customer = self.partner_id.sudo().commercial_partner_id
        return Domain("commercial_partner_id", "=", customer.id) & Domain(
            "company_id", "=", self.company_id.id
        )

    def _domain_period(self, field):
        return Domain(field, ">=", self.date_from) & Domain(field, "<=", self.date_to)

    def _domain_shared(self):
        """Return the rows that the customer drew from credits of others."""
        customer = self.partner_id.sudo().commercial_partner_id
        return (
            Domain("is_shared", "=", True)
            & Domain("allocation_id.commercial_partner_id", "=", customer.id)
            & Domain("allocation_id.company_id", "=", self.company_id.id)
            & self._domain_period("date")
        )

    def _prepare_section(self, currency, opening, movements, later):
        balance, lines = opening, []
        for movement in movements:
            balance = self._add(balance, movement, currency)
            note = self._get_note(movement)
            work = self._get_work(movement)
            lines.append(
                {
                    "movement": movement,
                    "work": work,
                    "note": note,
                    "balance": balance,
                }
            )
        return {
            "currency": currency,
            "opening": opening,
            "lines": lines,
            "closing": balance,
            "later": {
                "credits": sum(later.mapped("credits_later")) if later else 0.0,
                "value": sum(later.mapped("value_later")) if later else 0.0,
            },
        }

    def _get_shared_lines(self):
        """Return what the customer drew in the period from credits of others.

        :return: list of dicts with ``date``, ``work``, ``purchase`` and ``credits``
        """
        self.ensure_one()
        self._check_may_see()
        return list(islice(self._iterate_shared_lines(MOST_PRINTED), MOST_PRINTED))

    def _iterate_shared_lines(self, batch):
        """Yield the lines of `_get_shared_lines`, with so many in memory at once."""
        # sudo: see _fetch_movements_sudo
        rows_sudo = self.env["service.credit.consumption"].sudo()
        found = rows_sudo.search(self._domain_shared(), order="date, id").ids
        for ids in split_every(batch, found):
            some_sudo = rows_sudo.browse(ids)
            for row_sudo in some_sudo:
                yield self._prepare_shared_line(row_sudo)
            some_sudo.invalidate_recordset(flush=False)
            some_sudo.allocation_id.invalidate_recordset(flush=False)

    def _prepare_shared_line(self, row_sudo):
        return {
            "date": row_sudo.date,
            "work": row_sudo.allocation_id.name,
            "purchase": self.env._(
                "%(purchase)s of %(owner)s",
                purchase=row_sudo.purchase_id.name,
                owner=row_sudo.commercial_partner_id.name,
            ),
            "credits": -row_sudo.credits,
        }

    @api.model
    def _get_work(self, movement):
        """Name the work of a movement, or only whose it was: what another customer
        drew from shared credits is for that one to read."""
        allocation = movement.allocation_id
        if self._is_of_owner(movement):
            return allocation.name
        return allocation.commercial_partner_id.name

    @api.model
    def _is_of_owner(self, movement):
        user = movement.allocation_id.commercial_partner_id
        return not user or user == movement.commercial_partner_id

    def _add(self, balance, movements, currency):
        """Return the balance after these movements."""
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        credits = balance["credits"] + sum(movements.mapped("credits_change"))
        value = balance["value"] + sum(movements.mapped("value_change"))
        return {"credits": round(credits, digits), "value": currency.round(value)}

    @api.model
    def _get_note(self, movement):
        """Return what the customer may read about the work of a movement: the
        description of the time and its rate, where they are shown to them, never a note
        of ours."""
        entry = movement.timesheet_id
        if not entry or not self._is_of_owner(movement):
            return ""
        if not entry._is_shown_to_customer():
            return ""
        return ", ".join(filter(None, (entry.name, entry._get_customer_rate())))

    @api.model
    def _is_worth_telling(self, section):
        figures = [*section["opening"].values(), *section["later"].values()]
        return bool(section["lines"] or any(figures))
