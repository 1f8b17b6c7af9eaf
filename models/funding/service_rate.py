# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import uuid
from contextlib import contextmanager

from odoo import Command, api, fields, models, tools
from odoo.fields import Domain

from ...tools import check_moved, refuse_uncountable
from .rates import Rate, Schedule

MOST_OFTEN = "outside"


def _get_chosen(commands):
    """Return the ids that commands choose; None where they do anything else."""
    ids = set()
    for command in commands if isinstance(commands, list) else [None]:
        match command:
            case (Command.SET, _, list() as several):
                ids.update(several)
            case (Command.LINK | Command.UNLINK, int() as one, *_):
                ids.add(one)
            case (Command.CLEAR, *_):
                pass
            case _:
                return None
    return ids if all(isinstance(one, int) for one in ids) else None


class ServiceRate(models.Model):
    """How many hours are billed for one that was worked: at night, by a senior."""

    _name = "service.rate"
    _description = "Service Rate"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        comodel_name="res.company",
        default=lambda self: self.env.company,
        index=True,
        help="The rate applies to its branches too. Leave it empty for a rate of all "
        "companies.",
    )
    factor = fields.Float(
        default=1.5,
        required=True,
        help="Hours that are billed for one that was worked. Where several rates fit, "
        "the greatest factor counts.",
    )
    applies = fields.Selection(
        selection=[
            ("always", "Always"),
            ("inside", "Within the schedule"),
            ("outside", "Outside the schedule"),
        ],
        default=MOST_OFTEN,
        required=True,
        help="Public holidays are outside the schedule. Time without a start takes "
        "only rates that always apply.",
    )
    calendar_id = fields.Many2one(
        comodel_name="resource.calendar",
        string="Schedule",
        compute="_compute_calendar_id",
        store=True,
        precompute=True,
        readonly=False,
        check_company=True,
        domain=[("flexible_hours", "=", False)],
        ondelete="restrict",
        help="Working hours, read in the time zone of the company.",
    )
    # Restricted: a rate of one person must not become one of everybody.
    service_type_ids = fields.Many2many(
        comodel_name="service.type",
        string="Service Types",
        ondelete="restrict",
        help="The rate applies to these types only; empty, to all.",
    )
    employee_ids = fields.Many2many(
        comodel_name="hr.employee",
        string="Employees",
        ondelete="restrict",
        check_company=True,
        help="The rate applies to the time of these people only; empty, to everyone's.",
    )

    _factor_positive = models.Constraint(
        # PostgreSQL sorts NaN and infinity above every number.
        "CHECK(factor > 0 AND factor <= 100)",
        "The factor of a rate is more than 0 and at most 100: untick Billable on the "
        "time entry to bill nothing.",
    )
    _schedule_known = models.Constraint(
        "CHECK(applies = 'always' OR calendar_id IS NOT NULL)",
        "Choose the schedule that the rate applies within or outside of.",
    )

    @api.depends("applies", "company_id")
    def _compute_calendar_id(self):
        """Start with the working hours of the company."""
        for rate in self:
            company = rate.company_id or self.env.company
            if rate.applies == "always":
                rate.calendar_id = False
            elif not rate.calendar_id:
                rate.calendar_id = company.resource_calendar_id

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse numbers that nothing can count with."""
        refuse_uncountable(self, vals_list)
        split = [self._split_employees(vals) for vals in vals_list]
        rates = super().create([vals for vals, _commands in split])
        for rate, (_vals, commands) in zip(rates, split, strict=True):
            rate._write_employees(commands)
        self._note_change()
        return rates

    def write(self, vals):
        """Refuse numbers that nothing can count with."""
        refuse_uncountable(self, [vals])
        vals, commands = self._split_employees(vals)
        result = super().write(vals)
        check_moved(self, vals)
        self._write_employees(commands)
        self._note_change()
        return result

    def _split_employees(self, vals):
        """Take the choice of people out of `vals`, where it only chooses."""
        if self.env.su or _get_chosen(vals.get("employee_ids")) is None:
            return vals, []
        vals = dict(vals)
        return vals, vals.pop("employee_ids")

    def _write_employees(self, commands):
        """Set the people, of whom helpdesk managers see the public part alone.

        :raise AccessError: for people whom the user does not see at all
        """
        if commands:
            chosen = self.env["hr.employee.public"].browse(_get_chosen(commands))
            chosen.check_access("read")
            # sudo: the rate itself was written as the user
            self.sudo().write({"employee_ids": commands})

    def unlink(self):
        result = super().unlink()
        self._note_change()
        return result

    @api.model
    def _note_change(self):
        """Give what is kept in memory (rates, schedules, holidays) another name, for
        all who see the change.

        A cache that is cleared would be filled again by transactions that do not see
        the change yet, and keep what they see.
        """
        # sudo: who changes rates need not administer companies
        companies_sudo = self.env["res.company"].sudo()
        companies_sudo = companies_sudo.with_context(active_test=False).search(
            Domain.TRUE
        )
        companies_sudo.service_rate_version = uuid.uuid4().hex

    @api.model
    @contextmanager
    def _changing(self, is_known=True):
        """Keep what schedules and holidays are during a change under a name of its
        own: what core does along with it, such as time of a public holiday, reads
        them half changed.

        :param is_known: False where what changes is not kept in memory
        """
        if is_known:
            self._note_change()
        yield
        if is_known:
            self._note_change()

    @api.model
    def _get_rates(self, company_id):
        """Return the rates of a company, without a query for each entry."""
        # sudo: the rates of its company count, not those the user may read
        company_sudo = self.env["res.company"].sudo().browse(company_id)
        return self._get_rates_of(company_id, company_sudo.service_rate_version)

    @api.model
    @tools.ormcache("company_id", "version")
    def _get_rates_of(self, company_id, version):
        # sudo: what is billed does not depend on who logs the time
        # What is remembered must not depend on who asks first: active ones only.
        rates_sudo = self.sudo().with_context(active_test=True)
        # A branch has the rates of the companies above it.
        company_sudo = self.env["res.company"].sudo().browse(company_id)
        rates_sudo = rates_sudo.search(
            [("company_id", "in", [False, *company_sudo.parent_ids.ids])]
        )
        # An archived employee or type does not make a rate one of everybody.
        return tuple(
            Rate.of(rate) for rate in rates_sudo.with_context(active_test=False)
        )

    @api.model
    def _get_schedule(self, company_id, calendar_id):
        """Return a working schedule with the holidays of a company, without a query
        for each entry."""
        # sudo: the schedules of the company count, not those the user may read
        company_sudo = self.env["res.company"].sudo().browse(company_id)
        version = company_sudo.service_rate_version
        return self._get_schedule_of(company_id, calendar_id, version)

    @api.model
    @tools.ormcache("company_id", "calendar_id", "version")
    def _get_schedule_of(self, company_id, calendar_id, version):
        # sudo: what is billed does not depend on who logs the time
        company_sudo = self.env["res.company"].sudo().browse(company_id)
        calendar_sudo = self.env["resource.calendar"].sudo().browse(calendar_id)
        return Schedule.of(company_sudo, calendar_sudo)
