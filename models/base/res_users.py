# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models, tools
from odoo.fields import Domain


class ResUsers(models.Model):
    _inherit = "res.users"

    def _get_sale_line_grants(self):
        """Tell which of the user's groups let them read sales order items.

        :return: "all" when a group other than helpdesk grants it and no record rule of
            the user's groups narrows it; "rules" when such rules narrow it; "helpdesk"
            when only the helpdesk right does
        """
        self.ensure_one()
        return self._sale_line_grants(tuple(self.sudo().all_group_ids.ids))

    @api.model
    @tools.ormcache("group_ids")
    def _sale_line_grants(self, group_ids):
        agents = self.env.ref("helpdesk_mgmt.group_helpdesk_user_own")
        model = self.env["ir.model"]._get("sale.order.line")
        others = [group_id for group_id in group_ids if group_id != agents.id]
        # sudo: access rights and rules are read to apply them, not to show them
        access = self.env["ir.model.access"].sudo()
        if not access.search_count(
            Domain("model_id", "=", model.id)
            & Domain("perm_read", "=", True)
            & (Domain("group_id", "in", others) | Domain("group_id", "=", False)),
            limit=1,
        ):
            return "helpdesk"
        rules = self.env["ir.rule"].sudo()
        narrowed = rules.search_count(
            Domain("model_id", "=", model.id)
            & Domain("perm_read", "=", True)
            & Domain("groups", "in", others),
            limit=1,
        )
        return "rules" if narrowed else "all"
