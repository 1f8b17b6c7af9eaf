# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ...tools import (
    add_days,
    format_number,
    parse_duration,
    refuse_uncountable,
    refuse_unreadable,
)
from ...tools.clock import (
    HOURS_IN_A_DAY,
    get_clock,
    get_moment,
    get_stop,
    is_joined,
    join_times,
)
from ..funding import rates

START, STOP, HOURS = NAMES = ("time_start", "time_stop", "unit_amount")
TIMES = frozenset((START, STOP))
PLACES = frozenset(("company_id", "project_id", "task_id"))
NO_TIMES = {START: 0.0, STOP: 0.0}
SECOND = 1 / 3600


class AccountAnalyticLine(models.Model):
    """When the work of an entry began and ended, and what the hour counts.

    An entry has a start where it has an end: 0 alone is no time, midnight as an end is
    24. A form shows and sends a start at midnight as 24, too.
    """

    _inherit = "account.analytic.line"

    # ------------------------------------------------------------------
    # What the hours count
    # ------------------------------------------------------------------

    @api.depends(
        "date",
        "employee_id",
        "is_billable",
        "service_type_id",
        "ticket_id",
        "time_start",
        "unit_amount",
    )
    def _compute_hours_billed(self):
        """Weigh and round what was worked; later rates and settings do not count."""
        for line in self:
            line.rate_facts = line._get_rate_facts()
            line.billing_factor = line._get_billing_factor()
            hours, factor = line.unit_amount, line.billing_factor
            team = line.ticket_id.team_id if line.is_billable else None
            if team:
                hours = team._get_billed_hours(hours, factor)
            elif factor != 1:
                hours *= factor
            line.hours_billed = hours if factor == 1 else rates.round_hours(hours)

    def _weigh_moved(self, vals):
        """Ask the rates again for entries that were written another project.

        As a dependency it would weigh new entries twice: core computes their project
        after they are created.
        """
        if not PLACES.isdisjoint(vals):
            names = ("rate_facts", "billing_factor", "hours_billed")
            for name in names:
                self.env.add_to_compute(self._fields[name], self)
            self.modified(names)

    @api.depends("rate_facts")
    @api.depends_context("lang")
    def _compute_rate_note(self):
        for line in self:
            line.rate_note = rates.render(self.env, line.rate_facts)

    def _get_billing_factor(self):
        """Return how many hours are billed for one that was worked."""
        self.ensure_one()
        return self.rate_facts["factor"] if self.rate_facts else 1.0

    def _get_rate_facts(self):
        """Return what the rates make of the entry, None where they change nothing."""
        self.ensure_one()
        company, later = self._get_clock_company(), self._get_later()
        if not self._has_rates(company):
            return later and rates.get_plain_facts(self.unit_amount, later)
        days, start = later or (0, self.time_start if self._has_times() else None)
        own = self.env.user.with_company(company)
        return rates.get_facts(
            self.env,
            rates.Work(
                company=company,
                day=self.date,
                start=start,
                later=days,
                hours=self.unit_amount,
                # An entry that is being typed without one is its author's.
                employee_id=(self.employee_id or own.employee_id)._origin.id,
                service_type_id=self.service_type_id._origin.id,
            ),
        )

    def _has_rates(self, company):
        return (
            self.is_billable
            and bool(self.env["service.rate"]._get_rates(company.id))
            and bool(self.ticket_id or self.project_id.allow_billable)
        )

    def _get_later(self):
        """Return when a part of timed work began after midnight, which no times of its
        own can tell: days after the work date, and the time of day."""
        facts = self._origin.rate_facts
        return facts.get("later") if facts and not self._has_times() else None

    def _get_clock_company(self):
        return self.company_id or self._get_paying_company()

    def _get_zone(self):
        return self._get_clock_company()._get_time_zone()

    def _has_times(self):
        return bool(self.time_start or self.time_stop)

    # ------------------------------------------------------------------
    # Any two of start, end and hours give the third
    # ------------------------------------------------------------------

    @api.onchange("time_start")
    def _onchange_time_start(self):
        if self.time_start:
            self._show_times(self.time_start, self.time_stop or None, self.unit_amount)
        else:
            self.time_stop = 0.0

    @api.onchange("time_stop")
    def _onchange_time_stop(self):
        if not self.time_stop:
            self.time_start = 0.0
        elif start := self._get_known_start():
            times = self.date, start, self.time_stop, self.unit_amount
            if not is_joined(self._get_zone(), *times):
                self._show_times(start, self.time_stop, None)
        else:
            self._show_times(None, self.time_stop, self.unit_amount)

    @api.onchange("date", "unit_amount")
    def _onchange_hours(self):
        if self.time_stop or self.time_start:
            start = self._get_known_start()
            self._show_times(start, self.time_stop or None, self.unit_amount)

    def _get_known_start(self):
        """Return the start that a form knows, midnight as 24, None for none."""
        is_midnight = not self.time_start and self._origin.time_stop
        return float(HOURS_IN_A_DAY) if is_midnight else self.time_start or None

    def _show_times(self, start, stop, hours):
        """Complete the times of a form; what is the same to the second stays."""
        times = join_times(self._get_zone(), self.date, start, stop, hours)
        for name, value in zip(NAMES, times, strict=True):
            if name == START and value == 0:
                # Zero is no start.
                value = 0.0 if self._origin.time_stop else float(HOURS_IN_A_DAY)
            if value is not None and abs(self[name] - value) >= SECOND:
                self[name] = value

    @api.model
    def _get_default_times(self):
        """Return start, end and hours that new entries have where none are given."""
        # Core searches a project for timesheets, which no time needs.
        values = self.with_context(is_timesheet=False).default_get(list(NAMES))
        return {name: value for name, value in values.items() if value or name in TIMES}

    @api.model
    def _read_times(self, vals, defaults):
        """Read start, end and hours of a new entry, or take the usual ones.

        :param dict defaults: of :meth:`_get_default_times`
        """
        # Start and end give the hours.
        defaults = {} if vals.keys() >= TIMES else defaults
        return self._read_duration({**defaults, **vals})

    @api.model
    def _complete_times(self, vals):
        """Complete the times of a new entry."""
        if TIMES.isdisjoint(vals):
            return vals
        # A form sends all three: there, 0 is no time.
        is_form = vals.keys() >= set(NAMES)
        start, stop, hours = (self._get_given(vals, name, is_form) for name in NAMES)
        if start is None and stop is None:
            return {**vals, **NO_TIMES}
        day = vals.get("date") or fields.Date.context_today(self)
        line = self.new({"date": day, "company_id": vals.get("company_id")})
        times = join_times(line._get_zone(), line.date, start, stop, hours)
        return {**vals, **_get_known(times)}

    @api.model
    def _read_duration(self, vals):
        """Read hours and times that a program sends as people type them.

        :raise DurationError: for a text that is no duration
        :raise ValidationError: for what is not a number, or not a time of day
        """
        for name in NAMES:
            if isinstance(vals.get(name), str):
                vals[name] = parse_duration(vals[name])
            elif name in vals and not vals[name] and vals[name] != 0:
                vals[name] = False  # an empty list, say, which core takes for nothing
        refuse_uncountable(self, [vals], NAMES)
        refuse_unreadable(self, [vals])
        for name in TIMES.intersection(vals):
            if not 0 <= (vals[name] or 0) <= HOURS_IN_A_DAY:
                raise ValidationError(
                    self.env._(
                        "%(hours)s can't be a time of day: it is from 0:00 to 24:00.",
                        hours=format_number(self.env, vals[name]),
                    )
                )
        return vals

    def _complete_written_times(self, vals):
        """Complete the times written on one entry."""
        if not self or TIMES.isdisjoint(vals):
            return vals
        self.ensure_one()
        if self._clears_times(vals):
            return {**vals, **NO_TIMES}
        hours = vals.get(HOURS, self.unit_amount) or None
        day, zone = vals.get("date") or self.date, self._get_zone()
        if START in vals:
            start, stop = vals[START], vals.get(STOP)
        elif HOURS in vals or not self.time_stop:
            start, stop = None, vals[STOP] or HOURS_IN_A_DAY
        else:
            start, stop = self.time_start, vals[STOP] or HOURS_IN_A_DAY
        if start is not None and stop and HOURS not in vals:
            # The hours follow, where they are not those that the form showed.
            hours = hours if is_joined(zone, day, start, stop, hours or 0.0) else None
        return {**vals, **_get_known(join_times(zone, day, start, stop, hours))}

    @api.model
    def _clears_times(self, vals):
        """Tell whether the times are emptied: with False, or with 0 for both."""
        given = [vals[name] for name in (START, STOP) if name in vals]
        is_emptied = any(value is False or value is None for value in given)
        return is_emptied or (len(given) == 2 and not any(given))

    @api.model
    def _get_given(self, vals, name, is_form):
        value = vals.get(name)
        is_told = value if is_form else value is not None and value is not False
        return value if is_told else None

    def _follow_hours(self):
        """Let the end follow the hours."""
        for line in self.filtered("time_stop"):
            stop = line._get_stop_of(line.time_start, line.unit_amount)
            if abs(stop - line.time_stop) >= SECOND:
                line._write_own({STOP: stop})

    def _get_stop_of(self, start, hours):
        return get_stop(self._get_zone(), self.date, start, hours)

    def _get_piece_times(self, before, hours):
        if not self.time_stop:
            return {}
        if not before:
            return {STOP: self._get_stop_of(self.time_start, hours)}
        day, clock = self._get_piece_start(before)
        if day != self.date:
            # The work date stays, and the time of another day would be wrong.
            return {}
        return {START: clock, STOP: get_stop(self._get_zone(), day, clock, hours)}

    def _get_piece_later(self, before):
        day, clock = self._get_piece_start(before)
        return [(day - self.date).days, clock] if day and day != self.date else None

    def _get_piece_start(self, before):
        """Return the day and the time of day at which a part began."""
        days, start = self._get_later() or (0, self.time_start)
        if not (days or self.time_stop):
            return None, 0.0
        zone = self._get_zone()
        moment = get_moment(zone, add_days(self.date, days), start)
        if not moment:
            return None, 0.0
        return get_clock(zone, moment + timedelta(hours=before))

    # ------------------------------------------------------------------
    # Time of a person that overlaps: shown, and not refused
    # ------------------------------------------------------------------

    @api.depends("date", "employee_id", "time_start", "time_stop", "unit_amount")
    def _compute_overlap_note(self):
        timed = self.filtered(lambda line: line.time_stop and line.employee_id)
        (self - timed).overlap_note = False
        others = timed._get_neighbours()
        for line in timed:
            found = [other for other in others if line._overlaps(other)]
            line.overlap_note = bool(found) and self.env._(
                "Overlaps %(times)s",
                times=", ".join(
                    f"{rates.format_clock(other.time_start)}–"
                    f"{rates.format_clock(other.time_stop)}"
                    for other in found
                ),
            )

    def _get_neighbours(self):
        """Return what the same people logged around the days of entries."""
        days = {
            add_days(line.date, days)
            for line in self.filtered("date")
            for days in (-1, 0, 1)
        }
        # sudo: of a colleague's other work only the time of day is told
        return (
            self.sudo().search(
                Domain("employee_id", "in", self.employee_id._origin.ids)
                & Domain("date", "in", days)
                & Domain("time_stop", ">", 0),
                order="date, time_start, id",
            )
            if days
            else self.sudo()
        )

    def _overlaps(self, other):
        own, others = (entry.split_from_id or entry for entry in (self, other))
        # Nor do parts of one entry overlap each other.
        if own._origin == others or other.employee_id != self.employee_id._origin:
            return False
        spans = [entry._get_span() for entry in (self, other)]
        if None in spans:
            return False
        (start, stop), (other_start, other_stop) = spans
        return start < other_stop and other_start < stop

    def _get_span(self):
        """Return the moments between which the work was done, None for no times."""
        if not self._has_times() or self.unit_amount > HOURS_IN_A_DAY:
            return None
        clock = self.time_start % HOURS_IN_A_DAY
        start = get_moment(self._get_zone(), self.date, clock)
        return (start, start + timedelta(hours=self.unit_amount)) if start else None


def _get_known(times):
    return {
        name: value
        for name, value in zip(NAMES, times, strict=True)
        if value is not None
    }
