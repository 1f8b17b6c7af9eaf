# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The payers of time, and the part that one of them takes."""

from dataclasses import dataclass
from typing import Any

from odoo.tools import float_round

CREDITS = "credits"
SALE_LINE = "sale_line"
OVERAGE = "overage"
NON_BILLABLE = "non_billable"

# Hours are split to the second; credits are exact in their own precision.
HOUR_DIGITS = 6


def round_hours(hours):
    """Return hours to the second."""
    return float_round(hours, precision_digits=HOUR_DIGITS)


@dataclass(eq=False)
class Part:
    """So many billed hours that one payer takes.

    :param is_used_up: the item has nothing left, and others take the rest
    :param is_over: the item takes more than it has left
    """

    payer: str
    hours: float
    item: Any = None
    is_used_up: bool = False
    is_over: bool = False
