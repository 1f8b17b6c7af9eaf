# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError


class ServiceCreditTicketMixin(models.AbstractModel):
    """The service credits of a ticket: whether it draws them, what it drew, what is
    left."""

    _name = "service.credit.ticket.mixin"
    _description = "Service Credits of a Ticket"

    use_service_credits = fields.Boolean(
        compute="_compute_use_service_credits",
        store=True,
        readonly=False,
        help="Time on this ticket draws the customer's service credits first.",
    )
    service_credit_allocation_ids = fields.One2many(
        comodel_name="service.credit.allocation",
        inverse_name="ticket_id",
        string="Service Credit Allocations",
    )
    service_credits_used = fields.Float(
        digits="Service Credits",
        compute="_compute_service_credits_used",
        # The number is shown to whoever sees the ticket; the ledger is not.
        compute_sudo=True,
        help="Credits that the time of this ticket has drawn.",
    )
    service_credits_available = fields.Float(
        digits="Service Credits",
        compute="_compute_service_credits_available",
        compute_sudo=True,
        help="Credits of the customer that could pay for work done today.",
    )
    service_credit_next_expiry = fields.Date(
        string="Next Expiry",
        compute="_compute_service_credits_available",
        compute_sudo=True,
        help="When the first of these credits expire.",
    )

    # A team's switch is followed by open tickets only: see the team.
    @api.depends("team_id")
    def _compute_use_service_credits(self):
        for ticket in self:
            ticket.use_service_credits = ticket.team_id.use_service_credits

    @api.depends("service_credit_allocation_ids.credits")
    def _compute_service_credits_used(self):
        for ticket in self:
            allocations = ticket.service_credit_allocation_ids
            ticket.service_credits_used = sum(allocations.mapped("credits"))

    @api.depends("commercial_partner_id", "company_id", "timesheet_ids.credits")
    def _compute_service_credits_available(self):
        for ticket in self:
            balance = {}
            if ticket.commercial_partner_id:
                currency = ticket._get_credit_currency().name
                for figures in ticket.commercial_partner_id._get_service_credit_balance(
                    company=ticket.company_id
                ):
                    if figures["currency"] == currency:
                        balance = figures
            ticket.service_credits_available = balance.get("credits_available", 0.0)
            ticket.service_credit_next_expiry = balance.get("next_expiry", False)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_credits(self):
        # sudo: the ledger refers to the ticket, whoever deletes it
        allocation_sudo = self.env["service.credit.allocation"].sudo()
        used = allocation_sudo.search([("ticket_id", "in", self.ids)], limit=1)
        if used:
            raise UserError(
                self.env._(
                    "The ticket %(ticket)s cannot be deleted, because the ledger of "
                    "service credits refers to it: archive it instead.",
                    ticket=used.ticket_id.display_name,
                )
            )

    def action_view_service_credits(self):
        """Open what the ticket drew: its allocations and their rows."""
        self.ensure_one()
        return self.service_credit_allocation_ids._get_records_action(
            name=self.env._("Service Credits of %(ticket)s", ticket=self.display_name)
        )

    def _get_credit_currency(self):
        """Return the currency the ticket draws in (design 5.3): that of the customer's
        pricelist, else the company's."""
        self.ensure_one()
        # sudo: the price list decides, whoever logs the time
        partner_sudo = self.partner_id.sudo().with_company(self.company_id)
        pricelist = partner_sudo.property_product_pricelist
        return pricelist.currency_id or self.company_id.currency_id
