# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain


class ServiceCreditPurchaseCreate(models.TransientModel):
    """Create the service credit purchases of an opportunity or of orders in one go."""

    _name = "service.credit.purchase.create"
    _description = "Create Service Credit Purchases"

    opportunity_ids = fields.Many2many(
        comodel_name="crm.lead",
        string="Opportunities",
        default=lambda self: self._default_origin("crm.lead"),
        readonly=True,
    )
    order_ids = fields.Many2many(
        comodel_name="sale.order",
        string="Orders",
        default=lambda self: self._default_origin("sale.order"),
        readonly=True,
    )
    line_ids = fields.One2many(
        comodel_name="service.credit.purchase.create.line",
        inverse_name="wizard_id",
        string="Items",
        compute="_compute_line_ids",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    summary = fields.Text(compute="_compute_summary")
    has_unconfirmed = fields.Boolean(compute="_compute_has_unconfirmed")

    def _default_origin(self, model):
        context = self.env.context
        if context.get("active_model") != model:
            return []
        return context.get("active_ids") or [context.get("active_id")]

    @api.depends("opportunity_ids", "order_ids")
    def _compute_line_ids(self):
        for wizard in self:
            items = wizard._get_items()
            wizard.line_ids = [Command.clear()] + [
                Command.create({"sale_line_id": item.id}) for item in items
            ]

    @api.depends(
        "line_ids.is_included",
        "line_ids.credits",
        "line_ids.value_per_credit",
        "line_ids.paid_per_credit",
    )
    @api.depends_context("lang")
    def _compute_summary(self):
        """Add up what is ticked, in each currency by itself."""
        for wizard in self:
            ticked = wizard.line_ids.filtered("is_included")
            wizard.summary = "\n".join(
                lines._get_summary(currency)
                for currency, lines in ticked.grouped("currency_id").items()
                if currency
            )

    @api.depends("line_ids.is_order_confirmed")
    def _compute_has_unconfirmed(self):
        for wizard in self:
            states = wizard.line_ids.mapped("is_order_confirmed")
            wizard.has_unconfirmed = not all(states)

    @api.model
    def _open(self, origin):
        """Return the action that opens the window on orders or opportunities.

        :param origin: ``{"order_ids": ids}`` or ``{"opportunity_ids": ids}``
        """
        empty = {"order_ids": [], "opportunity_ids": []}
        wizard = self.create({**empty, **origin})
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_purchase_create_action"
        )
        action["res_id"] = wizard.id
        action["context"] = {
            "dialog_size": "extra-large",
            **{f"default_{name}": ids for name, ids in origin.items()},
        }
        return action

    def _get_items(self):
        """Return the items of the orders that have credits and no purchase yet."""
        line_model = self.env["sale.order.line"]
        return line_model.search(
            self._domain_origin() & line_model._domain_service_credits(),
            order="order_id, sequence, id",
        )

    def _domain_origin(self):
        # The ids of real records: in a form the links are to copies of them.
        leads, orders = self.opportunity_ids._origin, self.order_ids._origin
        return Domain("order_id", "in", orders.ids) | Domain(
            "order_id.opportunity_id", "in", leads.ids
        )

    def action_create(self):
        """Create the purchases of the ticked items, and show them.

        Pressed again, it shows what there is: no item gets a second purchase.

        :raise AccessError: without the right to edit the orders
        :raise UserError: when no item is ticked, or an item has no credits to sell
        """
        self.ensure_one()
        included = self.line_ids.filtered("is_included")
        items = included.sale_line_id
        items.order_id.check_access("write")
        made = items._get_live_purchases()
        to_do = included.filtered(
            lambda line: line.sale_line_id not in made.sale_line_id
        )
        to_do._check_eligible()
        made |= to_do.sale_line_id._create_service_credit_purchases(
            [line._prepare_purchase() for line in to_do]
        )
        purchases = (made or self._get_earlier_purchases()).sudo(False)
        if not purchases or (self.line_ids and not included):
            raise UserError(
                self.env._(
                    "There is nothing to create. Tick an item that has service credits "
                    "and no purchase yet."
                )
            )
        return purchases._get_purchase_action([("id", "in", purchases.ids)], purchases)

    def _get_earlier_purchases(self):
        """Return the purchases that the items of the orders have already."""
        lines = self.env["sale.order.line"].search(self._domain_origin())
        return lines._get_live_purchases()
