# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The chain of payers, orders and invoices once more, in plain Python.

A credit is an hour, and every customer has one lot of them: which lots are drawn is the
matter of `credit_model`.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal

from .credit_model import Refused

ZERO = Decimal()


@dataclass(eq=False)
class Customer:
    credits: Decimal = ZERO
    has_bought: bool = False
    quotation: object = None  # the draft item of the overage to bill


@dataclass(eq=False)
class Item:
    customer: Customer
    prepaid: bool
    ordered: Decimal
    state: str = "sale"
    capped: bool = False
    authorized: Decimal = ZERO
    by_order: Decimal = ZERO  # of the authorized hours
    invoiced: Decimal = ZERO
    invoices: list = field(default_factory=list)  # of entries, until credited


@dataclass(eq=False)
class Ticket:
    customer: Customer
    item: Item | None = None
    chosen: bool = False
    cleared: bool = False
    is_task: bool = False  # whose item is filled, and moves on, in core's ways


@dataclass(eq=False)
class Entry:
    ticket: Ticket
    day: int
    hours: Decimal
    billable: bool = True
    payer: str = ""
    item: Item | None = None
    credits: Decimal = ZERO
    quoted: Item | None = None
    decision: str = ""
    invoiced: bool = False


@dataclass(eq=False)
class Part:
    payer: str
    hours: Decimal
    item: Item | None = None


@dataclass(eq=False)
class Claim:
    entry: Entry
    hours: Decimal
    item: Item | None  # asked first
    kept: Decimal = ZERO  # hours of the entry that are paid already
    alone: bool = False  # a decision chose the item, and no other one pays
    without_credits: bool = False


class Batch:
    """What is left while several claims are planned and nothing is posted yet."""

    def __init__(self, desk):
        self.desk = desk
        self.credits = {one: one.credits for one in desk.customers}
        self.taken = defaultdict(Decimal)
        self.first = {
            item: desk.prepaid_left(item) for item in desk.items if item.prepaid
        }

    def packs(self, claim):
        customer = claim.entry.ticket.customer
        return self.desk.in_order(self.desk.packs(customer, with_hours=True))

    def had_hours(self, item):
        return item.state == "sale" and self.first.get(item, ZERO) > 0

    def prepaid_left(self, item):
        return self.first[item] - self.taken[item]

    def fitting(self, item, limit):
        if item.state != "sale":
            return ZERO
        limits = []
        if item.capped:
            limits.append(self.desk.authorized_left(item) - self.taken[item])
        if item.prepaid and limit != "open":
            limits.append(self.prepaid_left(item))
        return max(min(limits), ZERO) if limits else None

    def add(self, parts, item, hours):
        if not hours:
            return
        self.taken[item] += hours
        part = next((part for part in parts if part.item is item), None)
        if part:
            part.hours += hours
        else:
            parts.append(Part("sale_line", hours, item))


