# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import float_compare, ormcache

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
    """The item that a ticket's time is billed to, and what agents see of it."""

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
        help="Time on tickets can use the item, and the user works on tickets.",
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

        Of every customer, because an agent may write the first ticket of any; core's
        rule keeps other companies out. Used by a record rule, so it must not narrow
        what another group of the user grants without a rule of its own (accountants,
        project users, …). It adds nothing to what a rule of another group limits (a
        salesperson's own documents): those users read prices.
        """
        if operator != "in":
            return NotImplemented
        return {
            "all": Domain.TRUE,
            "rules": Domain.FALSE,
            "helpdesk": self._domain_open_service(),
        }[self.env.user._get_sale_line_grants()]

    @api.model
    def _has_field_access(self, field, operation):
        """Show agents who have no other right on sales the balance of an item only."""
        return super()._has_field_access(field, operation) and (
            self.env.su
            or field.name in AGENT_FIELDS
            or self._is_readable_in_full()
            or (operation == "read" and self._tells_what_is_sold(field))
        )

    @api.model
    def _tells_what_is_sold(self, field):
        """Tell whether items are chosen by a field, as another addon may have them:
        loyalty leaves its rewards out. Never by a price."""
        kinds = ("boolean", "many2one", "selection")
        return field.type in kinds and field.name in self._get_fields_of_choice()

    @api.model
    @ormcache()
    def _get_fields_of_choice(self):
        domain = self._domain_open_service()
        return frozenset(condition.field_expr for condition in domain.iter_conditions())

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

    def _additional_name_per_id(self):
        """Keep prices out of names: core adds them to twins when a context says so."""
        if not self._is_readable_in_full():
            self = self.with_context(with_price_unit=False)
        return super()._additional_name_per_id()

    @api.model
    def _is_readable_in_full(self):
        """Tell whether the user has a right on sales, also where the code runs as
        superuser for them."""
        user = self.env.user
        return user._is_superuser() or user._get_sale_line_grants() != "helpdesk"

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

    @api.depends("product_id.service_policy", "product_uom_id")
    def _compute_remaining_hours_available(self):
        """As core, which asks the database for the unit of an hour, item by item."""
        for line in self:
            line.remaining_hours_available = line._sells_hours()

    def _sells_hours(self):
        """Tell whether the item sells hours in advance."""
        self.ensure_one()
        if self.product_id.service_policy != "ordered_prepaid":
            return False
        hour = self.env["ir.model.data"]._xmlid_to_res_id("uom.product_uom_hour")
        unit = self.product_uom_id
        return bool(unit) and unit._has_common_reference(unit.browse(hour))

    def _may_pay_time(self):
        """Tell whether the item's own hours may pay for time: a hook."""
        self.ensure_one()
        return True

    @api.model
    def _domain_prepaid(self):
        """Return the items that sell hours in advance, used up or not."""
        return self._domain_ticket_item() & Domain(
            "product_id.invoice_policy", "=", "order"
        )

    @api.model
    def _get_only_time_based_items(self, partners, companies):
        """Return the item billed by time of those who have just one that takes time.

        One query, whatever the number of customers.

        :param partners: commercial entities
        :param companies: companies of the orders
        :return: item by (commercial entity, company)
        :rtype: dict
        """
        # sudo: which item is suggested must not depend on who set the customer
        lines_sudo = self.sudo().search(
            self._domain_ticket_item()
            & Domain("product_id.invoice_policy", "=", "delivery")
            & Domain("order_partner_id.commercial_partner_id", "in", partners.ids)
            & Domain("company_id", "in", companies.ids)
        )
        groups = lines_sudo.grouped(
            lambda line: (line.order_partner_id.commercial_partner_id, line.company_id)
        )
        return {
            key: items.sudo(False)
            for key, items in groups.items()
            if len(items) == 1 and items._get_authorized_hours_left() != 0.0
        }

    @api.model
    def _has_prepaid_items(self, partner, company):
        """Tell whether a customer (commercial entity) ever bought hours in advance."""
        # sudo: how a customer pays does not depend on who logs the time
        return bool(
            self.sudo().search_count(
                self._domain_prepaid()
                & Domain("order_partner_id.commercial_partner_id", "=", partner.id)
                & Domain("company_id", "=", company.id),
                limit=1,
            )
        )

    @api.model
    def _get_prepaid_items(self, partners, companies, with_hours=True):
        """Return the prepaid items with hours left, oldest first.

        The order is total: date of the order, then order, then item. One query,
        whatever the number of customers.

        :param partners: commercial entities
        :param companies: companies of the orders
        :param with_hours: without it, those that are used up, too
        :return: items by (commercial entity, company)
        :rtype: dict
        """
        result = defaultdict(self.browse)
        if not partners:
            return result
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        # sudo: which item pays must not depend on who set the customer
        lines_sudo = self.sudo().search_fetch(
            self._domain_prepaid()
            & (Domain("remaining_hours", ">", 0) if with_hours else Domain.TRUE)
            & Domain("order_partner_id.commercial_partner_id", "in", partners.ids)
            & Domain("company_id", "in", companies.ids)
        )
        lines_sudo = lines_sudo.sorted(
            lambda line: (line.order_id.date_order, line.order_id.id, line.id)
        )
        for line in lines_sudo:
            if not with_hours or float_compare(line.remaining_hours, 0, digits) > 0:
                key = (line.order_partner_id.commercial_partner_id, line.company_id)
                result[key] += line.sudo(False)
        return result
