# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.fields import Domain

from .account_analytic_line import PRICE_GROUPS

# Who hears how much was given away, in hours.
GOODWILL_GROUPS = f"helpdesk_mgmt.group_helpdesk_manager,{PRICE_GROUPS}"


class ResPartner(models.Model):
    """The time of a customer, and what of it was given."""

    _inherit = "res.partner"

    goodwill_hours_year = fields.Float(
        string="Goodwill This Year (Hours)",
        compute="_compute_goodwill",
        groups=GOODWILL_GROUPS,
        help="Time of this year that was never billed, by a manager's decision, in "
        "the company you work in.",
    )
    goodwill_hours = fields.Float(
        string="Goodwill (Hours)",
        compute="_compute_goodwill",
        groups=GOODWILL_GROUPS,
        help="All time that was never billed, by a manager's decision, in the company "
        "you work in.",
    )
    goodwill_value_year = fields.Monetary(
        string="Goodwill This Year",
        compute="_compute_goodwill",
        currency_field="goodwill_currency_id",
        groups=PRICE_GROUPS,
        help="What the goodwill of this year would have cost, untaxed.",
    )
    goodwill_value = fields.Monetary(
        string="Goodwill",
        compute="_compute_goodwill",
        currency_field="goodwill_currency_id",
        groups=PRICE_GROUPS,
        help="What all goodwill would have cost, untaxed.",
    )
    goodwill_currency_id = fields.Many2one(
        comodel_name="res.currency",
        compute="_compute_goodwill",
        groups=GOODWILL_GROUPS,
        export_string_translation=False,
    )

    @api.depends_context("company", "uid")
    def _compute_goodwill(self):
        """Add up what the commercial entity and its contacts were given."""
        # A superuser's company may be any: count where the user works.
        company = self.sudo(False).env.company
        entries = self.env["account.analytic.line"]
        customers = self.commercial_partner_id
        domain = (
            entries._domain_goodwill()
            & Domain("company_id", "=", company.id)
            & Domain("partner_id.commercial_partner_id", "in", customers.ids)
        )
        year = company._get_today().replace(month=1, day=1)
        all_time = self._sum_goodwill(domain)
        this_year = self._sum_goodwill(domain & Domain("date", ">=", year))
        for partner in self:
            key = partner.commercial_partner_id.id
            hours, value = all_time.get(key, (0.0, 0.0))
            hours_year, value_year = this_year.get(key, (0.0, 0.0))
            partner.goodwill_currency_id = company.currency_id
            partner.goodwill_hours = hours
            partner.goodwill_value = value
            partner.goodwill_hours_year = hours_year
            partner.goodwill_value_year = value_year

    @api.model
    def _sum_goodwill(self, domain):
        """Return hours and value of the time given, by id of the customer."""
        result = {}
        # sudo: the figures are shown to those who may see them; the time is not
        for partner_sudo, hours, value in (
            self.env["account.analytic.line"]
            .sudo()
            ._read_group(
                domain, ["partner_id"], ["hours_billed:sum", "goodwill_value:sum"]
            )
        ):
            key = partner_sudo.commercial_partner_id.id
            before = result.get(key, (0.0, 0.0))
            result[key] = (before[0] + hours, before[1] + value)
        return result

    def _get_all_contacts(self):
        """Return the customers and all of their contacts, archived ones too
        (superuser)."""
        # sudo: whose time it is does not depend on who may see colleagues
        partners_sudo = self.sudo().with_context(active_test=False)
        return partners_sudo.search([("commercial_partner_id", "in", self.ids)])

    def action_view_goodwill(self):
        """Open what the customer was given."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_goodwill_action"
        )
        customers = self.commercial_partner_id
        return action | {"domain": [("commercial_partner_id", "in", customers.ids)]}
