# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from math import isfinite

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ...tools import format_number

MANAGER_GROUPS = (
    "helpdesk_service_credit.group_service_credit_manager",
    "helpdesk_mgmt.group_helpdesk_manager",
)


class ServiceAuthorizationAnswer(models.AbstractModel):
    """The answer to a request of hours: given once, by whom, how, and what follows."""

    _name = "service.authorization.answer"
    _description = "Answer to a Request of Hours"

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
    valid_until = fields.Datetime(
        readonly=True, copy=False, help="The customer's link can be used until then."
    )
    is_lapsed = fields.Boolean(
        string="Lapsed", compute="_compute_is_lapsed", search="_search_is_lapsed"
    )
    approved_by_id = fields.Many2one(
        comodel_name="res.users", readonly=True, copy=False
    )
    approved_on = fields.Datetime(readonly=True, copy=False)
    signed_by = fields.Char(readonly=True, copy=False)
    signature = fields.Image(
        readonly=True, copy=False, attachment=True, max_width=1024, max_height=1024
    )
    answer_note = fields.Text(string="Answer", readonly=True, copy=False)
    can_answer = fields.Boolean(compute="_compute_can_answer")

    @api.depends("state", "valid_until")
    def _compute_is_lapsed(self):
        now = fields.Datetime.now()
        for record in self:
            record.is_lapsed = (
                record.state == "requested"
                and bool(record.valid_until)
                and record.valid_until < now
            )

    @api.model
    def _search_is_lapsed(self, operator, value):
        if operator != "in":
            return NotImplemented
        return Domain("state", "=", "requested") & Domain(
            "valid_until", "<", fields.Datetime.now()
        )

    @api.depends_context("uid")
    def _compute_can_answer(self):
        self.can_answer = self._may_record_answers()

    def action_record_answer(self):
        """Open the window in which a manager records the customer's answer."""
        self.ensure_one()
        self._check_may_record()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_authorization_record_action"
        )
        return action | {"context": {"default_authorization_id": self.id}}

    def action_approve(self, hours=None, note=None):
        """Record that the customer approved, as told to a manager.

        :param float hours: hours approved, when fewer than requested
        :param str note: who said it and how
        :raise AccessError: for who is no manager
        :raise UserError: when the request was answered already
        :raise ValidationError: for hours that were not asked for, or are used already
        """
        self._check_may_record()
        for record in self:
            record._approve(hours, answer_note=note, source="manager")
        return True

    def action_decline(self, note=None):
        """Record that the customer declined, as told to a manager.

        :raise AccessError: for who is no manager
        :raise UserError: when the request was answered already
        """
        self._check_may_record()
        for record in self:
            record._decline(answer_note=note, source="manager")
        return True

    def action_cancel(self):
        """Withdraw requests that wait for an answer.

        :raise AccessError: for who neither asked nor is a manager
        :raise UserError: when the request was answered already
        """
        for record in self:
            if record.requested_by_id != self.env.user:
                record._check_may_record()
            record._check_open()
            # sudo: nobody writes authorizations, see the access rights
            record.sudo().state = "cancelled"
            record._log_history(
                self.env._("%(name)s: request withdrawn.", name=record.display_name)
            )
        return True

    @api.model
    def _may_record_answers(self):
        return self.env.su or any(
            self.env.user.has_group(group) for group in MANAGER_GROUPS
        )

    def _check_may_record(self):
        self.check_access("read")
        if not self._may_record_answers():
            raise AccessError(
                self.env._(
                    "Only a manager of service credits or of the helpdesk can record "
                    "the answer to %(names)s: send the customer the link instead.",
                    names=", ".join(self.mapped("display_name"))
                    or self.env._("a request"),
                )
            )

    def _check_open(self):
        """Refuse a second answer."""
        self.ensure_one()
        if self.state != "requested":
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "The request of %(name)s is not open any more, it is %(state)s: "
                    "request the hours again if they are still needed.",
                    name=self.display_name,
                    state=labels[self.state].lower(),
                )
            )

    def _check_not_lapsed(self):
        """Refuse the customer's answer on a link that is too old."""
        self.ensure_one()
        if self.is_lapsed:
            raise UserError(
                self.env._(
                    "The request of %(name)s lapsed on %(date)s: ask %(company)s for a "
                    "new one.",
                    name=self.display_name,
                    date=format_date(self.env, self.valid_until),
                    company=self.sudo().company_id.name,
                )
            )

    def _get_no_number(self, hours):
        """Return the error for what is no number of hours."""
        return ValidationError(
            self.env._(
                "“%(hours)s” is no number of hours: write them like %(example)s or "
                "2:30.",
                hours=str(hours)[:40],
                example=format_number(self.env, 2.5),
            )
        )

    def _check_granted(self, hours):
        """Refuse to grant more than was asked for, or nothing."""
        self.ensure_one()
        asked = self.hours
        increment = self._get_increment()
        is_number = isinstance(hours, int | float) and not isinstance(hours, bool)
        if not is_number or not isfinite(hours):
            raise self._get_no_number(hours)
        if hours == asked or (
            0 < hours < asked
            and self.env["service.type"]._is_multiple(hours, increment)
        ):
            return
        raise ValidationError(
            self.env._(
                "%(hours)s h on %(item)s cannot be approved: %(asked)s were asked "
                "for, so approve between %(increment)s and %(asked)s in steps of "
                "%(increment)s.",
                hours=format_number(self.env, hours),
                item=self.sudo().sale_line_id.display_name,
                asked=format_number(self.env, asked),
                increment=format_number(self.env, increment),
            )
        )

    def _approve(self, hours=None, **values):
        """Grant the hours, and cover the overage that waits for them, oldest first.

        :param float hours: hours granted; all that were asked for unless given
        :param values: how the answer was given
        """
        self.ensure_one()
        self._check_open()
        hours = self.hours if hours is None else hours
        self._check_granted(hours)
        self._check_reduction(hours)
        user = self.env.user
        # sudo: nobody writes authorizations, see the access rights
        self.sudo().write(
            {
                "approved_by_id": user.id if not user._is_public() else False,
                **values,
                "state": "approved",
                "hours": hours,
                "approved_on": fields.Datetime.now(),
            }
        )
        self._log_answer()
        self._cover_overage()

    def _decline(self, **values):
        self.ensure_one()
        self._check_open()
        # sudo: nobody writes authorizations, see the access rights
        self.sudo().write({**values, "state": "declined"})
        self._log_answer()

    @api.constrains("hours")
    def _check_reduction_asked(self):
        """Refuse to ask for hours back that are used already, or never were given."""
        for record in self:
            if record.state == "requested":
                record._check_reduction(record.hours)

    def _check_reduction(self, hours):
        """Refuse to take back hours that are used already (design 7.2)."""
        self.ensure_one()
        if hours > 0:
            return
        # sudo: the hours used count whoever may see them
        line_sudo = self.sudo().sale_line_id
        hour = self.env.ref("uom.product_uom_hour")
        authorized, used = line_sudo.authorized_hours, line_sudo.authorized_hours_used
        if hour.compare(authorized + hours, used) >= 0:
            return
        raise ValidationError(
            self.env._(
                "%(hours)s hours cannot be taken back from %(item)s: of %(authorized)s "
                "authorized hours %(used)s are used, so at most %(possible)s can be.",
                hours=format_number(self.env, -hours),
                item=line_sudo.display_name,
                authorized=format_number(self.env, round(authorized, 2)),
                used=format_number(self.env, round(used, 2)),
                possible=format_number(self.env, round(max(authorized - used, 0), 2)),
            )
        )

    def _cover_overage(self):
        """Let the approved hours take the overage that waits on the item."""
        self.ensure_one()
        if self.hours > 0 and self.source != "order":
            self.env["service.funding"]._cover_overage(self.sale_line_id)
