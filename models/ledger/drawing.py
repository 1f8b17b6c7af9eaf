# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Drawing in plain Python: the order, requests and plans.

Planning is separate from posting so that a preview is written by the very code
that posts: a plan reads, and writes nothing. `service.credit.consumption._post_draws`
posts it.
"""

from dataclasses import dataclass, field
from datetime import date as Date
from functools import cached_property, partial
from math import inf
from typing import Any, NamedTuple

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, float_compare, float_round, format_date

from ...tools import format_number
from .selection import check_selection

# The order of drawing, of the customer's own and then of what others share with it:
# lowest priority, then soonest expiry, then earliest start.
# Searches, reports, windows and sentences about what pays first all take it from here.
DRAWING_ORDER = ("priority", "date_expiry", "date_start", "id")

# What a purchase may be limited to, and which field of a work it is compared with.
SCOPES = {
    "service_type_ids": "service_type_id",
    "team_ids": "team_id",
    "project_ids": "project_id",
}

# Which field of an allocation points at a work of that model.
WORK_FIELDS = {
    "helpdesk.ticket": "ticket_id",
    "project.task": "task_id",
    "project.milestone": "milestone_id",
}

# What is neither used nor left: the term ended, or the sale was undone.
EXPIRY = "expiry"
WITHDRAWAL = "withdrawal"
# What was used before the purchase was recorded here.
OPENING = "opening"
# What another customer of the group received.
TRANSFER = "transfer"


def get_drawing_key(purchase, customer):
    """Return what purchases in memory are sorted by, as for drawing.

    :param customer: the commercial entity they pay for
    """
    is_shared = purchase.commercial_partner_id.id != customer.id
    # Periods without a purchase yet have no number: they come last of equals.
    keys = (
        (purchase.id or inf) if name == "id" else purchase[name] or 0
        for name in purchase._get_drawing_order()
    )
    return is_shared, *keys


def get_drawing_difference(purchase, other):
    """Return the field for which one purchase is drawn from before another one."""
    if purchase.commercial_partner_id != other.commercial_partner_id:
        return "commercial_partner_id"
    for name in purchase._get_drawing_order():
        if purchase[name] != other[name]:
            return name
    return "id"


def query_drawing_order(model, table):
    """Return the SQL that orders the purchases of `table` as for drawing.

    :param model: the model ``service.credit.purchase``
    :param str table: the name of a table or alias
    """
    return SQL(", ").join(
        SQL.identifier(table, name) for name in model._get_drawing_order()
    )


def query_limits(model, table):
    """Return the SQL that tells which purchases of `table` are limited to the same
    work: an empty text for any work.

    :param model: the model ``service.credit.purchase``
    :param str table: the name of a table or alias
    """
    parts = []
    for name in SCOPES:
        field = model._fields[name]
        limit, purchase = SQL.identifier(field.column2), SQL.identifier(field.column1)
        parts.append(
            SQL(
                "(SELECT STRING_AGG(%s::text, ',' ORDER BY %s) FROM %s WHERE %s = %s)",
                limit,
                limit,
                SQL.identifier(field.relation),
                purchase,
                SQL.identifier(table, "id"),
            )
        )
    return SQL(
        "CASE WHEN %s THEN CONCAT(%s) ELSE '' END",
        SQL.identifier(table, "is_limited"),
        SQL(", ';', ").join(parts),
    )


@dataclass(eq=False)
class DrawRequest:
    """Credits asked of the ledger.

    :param work: the ticket, task or milestone to pay for
    :param partner: the customer; its commercial entity pays
    :param company: where the work is; its purchases pay, and those of the companies
        above it
    :param date: the work date; decides which purchases may pay
    :param credits: how many credits are wanted, > 0
    :param timesheet: the ``account.analytic.line`` the credits pay, if any
    :param strict: all or nothing; otherwise as much as is available
    :param selection: purchases chosen by hand, ``[[purchase_id, credits], …]``
    :param consumption_type: ``consumption`` or ``adjustment``
    :param currency: only purchases in this currency may pay; any one without it,
        because a credit is a unit of work and only its value has a currency
    :param service_type: the ``service.type`` of the work, if it has one
    """

    work: Any
    partner: Any
    company: Any
    date: Date
    credits: float
    timesheet: Any = None
    strict: bool = False
    selection: list | None = None
    consumption_type: str = "consumption"
    currency: Any = None
    service_type: Any = None

    @cached_property
    def key(self):
        """Requests with one key compete for the same purchases."""
        return self.customer.id, self.company.id

    @cached_property
    def customer(self):
        """The commercial entity the work is for (superuser)."""
        return self.partner.sudo().commercial_partner_id

    def accepts(self, purchase):
        """Tell whether a purchase of the customer has the currency that is asked."""
        return not self.currency or purchase.currency_id == self.currency

    def get_scope(self, name):
        """Return what is compared with a limit of purchases, none for some works."""
        if name == "service_type_ids":
            return self.service_type
        # sudo: who pays does not depend on who looks
        work_sudo, field = self.work.sudo(), SCOPES[name]
        return work_sudo[field]._origin if field in work_sudo._fields else None

    def prepare_allocation(self, purchase):
        """Return what names the allocation: values of two currencies never add up."""
        partner_id, company_id = self.key
        return {
            "name": self.work.sudo().display_name,
            "allocation_type": "allocation",
            "commercial_partner_id": partner_id,
            "company_id": company_id,
            "currency_id": purchase.currency_id.id,
            WORK_FIELDS[self.work._name]: self.work.id,
        }


class Slice(NamedTuple):
    """So many credits of one purchase."""

    purchase: Any
    credits: float


@dataclass(eq=False)
class DrawPlan:
    """What a request would get.

    ``slices`` in drawing order; ``missing`` credits nobody pays; ``available`` is
    what was there when the request had its turn; ``next_purchase`` the one that would
    have paid next, to tell why it did not; ``barred`` the first one that would have
    paid if it were not limited to other work, or its customer's share in it used up
    (``is_share_used``); ``rows`` are the ledger rows once the
    plan has been posted.
    """

    request: DrawRequest
    slices: list = field(default_factory=list)
    missing: float = 0.0
    available: float = 0.0
    next_purchase: Any = None
    barred: Any = None
    is_share_used: bool = False
    rows: Any = None

    @property
    def credits(self):
        return sum(part.credits for part in self.slices)

    def prepare_rows(self):
        """Return the values of the rows that post the plan."""
        request = self.request
        return [
            {
                "purchase": purchase,
                "allocation": request.prepare_allocation(purchase),
                "consumption_type": request.consumption_type,
                "credits": credits,
                "date": request.date,
                "timesheet": request.timesheet,
                "is_shared": purchase.commercial_partner_id != request.customer,
            }
            for purchase, credits in self.slices
        ]


class EligiblePool:
    """The purchases that may pay for one customer and company, in drawing order: its
    own, then what others share with it.

    They are read in growing portions, so the cost follows what is taken and not
    what the customer owns. What one request of a batch takes is gone for the next.
    """

    FIRST_PORTION = 16

    def __init__(self, fetches, digits, left, shares, rolled, customer):
        """
        :param list fetches: of ``(limit, offset) -> purchases`` in drawing order, one
            after the other
        :param dict left: what the batch leaves of each purchase, for all its pools:
            members, and branches, draw from the same purchases
        :param dict shares: what it leaves of the shares of customers in purchases of
            others, by purchase and customer, for all pools: a customer has one share,
            whichever branch the work is in
        :param dict rolled: for purchases of which not everything rolls over, the last
            work date that all of it may pay for, and what the batch leaves for later
        :param customer: the commercial entity, whose shares in purchases of others are
            limited
        """
        self._fetches = list(fetches)
        self._digits = digits
        # Less is nothing, at this precision.
        self._least = 0.5 * 10**-digits
        self._purchases = []
        self._usable = {}
        self._portion = self.FIRST_PORTION
        self._offset = 0
        self._first = 0
        self._customer = customer
        self._shares = shares
        self._rolled = rolled
        self.left = left

    def take(self, request):
        """Return the :class:`DrawPlan` of ``request`` and reserve its slices."""
        plan = DrawPlan(request, missing=self._round(request.credits))
        usable = self._get_usable(plan)
        for purchase in usable:
            part = min(plan.missing, self._get_left(purchase, request.date))
            self._reserve(purchase, part, request.date)
            plan.slices.append(Slice(purchase, part))
            plan.missing = self._round(plan.missing - part)
            if self._is_zero(plan.missing):
                plan.next_purchase = next(usable, None)
                break
        return plan

    def _get_usable(self, plan):
        """Yield the purchases that may pay, and note which one is for other work."""
        request = plan.request
        for purchase in filter(request.accepts, self._walk(request.date)):
            if self._is_zero(self._get_rolled(purchase, request.date)):
                continue
            is_share_used = self._is_zero(self._get_left(purchase, request.date))
            if not is_share_used and purchase._is_in_scope(request):
                yield purchase
            elif plan.missing and not plan.barred:
                plan.barred, plan.is_share_used = purchase, is_share_used

    def take_selected(self, plan, purchase, amount):
        """Reserve ``amount`` of ``purchase`` for ``plan``; tell what there was."""
        self._note(purchase)
        left = self._get_left(purchase, plan.request.date)
        if float_compare(amount, left, precision_digits=self._digits) > 0:
            return left
        self._reserve(purchase, amount, plan.request.date)
        plan.slices.append(Slice(purchase, amount))
        plan.missing = self._round(plan.missing - amount)
        return None

    def release(self, plan):
        """Put the slices of ``plan`` back for the requests that follow."""
        for part in plan.slices:
            self._reserve(part.purchase, -part.credits, plan.request.date)
        plan.slices = []
        self._first = 0

    def _reserve(self, purchase, amount, day):
        share = purchase.id, self._customer.id
        for left, key in ((self.left, purchase.id), (self._shares, share)):
            if key in left:
                left[key] = self._round(left[key] - amount)
        if purchase.id in self._rolled:
            until, left = self._rolled[purchase.id]
            if day > until:
                self._rolled[purchase.id] = until, self._round(left - amount)

    def _get_left(self, purchase, day):
        """Return what the batch leaves of a purchase for work of the customer."""
        left = self._get_rolled(purchase, day)
        return min(left, self._shares.get((purchase.id, self._customer.id), left))

    def _get_rolled(self, purchase, day):
        """Return what the batch leaves of a purchase for work of a day: after a period,
        what rolls over."""
        left = self.left[purchase.id]
        until, rolled = self._rolled.get(purchase.id, (day, left))
        return min(left, rolled) if day > until else left

    def _walk(self, day):
        position = self._first
        while position < len(self._purchases) or self._read_more():
            purchase = self._purchases[position]
            if self._is_zero(self.left[purchase.id]):
                # Purchases emptied at the front need not be looked at again.
                if position == self._first:
                    self._first += 1
            elif self._is_usable(purchase, day):
                yield purchase
            position += 1

    def _is_usable(self, purchase, day):
        """Ask the terms of a purchase once for the whole batch."""
        key = purchase.id, day
        if key not in self._usable:
            self._usable[key] = purchase._is_usable_on(day)
        return self._usable[key]

    def _read_more(self):
        found = ()
        while self._fetches and not found:
            found = self._fetches[0](limit=self._portion, offset=self._offset)
            self._offset += self._portion
            if len(found) < self._portion:
                self._fetches.pop(0)
                self._offset = 0
            self._portion *= 2
        if found:
            self._note(found)
            self._purchases += found
        return bool(found)

    def _note(self, purchases):
        """Note what there is of purchases that no request of the batch saw before."""
        self._read_shares(purchases)
        if days := purchases._get_roll_days():
            for purchase, rolled in purchases._get_rolled_credits().items():
                self._rolled.setdefault(purchase.id, (days[purchase], rolled))
        for purchase, credits in purchases._get_kept_credits().items():
            self.left.setdefault(purchase.id, credits)

    def _read_shares(self, purchases):
        for key, credits in purchases._get_shares_left(self._customer).items():
            self._shares.setdefault(key, credits)

    def _round(self, value):
        return float_round(value, precision_digits=self._digits)

    def _is_zero(self, value):
        return value < self._least


def plan_draws(env, requests):
    """Tell what each request would get, and write nothing.

    Earlier requests of the batch are served first. A strict request that falls
    short gets nothing, and leaves what there is to those that follow.

    :param requests: list of :class:`DrawRequest`
    :return: list of :class:`DrawPlan` in the same order; ``missing`` is 0.0 when
        the request is fully served
    :raise UserError: for a selection by hand that is not allowed, not eligible, or
        does not add up
    """
    pools, days, left, shares, rolled, due = {}, {}, {}, {}, {}, {}
    for request in requests:
        days.setdefault(request.key, set()).add(request.date)
    plans = []
    for request in requests:
        if request.key not in pools:
            pools[request.key] = _get_pool(
                env, request, days[request.key], left, shares, rolled, due
            )
        plans.append(_plan_one(env, request, pools[request.key]))
    return plans


def draw_credits(env, requests):
    """Draw credits: plan, then post the plan.

    :param requests: list of :class:`DrawRequest`
    :return: list of :class:`DrawPlan`, each with ``rows``, the posted ledger rows
    :raise UserError: when a strict request cannot be served in full; nothing at all
        is posted then
    """
    plans = plan_draws(env, requests)
    for plan in plans:
        if plan.missing and plan.request.strict:
            raise UserError(get_shortage_message(env, plan))
    return env["service.credit.consumption"]._post_draws(plans)


def _get_pool(env, request, days, left, shares, rolled, known):
    purchase_sudo = env["service.credit.purchase"].sudo()
    customer = request.customer
    whose = [Domain("commercial_partner_id", "=", customer.id)]
    shared = purchase_sudo._domain_shared(customer)
    if not shared.is_false():
        whose.append(shared)
    fetches = [
        partial(purchase_sudo._search_eligible, domain, request.company, days)
        for domain in whose
    ]
    if due := purchase_sudo._get_due_for(customer, request.company, max(days)):
        # A period to come is one purchase, however many pools draw from it.
        due = due.browse().union(
            *(known.setdefault((lot.plan_id, lot.plan_start), lot) for lot in due)
        )
        fetches = [partial(_fetch_with_due, fetches, due, customer)]
    digits = purchase_sudo._get_credit_digits()
    return EligiblePool(fetches, digits, left, shares, rolled, customer)


def _fetch_with_due(fetches, due, customer, limit, offset):
    """Return all that may pay at once, with the periods that have no purchase yet:
    there are some only when the scheduled action is late, or for work to come."""
    if offset:
        return due.browse()
    found = due.union(*(fetch(limit=None, offset=0) for fetch in fetches))
    return found.sorted(lambda lot: get_drawing_key(lot, customer))


def _plan_one(env, request, pool):
    if request.selection is not None:
        return _plan_selection(env, request, pool)
    plan = pool.take(request)
    plan.available = plan.credits
    if plan.missing and request.strict:
        pool.release(plan)
    return plan


def _plan_selection(env, request, pool):
    digits = env["service.credit.purchase"]._get_credit_digits()
    plan = DrawPlan(request, missing=float_round(request.credits, digits))
    for purchase, amount in check_selection(env, request, digits).items():
        left = pool.take_selected(plan, purchase, amount)
        if left is not None:
            raise UserError(
                env._(
                    "%(asked)s credits were chosen from the purchase %(purchase)s, "
                    "which has only %(left)s left.",
                    asked=format_number(env, amount, digits),
                    purchase=purchase.name,
                    left=format_number(env, left, digits),
                )
            )
    plan.available = plan.credits
    return plan


def get_shortage_message(env, plan):
    """Tell in one sentence what was asked and what there is."""
    request = plan.request
    digits = env["service.credit.purchase"]._get_credit_digits()
    return env._(
        "%(work)s needs %(wanted)s service credits on %(date)s, but %(customer)s "
        "has %(available)s available.",
        work=request.work.sudo().display_name,
        wanted=format_number(env, request.credits, digits),
        date=format_date(env, request.date),
        customer=request.partner.sudo().commercial_partner_id.display_name,
        available=format_number(env, plan.available, digits),
    )
