# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What somebody has to pay for, and who pays which part of it, in plain Python."""

from dataclasses import dataclass, field
from datetime import date as Date
from typing import Any

CREDITS = "credits"
SALE_LINE = "sale_line"
OVERAGE = "overage"
NON_BILLABLE = "non_billable"


@dataclass(eq=False)
class Part:
    """So many billed hours that one payer takes."""

    payer: str
    hours: float
    item: Any = None


@dataclass(eq=False)
class Claim:
    """Hours of one entry that wait for somebody to pay them.

    :param ticket: the `helpdesk.ticket` the work was done on
    :param date: the work date
    :param worked: hours worked
    :param hours: hours billed, after the team's minimum and rounding
    :param rate: credits that one hour costs
    :param item: the sales order item that takes what credits do not, or none
    :param is_billable: off, nobody pays
    :param uses_credits: service credits pay first
    :param entry: the `account.analytic.line`; none in a preview
    :param kept: hours of the entry that are paid already and stay so
    """

    ticket: Any
    date: Date
    worked: float
    hours: float
    rate: float
    item: Any
    is_billable: bool
    uses_credits: bool
    entry: Any = None
    kept: float = 0.0
    # Filled by the plan.
    parts: list = field(default_factory=list)
    draw: Any = None
    item_left: float | None = None
    missing: float = 0.0
    refusal: str | bool = False

    @property
    def covered(self):
        """Hours that credits or an item pay."""
        paid = [part for part in self.parts if part.payer in (CREDITS, SALE_LINE)]
        return sum(part.hours for part in paid)

    @property
    def own_part(self):
        """The part the entry itself carries: none when it keeps another payer's."""
        first = self.parts[0]
        if self.kept and first.payer != self.entry.coverage:
            return None
        return first

    @property
    def other_parts(self):
        """The parts that need an entry of their own."""
        return self.parts[1:] if self.own_part else self.parts

    def get_worked(self, part):
        """Return the share of the worked hours that belongs to `part`."""
        return self.worked * part.hours / self.hours if self.hours else self.worked
