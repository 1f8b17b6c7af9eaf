# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain

from ...tools.approval import PENDING

# What a helpdesk agent without any other right on sales may read of an item: enough to
# pick it and to see its balance, nothing of its price.
AGENT_FIELDS = frozenset(
    (
        "id",
        "display_name",
        "name",
        "sequence",
        "state",
        "order_id",
        "order_partner_id",
        "company_id",
        "product_id",
        "product_uom_id",
        "product_uom_qty",
        "qty_delivered",
        "qty_delivered_method",
        "is_service",
        "is_expense",
        "is_downpayment",
        "remaining_hours",
        "remaining_hours_available",
        "limit_hours",
        "authorized_hours",
        "authorized_hours_used",
        "authorized_hours_left",
        "agent_readable",
        "ticket_ids",
        "ticket_count",
    )
)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    ticket_ids = fields.One2many(
        comodel_name="helpdesk.ticket",
        inverse_name="sale_line_id",
        string="Tickets",
        export_string_translation=False,
    )
    agent_readable = fields.Boolean(
        compute="_compute_agent_readable",
        search="_search_agent_readable",
        help="The item belongs to the customer of a ticket that the user may read.",
        export_string_translation=False,
    )

    @api.depends_context("uid")
    def _compute_agent_readable(self):
        """Search: filtering the records would read the very field being computed."""
        # sudo: the search itself applies the user's rights
        readable_sudo = self.sudo().search(
            Domain("id", "in", self._origin.ids) & Domain("agent_readable", "=", True)
        )
        for line in self:
            line.agent_readable = line._origin in readable_sudo

    @api.model
    def _search_agent_readable(self, operator, value):
        """Search the items that the helpdesk right alone lets the user read.

        Used by a record rule, so it must not narrow what another group of the user
        already grants without a rule of its own (accountants, project users, …).
        """
        if operator != "in":
            return NotImplemented
        user = self.env.user
        grants = user._get_sale_line_grants()
        if grants == "all":
            return Domain.TRUE
        tickets = self.env["helpdesk.ticket"].with_user(user).sudo(False)
        customers = tickets._search([("commercial_partner_id", "!=", False)]).subselect(
            "commercial_partner_id"
        )
        return self._domain_open_service() & Domain(
            "order_partner_id.commercial_partner_id", "in", customers
        )

    @api.depends("analytic_line_ids.hours_billed", "analytic_line_ids.approval_state")
    def _compute_qty_delivered(self):
        """Add the dependency on what is billed, which may differ from what was worked.

        See `_get_delivered_quantity_by_analytic`.
        """
        return super()._compute_qty_delivered()

    @api.depends("analytic_line_ids.hours_billed", "analytic_line_ids.approval_state")
    def _compute_remaining_hours(self):
        """Leave no hours to others that time waiting for approval holds."""
        result = super()._compute_remaining_hours()
        if self.env["helpdesk.ticket.team"]._is_approval_used():
            for line, hours in self._get_pending_hours().items():
                if line.remaining_hours_available:
                    line.remaining_hours -= hours
        return result

    @api.model
    def _has_field_access(self, field, operation):
        """Show agents who have no other right on sales the balance of an item only."""
        return super()._has_field_access(field, operation) and (
            self.env.su or field.name in AGENT_FIELDS or self._is_readable_in_full()
        )

    @api.model
    def _search_display_name(self, operator, value):
        """Let agents find an item by its order's number without opening orders."""
        if not value or self.env.su or self._is_readable_in_full():
            return super()._search_display_name(operator, value)
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        return Domain("name", operator, value) | Domain(
            "order_id", "any!", Domain("name", operator, value)
        )

    @api.model
    def _is_readable_in_full(self):
        return self.env.user._get_sale_line_grants() != "helpdesk"

    @api.model
    def _domain_open_service(self):
        """Return the items of confirmed orders that time can be billed to."""
        return Domain.AND(
            [self._domain_sale_line_service(), self._sellable_lines_domain()]
        )

    @api.model
    def _domain_ticket_item(self):
        """Return the items that the drop-down of a ticket offers.

        Those that time really consumes: a service product left on its defaults reads
        as prepaid but is delivered by hand.
        """
        return self._domain_open_service() & Domain(
            "qty_delivered_method", "=", "timesheet"
        )

    @api.model
    def _get_prepaid_items(self, partners, companies):
        """Return the prepaid items with hours left, oldest first (design 4.3).

        The order is total: date of the order, then order, then item. One query,
        whatever the number of customers.

        :param partners: commercial entities
        :param companies: companies of the orders
        :return: items by (commercial entity, company)
        :rtype: dict
        """
        result = defaultdict(self.browse)
        if not partners:
            return result
        hour = self.env.ref("uom.product_uom_hour")
        # sudo: which item pays must not depend on who set the customer
        lines_sudo = self.sudo().search(
            self._domain_ticket_item()
            & Domain("product_id.invoice_policy", "=", "order")
            & Domain("remaining_hours", ">", 0)
            & Domain("order_partner_id.commercial_partner_id", "in", partners.ids)
            & Domain("company_id", "in", companies.ids)
        )
        lines_sudo = lines_sudo.sorted(
            lambda line: (line.order_id.date_order, line.order_id.id, line.id)
        )
        for line in lines_sudo:
            if hour.compare(line.remaining_hours, 0) > 0:
                key = (line.order_partner_id.commercial_partner_id, line.company_id)
                result[key] += line.sudo(False)
        return result

    def _get_delivered_quantity_by_analytic(self, additional_domain):
        """Deliver the hours billed of timesheets instead of the hours worked.

        Both are equal unless a team bills a minimum or rounds up (design 4.4), and the
        cost is the one query that core makes.
        """
        by_time = self.filtered(lambda line: line.qty_delivered_method == "timesheet")
        others = super(SaleOrderLine, self - by_time)
        result = others._get_delivered_quantity_by_analytic(additional_domain)
        if by_time:
            entries = self.env["account.analytic.line"]
            rows = entries._read_group(
                Domain("so_line", "in", by_time.ids)
                & entries._count_by_period(additional_domain),
                ["product_uom_id", "so_line"],
                ["hours_billed:sum"],
            )
            for uom, line, hours in rows:
                result[line.id] += uom._compute_quantity(
                    hours, line.product_uom_id, rounding_method="HALF-UP"
                )
        return result

    def _timesheet_compute_delivered_quantity_domain(self):
        """Deliver time that needs no approval, or has it."""
        domain = Domain(super()._timesheet_compute_delivered_quantity_domain())
        return domain & self.env["account.analytic.line"]._domain_counts()

    def _get_pending_hours(self):
        """Return the billed hours that wait for approval, by item."""
        hour = self.env.ref("uom.product_uom_hour")
        result = defaultdict(float)
        lines = {line._origin: line for line in self}
        # sudo: the balance counts entries that the user may not read
        for origin, uom, hours in (
            self.env["account.analytic.line"]
            .sudo()
            ._read_group(
                [
                    ("so_line", "in", self._origin.ids),
                    ("approval_state", "in", PENDING),
                ],
                ["so_line", "product_uom_id"],
                ["hours_billed:sum"],
            )
        ):
            if uom:
                hours = uom._compute_quantity(hours, hour, round=False)
            result[lines[origin.with_env(self.env)]] += hours
        return result
