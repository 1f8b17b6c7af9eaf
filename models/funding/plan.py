# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Who would pay for time, in plain Python.

`Claim.of` says what an entry has to be paid for, and `plan` who would pay: service
credits, then `Items`, the chain of sales order items, then the team's policy.
Plans read and write nothing; a preview is a plan that is not applied.
"""

from dataclasses import dataclass, field, replace
from datetime import date as Date
from typing import Any, NamedTuple

from odoo.tools import SQL, float_is_zero, float_round

from ...tools import is_multiple
from ..ledger.drawing import DrawRequest, plan_draws
from . import text
from .passed import note_passed_over
from .payers import CREDITS, NON_BILLABLE, SALE_LINE, Part, round_hours
from .rates import get_worked

# What happens when prepaid hours are used up, and why an item was passed over.
OPEN, CHAIN, CLOSED = "open", "chain", "closed"

USED_UP, NOT_AUTHORIZED = "used_up", "not_authorized"
NOT_CONFIRMED = "not_confirmed"

# How the entries of a work are found: time on a ticket is the ticket's alone.
OF_WORK = {
    "ticket_id": ("helpdesk.ticket", SQL("TRUE")),
    "task_id": ("project.task", SQL("ticket_id IS NULL")),
}


@dataclass(eq=False)
class Claim:
    """Hours of one entry that wait to be paid.

    :param entry: the `account.analytic.line`, as superuser; a new record in a preview
    :param work: the ticket or the task the time was spent on
    :param worked: hours worked
    :param hours: hours billed, after the team's minimum and rounding
    :param rate: credits that one hour costs
    :param item: the sales order item that takes what credits do not, or none
    :param uses_credits: service credits pay first
    :param is_nobody: a person chose that no item pays
    :param prepaid_limit: what happens when the item's prepaid hours are used up
    :param kept: hours of the entry that are paid already and stay so
    :param milestone: what credits pay for already, so that its time costs nothing
    """

    entry: Any
    work: Any
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
    milestone: Any = None
    # Filled by the plan; what was passed over is kept for the sentence.
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
            also an empty one; None lets credits pay first, then the work's item
        :param values: what differs from the entry as it is
        """
        chosen = item is not None
        is_nobody = chosen and not item
        terms = {
            "is_nobody": is_nobody,
            "work": entry._get_work(),
            "date": entry.date,
            "worked": entry.unit_amount,
            "hours": entry.hours_billed,
            "rate": entry._get_credit_rate(),
            "item": item if chosen else entry._get_work_item(),
            "is_billable": entry.is_billable,
            "uses_credits": not chosen and entry._uses_service_credits(),
            "prepaid_limit": "open" if is_nobody else entry._get_prepaid_limit(),
            "milestone": None
            if chosen
            else entry._get_work()._get_paid_milestone(entry._get_customer()),
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
        return self.entry._get_paying_company().sudo(False)

    @property
    def is_item_chosen(self):
        """Tell whether a person chose the item, for the work or for the entry."""
        work = self.work.sudo()
        return work._is_item_chosen() or self.item != work.sale_line_id

    @property
    def costs_nothing(self):
        """Tell whether the time is billed to no one, even if something could pay."""
        return not self.is_billable or self.hours <= 0 or bool(self.milestone)

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
        """Return the worked hours of `part`: fewer where an hour counts more."""
        total = self.kept + self.hours
        if not total:
            return self.worked
        earlier = self.parts[: self.parts.index(part)]
        begin = self.kept + sum(other.hours for other in earlier)
        facts, hours = self.entry.rate_facts, self.entry.unit_amount
        first, last = (
            get_worked(facts, hours, billed / total)
            for billed in (begin, begin + part.hours)
        )
        return last - first


# ----------------------------------------------------------------------
# The plan
# ----------------------------------------------------------------------


def plan(env, claims, policy=None, given_back=None):
    """Fill the parts of each claim; earlier claims are served first.

    :param list claims: of :class:`Claim`
    :param policy: what happens to uncovered hours, instead of the team's policy
    :param dict given_back: hours that are taken off items along with the claims, as
        negative numbers by id of the item
    :return: the claims, each with `parts` that add up to its `hours`, or with a
        `refusal` where the team's policy refuses what nobody covers
    """
    plan_credits(env, [claim for claim in claims if claim.uses_credits])
    items, buyers = Items(env, claims, given_back), {}
    for claim in claims:
        if claim.costs_nothing:
            claim.parts = [Part(NON_BILLABLE, claim.hours)]
            claim.missing = 0.0
            continue
        plan_item(claim, items)
        plan_policy(env, claim, policy, buyers)
    return claims


def plan_credits(env, claims):
    """Let service credits take what there is of them."""
    digits = env["service.credit.purchase"]._get_credit_digits()
    asking = [claim for claim in claims if not claim.costs_nothing]
    wanting, small = [], []
    for claim, credits in zip(asking, get_shares(env, asking, digits), strict=True):
        claim.request = get_request(claim, credits)
        (wanting if credits > 0 else small).append(claim)
    for claim, draw in zip(wanting, _plan_draws(env, wanting), strict=True):
        claim.draw = draw
        if draw.slices:
            whole = float_is_zero(draw.missing, precision_digits=digits)
            hours = claim.hours if whole else draw.credits / claim.rate
            claim.parts = [Part(CREDITS, round_hours(min(hours, claim.hours)))]
    # A share that rounds to nothing is paid by credits too, where there are some: the
    # smallest part is asked for, and not taken.
    for claim in small:
        claim.request = replace(claim.request, credits=10**-digits)
    for claim, draw in zip(small, _plan_draws(env, small), strict=True):
        if draw.slices:
            claim.parts = [Part(CREDITS, claim.hours)]
        else:
            claim.draw = draw
    note_passed_over(env, [claim for claim in claims if claim.draw])


def get_shares(env, claims, digits):
    """Return the credits that each claim costs.

    Rounding is cumulative within a work: sixty times one minute are one credit. An
    entry gets what the hours of its work until now cost, less what was drawn for them,
    and never more than one unit off its own cost. What costs whole units gets them.
    """
    shares, unit = [], 10**-digits
    uneven = {c for c in claims if not (c.kept or is_multiple(c.hours * c.rate, unit))}
    sums = _get_sums_of_works(env, [claim.work for claim in uneven]) if uneven else {}
    for claim in claims:
        cost = claim.hours * claim.rate
        share = float_round(cost, precision_digits=digits)
        if claim in uneven:
            due, drawn = sums.get(claim.work, (0.0, 0.0))
            due += cost
            wanted = float_round(due, precision_digits=digits) - drawn
            least = float_round(cost - unit, digits, rounding_method="UP")
            most = float_round(cost + unit, digits, rounding_method="DOWN")
            share = float_round(min(max(wanted, least, 0.0), most), digits)
            sums[claim.work] = due, drawn + share
        shares.append(share)
    return shares


def _get_sums_of_works(env, works):
    """Return what the hours that credits paid cost, and what they drew, by work."""
    entries = env["account.analytic.line"]
    entries.flush_model(
        [*OF_WORK, "coverage", "hours_billed", "credits_per_hour", "credits"]
    )
    sums = {}
    for name, (model, condition) in OF_WORK.items():
        ids = {work.id for work in works if work._name == model and work.id}
        if not ids:
            continue
        rows = env.execute_query(
            SQL(
                """
                SELECT %s, SUM(hours_billed * credits_per_hour), SUM(credits)
                FROM account_analytic_line
                WHERE %s IN %s AND coverage = 'credits' AND %s
                GROUP BY %s
                """,
                SQL.identifier(name),
                SQL.identifier(name),
                tuple(ids),
                condition,
                SQL.identifier(name),
            )
        )
        for work_id, due, drawn in rows:
            sums[env[model].browse(work_id)] = due or 0.0, float(drawn or 0.0)
    return sums


def get_request(claim, credits):
    """Return what a claim asks the ledger for."""
    partner = claim.entry._get_customer()
    if claim.kept and claim.entry.consumption_ids:
        # What credits pay already stays with the customer they belong to.
        # Not of the first row alone: those of a batch are read together.
        allocations = claim.entry.consumption_ids.allocation_id
        partner = allocations[:1].commercial_partner_id
    return DrawRequest(
        work=claim.work,
        partner=partner,
        company=claim.company,
        date=claim.date,
        credits=credits,
        timesheet=claim.entry if claim.entry.id else None,
        service_type=claim.entry.service_type_id._origin,
    )


def _plan_draws(env, claims):
    requests = [claim.request for claim in claims]
    return plan_draws(env, requests)


def plan_item(claim, items):
    """Let sales order items take what credits leave.

    :param items: :class:`Items` of the plan
    """
    claim.missing = rest = round_hours(claim.hours - claim.covered)
    if rest > 0:
        if claim.item:
            claim.item_left = items.get_left(claim.item).authorized
        claim.missing = items.pay(claim, rest)


def plan_policy(env, claim, policy, buyers):
    """Decide about the hours that neither credits nor the item cover.

    :param dict buyers: what :func:`is_buyer` found out so far
    """
    if claim.missing <= 0:
        return
    policy = policy or get_policy(env, claim, buyers)
    if policy == "refuse":
        claim.refusal = text.get_refusal(env, claim)
    else:
        claim.parts.append(Part(policy, claim.missing))


def get_policy(env, claim, buyers):
    """Return what happens to hours that nobody covers."""
    if not claim.item and not is_buyer(env, claim, buyers):
        # Nobody ever agreed to pay: time that is not billed, as in stock Odoo.
        return NON_BILLABLE
    return claim.entry._get_over_limit_policy()


def is_buyer(env, claim, buyers):
    """Tell whether the customer ever bought credits or hours in advance: their time is
    never given away by accident."""
    customer, company = claim.customer, claim.company
    if not customer:
        return False
    asks = {
        "credits": claim.uses_credits,
        "hours": claim.entry._takes_prepaid_hours() and not claim.is_nobody,
    }
    for kind, is_asked in asks.items():
        key = kind, customer, company
        if is_asked and key not in buyers:
            buyers[key] = (
                env["service.credit.purchase"]._has_bought(customer, company)
                if kind == "credits"
                else env["sale.order.line"]._has_prepaid_items(customer, company)
            )
        if is_asked and buyers[key]:
            return True
    return False


# ----------------------------------------------------------------------
# The items: the work's own one, then the customer's further prepaid ones, as the
# team's setting for prepaid hours says
# ----------------------------------------------------------------------


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
        prepaid = item.remaining_hours if item._sells_hours() else None
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
            claim.passed.append({"item": item, "why": why})
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
