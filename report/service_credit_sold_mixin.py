# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.fields import Domain


class ServiceCreditSoldMixin(models.AbstractModel):
    """Whose sale the purchase of a line is, for the rules of salespeople.

    A path from the purchase to its order would be joined, for each line of a report
    anew: here the purchases are looked up once.
    """

    _name = "service.credit.sold.mixin"
    _description = "Sold Service Credits"

    is_sale = fields.Boolean(
        compute="_compute_is_sale",
        search="_search_is_sale",
        compute_sudo=True,
        export_string_translation=False,
    )
    is_own_sale = fields.Boolean(
        compute="_compute_is_sale",
        search="_search_is_own_sale",
        compute_sudo=True,
        export_string_translation=False,
    )

    @api.depends("purchase_id")
    @api.depends_context("uid")
    def _compute_is_sale(self):
        # sudo: a rule asks, for those who read the line
        purchases_sudo = self.purchase_id.sudo()
        sold_sudo = purchases_sudo._filter_sold()
        own_sudo = purchases_sudo._filter_sold(own=True)
        for line in self:
            line.is_sale = line.purchase_id in sold_sudo
            line.is_own_sale = line.purchase_id in own_sudo

    def _search_is_sale(self, operator, value):
        return self._search_sold(operator, value)

    def _search_is_own_sale(self, operator, value):
        return self._search_sold(operator, value, own=True)

    @api.model
    def _search_sold(self, operator, value, own=False):
        if operator != "in":
            return NotImplemented
        query = self.env["service.credit.purchase"]._query_sold(own)
        return Domain("purchase_id", "in" if True in value else "not in", query)
