# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools import format_number
from ..funding.service_funding_claim import NON_BILLABLE, OVERAGE

DECIDERS = (
    "helpdesk_mgmt.group_helpdesk_manager",
    "helpdesk_service_credit.group_service_credit_manager",
)


class ServiceOverageMixin(models.AbstractModel):
    """What a manager decides about time that nobody covers, with who and when."""

    _name = "service.overage.mixin"
    _description = "Decision on Overage"

    overage_decision = fields.Selection(
        selection=[
            ("covered", "Covered"),
            ("billed", "Billed"),
            ("goodwill", "Goodwill"),
        ],
        readonly=True,
        copy=False,
        help="What was decided about the time that nobody covered.",
    )
    overage_decided_by_id = fields.Many2one(
        comodel_name="res.users", readonly=True, copy=False
    )
    overage_decided_on = fields.Datetime(readonly=True, copy=False)

    @api.depends("hours_billed", "coverage", "ticket_id.sale_line_id")
    def _compute_overage_value(self):
        for line in self:
            item = line.ticket_id.sale_line_id
            price = item.price_unit * (1 - (item.discount or 0) / 100)
            if not item:
                price = line._get_credit_price()
            line.overage_value = line.hours_billed * price

    def _get_credit_price(self):
        """Return what an hour costs in the customer's latest purchase of credits."""
        self.ensure_one()
        purchase = self.env["service.credit.purchase"].search(
            [
                (
                    "commercial_partner_id",
                    "=",
                    self.partner_id.commercial_partner_id.id,
                ),
                ("company_id", "=", self.company_id.id),
                ("is_draft", "=", False),
            ],
            order="date_start desc, id desc",
            limit=1,
        )
        return purchase.value_per_credit * (self.credits_per_hour or 1.0)

    def action_cover_overage(self):
        """Let credits bought meanwhile, then the item, pay; the rest goes on waiting.

        :raise UserError: when nothing could be covered
        """
        waiting = self._get_waiting_overage()
        covered = self.env["service.funding"]._cover(waiting)
        if not covered:
            raise UserError(
                self.env._(
                    "Nothing covers the overage of %(tickets)s yet: sell credits or "
                    "hours to the customer first, bill it, or mark it as goodwill.",
                    tickets=", ".join(waiting.ticket_id.mapped("display_name")),
                )
            )
        return covered._note_decision("covered")

    def action_bill_overage(self):
        """Bill the overage to the tickets' sales order items, within their caps.

        :raise UserError: when a ticket has no item
        :raise ValidationError: when the authorized hours of an item do not suffice
        """
        waiting = self._get_waiting_overage()
        for ticket in waiting.ticket_id:
            entries = waiting.filtered(lambda line, t=ticket: line.ticket_id == t)
            if not ticket.sale_line_id:
                raise UserError(
                    self.env._(
                        "The overage of ticket %(ticket)s cannot be billed: choose a "
                        "sales order item on the ticket first.",
                        ticket=ticket.display_name,
                    )
                )
            self.env["service.funding"]._cover(
                entries, item=ticket.sale_line_id, policy="refuse"
            )
        return waiting._note_decision("billed")

    def action_goodwill_overage(self):
        """Never bill the overage; its value stays shown."""
        waiting = self._get_waiting_overage()
        waiting._note_funding(
            {
                entry: {
                    "coverage": NON_BILLABLE,
                    "coverage_note": self.env._(
                        "%(hours)s h as goodwill, decided by %(user)s",
                        hours=format_number(self.env, entry.hours_billed, 2),
                        user=self.env.user.name,
                    ),
                }
                for entry in waiting
            }
        )
        return waiting._note_decision("goodwill")

    def _get_waiting_overage(self):
        """Return the overage among these entries, oldest first, as superuser.

        :raise AccessError: when the user may not decide
        :raise UserError: when none of the entries is overage
        """
        self.check_access("read")
        if not self.env.su and not any(map(self.env.user.has_group, DECIDERS)):
            raise AccessError(
                self.env._(
                    "Only a manager of Helpdesk or of Service Credits decides about "
                    "overage."
                )
            )
        # sudo: the decision is the manager's, the entries are their authors'
        waiting = self.sudo().filtered(lambda line: line.coverage == OVERAGE)
        if not waiting:
            raise UserError(
                self.env._("None of the chosen entries is overage that waits.")
            )
        return waiting.sorted(lambda line: (line.date, line.id))

    def _note_decision(self, decision):
        """Note who decided what, on the entries and in the tickets' chatter."""
        values = {
            "overage_decision": decision,
            "overage_decided_by_id": self.env.uid,
            "overage_decided_on": fields.Datetime.now(),
        }
        self._note_funding(dict.fromkeys(self, values))
        if decision != "goodwill":
            self._land_in_open_period()
        labels = dict(self._fields["overage_decision"]._description_selection(self.env))
        for ticket, entries in self.grouped("ticket_id").items():
            ticket._message_log(
                body=self.env._(
                    "Overage of %(hours)s h: %(decision)s.",
                    hours=format_number(
                        self.env, sum(entries.mapped("hours_billed")), 2
                    ),
                    decision=labels[decision],
                )
            )
        return True
