# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ...tools import parse_duration, refuse_uncountable
from ..funding import apply

# What is corrected on a rejected entry without asking again who pays.
CORRECTIONS = frozenset(("name", "employee_id", "user_id"))
# A form that changes one of these shows another item.
SHOWS_ITEM = frozenset(("ticket_id", "is_billable", "employee_id", "project_id"))


class AccountAnalyticLine(models.Model):
    """The values of entries on tickets: what follows from the ticket and the team."""

    _inherit = "account.analytic.line"

    @api.depends("unit_amount", "ticket_id", "is_billable")
    def _compute_hours_billed(self):
        """Round what was worked; later changes of the team's settings do not count."""
        for line in self:
            team = line.ticket_id.team_id if line.is_billable else None
            hours = line.unit_amount * line._get_billing_factor()
            line.hours_billed = team._get_billed_hours(hours) if team else hours

    @api.depends("ticket_id.commercial_partner_id")
    def _compute_commercial_partner(self):
        of_tickets = self.filtered("ticket_id")
        super(AccountAnalyticLine, self - of_tickets)._compute_commercial_partner()
        for line in of_tickets:
            ticket = line._get_readable_ticket()
            line.commercial_partner_id = ticket.commercial_partner_id

    @api.depends("ticket_id")
    def _compute_partner_id(self):
        """Keep the customer the ticket had when the entry was logged."""
        of_tickets = self.filtered("ticket_id")
        super(AccountAnalyticLine, self - of_tickets)._compute_partner_id()
        for line in of_tickets.filtered(lambda line: not line._is_funding_decided()):
            line.partner_id = line._get_readable_ticket().partner_id

    @api.depends("ticket_id")
    def _compute_project_id(self):
        super()._compute_project_id()
        for line in self:
            if line.ticket_id and not line._is_funding_decided():
                line.project_id = line._get_readable_ticket().project_id

    @api.depends("coverage")
    def _compute_timesheet_invoice_type(self):
        by_credits = self.filtered(lambda line: line.coverage == "credits")
        by_credits.timesheet_invoice_type = "service_credits"
        rest = super(AccountAnalyticLine, self - by_credits)
        return rest._compute_timesheet_invoice_type()

    @api.depends("ticket_id", "is_billable")
    def _compute_so_line(self):
        """Leave entries of tickets to the funding, which decides once.

        Core would move prepaid time that was consumed, even after it was invoiced. An
        entry that is being typed shows the item it would take.
        """
        funded = self.filtered(
            lambda line: line.ticket_id and (line.id or line._is_funding_decided())
        )
        return super(AccountAnalyticLine, self - funded)._compute_so_line()

    @api.depends("ticket_id.message_partner_ids")
    def _compute_message_partner_ids(self):
        super()._compute_message_partner_ids()
        for line in self.filtered("ticket_id"):
            line.message_partner_ids |= line.ticket_id.message_partner_ids

    def _search_message_partner_ids(self, operator, value):
        """Followers of a ticket see its time, as followers of a task do."""
        followed = self.env["mail.followers"]._search(
            [("partner_id", operator, value), ("res_model", "=", "helpdesk.ticket")]
        )
        return super()._search_message_partner_ids(operator, value) | Domain(
            "ticket_id", "in", followed.subselect("res_id")
        )

    @api.depends("ticket_id")
    def _compute_display_name(self):
        of_tickets = self.filtered("ticket_id")
        super(AccountAnalyticLine, self - of_tickets)._compute_display_name()
        for line in of_tickets:
            # sudo: a name may be shown where the ticket itself may not be opened
            line.display_name = (
                f"{line.project_id.sudo().display_name} - "
                f"{line.ticket_id.sudo().display_name}"
            )

    @api.depends("timesheet_invoice_type", "timesheet_invoice_id.state")
    def _compute_is_to_invoice(self):
        waiting = self.filtered_domain(self._domain_to_invoice())
        waiting.is_to_invoice = True
        (self - waiting).is_to_invoice = False

    @api.model
    def _search_is_to_invoice(self, operator, value):
        """Also for who may not read invoices: they learn that there is none."""
        if operator != "in" or True not in value:
            return NotImplemented
        return self._domain_to_invoice()

    @api.model
    def _domain_to_invoice(self):
        return (
            Domain("timesheet_invoice_type", "=", "billable_time")
            & self._domain_counts()
            & self._domain_not_billed()
        )

    # ------------------------------------------------------------------
    # Completing what comes in
    # ------------------------------------------------------------------

    @api.model
    def _complete_values(self, vals_list):
        """Complete the values of new entries from their tickets.

        With these a line that names only a ticket is a whole timesheet, whichever way
        it comes in. Values of other lines are returned as they are. The item of an
        entry is taken out: the funding sets it, when it is known to fit.

        :param list vals_list: values for `account.analytic.line.create`
        :return: the completed values, and for each the item a person chose, also an
            empty one; None when nothing was chosen
        :raise AccessError: when the user may not read a ticket
        :raise UserError: when time cannot be logged on a ticket, or by the employee
        """
        default_id = self.env.context.get("default_ticket_id")
        ids = {vals.get("ticket_id", default_id) for vals in vals_list} - {None, False}
        if not ids:
            return vals_list, []
        tickets = self.env["helpdesk.ticket"].browse(ids)
        tickets.check_access("read")
        values = {ticket.id: ticket._get_time_values() for ticket in tickets}
        completed, chosen, own = [], [], {}
        for vals in vals_list:
            ticket_id = vals.get("ticket_id", default_id)
            choice = None
            if ticket_id:
                vals = self._read_duration({**vals, **values[ticket_id]})
                self._complete_employee(vals, own)
                choice = self._pop_choice(vals)
            completed.append(vals)
            chosen.append(choice)
        return completed, chosen

    @api.model
    def _complete_written_values(self, vals):
        """Complete the values written on entries of tickets.

        When they move to another ticket, project, company and customer follow, and who
        pays is decided anew.

        :return: the values, and the item a person chose as in :meth:`_complete_values`
        :raise AccessError: when the user may not read the ticket
        :raise UserError: when time cannot be logged on the ticket
        """
        vals = dict(vals)
        if vals.get("ticket_id"):
            ticket = self.env["helpdesk.ticket"].browse(vals["ticket_id"])
            ticket.check_access("read")
            moved = ticket._get_time_values()
            # The unit stays: time in another one than hours is refused.
            moved.pop("product_uom_id")
            vals = {"is_so_line_edited": False, "task_id": False, **vals, **moved}
        if vals.get("is_billable") is False:
            vals["is_so_line_edited"] = False
        if "so_line" not in vals:
            return vals, None
        return vals, self._browse_item(vals.pop("so_line"))

    @api.model
    def _pop_choice(self, vals):
        """Take the item out of `vals`; return it if a person chose it."""
        item_id = vals.pop("so_line", None)
        if item_id or vals.get("is_so_line_edited"):
            return self._browse_item(item_id)
        return None

    @api.model
    def _browse_item(self, item_id):
        # sudo: who logs time need not read the order
        return self.env["sale.order.line"].sudo().browse(item_id or ())

    def _get_choices(self, chosen):
        """Return the items that people chose for new entries.

        One the client merely sends back, because the form showed it, is no choice.

        :param list chosen: of :meth:`_complete_values`, in the order of the entries
        :return: item by entry (superuser)
        """
        choices = {}
        if len(self) != len(chosen):
            return choices  # core left some out
        # sudo: who logs time need not read the order
        for line, choice in zip(self.sudo(), chosen, strict=True):
            if not line.ticket_id or choice is None:
                continue
            if line.is_so_line_edited or choice != line._get_ticket_item():
                choices[line] = choice
        return choices

    def _split_by_choice(self, vals, choice):
        """Tell for which of the written entries a person chose the item.

        A form sends along the item that it showed after another change, which is no
        choice: credits still come first.

        :return: list of pairs: the choice, or None, and the entries it holds for
        """
        is_chosen = vals.get("is_so_line_edited") or SHOWS_ITEM.isdisjoint(vals)
        if choice is None or is_chosen:
            return [(choice, self)]
        sent = self.filtered(lambda entry: entry.sudo()._get_ticket_item() == choice)
        return [(None, sent), (choice, self - sent)]

    def _get_logged_action(self):
        """Return a notification: what was logged, on which ticket, and who pays."""
        self.ensure_one()
        ticket = self.ticket_id
        # sudo: hours that others pay became entries of their own
        pieces_sudo = self.sudo() | self.sudo().search(
            [("split_from_id", "=", self.id)]
        )
        minutes = round(sum(pieces_sudo.mapped("unit_amount")) * 60)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%(time)s logged on %%s (%(payers)s).",
                    time=f"{minutes // 60}:{minutes % 60:02}",
                    payers=", ".join(pieces_sudo.mapped("payers")),
                ),
                "links": [
                    {
                        "label": ticket.display_name,
                        "url": f"/odoo/helpdesk.ticket/{ticket.id}",
                    }
                ],
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    @api.model
    def _read_duration(self, vals):
        """Read hours that a program sends as people type them.

        :raise DurationError: for a text that is no duration
        :raise ValidationError: for what is not a number
        """
        hours = vals.get("unit_amount")
        if isinstance(hours, str):
            vals["unit_amount"] = parse_duration(hours)
        refuse_uncountable(self, [vals], ["unit_amount"])
        return vals

    @api.model
    def _complete_employee(self, vals, own):
        """Complete the employee, or refuse one who is not of the ticket's company.

        :param dict own: employees found for earlier entries of the batch
        :raise UserError: when the user has no employee in the ticket's company
        """
        employee_id = vals.get("employee_id") or self.env.context.get(
            "default_employee_id"
        )
        # sudo: agents need not read employees to log their own time
        employee_sudo = self.env["hr.employee"].sudo().browse(employee_id)
        company = self.env["res.company"].browse(vals["company_id"])
        if not employee_sudo:
            user_id = vals.get("user_id") or self.env.uid
            if (company.id, user_id) not in own:
                user = self.env["res.users"].browse(user_id)
                employee = self.env["hr.employee"]._get_own_for_time(company, user)
                own[company.id, user_id] = employee.id
            vals["employee_id"] = own[company.id, user_id]
        elif not employee_sudo.active or employee_sudo.company_id != company:
            ticket = self.env["helpdesk.ticket"].browse(vals["ticket_id"])
            raise ValidationError(
                self._get_employee_text(ticket, employee_sudo, company)
            )

    def _prepare_split_values(self):
        values = super()._prepare_split_values()
        values["internal_note"] = self.internal_note
        if self.approval_state:
            values["approval_state"] = self.approval_state
        return values

    # ------------------------------------------------------------------
    # After a change
    # ------------------------------------------------------------------

    def _clear_unticked(self):
        """Let nobody pay for lines of tasks either when they are not billable."""
        unticked = self.filtered(lambda line: line.so_line and not line.is_billable)
        if unticked:
            unticked.so_line = False

    def _follow_write(self, before, choice):
        """Make approval and funding follow a change of entries of tickets."""
        rejected = self._get_rejected()
        if rejected:
            # Corrected, they are drafts again and ask anew who pays.
            rejected._write_funding(dict.fromkeys(rejected, {"coverage": False}))
            rejected._reopen()
        # Moved to a team that asks for no approval, it is not submitted again.
        self.filtered(lambda entry: not entry.approval_state)._end_rejection()
        apply.follow(self, before, choice)
        self._get_rebooked(before, choice)._check_items()

    def _follow_correction(self, vals):
        """The same for what is corrected without a change of who pays."""
        if not CORRECTIONS.isdisjoint(vals):
            rejected = self._get_rejected()
            rejected._fund_rejected()
            rejected._reopen()

    def _move_to_ticket(self, ticket):
        """Move entries as they are, submitted and approved ones too (superuser).

        For merged tickets, which are no correction of the time.
        """
        before = apply.snapshot(self)
        vals, _choice = self._complete_written_values({"ticket_id": ticket.id})
        project = {key: vals[key] for key in ("project_id", "company_id")}
        accounts = self._timesheet_preprocess_get_accounts(project)
        self._write_own({**accounts, **vals})
        self._follow_write(before, None)

    @api.model
    def _domain_not_billed(self):
        """Return the entries that no invoice holds; `_is_not_billed` for one entry."""
        return Domain("timesheet_invoice_id", "=", False) | Domain(
            "timesheet_invoice_id",
            # whoever looks: that an entry is billed is no secret of its invoice
            "any!",
            Domain("state", "=", "cancel")
            & Domain("payment_state", "!=", "invoicing_legacy"),
        )

    @api.model
    def _domain_of_customer(self, customer):
        """Return the entries on tickets that were logged for a customer.

        A ticket may have had another customer when time was logged on it: that time is
        not for the eyes of the present one. Time logged before a ticket had a customer
        is for the one it has.

        :param customer: commercial entity
        """
        return Domain("partner_id.commercial_partner_id", "=", customer.id) | (
            Domain("partner_id", "=", False)
            & Domain("ticket_id.commercial_partner_id", "=", customer.id)
        )

    def _timesheet_get_portal_domain(self):
        """Show customers the time of their tickets when the team says so."""
        domain = Domain(super()._timesheet_get_portal_domain())
        if self.env.user.has_group("hr_timesheet.group_hr_timesheet_user"):
            return domain
        customer = self.env.user.partner_id.commercial_partner_id
        return (domain & Domain("ticket_id", "=", False)) | (
            Domain("ticket_id", "!=", False)
            & self._domain_of_customer(customer)
            & Domain("ticket_id.team_id.show_timesheet_portal", "=", True)
            & Domain("approval_state", "!=", "rejected")
        )
