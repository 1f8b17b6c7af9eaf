# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL


class ServiceCreditRecognitionLine(models.Model):
    """What one recognition took of one purchase from one liability account."""

    _name = "service.credit.recognition.line"
    _description = "Recognition of Service Credits: Purchase"
    _order = "recognition_id desc, purchase_id, id"
    _rec_name = "purchase_id"

    recognition_id = fields.Many2one(
        comodel_name="service.credit.recognition",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    date = fields.Date(related="recognition_id.date", store=True)
    state = fields.Selection(related="recognition_id.state", store=True)
    company_id = fields.Many2one(related="recognition_id.company_id", store=True)
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    purchase_id = fields.Many2one(
        comodel_name="service.credit.purchase",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    commercial_partner_id = fields.Many2one(
        related="purchase_id.commercial_partner_id", string="Customer"
    )
    account_id = fields.Many2one(
        comodel_name="account.account",
        string="Liability Account",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    revenue_account_id = fields.Many2one(
        comodel_name="account.account",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True, ondelete="restrict"
    )
    credits_used = fields.Float(string="Used", digits="Service Credits", readonly=True)
    credits_expired = fields.Float(
        string="Expired", digits="Service Credits", readonly=True
    )
    credits_left = fields.Float(
        string="Left",
        digits="Service Credits",
        readonly=True,
        aggregator=None,
        help="Credits of the purchase that can still be used after the date.",
    )
    revenue = fields.Monetary(readonly=True)
    breakage = fields.Monetary(readonly=True)
    owed = fields.Monetary(
        string="Still Owed",
        readonly=True,
        aggregator=None,
        help="What is left of the purchase on the liability account.",
    )
    revenue_company = fields.Monetary(
        string="Revenue in Company Currency",
        currency_field="company_currency_id",
        readonly=True,
    )
    breakage_company = fields.Monetary(
        string="Breakage in Company Currency",
        currency_field="company_currency_id",
        readonly=True,
    )
    owed_company = fields.Monetary(
        string="Still Owed in Company Currency",
        currency_field="company_currency_id",
        readonly=True,
    )
    consumption_ids = fields.Many2many(
        comodel_name="service.credit.consumption",
        relation="service_credit_recognition_row",
        column1="line_id",
        column2="consumption_id",
        string="Ledger Rows",
        readonly=True,
        copy=False,
    )

    _purchase_once = models.UniqueIndex(
        "(recognition_id, purchase_id, account_id, currency_id)",
        "A recognition has one line per purchase, account and currency.",
    )

    # ------------------------------------------------------------------
    # CRUD: closed, they follow from preparing
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse all but what preparing makes."""
        self._refuse()
        return super().create(vals_list)

    def write(self, vals):
        """Refuse all changes: preparing again makes new lines."""
        self._refuse()
        return super().write(vals)

    def unlink(self):
        """Refuse all but what preparing takes away."""
        self._refuse()
        return super().unlink()

    def _refuse(self):
        if not self.env.su:
            raise AccessError(
                self.env._(
                    "The figures of a recognition can't be typed: prepare it again "
                    "instead."
                )
            )

    # ------------------------------------------------------------------
    # Rows of the ledger
    # ------------------------------------------------------------------

    @api.readonly
    def action_view_rows(self):
        """Open the ledger rows behind the line."""
        self.check_access("read")
        return self._get_rows_action(
            [
                ("recognized_in", "in", self.recognition_id.ids),
                "|",
                ("purchase_id", "in", self.purchase_id.ids),
                ("purchase_id.origin_id", "in", self.purchase_id.ids),
            ]
        )

    @api.readonly
    def action_view_invoices(self):
        """Open the invoices and credit notes of the purchase; its journal items where
        it was booked by entries."""
        self.check_access("read")
        if self.purchase_id._get_sale_invoices():
            return self.purchase_id.action_view_sale_invoices()
        return self.purchase_id._get_items_action(
            [
                ("account_id", "=", self.account_id.id),
                ("company_id", "=", self.company_id.id),
            ]
        )

    def _get_rows_action(self, domain):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_consumption_action"
        )
        action["domain"] = domain
        action["name"] = self.env._("Recognized Ledger Rows")
        action["help"] = Markup("<p>%s</p>") % self.env._(
            "No ledger row is new here: the figures follow from the end of a term, "
            "from an invoice or from a credit note."
        )
        action["context"] = {"create": False}
        return action

    def _forget_rows(self):
        """Let the rows be recognized again; the figures stay to be read."""
        if self.ids:
            self.env.cr.execute(
                SQL(
                    "DELETE FROM service_credit_recognition_row WHERE line_id IN %s",
                    tuple(self.ids),
                )
            )
            self._forget_row_lists()

    def _forget_row_lists(self):
        self.invalidate_model(["consumption_ids"], flush=False)

    def init(self):
        """One row of the ledger is recognized once, for every user."""
        self.env.cr.execute(
            "CREATE UNIQUE INDEX IF NOT EXISTS service_credit_recognition_row_once "
            "ON service_credit_recognition_row (consumption_id)"
        )
