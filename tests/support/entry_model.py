# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Who pays for time once more, in plain Python on the ledger of `credit_model`."""

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from .credit_model import Refused, money

EXACT = Decimal("0.000001")


def exact(hours):
    return Decimal(hours).quantize(EXACT, ROUND_HALF_UP)


def minute(start):
    """Return a moment to the minute, in hours after the midnight of the work date.

    In binary fractions, like the database: half a minute goes the same way there.
    """
    days, clock = divmod(start, 24)
    return days * 24 + round(float(clock) * 60) / Decimal(60)


class Item(NamedTuple):
    name: str
    cap: Decimal | None = None  # hours authorized


class Terms(NamedTuple):
    # Has the `ledger` of its customer, an `item` or None, and below 0 a task's `id`.
    ticket: Any
    day: int
    rate: Decimal
    billable: bool


class Part(NamedTuple):
    payer: str
    hours: Decimal
    credits: Decimal = Decimal()
    item: Item | None = None


@dataclass(eq=False)
class Entry:
    terms: Terms
    worked: Decimal
    hours: Decimal
    payer: str = ""
    item: Item | None = None
    rows: list = field(default_factory=list)
    # Hours after midnight. What began a day later has no time of day, and its rates.
    start: Decimal | None = None
    factor: Decimal = Decimal(1)
    # What its hours are weighed from: a whole minute, but the second at which a part
    # begins, until that is weighed anew.
    base: Decimal | None = None

    @property
    def is_timed(self):
        return self.start is not None and self.start < 24

    @property
    def credits(self):
        return sum((row.left("credits") for row in self.rows), Decimal())


