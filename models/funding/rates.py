# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What an hour counts by who does what at which time of day, in plain Python.

One function tells it, for previews and posting. It returns facts, which the entry
keeps: later rates change new time only.
"""

from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import Any, NamedTuple

from ...tools import add_days, format_hours, format_number
from ...tools.clock import HOURS_IN_A_DAY, get_clock, get_moment
from .payers import round_hours

ALWAYS = "always"
INSIDE = "inside"
MINUTE = timedelta(minutes=1)


class Rate(NamedTuple):
    """A rate as it is kept in memory."""

    id: int
    factor: float
    applies: str
    calendar_id: int
    type_ids: frozenset
    employee_ids: frozenset

    @classmethod
    def of(cls, rate):
        return cls(
            rate.id,
            rate.factor,
            rate.applies,
            rate.calendar_id.id,
            frozenset(rate.service_type_ids.ids),
            frozenset(rate.employee_ids.ids),
        )

    def fits(self, work):
        """Tell whether the rate is for the person and the service type."""
        return (not self.type_ids or work.service_type_id in self.type_ids) and (
            not self.employee_ids or work.employee_id in self.employee_ids
        )


class Schedule(NamedTuple):
    """A working schedule as it is kept in memory, with the public holidays of a
    company.

    :param attendances: of the day of the week, the kind of week (None for every one),
        and the hours of the day from which and until which it is worked
    :param holidays: pairs of moments
    """

    attendances: tuple
    holidays: tuple

    @classmethod
    def of(cls, company, calendar):
        """Return the schedule in the company, and for a branch in those above it."""
        return cls(
            tuple(
                (
                    int(attendance.dayofweek),
                    attendance.week_type if calendar.two_weeks_calendar else None,
                    attendance.hour_from,
                    attendance.hour_to,
                )
                for attendance in calendar.attendance_ids
                if not attendance.display_type and attendance.day_period != "lunch"
            ),
            tuple(
                # To the minute: a day off ends a second before midnight.
                (
                    leave.date_from.replace(tzinfo=UTC, second=0),
                    (leave.date_to + MINUTE - timedelta(seconds=1)).replace(
                        tzinfo=UTC, second=0
                    ),
                )
                for leave in company.parent_ids.service_holiday_ids
                if leave.calendar_id.id in (False, calendar.id)
            ),
        )


@dataclass(frozen=True)
class Work:
    """What was done, by whom and when.

    :param start: hours after midnight in the company's time zone, None if unknown
    :param later: days after the work date on which it started
    """

    company: Any
    day: Any
    start: float | None
    hours: float
    employee_id: int = 0
    service_type_id: int = 0
    later: int = 0


def get_facts(env, work):
    """Return what the rates make of some work, as JSON; None where they change nothing.

    :param work: :class:`Work`
    :return: dict with `hours` worked, the `factor` for all of them, the `pieces`, each
        with its `hours`, `factor`, the clock `until` which it lasts and the id of the
        `rate` that won, `is_timeless` where no start is known and a rate asks for
        one, and `later`, the days after the work date and the time of day, for what
        began after midnight
    """
    rates = env["service.rate"]._get_rates(work.company.id)
    rates = [rate for rate in rates if rate.fits(work)]
    if not work.hours or not (rates or work.later):
        return None
    zone, start = work.company._get_time_zone(), None
    # Time on tasks may be longer than a day, and such hours have no time of day.
    hours = abs(work.hours)
    if work.start is not None and hours <= HOURS_IN_A_DAY:
        day = add_days(work.day, work.later) if work.later else work.day
        start = get_moment(zone, day, work.start % HOURS_IN_A_DAY)
    if start is None:
        pieces = [_Piece(hours, *_get_best(rates, None))]
    else:
        pieces = _cut(env, replace(work, hours=hours), rates, start, zone)
    is_timeless = start is None and any(rate.applies != ALWAYS for rate in rates)
    if not (work.later or is_timeless) and all(p.factor == 1 for p in pieces):
        return None
    later = [work.later, work.start] if work.later else None
    # A correction counts as what it corrects.
    sign = work.hours / hours
    pieces = [piece._replace(hours=sign * piece.hours) for piece in pieces]
    return _describe(work.hours, pieces, is_timeless, later)


def get_plain_facts(hours, later):
    """Return the facts of hours that count once and began after midnight.

    :param list later: days after the work date, and the time of day
    """
    return _describe(hours, [_Piece(hours, 1.0)], False, later)


def _describe(hours, pieces, is_timeless, later):
    billed = sum(piece.hours * piece.factor for piece in pieces)
    facts = {
        "hours": hours,
        "factor": billed / hours if hours else 1.0,
        "pieces": [
            {
                "hours": round_hours(piece.hours),
                "factor": piece.factor,
                "until": piece.until,
                "rate": piece.rate_id,
            }
            for piece in pieces
        ],
        "is_timeless": is_timeless,
    }
    return {**facts, "later": later} if later else facts


def get_worked(facts, hours, share):
    """Return how much of some work takes a share of what is billed, from its start.

    :param facts: of the work, from :func:`get_facts`
    :param float hours: worked
    :param float share: from 0 to 1
    """
    if not facts:
        return hours * share
    worked, rest = 0.0, share * sum(p["hours"] * p["factor"] for p in facts["pieces"])
    for piece in facts["pieces"]:
        billed = piece["hours"] * piece["factor"]
        if billed >= rest:
            return worked + rest / piece["factor"]
        worked, rest = worked + piece["hours"], rest - billed
    return worked


def cut_facts(facts, begin, end, later=None):
    """Return the facts of a part of some work.

    :param facts: of the whole, from :func:`get_facts`
    :param float begin: hours worked before the part; `end`, until its end
    :param later: when the part began, where that was after midnight
    """
    pieces, clock = [], 0.0
    for piece in facts["pieces"]:
        hours = min(clock + piece["hours"], end) - max(clock, begin)
        clock += piece["hours"]
        if round_hours(hours) > 0:
            pieces.append({**piece, "hours": round_hours(hours)})
    if not pieces:
        return facts
    pieces[-1]["until"] = None
    if not later and counts_once({**facts, "pieces": pieces}):
        return None
    hours = sum(piece["hours"] for piece in pieces)
    billed = sum(piece["hours"] * piece["factor"] for piece in pieces)
    part = {**facts, "hours": hours, "factor": billed / hours, "pieces": pieces}
    part.pop("later", None)
    return {**part, "later": later} if later else part


def counts_once(facts):
    """Tell whether the rates change nothing, and nothing is to be said of them."""
    is_plain = all(piece["factor"] == 1 for piece in facts["pieces"])
    return is_plain and not facts["is_timeless"]


def render(env, facts):
    """Return the facts as a sentence in the language of `env`, False for none."""
    if not facts or counts_once(facts):
        return False
    time = format_hours(facts["hours"])
    if len(facts["pieces"]) > 1:
        return env._(
            "%(time)s h: %(pieces)s",
            time=time,
            pieces=", ".join(_render_piece(env, p) for p in facts["pieces"]),
        )
    factor = format_number(env, facts["factor"])
    if facts["is_timeless"]:
        return env._(
            "%(time)s h × %(factor)s: without a start, only rates that always apply "
            "count",
            time=time,
            factor=factor,
        )
    return env._("%(time)s h × %(factor)s", time=time, factor=factor)


def _render_piece(env, piece):
    values = {
        "time": format_hours(piece["hours"]),
        "factor": format_number(env, piece["factor"]),
    }
    if piece["until"]:
        return env._(
            "%(time)s × %(factor)s until %(clock)s", clock=piece["until"], **values
        )
    return env._("%(time)s × %(factor)s after", **values)


# ----------------------------------------------------------------------
# From edge to edge of the schedules
# ----------------------------------------------------------------------


class _Piece(NamedTuple):
    hours: float
    factor: float
    rate_id: int = 0
    until: str | None = None


def _get_best(rates, inside):
    """Return factor and id of the rate that wins: 1 where none applies.

    :param inside: ids of the schedules that the time is within; None where only rates
        that always apply count
    """
    applying = [
        rate
        for rate in rates
        if rate.applies == ALWAYS
        or (
            inside is not None
            and (rate.applies == INSIDE) == (rate.calendar_id in inside)
        )
    ]
    if not applying:
        return 1.0, 0
    best = max(applying, key=lambda rate: rate.factor)
    return best.factor, best.id


def _cut(env, work, rates, start, zone):
    """Return the pieces of work between the edges of the schedules."""
    end = start + timedelta(hours=work.hours)
    calendar_ids = {rate.calendar_id for rate in rates if rate.applies != ALWAYS}
    windows = {
        calendar_id: _get_windows(env, work.company, calendar_id, zone, start, end)
        for calendar_id in calendar_ids
    }
    edges = {start, end}
    for spans in windows.values():
        edges |= {edge for span in spans for edge in span if start < edge < end}
    edges, pieces, rest = sorted(edges), [], work.hours
    for begin, stop in zip(edges, edges[1:], strict=False):
        inside = {
            calendar_id
            for calendar_id, spans in windows.items()
            if any(opened <= begin < closed for opened, closed in spans)
        }
        factor, rate_id = _get_best(rates, inside)
        hours = rest if stop == end else (stop - begin) / timedelta(hours=1)
        rest -= hours
        if pieces and pieces[-1].factor == factor:
            hours += pieces.pop().hours
        _day, clock = get_clock(zone, stop)
        until = None if stop == end else format_clock(clock)
        pieces.append(_Piece(hours, factor, rate_id, until))
    return pieces


def format_clock(clock):
    minutes = round(clock * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _get_windows(env, company, calendar_id, zone, start, end):
    """Return the working hours of a schedule around some work, without holidays.

    :return: list of pairs of moments
    """
    schedule = env["service.rate"]._get_schedule(company.id, calendar_id)
    day, _clock = get_clock(zone, start)
    last, _clock = get_clock(zone, end)
    opened = []
    while day <= last:
        week_type = str(env["resource.calendar.attendance"].get_week_type(day))
        opened += _get_windows_of_day(schedule, week_type, zone, day)
        day += timedelta(days=1)
    for closed in schedule.holidays:
        opened = [part for span in opened for part in _subtract(span, closed)]
    return opened


def _get_windows_of_day(schedule, week_type, zone, day):
    windows = [
        # Core lets working hours lie outside the day.
        (
            get_moment(zone, day, max(hour_from, 0)),
            get_moment(zone, day, min(hour_to, HOURS_IN_A_DAY)),
        )
        for weekday, week, hour_from, hour_to in schedule.attendances
        if weekday == day.weekday() and week in (None, week_type)
    ]
    return [window for window in windows if None not in window]


def _subtract(span, closed):
    """Return what of a span lies outside another one."""
    parts = [
        (span[0], min(span[1], closed[0])),
        (max(span[0], closed[1]), span[1]),
    ]
    return [part for part in parts if part[0] < part[1]]
