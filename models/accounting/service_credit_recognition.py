# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ...tools import check_moved, refuse_typed, untyped_defaults

DRAFT = "draft"
POSTED = "posted"
CANCELLED = "cancelled"
LIVE = (DRAFT, POSTED)


class ServiceCreditRecognition(models.Model):
    """The revenue of service credits until the end of a period.

    Preparing it makes a draft journal entry from the liability account to revenue, for
    what was used, and to breakage, for what expired. Each figure is the difference to
    what was recognized before, so what changed in a closed period comes along with the
    next one.
    """

    _name = "service.credit.recognition"
    _description = "Recognition of Service Credits"
    _order = "date desc, id desc"
    _check_company_auto = True
    _guarded_fields = ("is_cancelled", "line_ids", "move_id", "state")

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date = fields.Date(
        string="Until",
        required=True,
        default=lambda self: self._default_date(),
        help="The last day of the period. The journal entry has this date.",
    )
    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Journal Entry",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        check_company=True,
    )
    is_cancelled = fields.Boolean(copy=False, readonly=True)
    state = fields.Selection(
        selection=[
            (DRAFT, "Draft"),
            (POSTED, "Posted"),
            (CANCELLED, "Cancelled"),
        ],
        compute="_compute_state",
        store=True,
        precompute=True,
    )
    line_ids = fields.One2many(
        comodel_name="service.credit.recognition.line",
        inverse_name="recognition_id",
        string="Purchases",
        readonly=True,
        copy=False,
    )
    revenue = fields.Monetary(compute="_compute_totals")
    breakage = fields.Monetary(compute="_compute_totals")
    owed = fields.Monetary(
        string="Still Owed",
        compute="_compute_totals",
        help="What is left on the liability account for the purchases in the list.",
    )
    has_accounts = fields.Boolean(compute="_compute_has_accounts")

    @api.model
    def _default_date(self):
        """Return the last day of the month before, or that of a later recognition."""
        company = self.env.company
        first = company._get_today().replace(day=1)
        latest = self.search(
            [
                ("company_id", "=", company.id),
                ("state", "in", LIVE),
                ("line_ids", "!=", False),
            ],
            order="date desc",
            limit=1,
        )
        end = fields.Date.subtract(first, days=1)
        return max(end, latest.date or end)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        """Take no default from the context for what follows from preparing."""
        return untyped_defaults(self, fields, super().default_get)

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse what follows from preparing."""
        refuse_typed(self, vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Refuse what follows from preparing, and another period for its figures.

        :raise UserError: when it was prepared
        """
        refuse_typed(self, [vals])
        if {"date", "company_id"} & vals.keys():
            self._check_not_prepared()
        result = super().write(vals)
        check_moved(self, vals)
        return result

    def _check_not_prepared(self):
        for recognition in self:
            if recognition.state != CANCELLED and recognition.line_ids:
                raise UserError(
                    self.env._(
                        "The period of %(recognition)s can't change after it was "
                        "prepared: cancel it first.",
                        recognition=recognition.display_name,
                    )
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unprepared(self):
        for recognition in self:
            if recognition.state != CANCELLED and recognition.line_ids:
                raise UserError(
                    self.env._(
                        "%(recognition)s can't be deleted after it was prepared: "
                        "cancel it first.",
                        recognition=recognition.display_name,
                    )
                )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for recognition in self:
            recognition.display_name = self.env._(
                "Service Credits until %(date)s",
                date=format_date(self.env, recognition.date),
            )

    @api.depends("is_cancelled", "move_id.state")
    def _compute_state(self):
        for recognition in self:
            # sudo: the state is no secret to those who see the recognition
            is_posted = recognition.sudo().move_id.state == "posted"
            if recognition.is_cancelled:
                recognition.state = CANCELLED
            else:
                recognition.state = POSTED if is_posted else DRAFT

    @api.depends("line_ids")
    def _compute_totals(self):
        sums = {
            recognition: figures
            for recognition, *figures in self.line_ids._read_group(
                [("recognition_id", "in", self.ids)],
                ["recognition_id"],
                ["revenue_company:sum", "breakage_company:sum", "owed_company:sum"],
            )
        }
        for recognition in self:
            figures = sums.get(recognition._origin, (0.0, 0.0, 0.0))
            recognition.revenue, recognition.breakage, recognition.owed = figures

    @api.depends("company_id")
    def _compute_has_accounts(self):
        for recognition in self:
            company = recognition.company_id
            recognition.has_accounts = company._has_service_credit_accounts()

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_prepare(self):
        """Make, or remake, the draft entry of what was used and expired until the date.

        What was recognized before is not recognized again: with nothing new there is
        no entry.

        :raise UserError: for a posted one, a date that is locked or before a later
            recognition, and a company without accounts
        """
        self.check_access("write")
        for recognition in self:
            recognition._prepare()
        if self.line_ids:
            return True
        draft = self and self._get_draft_before()
        return draft._notify_of_draft() if draft else self._notify_of_nothing()

    def _get_draft_before(self):
        """Return the latest one with a draft entry that these would build on."""
        return self.search(
            [
                ("company_id", "in", self.company_id.ids),
                ("state", "=", DRAFT),
                # Without an entry there is nothing to post.
                ("move_id", "!=", False),
                ("date", "<=", max(self.mapped("date"))),
            ],
            limit=1,
        )

    def _notify_of_draft(self):
        """Tell which draft already has what is to recognize."""
        self.ensure_one()
        return self._notify(
            self.env._(
                "Nothing to recognize: the draft %(draft)s already has what was used "
                "and expired by then. Post its entry or prepare it again.",
                draft=self.display_name,
            )
        )

    def _notify_of_nothing(self):
        """Tell why preparing changed nothing on the screen."""
        return self._notify(
            self.env._(
                "Nothing to recognize: what was used and expired by then is "
                "recognized already, or isn't invoiced yet."
            )
        )

    def _notify(self, message):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": message,
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    def action_cancel(self):
        """Undo the entry, so that its rows can be recognized again.

        :raise UserError: when a later recognition builds on it, or its date is locked
        """
        self.check_access("write")
        for recognition in self:
            recognition._cancel()
        return True

    def action_view_move(self):
        """Open the journal entry."""
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "res_id": self.move_id.id,
            "view_mode": "form",
        }

    def action_view_lines(self):
        """Open what was recognized per purchase, to filter, group and export."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_recognition_line_action"
        )
        action["domain"] = [("recognition_id", "in", self.ids)]
        return action

    def action_view_rows(self):
        """Open the ledger rows that this recognition took into account."""
        self.check_access("read")
        return self.line_ids._get_rows_action([("recognized_in", "in", self.ids)])

    # ------------------------------------------------------------------
    # What the actions write, below what people are refused
    # ------------------------------------------------------------------

    def _write_prepared(self, vals):
        return super().write(vals)

    def _release(self):
        """Let what these recognized be recognized again."""
        live = self.filtered(lambda one: one.state != CANCELLED)
        live.line_ids._forget_rows()
        live._write_prepared({"is_cancelled": True})
