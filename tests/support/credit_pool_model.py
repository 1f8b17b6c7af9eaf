# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The rules of sharing, shares and transfers, added to the plain model of the ledger;
days count from the first one of a walk."""

from dataclasses import dataclass, field
from decimal import Decimal

from .credit_model import Ledger, Lot, Refused, Row, money

# Customers, and the company that they belong to; the last one is alone.
ABOVE = {"group": None, "daughter": "group", "son": "group", "other": None}


@dataclass(eq=False)
class PoolLot(Lot):
    owner: str = "group"
    sharing: str = "customer"
    members: set = field(default_factory=set)
    shares: dict = field(default_factory=dict)
    # Of received credits: which row brought them, and what they are worth.
    given: object = None
    received: int | None = None
    worth: dict = field(default_factory=dict)

    @property
    def base(self):
        return Decimal() if self.given else self.credits

    @property
    def transferred(self):
        return self.net("transfer") + self.credits - self.base

    @property
    def available(self):
        return self.base - sum((row.credits for row in self.rows), Decimal())

    def total(self, name):
        return self.worth.get(name) or money(self.credits * getattr(self, name))

    def left(self, name):
        return (Decimal() if self.given else self.total(name)) - self.lost(name)

    @property
    def state(self):
        state = super().state
        return "transferred" if state == "withdrawn" and self.transferred else state

    def used_by(self, who):
        drawn = ("consumption", "adjustment")
        rows = [row for row in self.rows if row.kind in drawn and row.work[1] == who]
        return sum((row.credits for row in rows), Decimal())

    def is_shared_with(self, who):
        if who == self.owner:
            return False
        if self.sharing == "group":
            return ABOVE[who] == self.owner
        return self.sharing == "chosen" and who in self.members

    def left_for(self, who):
        if who == self.owner or who not in self.shares:
            return self.available
        left = max(self.shares[who] - self.used_by(who), Decimal())
        return min(left, self.available)


class PoolLedger(Ledger):
    def __init__(self, grace=0, past=False, late=0):
        super().__init__(grace, past, late)
        self.now = 0

    def buy(self, owner, *terms):
        self.lots.append(PoolLot(*terms, owner=owner))

    def set_draft(self, lot, draft):
        turns = draft and not lot.draft
        if turns and (lot.given or lot.transferred):
            raise Refused
        super().set_draft(lot, draft)

    def closed(self, lot):
        return not self.past and lot.expiry + self.grace + self.late < self.now

    def post(self, lot, work, kind, credits, day, value=None, paid=None, undoes=None):
        if value is None:
            value, paid = (self.get_worth(lot, credits, name) for name in MONEY)
        row = Row(lot, work, kind, credits, day, value, paid, undoes)
        lot.rows.append(row)
        self.rows.append(row)
        if undoes:
            undoes.undone.append(row)
        return row

    def get_worth(self, lot, credits, name):
        gone = lot.credits - lot.available + credits
        total = lot.total(name)
        lost = min(money(gone * getattr(lot, name)), total)
        if gone == lot.credits:
            lost = total
        return max(lost - (total - lot.left(name)), Decimal())

    def share(self, lot, sharing, members):
        lot.sharing, lot.members = sharing, set(members)

    def limit_share(self, lot, who, credits):
        lot.shares[who] = credits
        if lot.sharing == "chosen":
            lot.members.add(who)

    def get_lots(self, who, day):
        """Return the lots that pay for work of a day, in the order of drawing."""
        found = [
            (lot.owner != who, lot.priority, lot.expiry, lot.start, number, lot)
            for number, lot in enumerate(self.lots)
            if lot.owner == who or lot.is_shared_with(who)
        ]
        lots = [key[-1] for key in sorted(found, key=lambda key: key[:-1])]
        return [one for one in lots if self.usable(one, day) and not self.closed(one)]

    def draw(self, work, wanted, day):
        _kind, who, team = work
        slices = []
        for lot in self.get_lots(who, day):
            part = min(wanted, lot.left_for(who)) if lot.only in (None, team) else 0
            if part > 0:
                slices.append((lot, part))
                wanted -= part
        return [self.post(lot, work, "consumption", part, day) for lot, part in slices]

    def transfer(self, lot, who, credits):
        in_term = self.past or self.now <= lot.expiry + self.grace
        top, mine = ABOVE[who] or who, ABOVE[lot.owner] or lot.owner
        if lot.draft or not in_term or who == lot.owner or top != mine:
            raise Refused
        if not 0 < credits <= lot.available:
            raise Refused
        worth = {name: self.get_worth(lot, credits, name) for name in MONEY}
        given = lot.given
        giver = given and given.lot
        is_undone = giver and giver.owner == who and not giver.expired
        if is_undone and (giver.start, giver.expiry) == (lot.start, lot.expiry):
            day, target, undone = given.day, giver, given
        else:
            day, target, undone = self.now, self.receive(lot, who, credits, worth), None
        row = self.post(lot, None, "transfer", credits, day, *worth.values())
        amounts = [-amount for amount in worth.values()]
        self.post(target, None, "transfer", -credits, day, *amounts, undone)
        if not undone:
            target.given = row

    def receive(self, lot, who, credits, worth):
        prices = lot.value, lot.paid
        target = PoolLot(credits, *prices, lot.start, lot.expiry, False, owner=who)
        target.priority, target.only = lot.priority, lot.only
        target.received, target.worth = self.now, worth
        # Nothing yet: the row that follows brings the credits.
        self.lots.append(target)
        return target

    def lapse(self):
        for lot in self.lots:
            if not lot.draft and lot.available > 0 and self.closed(lot):
                self.post(lot, None, "expiry", lot.available, self.now)

    def balance(self, lot, day):
        if not self.usable(lot, day):
            return Decimal()
        if lot.received is not None and lot.received > day:
            return Decimal()
        rows = [row for row in lot.rows if day >= self.now or row.day <= day]
        return lot.base - sum(row.credits for row in rows)


MONEY = ("value", "paid")
