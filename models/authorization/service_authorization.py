# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools.misc import clean_context

from ...tools import format_number

# Beyond any contract: a slip of the keyboard, not an amount of work.
MOST_HOURS = 100_000
# What the answer of the customer, or of a manager in their name, decides.
# A new request has these values, and nobody types others.
ANSWER_FIELDS = {
    "state": "requested",
    "source": "request",
    "signature": False,
    "signed_by": False,
    "approved_by_id": False,
    "approved_on": False,
    "answer_note": False,
    "access_token": False,
    "amount_estimate": False,
}
OPENED_ON = ("sale_line_id", "ticket_id", "task_id")


class ServiceAuthorization(models.Model):
    """Hours that a customer agreed, or is asked to agree, to pay on an item.

    Seed: "record professional services" and its article on authorized service hours.
    """

    _name = "service.authorization"
    _inherit = [
        "mail.thread",
        "service.authorization.answer",
        "service.authorization.history",
        "service.authorization.portal",
    ]
    _description = "Authorization of Hours"
    _order = "id desc"
    _mail_post_access = "read"

    sale_line_id = fields.Many2one(
        comodel_name="sale.order.line",
        string="Sales Order Item",
        required=True,
        index=True,
        ondelete="cascade",
        domain=[("limit_hours", "=", True), ("state", "=", "sale")],
    )
    order_id = fields.Many2one(
        related="sale_line_id.order_id",
        string="Sales Order",
        store=True,
        index=True,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Asked",
        compute="_compute_partner_id",
        store=True,
        precompute=True,
        help="Who answers for the customer: the contact of the order.",
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id",
        string="Customer",
        store=True,
        index=True,
    )
    company_id = fields.Many2one(
        related="sale_line_id.company_id", store=True, index=True
    )
    currency_id = fields.Many2one(related="sale_line_id.currency_id")
    ticket_id = fields.Many2one(
        comodel_name="helpdesk.ticket", index="btree_not_null", ondelete="set null"
    )
    task_id = fields.Many2one(
        comodel_name="project.task", index="btree_not_null", ondelete="set null"
    )
    service_type_id = fields.Many2one(
        comodel_name="service.type",
        ondelete="restrict",
        help="The hours are a multiple of this type's increment.",
    )
    hours = fields.Float(
        required=True,
        help="Hours to authorize; less than 0 takes hours back that are not used yet.",
    )
    hours_requested = fields.Float(
        readonly=True, copy=False, help="Hours that were asked for."
    )
    amount_estimate = fields.Monetary(
        string="Estimated Price",
        compute="_compute_amount_estimate",
        store=True,
        help="The hours at the untaxed price of the item, as of the request.",
    )
    reason = fields.Text(help="Why the hours are needed. The customer reads it.")
    state = fields.Selection(
        selection=[
            ("requested", "Requested"),
            ("approved", "Approved"),
            ("declined", "Declined"),
            ("cancelled", "Cancelled"),
        ],
        default="requested",
        required=True,
        readonly=True,
        copy=False,
        index=True,
    )
    status_label = fields.Char(string="Status", compute="_compute_status_label")
    requested_by_id = fields.Many2one(
        comodel_name="res.users",
        default=lambda self: self.env.user,
        readonly=True,
        copy=False,
    )
    # Whoever holds the token answers for the customer, so it is kept from employees.
    access_token = fields.Char(groups="base.group_system")

    _hours_possible = models.Constraint(
        f"CHECK(hours <> 0 AND ABS(hours) <= {MOST_HOURS})",
        "An authorization is for at most 100,000 hours, and not for 0: less than 0 "
        "takes hours back that are not used yet.",
    )

    @api.depends("sale_line_id")
    def _compute_partner_id(self):
        for authorization in self:
            order_sudo = authorization.sudo().sale_line_id.order_id
            authorization.partner_id = order_sudo.partner_id

    @api.depends("hours", "sale_line_id")
    def _compute_amount_estimate(self):
        """Price the hours as the item is priced now; later prices change nothing."""
        hour = self.env.ref("uom.product_uom_hour")
        for authorization in self:
            # sudo: an agent who asks for hours tells the price, and reads no other
            line_sudo = authorization.sudo().sale_line_id
            price = line_sudo.price_unit * (1 - line_sudo.discount / 100)
            if line_sudo.product_uom_qty:
                price = line_sudo.price_subtotal / line_sudo.product_uom_qty
            quantity = hour._compute_quantity(
                authorization.hours, line_sudo.product_uom_id, round=False
            )
            authorization.amount_estimate = quantity * price

    @api.depends("hours", "sale_line_id")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for authorization in self:
            authorization.display_name = self.env._(
                "%(hours)s h on %(item)s",
                hours=format_number(self.env, authorization.hours),
                # sudo: the name of an item tells nothing of its price
                item=authorization.sudo().sale_line_id.display_name,
            )

    @api.depends("state", "is_lapsed")
    @api.depends_context("lang")
    def _compute_status_label(self):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for authorization in self:
            label = labels.get(authorization.state)
            authorization.status_label = (
                self.env._("Lapsed") if authorization.is_lapsed else label
            )

    def _compute_access_url(self):
        super()._compute_access_url()
        for authorization in self:
            authorization.access_url = f"/my/authorizations/{authorization.id}"

    @api.constrains("hours", "service_type_id", "ticket_id")
    def _check_increment(self):
        types = self.env["service.type"]
        for authorization in self.filtered(lambda record: record.source != "order"):
            increment = authorization._get_increment()
            if not types._is_multiple(authorization.hours, increment):
                raise ValidationError(
                    self.env._(
                        "%(hours)s hours on %(item)s cannot be authorized: hours are "
                        "authorized in steps of %(increment)s.",
                        hours=format_number(self.env, authorization.hours),
                        item=authorization.sudo().sale_line_id.display_name,
                        increment=format_number(self.env, increment),
                    )
                )

    @api.constrains("sale_line_id")
    def _check_sale_line_id(self):
        for authorization in self:
            line_sudo = authorization.sudo().sale_line_id
            if line_sudo.state != "sale" or not line_sudo.is_service:
                raise ValidationError(
                    self.env._(
                        "Hours cannot be authorized on %(item)s: only a service of a "
                        "confirmed order takes them. Confirming order %(order)s "
                        "authorizes the hours ordered.",
                        item=line_sudo.display_name,
                        order=line_sudo.order_id.name,
                    )
                )

    @api.constrains("ticket_id", "task_id", "sale_line_id")
    def _check_work_customer(self):
        for authorization in self.sudo():
            customer = authorization.commercial_partner_id
            work = authorization.ticket_id or authorization.task_id
            if work and work.partner_id.commercial_partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "Hours on %(item)s of %(customer)s cannot be requested for "
                        "%(work)s of %(other)s: choose an item of the same customer.",
                        item=authorization.sale_line_id.display_name,
                        customer=customer.display_name,
                        work=work.display_name,
                        other=work.partner_id.commercial_partner_id.display_name
                        or self.env._("no customer"),
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [self._take_defaults() | vals for vals in vals_list]
            self._check_typed_values(vals_list)
            # A default in the context is a typed value too, so no other is left.
            clean = clean_context(self.env.context)
            self = self.with_context(clean)  # pylint: disable=context-overridden
        return super().create([self._complete_values(vals) for vals in vals_list])

    @api.ondelete(at_uninstall=False)
    def _unlink_except_answered(self):
        for authorization in self:
            if authorization.state in ("approved", "declined"):
                raise UserError(
                    self.env._(
                        "The authorization of %(name)s was answered, so it cannot be "
                        "deleted: record a reduction to take hours back.",
                        name=authorization.display_name,
                    )
                )

    @api.model
    def _take_defaults(self):
        """Return what the window that asks was opened with: a client does not send
        what it shows read-only."""
        defaults = {name: self.env.context.get(f"default_{name}") for name in OPENED_ON}
        return {name: value for name, value in defaults.items() if value}

    @api.model
    def _check_typed_values(self, vals_list):
        """Refuse values that only an answer may give (design 3.5).

        :raise AccessError: for such values, and for what the user may not read
        """
        if any(
            vals.get(name, start) != start
            for vals in vals_list
            for name, start in ANSWER_FIELDS.items()
        ):
            raise AccessError(
                self.env._(
                    "A request of hours says item, hours and reason only: its answer "
                    "comes from the customer, or from a manager who records it."
                )
            )
        for name in OPENED_ON:
            ids = {vals[name] for vals in vals_list if vals.get(name)}
            self.env[self._fields[name].comodel_name].browse(ids).check_access("read")

    @api.model
    def _complete_values(self, vals):
        """Return the values of a new record, with what is nobody's to type."""
        # sudo: who may ask for hours need not read the order
        order_sudo = (
            self.env["sale.order.line"].sudo().browse(vals.get("sale_line_id")).order_id
        )
        company = order_sudo.company_id or self.env.company
        derived = {
            "partner_id": order_sudo.partner_id.id,
            "hours_requested": vals.get("hours"),
            "valid_until": company._get_authorization_lapse(),
        }
        if self.env.su:
            return {**derived, **vals}
        vals = {name: vals[name] for name in vals if name not in ANSWER_FIELDS}
        return {**vals, **derived, "requested_by_id": self.env.uid}

    def _get_increment(self):
        """Return the step of the hours: of the service type, of the ticket's team."""
        self.ensure_one()
        # sudo: who may ask for hours need not read the team
        team_sudo = self.sudo().ticket_id.team_id
        service_type = self.service_type_id or team_sudo.default_service_type_id
        return self.env["service.type"]._get_increment(service_type)
