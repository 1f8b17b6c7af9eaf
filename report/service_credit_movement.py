# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models

from ..models.ledger.movements import query_movements
from ..tools import export_shown


class ServiceCreditMovement(models.Model):
    """What was bought, used and lost, with the day from which it counts.

    Credits are withdrawn when their sale is undone or made smaller; that is no
    breakage.

    Derived from the ledger and the terms of the purchases: on every date, what was
    bought less what was used and expired until then is the balance that
    ``service.credit.purchase._get_balance`` tells. Whether the scheduled action wrote
    expired credits off in time changes nothing.
    """

    _name = "service.credit.movement"
    _inherit = "service.credit.sold.mixin"
    _description = "Services Credits Movement"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "purchase_id"
    _depends = {
        "service.credit.purchase": [
            "commercial_partner_id",
            "company_id",
            "credits",
            "credits_available",
            "credits_expired",
            "currency_id",
            "date_expiry",
            "date_received",
            "date_start",
            "expired_since",
            "is_draft",
            "opportunity_id",
            "origin_id",
            "paid_available",
            "paid_expired",
            "paid_total",
            "rows_since",
            "sale_order_id",
            "used_until",
            "value_available",
            "value_expired",
            "value_total",
        ],
        "service.credit.consumption": ["timesheet_id"],
        "res.company": [
            "service_credit_allow_past_expiry",
            "service_credit_grace_days",
        ],
    }

    date = fields.Date(readonly=True)
    movement_type = fields.Selection(
        selection=[
            ("bought", "Bought"),
            ("used", "Used"),
            ("elsewhere", "Used Elsewhere"),
            ("expired", "Expired"),
            ("withdrawn", "Withdrawn"),
            ("transferred", "Transferred"),
        ],
        string="Movement",
        readonly=True,
    )
    purchase_id = fields.Many2one(comodel_name="service.credit.purchase", readonly=True)
    allocation_id = fields.Many2one(
        comodel_name="service.credit.allocation", readonly=True
    )
    timesheet_id = fields.Many2one(
        comodel_name="account.analytic.line", string="Time Entry", readonly=True
    )
    commercial_partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    credits = fields.Float(digits="Service Credits", readonly=True)
    value = fields.Monetary(readonly=True)
    paid = fields.Monetary(string="Amount Paid", readonly=True)
    credits_change = fields.Float(
        string="Change of Credits",
        digits="Service Credits",
        readonly=True,
        help="Positive when bought or received, negative when used, expired, withdrawn "
        "or transferred.",
    )
    value_change = fields.Monetary(string="Change of Value", readonly=True)
    paid_change = fields.Monetary(string="Change of Amount Paid", readonly=True)

    @property
    def _table_query(self):
        return query_movements(self.env)

    def export_data(self, fields_to_export):
        """Export the names that the list shows, also to those who may not open the
        records."""
        return export_shown(self, fields_to_export, super().export_data)
