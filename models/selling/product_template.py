# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools import format_number, refuse_uncountable
from ..ledger.service_credit_purchase import RELEASES


class ProductTemplate(models.Model):
    _inherit = "product.template"

    service_credits = fields.Float(
        digits="Service Credits",
        compute="_compute_service_credits",
        store=True,
        readonly=False,
        help="Credits the customer gets for one unit sold; 0 when the product sells "
        "none. Purchases made before keep theirs.",
    )
    service_credit_validity = fields.Integer(
        string="Credits Valid For",
        default=12,
        help="Months from the start to the expiry of the credits; 0 means one year.",
    )
    service_credit_creation = fields.Selection(
        selection=[
            ("manual", "Nothing (by hand)"),
            ("draft", "Draft purchases"),
            ("open", "Usable purchases"),
        ],
        string="Confirming Creates",
        default="manual",
        required=True,
        help="What confirming a sales order of this product creates.",
    )
    service_credit_release = fields.Selection(
        selection=RELEASES,
        string="Credits Usable When",
        required=True,
        default=lambda self: self.env.company.sudo().service_credit_release,
        help="When credits of a sales order can be used: as soon as it is confirmed, "
        "once they are invoiced, or as far as the invoices are paid.",
    )
    service_credit_portal = fields.Boolean(
        string="Sold in the Portal",
        help="Customers can order it in the portal: a quotation at their price, which "
        "they sign and pay there.",
    )
    service_credit_purchase_count = fields.Integer(
        compute="_compute_service_credit_purchase_count",
        groups="helpdesk_service_credit.group_service_credit_user",
        export_string_translation=False,
    )

    _service_credits_not_negative = models.Constraint(
        "CHECK (service_credits >= 0)",
        "A product cannot have fewer than 0 service credits.",
    )
    _service_credit_validity_not_negative = models.Constraint(
        "CHECK (service_credit_validity BETWEEN 0 AND 1200)",
        "Service credits are valid for 0 to 1200 months.",
    )

    @api.depends("type")
    def _compute_service_credits(self):
        """Goods sell no credits."""
        for product in self:
            is_service = product.type == "service"
            product.service_credits = product.service_credits if is_service else 0.0

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse credits that nothing can count with."""
        refuse_uncountable(self, vals_list, ["service_credits"])
        return super().create(vals_list)

    def write(self, vals):
        """Refuse credits that nothing can count with."""
        refuse_uncountable(self, [vals], ["service_credits"])
        return super().write(vals)

    def _compute_service_credit_purchase_count(self):
        counts = self.env["service.credit.purchase"]._read_group(
            [("product_id.product_tmpl_id", "in", self.ids)],
            ["product_id"],
            ["__count"],
        )
        self.service_credit_purchase_count = 0
        for product, count in counts:
            product.product_tmpl_id.service_credit_purchase_count += count

    @api.constrains("service_credits", "type")
    def _check_service_credits(self):
        for product in self:
            if product.service_credits and product.type != "service":
                raise ValidationError(
                    self.env._(
                        "%(product)s cannot have %(credits)s service credits, because "
                        "only services can: change its type to Service, or set its "
                        "credits to 0.",
                        product=product.display_name,
                        credits=format_number(self.env, product.service_credits),
                    )
                )

    def action_view_service_credit_purchases(self):
        """Open the purchases of credits of this product."""
        return self.env["service.credit.purchase"]._get_purchase_action(
            [("product_id.product_tmpl_id", "in", self.ids)]
        )
