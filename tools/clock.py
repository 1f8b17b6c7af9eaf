# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Times of day as hours after midnight, in the time zone of a company.

A night over the change of the clock is an hour shorter or longer than its times tell:
they are compared as moments.
"""

from datetime import UTC, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from pytz import timezone

HOURS_IN_A_DAY = 24
DIGITS = 6


@cache
def _get_zone(name):
    # Old names of zones are known to Odoo, not to every system.
    return ZoneInfo(timezone(name).zone)


def get_moment(zone, day, clock):
    """Return the moment of a time of day; None where there is none.

    :param str zone: name of a time zone
    :param day: date
    :param float clock: hours after midnight
    """
    # A day must be left on both sides for the zone, and for a night.
    if not day or not 1 < day.year < 9999 or not 0 <= clock <= HOURS_IN_A_DAY:
        return None
    local = datetime.combine(day, time()) + timedelta(minutes=round(clock * 60))
    return local.replace(tzinfo=_get_zone(zone)).astimezone(UTC)


def get_clock(zone, moment):
    """Return the date and the time of day of a moment."""
    local = moment.astimezone(_get_zone(zone))
    passed = timedelta(
        hours=local.hour,
        minutes=local.minute,
        seconds=local.second,
        microseconds=local.microsecond,
    )
    return local.date(), round(passed / timedelta(hours=1), DIGITS)


def get_stop(zone, day, start, hours):
    """Return when work ends that starts at `start` and takes `hours`.

    Midnight at the end of the day is 24, so that 0 is left for no time at all.
    """
    moment = get_moment(zone, day, start)
    if moment is None or not 0 < hours <= HOURS_IN_A_DAY:
        return 0.0
    _day, clock = get_clock(zone, moment + timedelta(hours=hours))
    return clock or float(HOURS_IN_A_DAY)


def get_start(zone, day, stop, hours):
    """Return when work started that takes `hours` and ends at `stop`, on `day` or in
    the night that follows."""
    if not 0 < hours <= HOURS_IN_A_DAY:
        return 0.0
    for later in (0, 1):
        moment = get_moment(zone, day and day + timedelta(days=later), stop)
        if moment is None:
            return 0.0
        started, clock = get_clock(zone, moment - timedelta(hours=hours))
        if started == day:
            break
    return clock


def get_hours(zone, day, start, stop):
    """Return the hours from `start` to `stop`, past midnight where that is earlier."""
    begin = get_moment(zone, day, start)
    if begin is None:
        return 0.0
    end = get_moment(zone, day + timedelta(days=stop < start), stop)
    return round((end - begin) / timedelta(hours=1), DIGITS) if end else 0.0


def join_times(zone, day, start, stop, hours):
    """Return start, end and hours, each two of which give the third.

    Where all three are known and differ by more than the minute that times of day are
    told to, the hours count: there was a break.

    :param start: hours after midnight, None if unknown; so are `stop` and `hours`
    """
    if start == HOURS_IN_A_DAY:
        start = 0.0
    if start is not None and hours:
        stop = get_stop(zone, day, start, hours)
    elif start is not None and stop is not None:
        hours = get_hours(zone, day, start, stop)
        stop = stop or float(HOURS_IN_A_DAY)
    elif stop is not None and hours:
        start = get_start(zone, day, stop, hours)
        stop = stop or float(HOURS_IN_A_DAY)
    return start, stop, hours


def is_joined(zone, day, start, stop, hours):
    """Tell whether start, end and hours fit to the minute."""
    return abs(get_hours(zone, day, start, stop) - hours) < 1.5 / 60
