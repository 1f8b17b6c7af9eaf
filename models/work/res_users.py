# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models, tools
from odoo.fields import Domain


class ResUsers(models.Model):
    _inherit = "res.users"

    @tools.ormcache("self.id")
    def _get_sale_line_grants(self):
        """Tell which of the user's groups let them read sales order items.

        Asked for every field of an item, so it costs a look into the cache, which is
        cleared with the groups, the access rights and the rules.

        :return: "all" when a group other than helpdesk grants it and no record rule of
            the user's groups narrows it; "rules" when such rules narrow it; "helpdesk"
            when only the helpdesk right does
        """
        self.ensure_one()
        agents = self.env.ref("helpdesk_mgmt.group_helpdesk_user_own")
        model = self.env["ir.model"]._get("sale.order.line")
        others = [group for group in self._get_group_ids() if group != agents.id]
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