class Desk:
    """What teams, orders and invoices do; a step succeeds or is refused."""

    def __init__(self, limit, preference, policy, uses_credits):
        self.limit, self.preference = limit, preference
        self.policy, self.uses_credits = policy, uses_credits
        self.customers, self.tickets = [], []
        self.items, self.entries = [], []

    # What items have left

    def used(self, item):
        return sum((e.hours for e in self.entries if e.item is item), ZERO)

    def prepaid_left(self, item):
        return item.ordered - self.used(item) if item.prepaid else None

    def authorized_left(self, item):
        return max(item.authorized - self.used(item), ZERO) if item.capped else None

    def packs(self, customer, with_hours):
        """Return the customer's prepaid items, the oldest order first."""
        return [
            item
            for item in self.items
            if item.customer is customer
            and item.prepaid
            and item.state == "sale"
            and (not with_hours or self.prepaid_left(item) > 0)
        ]

    def open_ticket(self, customer):
        packs = self.packs(customer, with_hours=True)
        item = packs[-1 if self.preference == "latest" else 0] if packs else None
        self.tickets.append(Ticket(customer, item))

    def open_task(self, customer):
        self.tickets.append(Ticket(customer, chosen=True, is_task=True))

    # Who pays

    def plan(self, claim, batch=None, policy=None):
        """Return the parts of hours that nobody pays yet.

        :param batch: what the earlier claims of the same go take
        """
        batch, entry, hours = batch or Batch(self), claim.entry, claim.hours
        if not entry.billable:
            return [Part("non_billable", hours)]
        customer, parts, rest = entry.ticket.customer, [], hours
        uses_credits = self.uses_credits and not claim.without_credits
        if uses_credits:
            drawn = min(batch.credits[customer], rest)
            batch.credits[customer] -= drawn
            rest -= drawn
            parts += [Part("credits", drawn)] if drawn else []
        rest = self._plan_items(claim, rest, parts, batch)
        if rest:
            is_buyer = (uses_credits and customer.has_bought) or (
                not entry.ticket.cleared and self.packs(customer, with_hours=False)
            )
            own = self.policy if claim.item or is_buyer else "non_billable"
            if (policy or own) == "refuse":
                raise Refused
            parts.append(Part(policy or own, rest))
        return parts

    def _plan_items(self, claim, rest, parts, batch):
        """Let the item, then the further packs take hours; return what is left."""
        limit = self._limit(claim)
        chain = [claim.item] if claim.item else []
        if limit != "open":
            chain += [pack for pack in batch.packs(claim) if pack is not claim.item]
        for item in chain:
            fits = batch.fitting(item, limit)
            taken = rest if fits is None else min(rest, fits)
            batch.add(parts, item, taken)
            rest -= taken
        if rest and limit == "chain" and (last := self._last(claim, chain, batch)):
            batch.add(parts, last, rest)
            return ZERO
        return rest

    def _limit(self, claim):
        return "open" if claim.alone or claim.entry.ticket.cleared else self.limit

    def _last(self, claim, chain, batch):
        """Return the pack that goes below zero."""

        def uncapped(items):
            return [
                one
                for one in items
                if one.prepaid and not one.capped and one.state == "sale"
            ]

        if last := uncapped([one for one in chain if batch.had_hours(one)])[-1:]:
            return last[0]
        own = uncapped([claim.item] if claim.item else [])
        if own and not self._is_chosen(claim):
            return own[0]
        packs = self.in_order(self.packs(claim.entry.ticket.customer, False))
        chain = own + uncapped([pack for pack in packs if pack is not claim.item])
        below = [one for one in chain if batch.prepaid_left(one) < 0]
        return (below or own or chain or [None])[-1]

    def in_order(self, packs):
        return packs[::-1] if self.preference == "latest" else packs

    def _is_chosen(self, claim):
        ticket = claim.entry.ticket
        return ticket.chosen or claim.item is not ticket.item

    def take(self, claim, parts):
        """Note who pays; what the entry cannot carry becomes new entries."""
        entry, kept = claim.entry, claim.kept
        first = parts[0]
        is_own = not kept or (
            first.payer == entry.payer and first.item in (None, entry.item)
        )
        own, others = (first, parts[1:]) if is_own else (None, parts)
        drawn = [part.hours for part in parts if part.payer == "credits"]
        entry.ticket.customer.credits -= sum(drawn, ZERO)
        entry.hours = kept + (own.hours if own else ZERO)
        entry.credits += own.hours if own and own.payer == "credits" else ZERO
        if not kept:
            entry.payer, entry.item = own.payer, own.item
        for part in others:
            new = Entry(entry.ticket, entry.day, part.hours, entry.billable)
            new.payer, new.item = part.payer, part.item
            new.credits = part.hours if part.payer == "credits" else ZERO
            self.entries.append(new)
        self._leave_quotation(entry)

    def move_on(self, claims):
        """Let the tickets follow the chain, after the posting of all of them."""
        moved = {}
        for claim, parts in claims:
            paid = [part.item for part in parts if part.item]
            if self._limit(claim) != "open" and paid and not self._is_chosen(claim):
                moved[claim.entry.ticket] = paid[-1]
        for ticket, item in moved.items():
            ticket.item = item

    def fund(self, claim):
        parts = self.plan(claim)
        self.take(claim, parts)
        self.move_on([(claim, parts)])

    # What people do with time

    def log(self, ticket, day, hours, billable):
        claim = Claim(Entry(ticket, day, hours, billable), hours, ticket.item)
        parts = self.plan(claim)
        self.entries.append(claim.entry)
        self.take(claim, parts)
        self.move_on([(claim, parts)])

    def edit(self, entry, hours):
        """Claim or give back the difference only."""
        self._check_open(entry)
        if hours == entry.hours:
            return
        extra, by_credits = hours - entry.hours, entry.payer == "credits"
        if by_credits and extra < 0:
            entry.credits += extra
            entry.ticket.customer.credits -= extra
        if extra > 0 and (by_credits or entry.payer == "sale_line"):
            item = entry.ticket.item if by_credits else entry.item
            without = not by_credits
            self.fund(Claim(entry, extra, item, entry.hours, without_credits=without))
        else:
            entry.hours = hours

    def redo(self, entry, **values):
        """Another day or tick: all comes back, and who pays is asked again."""
        self._check_open(entry)
        if all(getattr(entry, name) == value for name, value in values.items()):
            return
        self.release(entry)
        for name, value in values.items():
            setattr(entry, name, value)
        self.fund(Claim(entry, entry.hours, entry.ticket.item))

    def release(self, entry):
        entry.ticket.customer.credits += entry.credits
        entry.payer, entry.item, entry.credits = "", None, ZERO
        self._leave_quotation(entry)

    def delete(self, entry):
        self._check_open(entry)
        self.release(entry)
        self.entries.remove(entry)
        self._drop_empty_quotations()

    def _check_open(self, entry):
        """Refuse to write what is invoiced, as core does even for the same values."""
        if entry.invoiced:
            raise Refused

    def choose(self, ticket, item):
        if not ticket.is_task:
            ticket.chosen, ticket.cleared = bool(item), not item
        elif item or ticket.item:
            # A task that had no item was not emptied.
            ticket.cleared = not item
        ticket.item = item

    # What managers decide about overage

    def waiting(self, **terms):
        waiting = [
            entry
            for entry in self.entries
            if entry.payer == "overage"
            and all(getattr(entry, name) is value for name, value in terms.items())
        ]
        return sorted(waiting, key=lambda entry: entry.day)

    def cover(self, item=None, entries=None):
        """Ask again who pays for overage; with an item, it alone.

        All is planned before anything is posted, earlier entries first.
        """
        batch, covered = Batch(self), []
        for entry in self.waiting() if entries is None else entries:
            alone = bool(item)
            asked = item or entry.ticket.item
            claim = Claim(entry, entry.hours, asked, alone=alone, without_credits=alone)
            parts = self.plan(claim, batch, policy="overage")
            if parts[0].payer != "overage":
                covered.append((claim, parts))
        for claim, parts in covered:
            self.take(claim, parts)
        self.move_on(covered)
        return [claim.entry for claim, _parts in covered]

    def cover_all(self):
        if not (covered := self.cover()):
            raise Refused
        for entry in covered:
            entry.decision = "covered"

    def bill(self):
        """Bill what is not quoted: to the ticket's item by time, else to one draft
        quotation of the customer."""
        waiting = self.waiting(quoted=None)
        if not waiting:
            raise Refused
        for entry in waiting:
            item = entry.ticket.item
            if item and item.state == "sale" and not item.prepaid:
                left = self.authorized_left(item)
                if left is not None and left < entry.hours:
                    raise Refused
                entry.payer, entry.item, entry.decision = "sale_line", item, "billed"
                entry.quoted = item
                continue
            customer = entry.ticket.customer
            if not customer.quotation:
                customer.quotation = Item(customer, False, ZERO, state="draft")
                self.items.append(customer.quotation)
            entry.quoted, entry.decision = customer.quotation, "to_bill"

    def confirm_quotation(self, customer):
        item = customer.quotation
        if not item:
            raise Refused
        customer.quotation, item.state = None, "sale"
        item.ordered = self.quoted_hours(item)
        for entry in self.waiting(quoted=item):
            entry.payer, entry.item, entry.decision = "sale_line", item, "billed"

    def quoted_hours(self, item):
        return sum((entry.hours for entry in self.waiting(quoted=item)), ZERO)

    def forgive(self):
        waiting = self.waiting()
        if not waiting:
            raise Refused
        for entry in waiting:
            entry.payer, entry.quoted = "non_billable", None
            entry.decision = "goodwill"
        self._drop_empty_quotations()

    def _leave_quotation(self, entry):
        """Take off its quotation what another payer pays now."""
        if entry.quoted and entry.payer != "overage" and entry.item != entry.quoted:
            entry.quoted, entry.decision = None, ""
        self._drop_empty_quotations()

    def _drop_empty_quotations(self):
        for customer in self.customers:
            item = customer.quotation
            if item and not any(entry.quoted is item for entry in self.entries):
                item.state, customer.quotation = "gone", None

    # What salespeople and accountants do

    def sell(self, customer, prepaid, hours, capped):
        item = Item(customer, prepaid, hours, capped=capped)
        item.authorized = item.by_order = hours if capped else ZERO
        self.items.append(item)
        return item

    def order(self, item, hours):
        """Order more or fewer hours; the cap follows."""
        change, item.ordered = hours - item.ordered, hours
        if change < 0:
            change = max(change, -item.by_order)
        if item.capped and change:
            self.authorize(item, change, by_order=True)

    def authorize(self, item, hours, by_order=False):
        """Approve hours, which overage waits for, or take ordered ones back."""
        if hours < 0 and item.authorized + hours < self.used(item):
            raise Refused
        item.authorized += hours
        item.by_order += hours if by_order else ZERO
        if hours > 0:
            self.cover(item, [e for e in self.waiting() if e.ticket.item is item])

    def cancel(self, item):
        """Cancel an order: overage that it billed or quoted waits again."""
        if item.customer.quotation is item:
            item.customer.quotation = None
        if item.state == "draft":
            item.ordered = self.quoted_hours(item)
        item.state = "cancel"
        for entry in self.entries:
            if entry.quoted is item:
                entry.payer, entry.item, entry.quoted = "overage", None, None
                entry.decision = ""

    def invoice(self, item, first, last):
        """Invoice what is ordered, or the time of a period, and no invoice bills."""
        open_time = [e for e in self.entries if e.item is item and not e.invoiced]
        bills = [e for e in open_time if first <= e.day <= last and not item.prepaid]
        quantity = sum((entry.hours for entry in bills), ZERO)
        if item.prepaid:
            quantity = item.ordered - item.invoiced
        if not quantity:
            raise Refused
        item.invoices.append((bills, quantity))
        item.invoiced += quantity
        for entry in bills:
            entry.invoiced = True

    def credit(self, item, most):
        """Credit the latest invoice, or a part of it: its time is open again."""
        bills, quantity = item.invoices.pop()
        item.invoiced -= min(most, quantity)
        for entry in bills:
            entry.invoiced = False
