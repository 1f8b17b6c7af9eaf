# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from ...tools import format_number, lock_and_touch, turns
from .money import MoneyCounter
from .rest import expire
from .rows import insert, install_guard


class ServiceCreditConsumption(models.Model):
    """One row of the ledger: so many credits moved between a purchase and an
    allocation.

    Positive credits leave the purchase, negative ones return to it. Rows are only
    ever added, and only by :meth:`_post`; an undo is a new row that names the row it
    undoes. A trigger of the database refuses everything else.
    """

    _name = "service.credit.consumption"
    _inherit = "service.credit.closed.mixin"
    _description = "Services Credits Consumption"
    _order = "id desc"
    _check_company_auto = True

    allocation_id = fields.Many2one(
        comodel_name="service.credit.allocation",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    purchase_id = fields.Many2one(
        comodel_name="service.credit.purchase",
        required=True,
        readonly=True,
        ondelete="restrict",
        check_company=True,
    )
    # Not stored: merging contacts must not touch a row.
    commercial_partner_id = fields.Many2one(
        string="Customer", related="purchase_id.commercial_partner_id"
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True, ondelete="restrict"
    )
    is_shared = fields.Boolean(
        string="Shared",
        readonly=True,
        help="Drawn by another customer than the owner of the purchase, who shared it.",
    )
    used_by_id = fields.Many2one(
        related="allocation_id.commercial_partner_id",
        string="Used By",
        groups="base.group_user",
    )
    consumption_type = fields.Selection(
        selection=[
            ("consumption", "Consumption"),
            ("adjustment", "Adjustment"),
            ("expiry", "Expiry"),
            ("withdrawal", "Withdrawal"),
            ("opening", "Used Elsewhere"),
            ("transfer", "Transfer"),
        ],
        string="Type",
        required=True,
        readonly=True,
    )
    credits = fields.Float(
        digits="Service Credits",
        required=True,
        readonly=True,
        help="Positive when taken from the purchase, negative when given back to it.",
    )
    value_per_credit = fields.Float(
        string="Value per Credit",
        min_display_digits="Product Price",
        readonly=True,
        aggregator=None,
    )
    paid_per_credit = fields.Float(
        string="Amount Paid per Credit",
        min_display_digits="Product Price",
        readonly=True,
        aggregator=None,
    )
    value = fields.Monetary(readonly=True)
    paid = fields.Monetary(string="Amount Paid", readonly=True)
    date = fields.Date(
        string="Work Date",
        required=True,
        readonly=True,
        index=True,
        help="The date of the work, not of its entry. A row that gives credits back "
        "has the date of the row it undoes.",
    )
    timesheet_id = fields.Many2one(
        comodel_name="account.analytic.line",
        string="Time Entry",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    user_id = fields.Many2one(
        comodel_name="res.users", required=True, readonly=True, ondelete="restrict"
    )
    reversed_id = fields.Many2one(
        comodel_name="service.credit.consumption",
        string="Gives Back",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    recognized_in = fields.Integer(
        compute="_compute_recognized_in",
        search="_search_recognized_in",
        groups="account.group_account_readonly,account.group_account_manager",
        export_string_translation=False,
    )

    reason = fields.Char(related="allocation_id.reason", groups="base.group_user")
    # What the credits were spent on, to analyse the rows by.
    ticket_id = fields.Many2one(
        related="allocation_id.ticket_id", groups="base.group_user"
    )
    task_id = fields.Many2one(related="allocation_id.task_id", groups="base.group_user")
    milestone_id = fields.Many2one(
        related="allocation_id.milestone_id", groups="base.group_user"
    )
    ticket_team_id = fields.Many2one(
        related="allocation_id.ticket_id.team_id",
        string="Helpdesk Team",
        groups="base.group_user",
    )
    service_type_id = fields.Many2one(
        related="timesheet_id.service_type_id", groups="base.group_user"
    )

    _credits_moved = models.Constraint(
        "CHECK (credits <> 0)", "A ledger row can't move 0 credits."
    )
    # Both sums are read from the index alone, however long the history is.
    _by_purchase = models.Index(
        "(purchase_id, consumption_type) INCLUDE (credits, value, paid, date)"
    )
    # Few of many: reports read them apart from what work received.
    _of_sales = models.Index(
        "(purchase_id) INCLUDE (credits, value, paid, date) "
        "WHERE consumption_type IN ('opening', 'transfer', 'withdrawal')"
    )
    _by_allocation = models.Index("(allocation_id) INCLUDE (credits, value, paid)")

    def init(self):
        """Let the database itself refuse any change of a row."""
        install_guard(self.env.cr)

    def _compute_recognized_in(self):
        """Hook: what took the row into account in the books, 0 for nothing."""
        self.recognized_in = 0

    def _search_recognized_in(self, operator, value):
        """Hook: the rows that some of these took into account."""
        return NotImplemented

    @api.depends("purchase_id", "credits")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for row in self:
            sign = "" if row.credits < 0 else "+"
            credits = format_number(self.env, row.credits, 2)
            row.display_name = f"{row.purchase_id.display_name} ({sign}{credits})"

    # ------------------------------------------------------------------
    # CRUD: closed, for superuser too
    # ------------------------------------------------------------------

    def _get_closed_message(self, operation):
        if operation == "create":
            return self.env._(
                "You can't create ledger rows of service credits directly: allocate, "
                "adjust or expire credits instead."
            )
        if operation == "write":
            return self.env._(
                "You can't edit the ledger row %(row)s: adjust the allocation instead, "
                "which adds a row.",
                row=self.display_name,
            )
        return self.env._(
            "You can't delete the ledger row %(row)s: adjust the allocation instead, "
            "which adds a row.",
            row=self.display_name,
        )

    # ------------------------------------------------------------------
    # The door
    # ------------------------------------------------------------------

    @api.model
    def _post_draws(self, plans):
        """Post what was planned in this transaction; sets ``rows`` on each plan.

        What lapsed before is written off first, so that it does not matter whether the
        scheduled action did it.

        :param plans: of :class:`~.drawing.DrawPlan`
        """
        self.env["service.credit.plan"]._create_planned(plans)
        lots = self.env["service.credit.purchase"].union(
            *(part.purchase for plan in plans for part in plan.slices)
        )
        vals_list = lots._prepare_lapses()
        position = len(vals_list)
        for plan in plans:
            vals_list += plan.prepare_rows()
        rows = self._post(vals_list)
        for plan in plans:
            plan.rows = rows[position : position + len(plan.slices)]
            position += len(plan.slices)
        return plans

    @api.model
    def _post(self, vals_list):
        """Add rows to the ledger and bring the purchases up to date.

        The only way a number of credits changes. Callers check who may ask for it;
        those who may log time need no right on the ledger itself.

        :param vals_list: dicts with ``purchase`` (record), ``allocation`` (record or
            the values of one to find or open), ``consumption_type``, signed
            ``credits``, ``date``, and optionally ``timesheet``, ``is_shared``, and
            ``reversed`` with the exact ``value`` and ``paid`` to give back
        :return: the rows (superuser), in the order of ``vals_list``
        :raise UserError: when a purchase has fewer credits than asked for
        """
        if not vals_list:
            return self.sudo().browse()
        # sudo: the rows are the consequence of an act its caller has checked.
        ledger_sudo = self.sudo()
        purchases = ledger_sudo.env["service.credit.purchase"].browse(
            {vals["purchase"].id for vals in vals_list}
        )
        with turns.watch(purchases.commercial_partner_id.ids):
            lock_and_touch(purchases)
        prepared = ledger_sudo._prepare_rows(vals_list)
        allocations, opened = ledger_sudo.env["service.credit.allocation"]._open(
            [vals["allocation"] for vals in vals_list], prepared
        )
        for vals, allocation in zip(prepared, allocations, strict=True):
            vals["allocation_id"] = allocation.id
        # Not create, which is closed: this method is the one way past it.
        rows = insert(ledger_sudo, prepared)
        opened._forget_totals()
        purchases._reactivate()
        # The balances must reach the database in this transaction (REPEATABLE READ),
        # and its CHECK must speak now rather than after the caller has gone on.
        purchases.flush_recordset()
        return rows

    @api.model
    def _post_rest(self, purchases, days, name):
        """Expire all that is left of purchases which wait for nothing.

        What `_post` does for them one by one, in one statement: a hundred thousand may
        expire in one night.

        :param dict days: the day of the rows, by company
        :param name: of the allocations: ``(before, after)`` the number of the purchase
        :return: the rows (superuser), in the order of the purchases' ids
        """
        # sudo: as in `_post`
        return expire(self.sudo(), purchases.sudo(), days, name)

    @api.model
    def _prepare_rows(self, vals_list):
        """Return the values of the rows, with prices and amounts frozen."""
        counters, constant = {}, {}
        prepared = []
        for vals in vals_list:
            purchase = vals["purchase"].sudo()
            if purchase.id not in counters:
                counters[purchase.id] = MoneyCounter(purchase)
                constant[purchase.id] = {
                    "purchase_id": purchase.id,
                    "company_id": purchase.company_id.id,
                    "currency_id": purchase.currency_id.id,
                    "value_per_credit": purchase.value_per_credit,
                    "paid_per_credit": purchase.paid_per_credit,
                    "user_id": self.env.uid,
                }
            value, paid = counters[purchase.id].move(
                vals["credits"], vals.get("value"), vals.get("paid")
            )
            prepared.append(
                {
                    **constant[purchase.id],
                    "consumption_type": vals["consumption_type"],
                    "is_shared": vals.get("is_shared", False),
                    "credits": vals["credits"],
                    "value": value,
                    "paid": paid,
                    "date": vals["date"],
                    "timesheet_id": (vals.get("timesheet") or purchase.browse()).id,
                    "reversed_id": (vals.get("reversed") or purchase.browse()).id,
                }
            )
        return prepared