class Desk:
    """The entries; a step succeeds, or is refused and changes nothing."""

    def __init__(self, policy, minimum, step, outside=None):
        """
        :param outside: what an hour counts before 9:00 and after 18:00
        """
        self.policy, self.minimum, self.step = policy, minimum, step
        self.outside = outside
        self.entries = []

    def weigh(self, worked, billable, begin):
        """Return what an hour counts: within the day of the desk, once."""
        if not (self.outside and billable) or begin is None:
            return Decimal(1)
        days = ((9, 18), (33, 42))
        spans = (min(begin + worked, end) - max(begin, at) for at, end in days)
        inside = sum(max(span, 0) for span in spans)
        return (inside + (worked - inside) * self.outside) / worked

    def reach(self, entry, share):
        """Return the hours after which a share of what an entry counts was worked."""
        worked, billable, begin = entry.worked, entry.terms.billable, entry.base
        if not (self.outside and billable) or begin is None:
            return worked * share
        rest = share * worked * self.weigh(worked, billable, begin)
        marks = {at - begin for at in (9, 18, 33, 42) if 0 < at - begin < worked}
        marks = sorted(marks | {Decimal(), worked})
        for first, last in pairwise(marks):
            is_inside = 9 <= (begin + (first + last) / 2) % 24 < 18
            factor = 1 if is_inside else self.outside
            if (last - first) * factor >= rest:
                return first + rest / factor
            rest -= (last - first) * factor
        return worked

    def weigh_part(self, entry, first, last):
        """Return what an hour counts between two moments of an entry."""
        if entry.base is None or last <= first:
            return entry.factor
        counts = [
            at and at * self.weigh(at, entry.terms.billable, entry.base)
            for at in (first, last)
        ]
        return (counts[1] - counts[0]) / (last - first)

    def weigh_anew(self, entry, worked, billable):
        """Weigh an entry from the minute it starts at now."""
        entry.base = None if entry.start is None else minute(entry.start)
        entry.factor = self.weigh(worked, billable, entry.base)

    def bill(self, worked, billable, begin):
        weighed = exact(worked * self.weigh(worked, billable, begin))
        hours = max(weighed, self.minimum)
        if self.step:
            # Whole minutes worked, and then what they count.
            minutes = max(round(worked * 60), 1) / Decimal(60)
            minutes *= self.weigh(worked, billable, begin)
            steps = max(minutes, self.minimum) / self.step - Decimal("0.000001")
            hours = steps.quantize(Decimal(1), ROUND_CEILING) * self.step
        return hours if billable else worked

    def bill_again(self, entry, billable):
        """Return the hours of an entry whose day, type or start is another: they stay
        where an hour counts the same."""
        factor = entry.factor
        self.weigh_anew(entry, entry.worked, billable)
        if abs(factor - entry.factor) < EXACT / 2:
            return entry.hours
        return self.bill(entry.worked, billable, entry.base)

    def plan(self, terms, hours, item, own=None, kept=0, credits=True, policy=None):
        """Tell what would pay once `own` has given back all but its `kept` hours."""
        if not terms.billable:
            return [Part("non_billable", hours)]
        ledger, parts, rest = terms.ticket.ledger, [], hours
        if credits:
            parts, rest = self._plan_credits(terms, hours, own, kept)
        if item and rest > 0:
            left = rest
            if item.cap is not None:
                others = [e for e in self.entries if e.item == item and e is not own]
                used = sum(e.hours for e in others)
                left = item.cap - used - (kept if own and own.item == item else 0)
            if left > 0:
                parts.append(Part("sale_line", exact(min(rest, left)), item=item))
                rest = exact(rest - min(rest, left))
        if rest > 0:
            bought = credits and any(not lot.draft for lot in ledger.lots)
            # Overage goes on waiting, even where credits were never bought after all.
            policy = policy or (self.policy if item or bought else "non_billable")
            if policy == "refuse":
                raise Refused
            parts.append(Part(policy, exact(rest)))
        return parts

    def _plan_credits(self, terms, hours, own, kept):
        """Return what credits pay of the hours, and the rest."""
        ledger = terms.ticket.ledger
        free = own.rows if own and not kept else ()
        usable = [
            lot
            for lot in ledger.lots
            if ledger.usable(lot, terms.day) and not ledger.closed(lot)
        ]
        can = sum((lot.available for lot in usable), Decimal())
        can += sum(row.left("credits") for row in free if row.lot in usable)
        wanted = money(hours * terms.rate)
        if not kept:
            wanted = self._round_within(terms, hours, own)
        drawn = min(wanted, can)
        # A share that rounds to nothing is paid where there are credits.
        if drawn or (not wanted and can):
            paid = exact(hours if drawn == wanted else min(drawn / terms.rate, hours))
            return [Part("credits", paid, drawn)], exact(hours - paid)
        return [], hours

    def _round_within(self, terms, hours, own):
        """Round cumulatively within the work, and one unit off at most."""
        same = [
            e
            for e in self.entries
            if e.payer == "credits" and e.terms.ticket is terms.ticket and e is not own
        ]
        due = sum((e.hours * e.terms.rate for e in same), hours * terms.rate)
        exactly = money(due) - sum((e.credits for e in same), Decimal())
        cost, unit = hours * terms.rate, Decimal("0.01")
        if cost == money(cost):
            return cost
        low = (cost - unit).quantize(unit, ROUND_CEILING)
        high = (cost + unit).quantize(unit, ROUND_FLOOR)
        return min(max(exactly, low, Decimal()), high)

    def take(self, entry, parts, hours, kept=0):
        """Post the credits; what the entry cannot carry itself becomes new entries."""
        own = parts[0] if not kept or parts[0].payer == entry.payer else None
        others = parts[1:] if own else parts
        edge, total, marks = kept + (own.hours if own else 0), kept + hours, []
        for part in others:
            first, edge = edge, edge + part.hours
            marks.append([self.reach(entry, at / total) for at in (first, edge)])
        shares = [exact(last - first) for first, last in marks]
        before = exact(entry.worked - sum(shares))
        factors = [self.weigh_part(entry, Decimal(), before)] + [
            self.weigh_part(entry, first, last) for first, last in marks
        ]
        if others:
            entry.worked, entry.factor = before, factors[0]
        entry.hours = exact(kept + (own.hours if own else 0))
        if not kept:
            entry.payer, entry.item = own.payer, own.item
        if parts[0].credits:
            ticket, day = entry.terms.ticket, entry.terms.day
            entry.rows += ticket.ledger.draw((ticket, entry), parts[0].credits, day)
        start = entry.start
        if start is not None:
            start = exact(minute(start) + entry.worked)
        base = None if entry.base is None else entry.base + entry.worked
        for part, share, factor in zip(others, shares, factors[1:], strict=True):
            piece = Entry(entry.terms, share, part.hours, part.payer, part.item)
            piece.factor = factor
            piece.start, piece.base = start, base
            self.entries.append(piece)
            start = None if start is None else start + share
            base = None if base is None else base + share

    def log(self, ticket, day, worked, rate, billable, start):
        terms = Terms(ticket, day, rate, billable)
        entry = Entry(terms, worked, worked, start=start)
        self.weigh_anew(entry, worked, billable)
        entry.hours = self.bill(worked, billable, entry.base)
        parts = self.plan(terms, entry.hours, ticket.item)
        self.entries.append(entry)
        self.take(entry, parts, entry.hours)

    def edit(self, entry, worked=None, rate=None, **times):
        """Claim or give back the difference only; what it has already is none.

        :param times: a `start`, also None
        """
        was = entry.start, entry.factor, entry.base
        try:
            self._edit(entry, worked, rate, times)
        except Refused:
            entry.start, entry.factor, entry.base = was
            raise

    def _edit(self, entry, worked, rate, times):
        terms = entry.terms._replace(rate=rate or entry.terms.rate)
        hours, start = entry.hours, entry.start
        # Times that are emptied leave what began a day later where it was.
        if entry.is_timed or times.get("start") is not None:
            entry.start = times.get("start", start)
        if worked and worked != entry.worked:
            self.weigh_anew(entry, worked, terms.billable)
            hours = self.bill(worked, terms.billable, entry.base)
        elif terms.rate != entry.terms.rate or entry.start != start:
            hours = self.bill_again(entry, terms.billable)
        if (worked or entry.worked, hours, terms.rate) == (
            entry.worked,
            entry.hours,
            entry.terms.rate,
        ):
            # Even where rounding within the work gave it a unit less than it costs.
            return
        worked = worked or entry.worked
        by_credits, surplus, extra, parts = entry.payer == "credits", 0, 0, []
        if by_credits:
            surplus = entry.credits - money(hours * terms.rate)
            extra = min(max(-surplus, 0) / terms.rate, hours)
        elif entry.payer == "sale_line":
            extra = hours - entry.hours
        if extra > 0:
            item, kept = entry.item, exact(hours - extra)
            item = terms.ticket.item if by_credits else item
            parts = self.plan(terms, extra, item, entry, kept, by_credits)
        if surplus > 0:
            terms.ticket.ledger.give_back(entry.rows, surplus)
        entry.terms, entry.worked, entry.hours = terms, worked, hours
        if parts:
            self.take(entry, parts, extra, kept)

    def redo(self, entry, **values):
        """Another ticket, day or tick: all comes back, and who pays is asked again."""
        terms = entry.terms._replace(**values)
        if terms != entry.terms:
            hours, was = entry.hours, (entry.factor, entry.base)
            works = entry.terms.ticket.id, terms.ticket.id
            if values.keys() == {"day"}:
                hours = self.bill_again(entry, terms.billable)
            # On another task an hour counts what it did.
            elif "ticket" not in values or max(works) > 0:
                self.weigh_anew(entry, entry.worked, terms.billable)
                hours = self.bill(entry.worked, terms.billable, entry.base)
            try:
                parts = self.plan(terms, hours, terms.ticket.item, entry)
            except Refused:
                entry.factor, entry.base = was
                raise
            self.release(entry)
            entry.terms = terms
            self.take(entry, parts, hours)

    def release(self, entry):
        entry.terms.ticket.ledger.give_back(entry.rows, entry.credits)
        entry.payer, entry.item, entry.rows = "", None, []

    def delete(self, entry):
        self.release(entry)
        self.entries.remove(entry)

    def waiting(self):
        waiting = [entry for entry in self.entries if entry.payer == "overage"]
        if not waiting:
            raise Refused
        return sorted(waiting, key=lambda entry: entry.terms.day)

    def cover(self):
        done = False
        for entry in self.waiting():
            item = entry.terms.ticket.item
            parts = self.plan(entry.terms, entry.hours, item, entry, policy="overage")
            if parts[0].payer != "overage":
                self.take(entry, parts, entry.hours)
                done = True
        if not done:
            raise Refused

    def forgive(self):
        for entry in self.waiting():
            entry.payer = "non_billable"
