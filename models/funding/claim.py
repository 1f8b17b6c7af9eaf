# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What somebody has to pay for, and who pays which part of it, in plain Python."""

from dataclasses import dataclass, field
from datetime import date as Date
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


@dataclass(eq=False)
class Claim:
    """Hours of one entry that wait for somebody to pay them.

    :param entry: the `account.analytic.line`, as superuser; a new record in a preview
    :param worked: hours worked
    :param hours: hours billed, after the team's minimum and rounding
    :param rate: credits that one hour costs
    :param item: the sales order item that takes what credits do not, or none
    :param uses_credits: service credits pay first
    :param is_nobody: a person chose that no item pays
    :param prepaid_limit: what happens when the item's prepaid hours are used up
    :param kept: hours of the entry that are paid already and stay so
    """

    entry: Any
    ticket: Any
    date: Date
    worked: float
    hours: float
    rate: float
    item: Any
    is_billable: bool
    uses_credits: bool
    is_nobody: bool = False
    prepaid_limit: str = "open"
    kept: float = 0.0
    # Filled by the plan; what was passed over is kept as facts for the sentence.
    parts: list = field(default_factory=list)
    passed: list = field(default_factory=list)
    request: Any = None
    draw: Any = None
    item_left: float | None = None
    missing: float = 0.0
    refusal: str | bool = False

    @classmethod
    def of(cls, entry, item=None, **values):
        """Return the claim of an entry: the one builder, for previews and posting.

        :param entry: the entry as superuser, saved or being typed
        :param item: the item that pays first, where a person or a decision chose it,
            also an empty one; None lets credits pay first, then the ticket's item
        :param values: what differs from the entry as it is
        """
        chosen = item is not None
        is_nobody = chosen and not item
        terms = {
            "is_nobody": is_nobody,
            "ticket": entry.ticket_id,
            "date": entry.date,
            "worked": entry.unit_amount,
            "hours": entry.hours_billed,
            "rate": entry._get_credit_rate(),
            "item": item if chosen else entry._get_ticket_item(),
            "is_billable": entry.is_billable,
            "uses_credits": not chosen and entry._uses_service_credits(),
            "prepaid_limit": "open" if is_nobody else entry._get_prepaid_limit(),
        }
        return cls(entry, **{**terms, **values})

    @property
    def customer(self):
        """The commercial entity whose prepaid items may pay."""
        partner = (
            self.item.order_partner_id if self.item else self.entry._get_customer()
        )
        return partner.sudo().commercial_partner_id.sudo(False)

    @property
    def company(self):
        return self.ticket.company_id.sudo(False)

    @property
    def is_item_chosen(self):
        """Tell whether a person chose the item, for the work or for the entry."""
        work = self.ticket.sudo()
        return work.is_sale_line_chosen or self.item != work.sale_line_id

    @property
    def covered(self):
        """Hours that credits or an item pay."""
        paid = [part for part in self.parts if part.payer in (CREDITS, SALE_LINE)]
        return sum(part.hours for part in paid)

    @property
    def own_part(self):
        """The part the entry itself carries: none when it keeps another payer's."""
        if not self.parts:
            return None
        first, entry = self.parts[0], self.entry
        is_other = first.payer != entry.coverage or (
            first.item and first.item != entry.so_line
        )
        return None if self.kept and is_other else first

    @property
    def other_parts(self):
        """The parts that need an entry of their own."""
        return self.parts[1:] if self.own_part else self.parts

    def get_worked(self, part):
        """Return the share of the worked hours that belongs to `part`."""
        return self.worked * part.hours / self.hours if self.hours else self.worked
