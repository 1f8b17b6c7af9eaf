# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools.misc import clean_context

from ...tools import (
    format_number,
    is_multiple,
    lock_and_touch,
    refuse_typed,
    refuse_uncountable,
    refuse_unreadable,
    untyped_defaults,
)

# Beyond any contract: a slip of the keyboard, not an amount of work.
MOST_HOURS = 100_000
# What a person asks for; all else follows from it or from the answer.
ASKED_FIELDS = (
    "sale_line_id",
    "ticket_id",
    "task_id",
    "service_type_id",
    "hours",
    "reason",
)
# Who may see what an item costs. Customers see it on their page and in their mail.
PRICE_GROUPS = (
    "sales_team.group_sale_salesman,account.group_account_invoice,"
    "account.group_account_readonly"
)


class ServiceAuthorization(models.Model):
    """Hours that a customer agreed, or is asked to agree, to pay on an item."""

    _name = "service.authorization"
    _inherit = ["portal.mixin", "mail.thread"]
    _description = "Authorization of Hours"
    _order = "id desc"
    _mail_post_access = "read"
    _guarded_fields = frozenset(
        (
            "access_token",
            "amount_estimate",
            "answer_note",
            "answered_from",
            "approved_by_id",
            "approved_on",
            "commercial_partner_id",
            "company_id",
            "hours_requested",
            "mails_sent",
            "mailed_on",
            "order_id",
            "partner_id",
            "question_count",
            "requested_by_id",
            "signature",
            "signed_by",
            "source",
            "state",
            "valid_until",
        )
    )

    # What is asked for
    sale_line_id = fields.Many2one(
        comodel_name="sale.order.line",
        string="Sales Order Item",
        required=True,
        index=True,
        ondelete="restrict",
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
        string="Contact",
        compute="_compute_partner_id",
        store=True,
        precompute=True,
        help="Who answers for the customer: the contact of the order, or one who may "
        "approve that many hours.",
    )
    is_unreachable = fields.Boolean(
        compute="_compute_is_unreachable",
        compute_sudo=True,
        export_string_translation=False,
        help="Who answers has no e-mail address, so the request is not mailed.",
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
        groups=PRICE_GROUPS,
        help="The hours at the untaxed price of the item, as of the request.",
    )
    reason = fields.Text(help="Why the hours are needed. The customer reads it.")
    requested_by_id = fields.Many2one(
        comodel_name="res.users",
        default=lambda self: self.env.user,
        readonly=True,
        copy=False,
    )

    # The answer
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
    source = fields.Selection(
        selection=[
            ("request", "Request"),
            ("order", "Order"),
            ("portal", "Portal"),
            ("manager", "Recorded"),
        ],
        string="Answered by",
        default="request",
        required=True,
        readonly=True,
        copy=False,
        help="How the answer came in: with the order, in the portal, or recorded by a "
        "manager.",
    )
    status_label = fields.Char(string="Status", compute="_compute_status_label")
    is_lapsed = fields.Boolean(
        string="Lapsed", compute="_compute_is_lapsed", search="_search_is_lapsed"
    )
    can_answer = fields.Boolean(compute="_compute_can_answer")
    can_send = fields.Boolean(compute="_compute_can_answer")
    can_withdraw = fields.Boolean(compute="_compute_can_answer")
    approved_by_id = fields.Many2one(
        comodel_name="res.users", readonly=True, copy=False
    )
    approved_on = fields.Datetime(string="Answered on", readonly=True, copy=False)
    signed_by = fields.Char(readonly=True, copy=False)
    answered_from = fields.Char(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The network address that the answer in the portal came from.",
    )
    signature = fields.Image(
        readonly=True, copy=False, attachment=True, max_width=1024, max_height=1024
    )
    # Managers write down here what a customer said; it is not for the portal.
    answer_note = fields.Text(
        string="Answer", readonly=True, copy=False, groups="base.group_user"
    )

    # The customer's link
    # The holder of the token answers for the customer, so no user can read it.
    access_token = fields.Char(groups=fields.NO_ACCESS)
    valid_until = fields.Datetime(
        readonly=True, copy=False, help="The customer's link can be used until then."
    )
    mailed_on = fields.Date(
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
        export_string_translation=False,
    )
    mails_sent = fields.Integer(
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
        help="Mails sent on the day of the latest one.",
        export_string_translation=False,
    )
    question_count = fields.Integer(
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
        export_string_translation=False,
    )

    _hours_possible = models.Constraint(
        f"CHECK(hours <> 0 AND ABS(hours) <= {MOST_HOURS})",
        "An authorization can't be for 0 hours or for more than 100,000. A negative "
        "number takes back unused hours.",
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("sale_line_id")
    def _compute_partner_id(self):
        for authorization in self:
            # sudo: who may ask for hours need not read the order
            order_sudo = authorization.sudo().sale_line_id.order_id
            customer_sudo = order_sudo.partner_id
            if customer_sudo:
                customer_sudo = customer_sudo._get_hour_addressee(authorization.hours)
            authorization.partner_id = customer_sudo

    @api.depends("hours", "sale_line_id")
    def _compute_amount_estimate(self):
        """Price the hours as the item is priced now; later prices change nothing."""
        hour = self.env.ref("uom.product_uom_hour")
        for authorization in self:
            # sudo: the price is kept for the customer; who asks need not see it
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

    @api.depends("state", "valid_until")
    def _compute_is_lapsed(self):
        now = fields.Datetime.now()
        for authorization in self:
            authorization.is_lapsed = (
                authorization.state == "requested"
                and bool(authorization.valid_until)
                and authorization.valid_until < now
            )

    @api.model
    def _search_is_lapsed(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("state", "=", "requested") & Domain(
            "valid_until", "<", fields.Datetime.now()
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

    @api.depends("requested_by_id")
    @api.depends_context("uid")
    def _compute_can_answer(self):
        for authorization in self:
            authorization.can_answer = authorization._may_record_answers()
            authorization.can_send = authorization._may_send()
            authorization.can_withdraw = authorization._may_withdraw()

    def _compute_access_url(self):
        super()._compute_access_url()
        for authorization in self:
            authorization.access_url = f"/my/authorizations/{authorization.id}"

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------

    @api.constrains("hours", "service_type_id", "ticket_id")
    def _check_increment(self):
        for authorization in self.filtered(lambda record: record.source != "order"):
            increment = authorization._get_increment()
            if not is_multiple(authorization.hours, increment):
                raise ValidationError(
                    self.env._(
                        "%(hours)s hours can't be requested on %(item)s: request hours "
                        "in steps of %(increment)s.",
                        hours=format_number(self.env, authorization.hours),
                        item=authorization.sudo().sale_line_id.display_name,
                        increment=format_number(self.env, increment),
                    )
                )

    @api.constrains("hours")
    def _check_reduction_asked(self):
        """Refuse to ask for hours back that are used already, or never were given."""
        for authorization in self:
            if authorization.state == "requested":
                authorization._check_reduction(authorization.hours)

    @api.constrains("sale_line_id")
    def _check_sale_line_id(self):
        for authorization in self:
            # sudo: who may ask for hours need not read the order
            line_sudo = authorization.sudo().sale_line_id
            values = {"item": line_sudo.display_name, "order": line_sudo.order_id.name}
            if line_sudo.state != "sale" or not line_sudo.is_service:
                raise ValidationError(
                    self.env._(
                        "Hours can't be requested on %(item)s: choose a service of a "
                        "confirmed order. Confirming order %(order)s authorizes the "
                        "hours ordered.",
                        **values,
                    )
                )
            if not line_sudo.limit_hours:
                raise ValidationError(
                    self.env._(
                        "Hours can't be requested on %(item)s because its hours are "
                        "not limited: tick Limit Hours on order %(order)s first.",
                        **values,
                    )
                )

    @api.constrains("sale_line_id", "hours")
    def _check_one_open(self):
        """Ask once: two answers to the same question would authorize hours twice."""
        asked = self.filtered_domain(self._domain_open())
        # sudo: who may ask for hours need not read the order, or every request
        items_sudo = asked.sudo().sale_line_id
        lock_and_touch(items_sudo)
        groups = asked.sudo()._read_group(
            self._domain_open() & Domain("sale_line_id", "in", items_sudo.ids),
            ["sale_line_id"],
            ["id:recordset"],
            having=[("__count", ">", 1)],
        )
        for item_sudo, requests_sudo in groups:
            first_sudo = requests_sudo.sorted("id")[:1]
            raise ValidationError(
                self.env._(
                    "The customer has not answered the request for %(hours)s hours on "
                    "%(item)s yet: send it again, or withdraw it before you ask for "
                    "other hours.",
                    hours=format_number(self.env, first_sudo.hours),
                    item=item_sudo.display_name,
                )
            )

    @api.constrains("ticket_id", "task_id", "sale_line_id")
    def _check_work_customer(self):
        # sudo: whose item it is must not depend on who may read the order
        for authorization in self.sudo():
            customer = authorization.commercial_partner_id
            work = authorization.ticket_id or authorization.task_id
            if work and work.partner_id.commercial_partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "Hours on %(item)s of %(customer)s can't be requested for "
                        "%(work)s of %(other)s: choose an item of the same customer.",
                        item=authorization.sale_line_id.display_name,
                        customer=customer.display_name,
                        work=work.display_name,
                        other=work.partner_id.commercial_partner_id.display_name
                        or self.env._("no customer"),
                    )
                )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        return untyped_defaults(self, fields, super().default_get)

    @api.depends("partner_id.email")
    def _compute_is_unreachable(self):
        for request in self:
            contact = request.partner_id
            request.is_unreachable = bool(contact) and not contact.email

    @api.model
    def _domain_open(self):
        """Return the requests for more hours that wait for the customer's answer."""
        return (
            Domain("state", "=", "requested")
            & Domain("source", "=", "request")
            & Domain("hours", ">", 0)
        )

    @api.model
    def _get_open_requests(self, items):
        """Return the open requests on items; each has one at most."""
        return self.search(
            self._domain_open() & Domain("sale_line_id", "in", items.ids)
        )

    @api.model
    def _get_request_action(self, items, **defaults):
        """Open the window that asks for hours on one of the items.

        Where the customer has not answered about any of them, what was asked is shown.
        """
        waiting = self._get_open_requests(items)
        free = items - waiting.sale_line_id
        if waiting and not free:
            return waiting._get_records_action(name=self.env._("Requested Hours"))
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_authorization_action_request"
        )
        defaults["sale_line_id"] = free[:1].id
        return action | {
            "context": {f"default_{name}": value for name, value in defaults.items()}
        }

    @api.model_create_multi
    def create(self, vals_list):
        refuse_typed(
            self,
            vals_list,
            sentence=self.env._(
                "You can set only the item, hours and reason of a request. The "
                "customer or a manager answers it."
            ),
        )
        refuse_uncountable(self, vals_list, ["hours"])
        asked = self.default_get(list(ASKED_FIELDS))
        vals_list = [{**asked, **vals} for vals in vals_list]
        refuse_unreadable(self, vals_list)
        # Before anything names what the user may not read.
        for name in ("sale_line_id", "ticket_id", "task_id"):
            ids = {vals[name] for vals in vals_list if vals.get(name)}
            self.env[self._fields[name].comodel_name].browse(ids).check_access("read")
        # The defaults are in the values now; a context types nothing else.
        clean = clean_context(self.env.context)
        self = self.with_context(clean)  # pylint: disable=context-overridden
        return super().create([self._complete_values(vals) for vals in vals_list])

    @api.ondelete(at_uninstall=False)
    def _unlink_except_answered(self):
        for authorization in self:
            if authorization.state in ("approved", "declined"):
                raise UserError(
                    self.env._(
                        "The request for %(name)s was answered, so it can't be "
                        "deleted: record a reduction to take hours back.",
                        name=authorization.display_name,
                    )
                )

    @api.model
    def _complete_values(self, vals):
        """Return the values of a new record, with what no person types."""
        # sudo: who may ask for hours need not read the order
        order_sudo = (
            self.env["sale.order.line"].sudo().browse(vals.get("sale_line_id")).order_id
        )
        company = order_sudo.company_id or self.env.company
        return {
            "hours_requested": vals.get("hours"),
            "valid_until": company._get_authorization_lapse(),
            **vals,
        }

    def _get_increment(self):
        """Return the step of the hours: of the service type, of the ticket's team."""
        self.ensure_one()
        # sudo: who may ask for hours need not read the team
        team_sudo = self.sudo().ticket_id.team_id
        service_type = self.service_type_id or team_sudo.default_service_type_id
        return self.env["service.type"]._get_increment(service_type)

    def _get_today(self):
        """Return what day it is for the company that asks."""
        self.ensure_one()
        # sudo: who may ask for hours need not read the company
        return (self.sudo().company_id or self.env.company)._get_today()
