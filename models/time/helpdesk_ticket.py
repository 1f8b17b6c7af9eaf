# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools import fetch_along, refuse_no_records
from ..funding.draft import describe_edits
from .ticket_merge import carry_time_along

# As ranges: of "not equal" the index would find all entries of a ticket.
OTHER_ITEMS = """
    SELECT ticket.id
      FROM unnest(%(tickets)s::int[], %(items)s::int[]) AS ticket (id, item_id)
     WHERE """ + " OR ".join(
    f"""EXISTS (
           SELECT FROM account_analytic_line
            WHERE ticket_id = ticket.id AND so_line {comparison}
              AND is_billable IS TRUE AND coverage IN ('sale_line', 'non_billable')
     )"""
    for comparison in ("< ticket.item_id", "> ticket.item_id", "IS NULL")
)

# What tells, beside the ticket itself, whether it takes time and how this is paid.
TERMS = {
    "team_id": (
        "allow_timesheet",
        "allow_billable",
        "only_project_tickets",
        "default_service_type_id",
        "minimum_hours",
        "rounding_hours",
        "prepaid_limit",
        "over_limit_policy",
        "sale_line_preference",
        "require_approval",
    ),
    "stage_id": ("lock_timesheet",),
}


class HelpdeskTicket(models.Model):
    """The time of a ticket: entries, totals, timers, and what still waits."""

    _name = "helpdesk.ticket"
    _inherit = ["helpdesk.ticket", "service.work.log"]
    _guarded_fields = frozenset(("total_hours",))

    timesheet_count = fields.Integer(
        compute="_compute_timesheet_count", compute_sudo=True
    )
    total_hours = fields.Float(
        string="Hours Spent",
        compute="_compute_total_hours",
        store=True,
        help="Hours worked on this ticket, all entries together.",
    )
    only_project_tickets = fields.Boolean(related="team_id.only_project_tickets")
    timesheet_obstacle = fields.Char(
        compute="_compute_timesheet_obstacle",
        help="Why the user cannot log time on the ticket, and what helps.",
    )
    remaining_hours_available = fields.Boolean(
        related="sale_line_id.remaining_hours_available"
    )
    remaining_hours_so = fields.Float(
        string="Remaining Hours on SO",
        compute="_compute_remaining_hours_so",
        search="_search_remaining_hours_so",
        compute_sudo=True,
        help="Hours left on the sales order item; below zero when more was logged "
        "than sold.",
    )
    invoice_count = fields.Integer(compute="_compute_invoice_count", compute_sudo=True)
    require_approval = fields.Boolean(related="team_id.require_approval")
    timesheet_lock_date = fields.Date(related="company_id.timesheet_lock_date")
    timer_ids = fields.One2many(
        comodel_name="service.timer",
        inverse_name="ticket_id",
        groups="base.group_user",
        export_string_translation=False,
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
            obstacle = ticket.allow_timesheet and (
                ticket._get_time_obstacle()
                or self.env["hr.employee"]._get_lack_for_time(ticket.company_id)
            )
            # Shown alone it is a sentence; elsewhere it follows a colon.
            ticket.timesheet_obstacle = obstacle and obstacle[:1].upper() + obstacle[1:]

    @api.depends("funding_draft", "sale_line_id", "timesheet_ids.so_line")
    def _compute_remaining_hours_so(self):
        for ticket in self:
            item = ticket.sale_line_id
            ticket.remaining_hours_so = (
                item.remaining_hours - ticket._get_draft_hours()
                if item.remaining_hours_available
                else 0.0
            )

    @api.model
    def _search_remaining_hours_so(self, operator, value):
        return Domain("sale_line_id.remaining_hours", operator, value)

    @api.depends("sale_line_id")
    def _compute_invoice_count(self):
        for ticket in self:
            ticket.invoice_count = len(ticket._get_invoices())

    def write(self, vals):
        refuse_no_records(self, [vals])
        self._ask_about_timers(vals)
        return super().write(vals)

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

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_timer(self):
        self._refuse_timers()

    def _register_hook(self):
        super()._register_hook()
        carry_time_along(self.env.registry)

    def action_view_invoices(self):
        """Open the invoices that bill this ticket's time or its prepaid item."""
        self.ensure_one()
        self.check_access("read")
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

    def _get_funding_draft(self):
        """Plan all edited entries together, by the code that posts."""
        edited, removed = self._get_edited_entries()
        if not (edited or removed):
            return False
        return describe_edits(self.env, edited, removed)

    @api.depends("is_sale_line_chosen")
    def _compute_movable_timesheet_count(self):
        moving = self._filter_with_other_items()
        (self - moving).movable_timesheet_count = 0
        super(HelpdeskTicket, moving)._compute_movable_timesheet_count()

    def _filter_with_other_items(self):
        """Return the tickets with billable entries on other items, or on none.

        Most have none, which an index tells; counting reads all entries of a ticket.
        """
        asking = self.filtered(lambda ticket: ticket._origin and ticket.sale_line_id)
        if not asking:
            return asking
        self.env["account.analytic.line"].flush_model(
            ["coverage", "is_billable", "so_line", "ticket_id"]
        )
        # Where time follows a chain of items, only time without an item can be moved.
        items = [
            None if ticket._follows_chain() else ticket.sale_line_id._origin.id
            for ticket in asking
        ]
        rows = self.env.execute_query(
            SQL(OTHER_ITEMS, tickets=asking._origin.ids, items=items)
        )
        found = {ticket_id for (ticket_id,) in rows}
        return asking.filtered(lambda ticket: ticket._origin.id in found)

    def _follows_chain(self):
        # sudo: who works on the ticket need not read whether the item was chosen
        return super()._follows_chain() and not self.sudo().is_sale_line_chosen

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

    def _absorb_timers(self, tickets):
        """Take over the timers on `tickets` that are merged into this one."""
        self.ensure_one()
        # sudo: a merge moves the whole ticket, colleagues' timers included
        own_sudo = self.sudo().timer_ids.grouped("user_id")
        for timer_sudo in (tickets - self).sudo().timer_ids:
            kept_sudo = own_sudo.get(timer_sudo.user_id)
            if kept_sudo:
                kept_sudo._absorb(timer_sudo)
            else:
                timer_sudo.ticket_id = self
                own_sudo[timer_sudo.user_id] = timer_sudo
                timer_sudo._notify()

    def _get_closing(self, vals):
        stage = self.env["helpdesk.ticket.stage"].browse(vals.get("stage_id"))
        return {"stage_id": stage.id} if stage.closed else {}

    def _is_ended(self):
        return self.closed

    # ------------------------------------------------------------------
    # Whether the ticket takes time
    # ------------------------------------------------------------------

    def _takes_time(self):
        return self.allow_timesheet

    def _fetch_terms(self):
        """Read tickets and their terms in one query; each entry needs all of it.

        :raise AccessError: for users who may read no ticket at all
        """
        self.browse().check_access("read")
        # sudo: only reads ahead; who calls checks the access to these tickets
        fetch_along(self.sudo(), TERMS)

    def _check_takes_time(self):
        self._get_time_values()

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
            # sudo: all who read a ticket may log on it, whatever its project's privacy
            "project_id": self.sudo().project_id.id,
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            # Caps, credits and invoices count hours.
            "product_uom_id": self.env["ir.model.data"]._xmlid_to_res_id(
                "uom.product_uom_hour"
            ),
            "category": "other",
        }

    def _has_project_of_team(self):
        # sudo: the team and the project may be closed to those who read the ticket
        team_sudo = self.sudo().team_id.with_company(self.company_id)
        return self.sudo().project_id == team_sudo.default_project_id

    def _lacks_own_project(self):
        """Tell whether the team asks for a project other than its own."""
        # sudo: the team may be closed to those who read the ticket
        is_asked = self.sudo().team_id.only_project_tickets
        # Asked second: the project of the team takes a query.
        return is_asked and self._has_project_of_team()

    def _get_time_obstacle(self):
        """Tell why the ticket takes no time and what helps; False if it does."""
        self.ensure_one()
        # sudo: team, stage and project may be closed to those who read the ticket
        team_sudo, project_sudo = self.sudo().team_id, self.sudo().project_id
        stage_sudo, company = self.sudo().stage_id, self.company_id
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
        if self._lacks_own_project():
            return self.env._(
                "team %(team)s logs time only on tickets with a project of their own. "
                "Choose another project than %(project)s on the ticket.",
                team=team_sudo.display_name,
                project=project_sudo.display_name,
            )
        if stage_sudo.lock_timesheet:
            return self.env._(
                "its stage %(stage)s locks time. Reopen the ticket first.",
                stage=stage_sudo.name,
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
