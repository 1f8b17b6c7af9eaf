# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from math import isfinite

# Hours come as binary fractions: how far from a whole step still counts as one.
STEP_TOLERANCE = 1e-6


def is_multiple(hours, increment):
    """Tell whether hours are one or more whole steps of an increment.

    :param float hours: hours, negative ones too
    :param float increment: hours of one step, more than 0
    """
    if not isfinite(hours):
        return False
    steps = hours / increment
    return round(steps) != 0 and abs(steps - round(steps)) < STEP_TOLERANCE
