# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The ledger's rules once more, in plain Python on exact decimals; 0 is today."""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


class Refused(Exception):
    """The ledger has to refuse this."""


def money(amount):
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(eq=False)
class Lot:
    credits: Decimal
    value: Decimal
    paid: Decimal
    start: int
    expiry: int
    draft: bool
    opening: Decimal = Decimal()
    priority: int = 50
    only: object = None  # the one work it may pay for
    rolls: tuple = None  # the last day of its period, and how much rolls over
    rows: list = field(default_factory=list)

    def net(self, *kinds):
        return sum((row.credits for row in self.rows if row.kind in kinds), Decimal())

    allocated = property(lambda self: self.net("consumption", "adjustment", "opening"))
    expired = property(lambda self: self.net("expiry"))
    withdrawn = property(lambda self: self.net("withdrawal"))
    available = property(
        lambda self: self.credits - self.allocated - self.expired - self.withdrawn
    )

    def lost(self, name):
        return sum((getattr(row, name) for row in self.rows), Decimal())

    def left(self, name):
        return money(self.credits * getattr(self, name)) - self.lost(name)

    @property
    def state(self):
        if self.draft:
            return "draft"
        if self.available:
            return "open"
        if self.expired:
            return "expired"
        return "used" if self.allocated else "withdrawn"


@dataclass(eq=False)
class Row:
    lot: Lot
    work: object
    kind: str
    credits: Decimal
    day: int
    value: Decimal
    paid: Decimal
    undoes: object = None
    undone: list = field(default_factory=list)

    def left(self, name):
        return getattr(self, name) + sum(getattr(row, name) for row in self.undone)


class Ledger:
    def __init__(self, grace=0, past=False, late=0):
        self.grace, self.past, self.late = grace, past, late
        self.lots, self.rows = [], []

    def buy(
        self, credits, value, paid, start, expiry, draft, opening=Decimal(), rolls=None
    ):
        if opening > credits:
            raise Refused
        lot = Lot(credits, value, paid, start, expiry, True, opening)
        lot.rolls = rolls
        self.lots.append(lot)
        self.set_draft(lot, draft)

    def set_draft(self, lot, draft):
        used = lot.net("consumption", "adjustment")
        if draft and not lot.draft and (used or lot.expired or lot.withdrawn):
            raise Refused
        if lot.opening and draft != lot.draft:
            self.follow_opening(lot, draft)
        lot.draft = draft

    def follow_opening(self, lot, draft):
        if not draft:
            self.post(lot, None, "opening", lot.opening, lot.start)
            return
        for row in [row for row in lot.rows if row.left("credits") > 0]:
            if row.kind == "opening" and not row.undoes:
                credits, value, paid = (
                    -row.left(name) for name in ("credits", "value", "paid")
                )
                day = row.day
                self.post(lot, None, "opening", credits, day, value, paid, row)

    def usable(self, lot, day):
        in_term = lot.start <= day and (self.past or day <= lot.expiry + self.grace)
        return not lot.draft and in_term

    def closed(self, lot):
        return not self.past and lot.expiry + self.grace + self.late < 0

    def rolled(self, lot, day):
        """What work of a day may use, and what is in excess of it."""
        if not lot.rolls or self.past or lot.rolls[0] >= lot.expiry:
            return lot.available, Decimal()
        end, most = lot.rolls[0] + self.grace, lot.rolls[1]
        after = [row for row in lot.rows if row.work is not None and row.day > end]
        rest = max(most - sum(row.credits for row in after), Decimal())
        excess = max(lot.available - rest, Decimal())
        is_lost = day > end or end + self.late < 0
        return (lot.available - excess if is_lost else lot.available), excess

    def due_lapse(self, lot):
        """What has lapsed of a lot and has no row yet."""
        excess = self.rolled(lot, 0)[1]
        is_over = excess and lot.rolls[0] + self.grace + self.late < 0
        return excess if is_over else Decimal()

    def post_lapses(self, lots):
        for lot in lots:
            if excess := self.due_lapse(lot):
                self.post(lot, None, "expiry", excess, lot.rolls[0])

    def post(self, lot, work, kind, credits, day, value=None, paid=None, undoes=None):
        if undoes is None:
            drawn = lot.credits - lot.available + credits
            value = max(money(drawn * lot.value) - lot.lost("value"), Decimal())
            paid = max(money(drawn * lot.paid) - lot.lost("paid"), Decimal())
        row = Row(lot, work, kind, credits, day, value, paid, undoes)
        lot.rows.append(row)
        self.rows.append(row)
        if undoes:
            undoes.undone.append(row)
        return row

    def draw(self, work, wanted, day, strict=False, kind="consumption"):
        slices = []
        order = {
            lot: (lot.priority, lot.expiry, lot.start, n)
            for n, lot in enumerate(self.lots)
        }
        for lot in sorted(self.lots, key=order.get):
            usable = self.usable(lot, day) and not self.closed(lot)
            usable = usable and lot.only in (None, work)
            part = min(wanted, self.rolled(lot, day)[0]) if usable else 0
            if part:
                slices.append((lot, part))
                wanted -= part
        if strict and wanted:
            raise Refused
        self.post_lapses(
            [lot for lot in self.lots if lot in [one for one, _part in slices]]
        )
        return [self.post(lot, work, kind, part, day) for lot, part in slices]

    def give_back(self, rows, wanted):
        sources = [r for r in rows if not r.undoes and r.work is not None]
        if wanted > sum(row.left("credits") for row in sources):
            raise Refused
        for source in reversed(sources):
            left, value, paid = map(source.left, ("credits", "value", "paid"))
            part = min(wanted, left)
            if part:
                value, paid = (money(amount * part / left) for amount in (value, paid))
                self.undo(source, -part, -value, -paid)
                wanted -= part

    def undo(self, row, *amounts):
        credits, value, paid = amounts
        self.post(row.lot, row.work, "adjustment", credits, row.day, value, paid, row)

    def adjust(self, work, total, day):
        rows = [row for row in self.rows if row.work == work]
        delta = total - sum(row.credits for row in rows)
        if delta > 0:
            self.draw(work, delta, day, strict=True, kind="adjustment")
        elif delta < 0:
            self.give_back(rows, -delta)

    def expire(self, lot, today):
        if lot.draft or not lot.available or today < lot.expiry + self.grace:
            raise Refused
        self.post_lapses([lot])
        if lot.available:
            self.post(lot, None, "expiry", lot.available, today)

    def withdraw(self, lot, credits, today):
        if credits > lot.available - self.due_lapse(lot):
            raise Refused
        self.post_lapses([lot])
        self.post(lot, None, "withdrawal", credits, today)

    def extend(self, lot, expiry):
        paid_days = {}
        for row in lot.rows:
            if row.work is not None:
                paid_days[row.day] = paid_days.get(row.day, 0) + row.credits
        last = max((day for day, net in paid_days.items() if net), default=expiry)
        if expiry != lot.expiry and (lot.expired or expiry < max(lot.start, last)):
            raise Refused
        lot.expiry = expiry

    def balance(self, lot, day):
        if not self.usable(lot, day):
            return Decimal()
        usable, excess = self.rolled(lot, day)
        if day >= 0:
            return usable
        rows = [row for row in lot.rows if row.day <= day]
        left = lot.credits - sum(row.credits for row in rows)
        if not lot.rolls or self.past or lot.rolls[0] >= lot.expiry:
            return left
        if day > lot.rolls[0] + self.grace:
            return left - excess
        lapsed = [r for r in rows if r.kind == "expiry" and r.day <= lot.rolls[0]]
        return left + sum(row.credits for row in lapsed)
