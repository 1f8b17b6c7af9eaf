# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.tools import SQL

# Saved entries of a ticket that changes team: so many, or all in one statement.
FEW = 100
FOLLOW_TEAM = """
    UPDATE account_analytic_line line SET ticket_team_id = ticket.team_id
    FROM helpdesk_ticket ticket
    WHERE ticket.id = line.ticket_id AND line.id = ANY(%s)
    AND line.ticket_team_id IS DISTINCT FROM ticket.team_id
"""


class AccountAnalyticLine(models.Model):
    """What a time entry was spent on, and whether it is paid for."""

    _inherit = "account.analytic.line"
    _guarded_fields = frozenset(("ticket_team_id",))

    ticket_id = fields.Many2one(
        comodel_name="helpdesk.ticket",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('allow_timesheet', '=', True), ('company_id', '=?', company_id)]",
    )
    # Stored for the record rules, which the database then answers by an index.
    ticket_team_id = fields.Many2one(
        comodel_name="helpdesk.ticket.team",
        string="Team",
        compute="_compute_ticket_team_id",
        compute_sudo=True,
        store=True,
        precompute=True,
        copy=False,
    )
    service_type_id = fields.Many2one(
        comodel_name="service.type",
        compute="_compute_service_type_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
        help="What kind of service was delivered. New entries take the type of the "
        "ticket's team.",
    )
    is_billable = fields.Boolean(
        compute="_compute_is_billable",
        store=True,
        readonly=False,
        precompute=True,
        help="If unticked, the entry is not billed. New entries follow the product "
        "they would be billed to.",
    )

    # The time of a team, the latest first: what agents may read, and search in. With a
    # condition on the ticket, every search for one could be led to this index, while
    # the table has no statistics.
    _time_of_team = models.Index(
        "(ticket_team_id, date, id) WHERE ticket_team_id IS NOT NULL"
    )
    # The time of a customer, who is searched and merged by its contacts.
    _time_of_customer = models.Index("(partner_id, date) WHERE partner_id IS NOT NULL")
    # The same where an entry names nobody, and its ticket does.
    _time_of_nobody = models.Index(
        "(ticket_id) WHERE partner_id IS NULL AND ticket_id IS NOT NULL"
    )
    # What people logged for others, which they may write.
    _logged_by = models.Index("(create_uid, date) WHERE create_uid IS NOT NULL")

    @api.depends("ticket_id.team_id")
    def _compute_ticket_team_id(self):
        """Follow the ticket: one that moves takes thousands of entries along."""
        saved = self.filtered("id")
        if saved:
            saved |= self.env.records_to_compute(self._fields["ticket_team_id"])
        if len(saved) > FEW:
            saved._follow_team()
            return
        for line in self:
            line.ticket_team_id = line.ticket_id.team_id

    def _follow_team(self):
        """Take over the teams of the tickets, in one statement."""
        names = ["ticket_id", "ticket_team_id"]
        self.env.remove_to_compute(self._fields["ticket_team_id"], self)
        self.flush_model(names)
        self.env["helpdesk.ticket"].flush_model(["team_id"])
        self.env.cr.execute(SQL(FOLLOW_TEAM, self.ids))
        self.invalidate_recordset(names[1:], flush=False)

    @api.depends("ticket_id")
    def _compute_service_type_id(self):
        """Take the type of the ticket's team; a type that was chosen stays."""
        for line in self:
            if line.ticket_id and not line.service_type_id:
                # sudo: who may log on a ticket need not read its team
                team_sudo = line.ticket_id.sudo().team_id
                line.service_type_id = team_sudo.default_service_type_id

    # Not on the task, which is known when an entry is made: it is not precomputed.
    @api.depends("ticket_id")
    def _compute_is_billable(self):
        """Start as the product says; the tick of a saved entry stays."""
        for line in self:
            if line._origin.id:
                line.is_billable = line.is_billable
                continue
            # sudo: who logs time need not read orders, teams or products
            ticket_sudo, task_sudo = line.ticket_id.sudo(), line.task_id.sudo()
            product_sudo = (
                ticket_sudo.sale_line_id.product_id
                or ticket_sudo.team_id.default_service_type_id.product_id
            )
            if not ticket_sudo and task_sudo.asks_payers:
                product_sudo = task_sudo.sale_line_id.product_id
            line.is_billable = not product_sudo or product_sudo.time_billable

    def _get_work(self):
        """Return the ticket or the task the time was spent on: the ticket where an
        entry names both."""
        return self.ticket_id or self.task_id

    def _get_terms(self):
        """Return the team or the project whose terms hold for the time (superuser)."""
        self.ensure_one()
        # sudo: who logs time need not read either
        line_sudo = self.sudo()
        return line_sudo.ticket_id.team_id if self.ticket_id else line_sudo.project_id
