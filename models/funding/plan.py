# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Who would pay for claims: service credits, then the item, then the team's policy.

Plans read and write nothing; a preview is a plan that is not applied.
"""

from dataclasses import replace

from odoo.tools import SQL, float_is_zero, float_round

from ..ledger.drawing import DrawRequest, plan_draws
from . import text
from .claim import CREDITS, NON_BILLABLE, Part, round_hours
from .items import Items


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
        if not claim.is_billable or claim.hours <= 0:
            claim.parts = [Part(NON_BILLABLE, claim.hours)]
            claim.missing = 0.0
            continue
        plan_item(claim, items)
        plan_policy(env, claim, policy, buyers)
    return claims


def plan_credits(env, claims):
    """Let service credits take what there is of them."""
    digits = env["service.credit.purchase"]._get_credit_digits()
    asking = [claim for claim in claims if claim.is_billable and claim.hours > 0]
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
    note_passed_over(
        env, [claim for claim in claims if claim.draw and claim.draw.missing]
    )


def get_shares(env, claims, digits):
    """Return the credits that each claim costs.

    Rounding is cumulative within a work: sixty times one minute are one credit. An
    entry gets what the hours of its work until now cost, less what was drawn for them,
    and never more than one unit of the last digit off its own cost.
    """
    sums = _get_sums_of_works(env, [claim.ticket.id for claim in claims])
    shares, unit = [], 10**-digits
    for claim in claims:
        cost = claim.hours * claim.rate
        share = float_round(cost, precision_digits=digits)
        if not claim.kept:
            due, drawn = sums.get(claim.ticket.id, (0.0, 0.0))
            due += cost
            wanted = float_round(due, precision_digits=digits) - drawn
            least = float_round(cost - unit, digits, rounding_method="UP")
            most = float_round(cost + unit, digits, rounding_method="DOWN")
            share = float_round(min(max(wanted, least, 0.0), most), digits)
            sums[claim.ticket.id] = due, drawn + share
        shares.append(share)
    return shares


def _get_sums_of_works(env, ids):
    """Return what the hours that credits paid cost, and what they drew, by ticket."""
    ids = tuple(work_id for work_id in set(ids) if work_id)
    if not ids:
        return {}
    entries = env["account.analytic.line"]
    entries.flush_model(
        ["ticket_id", "coverage", "hours_billed", "credits_per_hour", "credits"]
    )
    rows = env.execute_query(
        SQL(
            """
            SELECT ticket_id, SUM(hours_billed * credits_per_hour), SUM(credits)
            FROM account_analytic_line
            WHERE ticket_id IN %s AND coverage = 'credits'
            GROUP BY ticket_id
            """,
            ids,
        )
    )
    return {work_id: (due or 0.0, float(drawn or 0.0)) for work_id, due, drawn in rows}


def note_passed_over(env, claims):
    """Note which credits of the customer did not pay, and why: one of each kind.

    One query, whatever the number of claims.
    """
    if not claims:
        return
    partners = env["res.partner"].union(
        *(claim.request.partner.sudo().commercial_partner_id for claim in claims)
    )
    companies = env["res.company"].union(*(claim.company for claim in claims))
    found = env["service.credit.purchase"]._search_passed_over(
        partners, companies, {claim.date for claim in claims}
    )
    by_owner = found.grouped("commercial_partner_id")
    for claim in claims:
        customer = claim.request.partner.sudo().commercial_partner_id
        claim.passed += text.get_passed_over(claim, by_owner.get(customer, ()))


def get_request(claim, credits):
    """Return what a claim asks the ledger for."""
    ticket = claim.ticket
    partner = claim.entry._get_customer()
    if claim.kept and claim.entry.consumption_ids:
        # What credits pay already stays with the customer they belong to.
        partner = claim.entry.consumption_ids[:1].commercial_partner_id
    return DrawRequest(
        work=ticket,
        partner=partner,
        company=ticket.company_id,
        date=claim.date,
        credits=credits,
        timesheet=claim.entry if claim.entry.id else None,
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
