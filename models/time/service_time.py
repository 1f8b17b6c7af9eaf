# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ...tools import format_number
from ..funding.service_funding import HOUR_DIGITS

# Beyond what core locks on an entry that an invoice bills.
LOCKED_FIELDS = frozenset(("ticket_id", "is_billable"))
HOURS_IN_A_DAY = 24


class ServiceTime(models.AbstractModel):
    """The rules of time on tickets, which `account.analytic.line` asks."""

    _name = "service.time"
    _description = "Rules of Time on Tickets"

    @api.model
    def _complete_values(self, vals_list):
        """Complete the values of new entries from their tickets.

        With these a line that names only a ticket is a whole timesheet, whichever way
        it comes in. Values of other lines are returned as they are. The item of an
        entry is taken out: the funding sets it, when it is known to fit.

        :param list vals_list: values for `account.analytic.line.create`
        :return: the completed values, and for each the item a person chose: an id,
            False for none, None when nothing was chosen
        :raise AccessError: when the user may not read a ticket
        :raise UserError: when time cannot be logged on a ticket, or by the employee
        """
        default_id = self.env.context.get("default_ticket_id")
        ids = {vals.get("ticket_id", default_id) for vals in vals_list} - {None, False}
        if not ids:
            return vals_list, []
        tickets = self.env["helpdesk.ticket"].browse(ids)
        tickets.check_access("read")
        values = {ticket.id: self._get_ticket_values(ticket) for ticket in tickets}
        completed, chosen, own = [], [], {}
        for vals in vals_list:
            ticket_id = vals.get("ticket_id", default_id)
            choice = None
            # A coverage comes from the funding only, whose values are complete.
            if ticket_id:
                vals = self._read_duration({**vals, **values[ticket_id]})
                self._check_employee(vals, own)
                if "coverage" not in vals:
                    choice = self._pop_choice(vals)
            completed.append(vals)
            chosen.append(choice)
        return completed, chosen

    @api.model
    def _pop_choice(self, vals):
        """Take the item out of `vals`; return it if a person chose it."""
        item_id = vals.pop("so_line", None)
        if vals.get("is_so_line_edited"):
            return item_id or False
        return item_id or None

    @api.model
    def _complete_written_values(self, vals):
        """Complete the values written on entries of tickets.

        When they move to another ticket, project, company and customer follow, and who
        pays is decided anew.

        :return: the values, and the item a person chose as in :meth:`_complete_values`
        :raise AccessError: when the user may not read the ticket
        :raise UserError: when time cannot be logged on the ticket
        """
        vals = self._read_duration(dict(vals))
        if vals.get("ticket_id"):
            ticket = self.env["helpdesk.ticket"].browse(vals["ticket_id"])
            ticket.check_access("read")
            vals = {
                "is_so_line_edited": False,
                "task_id": False,
                **vals,
                **self._get_ticket_values(ticket),
                "partner_id": ticket.partner_id.id,
            }
        if vals.get("is_billable") is False:
            vals["is_so_line_edited"] = False
        if "so_line" not in vals:
            return vals, None
        return vals, vals.pop("so_line") or False

    @api.model
    def _get_ticket_values(self, ticket):
        obstacle = self._get_obstacle(ticket)
        if obstacle:
            raise UserError(
                self.env._(
                    "Time cannot be logged on ticket %(ticket)s: %(obstacle)s",
                    ticket=ticket.display_name,
                    obstacle=obstacle,
                )
            )
        return {
            "ticket_id": ticket.id,
            # sudo: whoever reads a ticket may log on it, whatever its project's privacy
            "project_id": ticket.sudo().project_id.id,
            "company_id": ticket.company_id.id,
        }

    @api.model
    def _get_obstacle(self, ticket):
        """Tell why a ticket takes no time and what helps; False if it does."""
        # sudo: the team and the project may be closed to whoever reads the ticket
        team_sudo, project_sudo = ticket.sudo().team_id, ticket.sudo().project_id
        company = ticket.company_id
        if not team_sudo.allow_timesheet:
            return self.env._(
                "tick Timesheets on its team (%(team)s), or move the ticket to a team "
                "that has it.",
                team=team_sudo.display_name or self.env._("no team"),
            )
        if not project_sudo:
            return self.env._(
                "it has no project. Choose one on the ticket or on its team %(team)s.",
                team=team_sudo.display_name,
            )
        default_sudo = team_sudo.with_company(company).default_project_id
        if team_sudo.only_project_tickets and project_sudo == default_sudo:
            return self.env._(
                "team %(team)s logs time only on tickets with a project of their own. "
                "Choose another project than %(project)s on the ticket.",
                team=team_sudo.display_name,
                project=project_sudo.display_name,
            )
        if ticket.stage_id.lock_timesheet:
            return self.env._(
                "its stage %(stage)s locks time. Reopen the ticket first.",
                stage=ticket.stage_id.name,
            )
        if project_sudo.company_id and project_sudo.company_id != company:
            return self.env._(
                "its project %(project)s belongs to %(project_company)s, the ticket to "
                "%(company)s.",
                project=project_sudo.display_name,
                project_company=project_sudo.company_id.name,
                company=company.name,
            )
        return False

    @api.model
    def _fund_new(self, lines, chosen):
        """Decide who pays for new entries of tickets.

        An item a person chose pays instead of credits; one the client merely sends
        back, because the form showed it, does not count as chosen.
        """
        choices, entries = {}, lines.browse()
        for line, choice in zip(lines, chosen, strict=False):
            if not line.ticket_id or line.coverage:
                continue
            entries += line
            if choice is None:
                continue
            if line.is_so_line_edited or choice != line.sudo()._get_ticket_item().id:
                choices[line.sudo()] = choice
        if entries:
            self.env["service.funding"]._fund(entries, choices)
            self._check_items(entries)

    @api.model
    def _follow_write(self, entries, before, choice):
        """Make the funding follow a change of entries."""
        self.env["service.funding"]._follow(entries, before, choice)
        self._check_items(self._get_rebooked(entries, before, choice))

    @api.model
    def _clear_unticked(self, lines):
        """Let nobody pay for lines of tasks either when they are not billable."""
        unticked = lines.filtered(lambda line: line.so_line and not line.is_billable)
        if unticked:
            unticked.so_line = False

    @api.model
    def _check_employee(self, vals, own):
        """Complete the employee, or refuse one who is not of the ticket's company.

        :param dict own: employees found for earlier entries of the batch
        :raise UserError: when the user has no employee in the ticket's company
        """
        # sudo: agents need not read employees to log their own time
        employee_id = vals.get("employee_id") or self.env.context.get(
            "default_employee_id"
        )
        employee_sudo = self.env["hr.employee"].sudo().browse(employee_id)
        company = self.env["res.company"].browse(vals["company_id"])
        if not employee_sudo:
            user_id = vals.get("user_id") or self.env.uid
            if (company.id, user_id) not in own:
                user = self.env["res.users"].browse(user_id)
                employee = self.env["hr.employee"]._get_own_for_time(company, user)
                own[company.id, user_id] = employee.id
            vals["employee_id"] = own[company.id, user_id]
            return
        if not employee_sudo.active or employee_sudo.company_id != company:
            ticket = self.env["helpdesk.ticket"].browse(vals["ticket_id"])
            raise ValidationError(
                self._get_employee_text(ticket, employee_sudo, company)
            )

    @api.model
    def _check_hours(self, entries):
        """Refuse entries that take no time, or more than a day has.

        :raise ValidationError: naming the ticket and the hours asked
        """
        for entry in entries:
            hours = entry.unit_amount
            # Not to the minute: the last credits may pay a very small part.
            if 0 < round(hours, HOUR_DIGITS) <= HOURS_IN_A_DAY:
                continue
            raise ValidationError(
                self.env._(
                    "%(hours)s hours on ticket %(ticket)s on %(date)s are not possible:"
                    " an entry takes more than 0 and at most 24 hours.",
                    hours=format_number(self.env, hours),
                    ticket=entry.ticket_id.display_name,
                    date=format_date(self.env, entry.date),
                )
            )

    @api.model
    def _check_items(self, entries):
        for alike in entries.grouped(
            lambda entry: (entry.so_line, entry.ticket_id, entry.company_id)
        ).values():
            self._check_item(alike[0])

    @api.model
    def _check_item(self, entry):
        """Refuse an item that the entry's ticket could not carry itself.

        :raise ValidationError: naming the item and what may be done
        """
        item_sudo = entry.sudo().so_line
        ticket_sudo = entry.sudo().ticket_id
        if not item_sudo:
            return
        if item_sudo.state != "sale":
            raise ValidationError(
                self.env._(
                    "Time on ticket %(ticket)s cannot be billed to %(item)s: order "
                    "%(order)s is not confirmed or was cancelled. Choose another item "
                    "on the ticket, or leave it empty.",
                    ticket=ticket_sudo.display_name,
                    item=item_sudo.display_name,
                    order=item_sudo.order_id.name,
                )
            )
        customer = item_sudo.order_partner_id.commercial_partner_id
        if (
            customer != ticket_sudo.commercial_partner_id
            or item_sudo.company_id != entry.company_id
        ):
            raise ValidationError(
                self.env._(
                    "Time on ticket %(ticket)s of %(customer)s cannot be billed to "
                    "%(item)s of %(item_customer)s (%(item_company)s): choose an item "
                    "of the ticket's own customer and company.",
                    ticket=ticket_sudo.display_name,
                    customer=ticket_sudo.commercial_partner_id.display_name
                    or self.env._("no customer"),
                    item=item_sudo.display_name,
                    item_customer=customer.display_name,
                    item_company=item_sudo.company_id.name,
                )
            )

    @api.model
    def _check_locked(self, entries, values):
        """Lock what an invoice bills, the ticket and the billable tick included.

        :raise UserError: naming the entry and its invoice
        """
        if LOCKED_FIELDS.isdisjoint(values):
            return
        for entry in entries.sudo().filtered("ticket_id"):
            if not entry._is_not_billed():
                raise UserError(
                    self.env._(
                        "The time of %(date)s on ticket %(ticket)s is billed by "
                        "%(invoice)s, so its ticket and its billable tick cannot "
                        "change: cancel or credit the invoice first.",
                        date=format_date(self.env, entry.date),
                        ticket=entry.ticket_id.display_name,
                        invoice=entry.timesheet_invoice_id.display_name,
                    )
                )
