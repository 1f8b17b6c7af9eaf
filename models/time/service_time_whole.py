# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ...tools import parse_duration
from ..funding.service_funding import HOUR_DIGITS

# A form that changes one of these shows another item.
SHOWS_ITEM = frozenset(("ticket_id", "is_billable", "employee_id", "project_id"))
# What core locks on billed entries, without saying which entry and which invoice.
CORE_LOCKED_FIELDS = frozenset(
    ("unit_amount", "employee_id", "project_id", "task_id", "so_line", "date")
)


class ServiceTime(models.AbstractModel):
    """What an entry on a ticket always has, however it was written."""

    _inherit = "service.time"

    @api.model
    def _read_duration(self, vals):
        """Read hours that a program sends as people type them.

        :raise DurationError: for a text that is no duration
        """
        if isinstance(vals.get("unit_amount"), str):
            vals["unit_amount"] = parse_duration(vals["unit_amount"])
        return vals

    @api.model
    def _check_whole(self, entries):
        """Refuse entries without a project, or of a person of another company.

        :raise ValidationError: naming the ticket and what is possible
        """
        for entry in entries:
            # sudo: who writes an entry need not read its ticket or its employee
            ticket_sudo, employee_sudo = (
                entry.ticket_id.sudo(),
                entry.employee_id.sudo(),
            )
            if employee_sudo.company_id != entry.company_id:
                raise ValidationError(
                    self._get_employee_text(
                        ticket_sudo, employee_sudo, entry.company_id
                    )
                )
            if not entry.project_id:
                raise ValidationError(
                    self.env._(
                        "The time of %(date)s on ticket %(ticket)s cannot be without a "
                        "project: choose another one, or leave %(project)s.",
                        date=format_date(self.env, entry.date),
                        ticket=ticket_sudo.display_name,
                        project=ticket_sudo.project_id.display_name,
                    )
                )

    @api.model
    def _get_employee_text(self, ticket, employee, company):
        return self.env._(
            "Time on ticket %(ticket)s cannot be logged for %(employee)s: it takes an "
            "active employee of %(company)s.",
            ticket=ticket.display_name,
            employee=employee.name or self.env._("nobody"),
            company=company.name,
        )

    @api.model
    def _check_item(self, entry):
        """Refuse what is no service, too."""
        result = super()._check_item(entry)
        # sudo: who logs time need not read the order
        item_sudo = entry.sudo().so_line
        services = item_sudo._domain_open_service()
        if item_sudo and not item_sudo.filtered_domain(services):
            raise ValidationError(
                self.env._(
                    "Time on ticket %(ticket)s cannot be billed to %(item)s, which is "
                    "no service that takes time: choose another item on the ticket, or "
                    "leave it empty.",
                    ticket=entry.sudo().ticket_id.display_name,
                    item=item_sudo.display_name,
                )
            )
        return result

    @api.model
    def _split_by_choice(self, entries, vals, choice):
        """Tell for which of the written entries a person chose the item.

        A form sends along the item that it showed after another change, which is no
        choice: credits still come first.

        :return: list of pairs: the choice, or None, and the entries it holds for
        """
        is_chosen = vals.get("is_so_line_edited") or SHOWS_ITEM.isdisjoint(vals)
        if choice is None or is_chosen:
            return [(choice, entries)]
        sent = entries.filtered(
            lambda entry: entry.sudo()._get_ticket_item().id == choice
        )
        return [(None, sent), (choice, entries - sent)]

    @api.model
    def _get_rebooked(self, entries, before, choice):
        """Return the entries that put something on an item that it did not have.

        Hours that shrink are corrected on whatever item they are.
        """
        on_tickets = entries.filtered("ticket_id")
        if choice is not None:
            return on_tickets
        now = self.env["service.funding"]._snapshot(on_tickets)

        def is_rebooked(entry):
            new, old = now[entry], before[entry]
            return new[:3] != old[:3] or round(new.hours - old.hours, HOUR_DIGITS) > 0

        return on_tickets.filtered(is_rebooked)

    @api.model
    def _check_change_not_billed(self, entries, values):
        """Name the entry and its invoice where core is about to refuse the change.

        :raise UserError: by the rule of core, in a sentence of ours
        """
        if CORE_LOCKED_FIELDS.isdisjoint(values):
            return
        # sudo: whether an invoice bills it does not depend on who may read invoices
        entries_sudo = entries.sudo()
        if "delivery" not in entries_sudo.so_line.product_id.mapped("invoice_policy"):
            return
        for entry in entries_sudo:
            if entry.timesheet_invoice_id.state not in (False, "cancel"):
                raise UserError(
                    self.env._(
                        "%(entry)s is billed by %(invoice)s and cannot change: cancel "
                        "or credit the invoice first.",
                        entry=entry._get_approval_name(),
                        invoice=entry.timesheet_invoice_id.display_name,
                    )
                )

    @api.model
    def _check_not_billed(self, entries):
        """Refuse to delete what an invoice bills, a draft one too.

        :raise UserError: naming the entry and its invoice
        """
        # sudo: whether an invoice bills it does not depend on who may read invoices
        for entry in entries.sudo():
            if not entry._is_not_billed():
                raise UserError(
                    self.env._(
                        "The time of %(date)s on ticket %(ticket)s is billed by "
                        "%(invoice)s and cannot be deleted: cancel or credit the "
                        "invoice first.",
                        date=format_date(self.env, entry.date),
                        ticket=entry.ticket_id.display_name,
                        invoice=entry.timesheet_invoice_id.display_name,
                    )
                )
