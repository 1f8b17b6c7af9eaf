# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from math import ceil

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import refuse_uncountable

# A hundredth of an hour that is written with two digits, in minutes.
HALF_A_HUNDREDTH = 0.3 + 1e-6
STEP_TOLERANCE = 1e-6
# What tickets take from their team when one of its settings changes.
FOLLOWED = {
    "allow_billable": "sale_line_id",
    "use_service_credits": "use_service_credits",
}


def get_minutes(hours):
    """Return the minutes that hours of two digits mean: 0.17 h are ten minutes."""
    minutes = hours * 60
    whole = round(minutes)
    return whole if whole and abs(minutes - whole) <= HALF_A_HUNDREDTH else minutes


class HelpdeskTicketTeam(models.Model):
    _name = "helpdesk.ticket.team"
    _inherit = ["helpdesk.ticket.team", "service.work.terms"]

    allow_timesheet = fields.Boolean(
        string="Timesheets",
        help="Time can be logged on the tickets of this team. Switching it off hides "
        "the tab and keeps every entry.",
    )
    allow_billable = fields.Boolean(
        string="Time Billing",
        compute="_compute_allow_billable",
        store=True,
        readonly=False,
        help="The time of this team's tickets is billed to their customers.",
    )
    show_timesheet_portal = fields.Boolean(
        string="Show Time in Portal",
        help="Customers see the time spent on their tickets.",
    )
    # The table is older than the terms that projects share.
    approver_ids = fields.Many2many(relation="helpdesk_ticket_team_approver_rel")
    only_project_tickets = fields.Boolean(
        string="Projects Only",
        compute="_compute_only_project_tickets",
        store=True,
        readonly=False,
        help="Time can be logged only on tickets that have a project of their own, not"
        " the team's. Follows the company's setting when that changes.",
    )
    minimum_hours = fields.Float(
        string="Minimum Billed Hours",
        help="An entry is billed as at least this many hours. Use 0 to bill the time "
        "as worked.",
    )
    rounding_hours = fields.Float(
        string="Rounding of Billed Hours",
        help="An entry is rounded up to a multiple of this many hours when it is "
        "billed. Use 0 to bill the time as worked.",
    )

    _billable_needs_timesheet = models.Constraint(
        "CHECK(allow_timesheet IS TRUE OR allow_billable IS NOT TRUE)",
        "Time Billing needs Timesheets: tick Timesheets on the team first.",
    )
    # PostgreSQL sorts NaN above every number, so that it is in no range.
    _hours_of_a_day = models.Constraint(
        "CHECK(COALESCE(minimum_hours, 0) BETWEEN 0 AND 24 "
        "AND (COALESCE(rounding_hours, 0) = 0 OR rounding_hours BETWEEN 0.001 AND 24))",
        "The minimum and the rounding of billed hours can be 0 to 24 hours. Use 0 to "
        "bill the time as worked.",
    )

    @api.depends("allow_timesheet")
    def _compute_allow_billable(self):
        self.filtered(lambda team: not team.allow_timesheet).allow_billable = False

    @api.depends("company_id.only_project_tickets")
    def _compute_only_project_tickets(self):
        for team in self:
            company = team.company_id or self.env.company
            team.only_project_tickets = company.only_project_tickets

    @api.model_create_multi
    def create(self, vals_list):
        refuse_uncountable(self, vals_list)
        teams = super().create(vals_list)
        teams._prepare_timesheet_project()
        return teams

    def write(self, vals):
        refuse_uncountable(self, [vals])
        follow_project = "default_project_id" in vals
        previous = self._get_default_projects() if follow_project else {}
        changed = self._get_changed_settings(vals)
        result = super().write(vals)
        self._follow_settings(changed)
        if {"allow_timesheet", "allow_billable", "default_project_id"} & vals.keys():
            self._prepare_timesheet_project()
        if follow_project:
            self._move_open_tickets(previous)
        return result

    def _get_changed_settings(self, vals):
        """Return the teams, by name of each followed setting that `vals` changes."""
        return {
            name: self.filtered(lambda team, name=name: team[name] != bool(vals[name]))
            for name in FOLLOWED.keys() & vals.keys()
        }

    def _follow_settings(self, changed):
        """Let the open tickets of teams follow; closed ones stay as they were."""
        for name, teams in changed.items():
            # sudo: the setting holds for every ticket of the team, readable or not
            tickets_sudo = self.env["helpdesk.ticket"].sudo()
            tickets_sudo = tickets_sudo.search(
                [("team_id", "in", teams.ids), ("closed", "=", False)]
            )
            field = tickets_sudo._fields[FOLLOWED[name]]
            self.env.add_to_compute(field, tickets_sudo)

    def _get_default_projects(self):
        """Return the project of each team in the team's company, by team.

        `sudo`: a helpdesk manager may administer teams whose project they cannot open.
        """
        return {
            team: team._with_own_company().sudo().default_project_id for team in self
        }

    def _with_own_company(self):
        """Return the team in the company that its project setting belongs to."""
        self.ensure_one()
        return self.with_company(self.company_id or self.env.company)

    def _prepare_timesheet_project(self):
        """Give each team that tracks time a project able to record (and bill) it.

        The project is created with the team's name when none was chosen. `sudo`: who
        may administer teams need not be a project manager.
        """
        for team in self.filtered("allow_timesheet"):
            team_sudo = team._with_own_company().sudo()
            project_sudo = team_sudo.default_project_id
            if not project_sudo:
                project_sudo = project_sudo.create(team_sudo._prepare_project_values())
                super(HelpdeskTicketTeam, team_sudo).write(
                    {"default_project_id": project_sudo.id}
                )
                team._move_open_tickets({team: project_sudo.browse()})
            team._check_project_company(project_sudo)
            missing = {
                fname: True
                for fname in ("allow_timesheets", "allow_billable")
                if not project_sudo[fname]
                and (fname == "allow_timesheets" or team.allow_billable)
            }
            if missing:
                project_sudo.write(missing)

    def _prepare_project_values(self):
        self.ensure_one()
        return {
            "name": self.name,
            "company_id": (self.company_id or self.env.company).id,
            "allow_timesheets": True,
            "allow_billable": self.allow_billable,
            "privacy_visibility": "employees",
        }

    def _check_project_company(self, project_sudo):
        self.ensure_one()
        company = self.company_id
        if company and project_sudo.company_id and project_sudo.company_id != company:
            raise UserError(
                self.env._(
                    "Project %(project)s belongs to %(project_company)s and team "
                    "%(team)s to %(team_company)s: choose a project of the team's "
                    "company.",
                    project=project_sudo.display_name,
                    project_company=project_sudo.company_id.name,
                    team=self.display_name,
                    team_company=company.name,
                )
            )

    def _move_open_tickets(self, previous):
        """Point the open tickets that used the team's former project at the new one.

        Entries already logged stay in the project they were logged in.

        :param dict previous: former project by team
        """
        for team, project_sudo in self._get_default_projects().items():
            if not team.allow_timesheet or project_sudo == previous[team]:
                continue
            # sudo: the setting holds for every ticket of the team, readable or not
            tickets_sudo = team.ticket_ids.sudo().search(
                [
                    ("team_id", "=", team.id),
                    ("company_id", "=", (team.company_id or self.env.company).id),
                    ("closed", "=", False),
                    ("project_id", "in", [False, previous[team].id]),
                ]
            )
            tickets_sudo.project_id = project_sudo

    def _get_billed_hours(self, hours, factor=1.0):
        """Return how many hours an entry of `hours` worked is billed for.

        :param float hours: hours worked
        :param float factor: hours billed for one worked
        :return: the hours by the factor, at least the team's minimum, rounded up to the
            team's step; by the factor alone when neither is set, for no team, and for
            hours that are not positive
        :rtype: float
        """
        if not self or hours <= 0:
            return hours * factor
        self.ensure_one()
        if not self.rounding_hours:
            return max(hours * factor, self.minimum_hours)
        step = get_minutes(self.rounding_hours)
        # Whole minutes first: exports write ten of them as 0.17 h.
        minutes = hours * 60 if step < 1 else max(round(hours * 60), 1)
        minutes = max(minutes * factor, get_minutes(self.minimum_hours))
        return ceil(minutes / step - STEP_TOLERANCE) * step / 60
