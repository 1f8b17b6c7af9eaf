# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.fields import Domain


class ProjectProject(models.Model):
    """What credits paid is revenue of the project."""

    _inherit = "project.project"

    def _get_profitability_items(self, with_action=True):
        items = super()._get_profitability_items(with_action)
        value = self._get_service_credit_value()
        if value:
            revenues = items["revenues"]
            sequences = self._get_profitability_sequence_per_invoice_type()
            revenues["data"].append(
                {
                    "id": "service_credits",
                    "sequence": sequences["service_credits"],
                    "invoiced": value,
                    "to_invoice": 0.0,
                }
            )
            revenues["total"]["invoiced"] += value
        return items

    def _get_service_credit_value(self):
        """Return the value of the credits spent on the project, in its currency.

        Credits that an order of the project itself sold are revenue of that order.
        """
        spent = Domain("timesheet_id.project_id", "in", self.ids)
        spent |= Domain("allocation_id.milestone_id.project_id", "in", self.ids)
        # sudo: as in core, who sees the profitability needs no right on its sources
        items = self.sudo()._fetch_sale_order_item_ids()
        own = Domain("purchase_id.sale_line_id", "in", items)
        rows_sudo = self.env["service.credit.consumption"].sudo()
        company = self.company_id or self.env.company
        today = company[:1]._get_today()
        return sum(
            currency._convert(value, self.currency_id, company[:1], today)
            for currency, value in rows_sudo._read_group(
                spent & ~own, ["currency_id"], ["value:sum"]
            )
        )
