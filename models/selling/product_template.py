# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools import format_number, refuse_uncountable
from ..ledger.choices import RELEASES, SHARING
from ..ledger.service_credit_plan import PERIODS, PRORATIONS, ROLLOVERS

# What of a product becomes which limit of its purchases.
SCOPES = {
    "service_type_ids": "service_credit_type_ids",
    "team_ids": "service_credit_team_ids",
    "project_ids": "service_credit_project_ids",
}

COUNTED = (
    "service_credits",
    "service_credit_rollover_credits",
    "service_credit_rollover_periods",
)


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
    service_credit_sharing = fields.Selection(
        selection=SHARING,
        string="Credits Used By",
        required=True,
        default="customer",
        help="Who else draws from credits that are sold with it.",
    )
    service_credit_priority = fields.Integer(
        string="Priority of Credits",
        default=50,
        required=True,
        help="From 0 to 100. Credits with the lowest number are used first.",
    )
    service_credit_type_ids = fields.Many2many(
        comodel_name="service.type",
        string="Credits Only for Service Types",
        ondelete="restrict",
        groups="base.group_user",
        help="The credits pay for time of these types only; empty, for any work.",
    )
    service_credit_team_ids = fields.Many2many(
        comodel_name="helpdesk.ticket.team",
        string="Credits Only for Helpdesk Teams",
        ondelete="restrict",
        groups="base.group_user",
        help="The credits pay for tickets of these teams only; empty, for any work.",
    )
    service_credit_project_ids = fields.Many2many(
        comodel_name="project.project",
        relation="product_template_service_credit_project_rel",
        string="Credits Only for Projects",
        ondelete="restrict",
        groups="base.group_user",
        help="The credits pay for tickets, tasks and milestones of these projects "
        "only; empty, for any work.",
    )
    service_credit_period = fields.Selection(
        selection=[("once", "Once"), *PERIODS],
        string="Credits Given",
        required=True,
        default="once",
        help="Once, or each month, quarter or year: the quantity on the order is then "
        "the number of periods.",
    )
    service_credit_rollover = fields.Selection(
        selection=ROLLOVERS,
        string="Credits Roll Over",
        required=True,
        default="none",
        help="What is left of a period and can be used in the next one.",
    )
    service_credit_rollover_credits = fields.Float(
        string="Most Credits to Roll Over", digits="Service Credits"
    )
    service_credit_rollover_periods = fields.Integer(
        string="Periods to Roll Over",
        default=1,
        help="For how many further periods the credits can be used.",
    )
    service_credit_proration = fields.Selection(
        selection=PRORATIONS,
        string="First Period of Credits",
        required=True,
        default="full",
        help="A full period starts on any day. With the share of the period, the first "
        "one ends with the calendar month, quarter or year, like all others.",
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
    _service_credit_priority_possible = models.Constraint(
        "CHECK (service_credit_priority BETWEEN 0 AND 100)",
        "The priority of service credits is a number from 0 to 100.",
    )
    _service_credit_validity_not_negative = models.Constraint(
        "CHECK (service_credit_validity BETWEEN 0 AND 1200)",
        "Service credits are valid for 0 to 1200 months.",
    )

    _service_credit_rollover_possible = models.Constraint(
        "CHECK (service_credit_rollover_credits >= 0 "
        "AND service_credit_rollover_periods BETWEEN 1 AND 120)",
        "Credits roll over for 1 to 120 periods, and the most credits to roll over "
        "can't be negative.",
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
        refuse_uncountable(self, vals_list, COUNTED)
        return super().create(vals_list)

    def write(self, vals):
        """Refuse credits that nothing can count with."""
        refuse_uncountable(self, [vals], COUNTED)
        return super().write(vals)

    def _get_service_credit_scope(self, company=None):
        """Return what the credits are limited to, by field of the purchase; of a
        company, as far as it has some of them."""
        self.ensure_one()
        # sudo: what was sold does not depend on who sells it
        product_sudo = self.sudo().with_context(active_test=False)
        found = {}
        for name, own in SCOPES.items():
            limits = product_sudo[own]
            if company and "company_id" in limits:
                usable = limits.filtered_domain(limits._check_company_domain(company))
                limits = usable or limits
            found[name] = limits
        return found

    def _get_service_credit_limits(self):
        """Name what the credits are limited to, empty for nothing."""
        scope = self._get_service_credit_scope()
        names = [one.display_name for limits in scope.values() for one in limits]
        return ", ".join(names)

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

    @api.constrains(
        "service_credit_period",
        "service_credit_rollover",
        "service_credit_rollover_credits",
    )
    def _check_service_credit_rollover(self):
        for product in self:
            if (
                product.service_credit_period != "once"
                and product.service_credit_rollover == "limit"
                and product.service_credit_rollover_credits <= 0
            ):
                raise ValidationError(
                    self.env._(
                        "%(product)s needs the most credits that roll over: enter a "
                        "number above 0, or let nothing roll over.",
                        product=product.display_name,
                    )
                )

    def action_view_service_credit_purchases(self):
        """Open the purchases of credits of this product."""
        return self.env["service.credit.purchase"]._get_purchase_action(
            [("product_id.product_tmpl_id", "in", self.ids)]
        )
