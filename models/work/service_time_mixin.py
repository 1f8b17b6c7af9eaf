# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL


class ServiceTimeMixin(models.AbstractModel):
    """The time of a ticket: entries, totals, and what is done with them as a whole."""

    _name = "service.time.mixin"
    _description = "Time of a Ticket"

    timesheet_ids = fields.One2many(
        comodel_name="account.analytic.line",
        inverse_name="ticket_id",
        string="Timesheets",
        domain=[("project_id", "!=", False)],
    )
    timesheet_count = fields.Integer(
        compute="_compute_timesheet_count", compute_sudo=True
    )
    total_hours = fields.Float(
        string="Hours Spent",
        compute="_compute_total_hours",
        store=True,
        help="Hours worked on this ticket, all entries together.",
    )
    timesheet_obstacle = fields.Char(
        compute="_compute_timesheet_obstacle",
        help="Why the user cannot log time on the ticket, and what helps.",
    )
    invoice_count = fields.Integer(compute="_compute_invoice_count", compute_sudo=True)
    movable_timesheet_count = fields.Integer(
        compute="_compute_movable_timesheet_count",
        compute_sudo=True,
        help="Unbilled entries of this ticket that another item pays, or none.",
    )

    def _compute_timesheet_count(self):
        counts = dict(
            self.env["account.analytic.line"]._read_group(
                [("ticket_id", "in", self.ids), ("project_id", "!=", False)],
                ["ticket_id"],
                ["__count"],
            )
        )
        for ticket in self:
            ticket.timesheet_count = counts.get(ticket._origin, 0)

    @api.depends("timesheet_ids.unit_amount")
    def _compute_total_hours(self):
        unsaved = self.filtered(lambda ticket: not ticket.id)
        totals = dict(
            self.env["account.analytic.line"]._read_group(
                [("ticket_id", "in", self.ids), ("project_id", "!=", False)],
                ["ticket_id"],
                ["unit_amount:sum"],
            )
        )
        for ticket in self - unsaved:
            ticket.total_hours = totals.get(ticket, 0.0)
        for ticket in unsaved:
            added, removed = ticket._get_edited_entries()
            ticket.total_hours = (
                ticket._origin.total_hours
                + sum(added.mapped("unit_amount"))
                - sum((added._origin | removed).mapped("unit_amount"))
            )

    @api.depends("team_id", "project_id", "stage_id", "company_id")
    @api.depends_context("lang", "uid")
    def _compute_timesheet_obstacle(self):
        for ticket in self:
            ticket.timesheet_obstacle = ticket.allow_timesheet and (
                ticket._get_time_obstacle()
                or self.env["hr.employee"]._get_lack_for_time(ticket.company_id)
            )

    @api.depends("sale_line_id")
    def _compute_invoice_count(self):
        for ticket in self:
            ticket.invoice_count = len(ticket._get_invoices())

    @api.depends("sale_line_id", "timesheet_ids.so_line")
    def _compute_movable_timesheet_count(self):
        for ticket in self:
            ticket.movable_timesheet_count = (
                self.env["account.analytic.line"].search_count(
                    ticket._get_movable_timesheet_domain()
                )
                if ticket._origin
                and ticket.sale_line_id
                and ticket._has_time_elsewhere()
                else 0
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_time(self):
        for ticket in self:
            if ticket.timesheet_count:
                raise UserError(
                    self.env._(
                        "Ticket %(ticket)s has %(count)s time entries, so it cannot "
                        "be deleted: archive it, or move its time to another ticket "
                        "first.",
                        ticket=ticket.display_name,
                        count=ticket.timesheet_count,
                    )
                )

    def action_view_invoices(self):
        """Open the invoices that bill this ticket's time or its prepaid item."""
        self.ensure_one()
        return (
            self._get_invoices()
            .sudo(False)
            ._get_records_action(name=self.env._("Invoices"))
        )

    def action_view_timesheets(self):
        """Open the time entries of the ticket."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.account_analytic_line_action_ticket"
        )
        return action | {
            "name": self.env._("Time of %(ticket)s", ticket=self.display_name),
            "domain": [("ticket_id", "=", self.id), ("project_id", "!=", False)],
            "context": {"default_ticket_id": self.id, "is_timesheet": 1},
        }

    def action_move_timesheets(self):
        """Move the ticket's unbilled entries to its current sales order item.

        The explicit counterpart of design rule 3.4: nothing moves by itself.
        """
        for ticket in self:
            ticket.check_access("write")
            if not ticket.sale_line_id:
                raise UserError(
                    self.env._(
                        "Ticket %(ticket)s has no sales order item to move its time "
                        "to: choose one first.",
                        ticket=ticket.display_name,
                    )
                )
            # sudo: the whole ticket moves, colleagues' entries included
            entries_sudo = self.env["account.analytic.line"].sudo()
            entries_sudo = entries_sudo.search(ticket._get_movable_timesheet_domain())
            entries_sudo._move_to_item(ticket.sale_line_id)
            ticket._message_log(
                body=self.env._(
                    "%(count)s unbilled time entries (%(hours)s h) were moved to "
                    "%(item)s.",
                    count=len(entries_sudo),
                    hours=round(sum(entries_sudo.mapped("unit_amount")), 2),
                    item=ticket.sale_line_id.sudo().display_name,
                )
            )
        return True

    def _get_invoices(self):
        """Return the invoices of the ticket's entries and of its item, as superuser."""
        self.ensure_one()
        entries = self.env["account.analytic.line"].sudo()
        [(invoices,)] = entries._read_group(
            [
                ("ticket_id", "in", self._origin.ids),
                ("timesheet_invoice_id", "!=", False),
            ],
            aggregates=["timesheet_invoice_id:recordset"],
        )
        return invoices | self.sudo().sale_line_id.invoice_lines.move_id

    def _get_edited_entries(self):
        """Return what the form being edited did to the entries of the ticket.

        In an onchange these are only the entries that were touched.

        :return: those added or changed, and those removed (as they are stored)
        """
        self.ensure_one()
        entries = self.timesheet_ids
        return entries, self._origin.timesheet_ids - entries._origin

    def _has_time_elsewhere(self):
        """Tell whether another item than the ticket's, or none, pays billable time.

        The first and the last entry by item tell: two looks into an index, however
        many entries there are.
        """
        self.ensure_one()
        lines = self.env["account.analytic.line"]

        def end(direction):
            query = lines._search(self._get_item_time_domain(), limit=1)
            item = lines._field_to_sql(query.table, "so_line", query)
            query.order = SQL("%s %s", item, direction)
            return query.select(item)

        [(items,)] = self.env.execute_query(
            SQL("SELECT ARRAY(%s) || ARRAY(%s)", end(SQL("ASC")), end(SQL("DESC")))
        )
        return bool(set(items) - {self.sale_line_id._origin.id})

    def _get_item_time_domain(self):
        """Return the entries that an item pays, or would if the ticket had had one."""
        return (
            Domain("ticket_id", "=", self._origin.id)
            & Domain("is_billable", "=", True)
            & Domain("coverage", "in", ["sale_line", "non_billable"])
        )

    def _get_movable_timesheet_domain(self):
        """Return the entries that `action_move_timesheets` would move."""
        self.ensure_one()
        return (
            self._get_item_time_domain()
            & Domain("so_line", "!=", self.sale_line_id._origin.id)
            & Domain("approval_state", "in", [False, "draft"])
            & self.env["account.analytic.line"]._domain_not_billed()
            & self.env["account.analytic.line"]._domain_open_period()
        )

    def _absorb_timesheets(self, tickets):
        """Take over the unbilled entries of `tickets` that are merged into this one."""
        self.ensure_one()
        # sudo: a merge moves the whole ticket, colleagues' entries included
        entries_sudo = self.env["account.analytic.line"].sudo()
        entries_sudo = entries_sudo.search(
            Domain("ticket_id", "in", (tickets - self).ids)
            & Domain("approval_state", "!=", "rejected")
            & entries_sudo._domain_not_billed()
            & entries_sudo._domain_open_period()
        )
        entries_sudo._move_to_ticket(self)

    # ------------------------------------------------------------------
    # Whether the ticket takes time
    # ------------------------------------------------------------------

    def _get_time_values(self):
        """Return what every entry on the ticket takes from it.

        :raise UserError: when time cannot be logged on it, with the reason
        """
        self.ensure_one()
        obstacle = self._get_time_obstacle()
        if obstacle:
            raise UserError(
                self.env._(
                    "Time cannot be logged on ticket %(ticket)s: %(obstacle)s",
                    ticket=self.display_name,
                    obstacle=obstacle,
                )
            )
        return {
            "ticket_id": self.id,
            # sudo: whoever reads a ticket may log on it, whatever its project's privacy
            "project_id": self.sudo().project_id.id,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            # Caps, credits and invoices count hours.
            "product_uom_id": self.env.ref("uom.product_uom_hour").id,
            "category": "other",
        }

    def _get_time_obstacle(self):
        """Tell why the ticket takes no time and what helps; False if it does."""
        self.ensure_one()
        # sudo: the team and the project may be closed to whoever reads the ticket
        team_sudo, project_sudo = self.sudo().team_id, self.sudo().project_id
        company = self.company_id
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
        if self.stage_id.lock_timesheet:
            return self.env._(
                "its stage %(stage)s locks time. Reopen the ticket first.",
                stage=self.stage_id.name,
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
