# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

# Between these there is room for what is added and subtracted, and for time zones:
# reports name the day after a period, and there is neither a year 0 nor a year 10000.
FIRST_DAY = date(1000, 1, 1)
LAST_DAY = date(9998, 12, 31)


def add_months(day, months):
    """Return the day so many months later, the last possible one at most.

    :param day: date
    :param months: number of months, not negative
    """
    try:
        return min(day + relativedelta(months=months), LAST_DAY)
    except (OverflowError, ValueError):
        return LAST_DAY


def add_days(day, days):
    """Return the day so many days later or earlier, or the nearest possible one."""
    try:
        return min(day + timedelta(days=days), LAST_DAY)
    except OverflowError:
        return LAST_DAY if days > 0 else date.min


def clip_day(day):
    """Return the day, or the nearest one that can be counted from."""
    return min(max(day, FIRST_DAY), LAST_DAY)
