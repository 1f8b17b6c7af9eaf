# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Who would pay for claims: service credits, then the item, then the team's policy.

Plans read and write nothing; a preview is a plan that is not applied.
"""

from dataclasses import replace

from odoo.tools import float_is_zero, float_round

from ..ledger.drawing import DrawRequest
from . import text
from .claim import CREDITS, HOUR_DIGITS, NON_BILLABLE, SALE_LINE, Part


def plan(env, claims, policy=None):
    """Fill the parts of each claim; earlier claims are served first.

    :param list claims: of :class:`Claim`
    :param policy: what happens to uncovered hours, instead of the team's policy
    :return: the claims, each with `parts` that add up to its `hours`, or with a
        `refusal` where the team's policy refuses what nobody covers
    """
    plan_credits(env, [claim for claim in claims if claim.uses_credits])
    left_by_item, buyers = {}, {}
    for claim in claims:
        if not claim.is_billable or claim.hours <= 0:
            claim.parts = [Part(NON_BILLABLE, claim.hours)]
            claim.missing = 0.0
            continue
        plan_item(claim, left_by_item)
        plan_policy(env, claim, policy, buyers)
    return claims


def plan_credits(env, claims):
    """Let service credits take what there is of them."""
    digits = env["service.credit.purchase"]._get_credit_digits()
    wanting, small = [], []
    for claim in claims:
        if not claim.is_billable or claim.hours <= 0:
            continue
        credits = float_round(claim.hours * claim.rate, precision_digits=digits)
        claim.request = get_request(claim, credits)
        (wanting if credits > 0 else small).append(claim)
    for claim, draw in zip(wanting, _plan_draws(env, wanting), strict=True):
        claim.draw = draw
        if draw.slices:
            whole = float_is_zero(draw.missing, precision_digits=digits)
            hours = claim.hours if whole else draw.credits / claim.rate
            claim.parts = [Part(CREDITS, round_hours(hours))]
    # A share that rounds to nothing is paid by credits too, where there are some: the
    # smallest part is asked for, and not taken.
    for claim in small:
        claim.request = replace(claim.request, credits=10**-digits)
    for claim, draw in zip(small, _plan_draws(env, small), strict=True):
        if draw.slices:
            claim.parts = [Part(CREDITS, claim.hours)]
        else:
            claim.draw = draw


def get_request(claim, credits):
    """Return what a claim asks the ledger for."""
    ticket = claim.ticket
    partner, currency = ticket.partner_id, ticket._get_credit_currency()
    if claim.kept and claim.entry.consumption_ids:
        # What credits pay already stays with the customer they belong to.
        row = claim.entry.consumption_ids[:1]
        partner, currency = row.commercial_partner_id, row.currency_id
    return DrawRequest(
        work=ticket,
        partner=partner,
        company=ticket.company_id,
        currency=currency,
        date=claim.date,
        credits=credits,
        timesheet=claim.entry if claim.entry.id else None,
    )


def _plan_draws(env, claims):
    requests = [claim.request for claim in claims]
    return env["service.credit.allocation"]._plan(requests) if requests else []


def plan_item(claim, left_by_item):
    """Let the sales order item take the rest, within its authorized hours.

    :param dict left_by_item: hours left by item, after the claims before this one
    """
    rest = round_hours(claim.hours - claim.covered)
    claim.missing = rest
    item_sudo = claim.item and claim.item.sudo()
    if not item_sudo or rest <= 0:
        return
    if item_sudo not in left_by_item:
        left_by_item[item_sudo] = item_sudo._get_authorized_hours_left()
    left = claim.item_left = left_by_item[item_sudo]
    hours = rest if left is None else round_hours(min(rest, max(left, 0.0)))
    if hours <= 0:
        return
    claim.parts.append(Part(SALE_LINE, hours, item_sudo))
    claim.missing = round_hours(rest - hours)
    if left is not None:
        left_by_item[item_sudo] = left - hours


def plan_policy(env, claim, policy, buyers):
    """Decide about the hours that neither credits nor the item cover.

    :param dict buyers: what :func:`is_credit_customer` found out so far
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
    if not claim.item and not is_credit_customer(env, claim, buyers):
        # Nobody ever agreed to pay: time that is not billed, as in stock Odoo.
        return NON_BILLABLE
    return claim.entry._get_over_limit_policy()


def is_credit_customer(env, claim, buyers):
    """Tell whether credits are how this customer pays: they were ever bought."""
    if not claim.uses_credits or not claim.ticket.partner_id:
        return False
    customer = claim.ticket.partner_id.commercial_partner_id
    key = customer, claim.ticket.company_id
    if key not in buyers:
        # sudo: agents need not see purchases
        purchases_sudo = env["service.credit.purchase"].sudo()
        buyers[key] = purchases_sudo.with_context(active_test=False).search_count(
            [
                ("commercial_partner_id", "=", customer.id),
                ("company_id", "=", claim.ticket.company_id.id),
                ("is_draft", "=", False),
            ],
            limit=1,
        )
    return bool(buyers[key])


def round_hours(hours):
    """Return hours to the second."""
    return float_round(hours, precision_digits=HOUR_DIGITS)
