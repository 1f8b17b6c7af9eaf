# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The sales order items that pay, one after the other, in plain Python.

The work's own item comes first, then the customer's further prepaid items, as the
team's setting for prepaid hours says.
"""

from typing import NamedTuple

from .claim import SALE_LINE, Part, round_hours

OPEN, CHAIN, CLOSED = "open", "chain", "closed"

USED_UP, NOT_AUTHORIZED = "used_up", "not_authorized"
NOT_CONFIRMED = "not_confirmed"


class Left(NamedTuple):
    """What an item can still take: None is without a limit."""

    prepaid: float | None
    authorized: float | None

    @classmethod
    def of(cls, item):
        """Return what is left of an item of the superuser: nothing can be invoiced of
        an order that was cancelled."""
        if item.state != "sale":
            return cls(0.0, 0.0)
        prepaid = item.remaining_hours if item.remaining_hours_available else None
        return cls(prepaid, item._get_authorized_hours_left())

    def get_hours(self, limit):
        """Return how many hours fit, None for all of them."""
        limits = [self.authorized] if limit == OPEN else [self.prepaid, self.authorized]
        limits = [hours for hours in limits if hours is not None]
        return max(round_hours(min(limits)), 0.0) if limits else None

    def without(self, hours):
        return Left(
            *(None if left is None else round_hours(left - hours) for left in self)
        )


class Items:
    """What the items of the claims of one plan have left: earlier claims come first."""

    def __init__(self, env, claims, given_back=None):
        self.env = env
        self._given_back = given_back or {}
        self._claims = claims
        self._found = {}
        self._left = {}
        self._at_first = {}

    def pay(self, claim, hours):
        """Let items take hours of a claim; return what nobody took."""
        own = claim.item and claim.item.sudo()
        rest = self._take(claim, own, hours) if own else hours
        if rest <= 0 or claim.prepaid_limit == OPEN:
            return rest
        for item in self._get_following(claim):
            rest = self._take(claim, item, rest)
            if rest <= 0:
                return rest
        last = self._get_last(claim) if claim.prepaid_limit == CHAIN else None
        if last:
            self._add(claim, last, rest, is_over=True)
            return 0.0
        return rest

    def get_left(self, item):
        """Return what is left of an item for the claims that follow."""
        if item not in self._left:
            # sudo: who may log time on the item must know what fits
            left = Left.of(item.sudo()).without(self._given_back.get(item.id, 0.0))
            self._left[item] = self._at_first[item] = left
        return self._left[item]

    def _take(self, claim, item, hours):
        left = self.get_left(item)
        fitting = left.get_hours(claim.prepaid_limit)
        part = hours if fitting is None else min(hours, fitting)
        if part > 0:
            self._add(claim, item, part, is_used_up=part < hours)
        else:
            why = NOT_AUTHORIZED if left.get_hours(OPEN) == 0.0 else USED_UP
            why = why if item.state == "sale" else NOT_CONFIRMED
            claim.passed.append({"item": item.order_id.name, "why": why})
        return round_hours(hours - part)

    def _add(self, claim, item, hours, **flags):
        """Add hours to the part of an item."""
        part = next((part for part in claim.parts if part.item == item), None)
        if not part:
            part = Part(SALE_LINE, 0.0, item)
            claim.parts.append(part)
        part.hours = round_hours(part.hours + hours)
        for name, value in flags.items():
            setattr(part, name, value)
        self._left[item] = self.get_left(item).without(hours)

    def _get_following(self, claim):
        """Return the further prepaid items with hours left, in the team's order."""
        return self._in_order(claim, self._find(claim, with_hours=True))

    def _get_last(self, claim):
        """Return the item that takes hours below zero: the last one without a cap.

        Of those that had hours; where all are used up, the one the work has come to by
        itself, else the last that is below zero already, else the last one.
        """
        chain = [claim.item.sudo()] if claim.item else []
        had_hours = [
            item
            for item in chain + self._get_following(claim)
            if self.get_left(item) and (self._at_first[item].prepaid or 0.0) > 0
        ]
        if last := self._get_uncapped(had_hours)[-1:]:
            return last[0]
        own = self._get_uncapped(chain)
        if own and not claim.is_item_chosen:
            return own[0]
        everything = self._find(claim, with_hours=False)
        chain = own + self._get_uncapped(self._in_order(claim, everything))
        below = [item for item in chain if self.get_left(item).prepaid < 0]
        return (below or own or chain or [None])[-1]

    def _get_uncapped(self, items):
        """Return the prepaid ones among items that no cap keeps from going below
        zero."""
        lefts = [(item, self.get_left(item)) for item in items]
        return [
            item
            for item, left in lefts
            if left.prepaid is not None and left.authorized is None
        ]

    def _in_order(self, claim, items):
        items = reversed(items) if claim.entry._takes_latest_item() else items
        return [item for item in items if item != claim.item]

    def _find(self, claim, with_hours):
        """Return prepaid items of a claim's customer, oldest first: one query for the
        customers of the whole plan."""
        if with_hours not in self._found:
            asked = [one for one in self._claims if one.prepaid_limit != OPEN]
            partners = self.env["res.partner"].union(*(one.customer for one in asked))
            companies = self.env["res.company"].union(*(one.company for one in asked))
            # sudo: which item pays must not depend on who logs the time
            lines_sudo = self.env["sale.order.line"].sudo()
            self._found[with_hours] = lines_sudo._get_prepaid_items(
                partners, companies, with_hours
            )
        found = self._found[with_hours].get((claim.customer, claim.company))
        return found.sudo() if found else self.env["sale.order.line"].sudo()
