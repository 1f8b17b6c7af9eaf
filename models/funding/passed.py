# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which credits did not pay for a claim, and why: facts for the sentence."""

from odoo import fields

from ...tools import add_days


def note_passed_over(env, claims):
    """Note which credits of the customer did not pay, and why: one of each kind.

    One query, whatever the number of claims.

    :param claims: those for which credits were asked
    """
    for claim in claims:
        if claim.draw.barred:
            claim.passed.append(get_barred(claim))
    claims = [claim for claim in claims if claim.draw.missing]
    if not claims:
        return
    partners = env["res.partner"].union(*(claim.request.customer for claim in claims))
    companies = env["res.company"].union(*(claim.company for claim in claims))
    found = env["service.credit.purchase"]._search_passed_over(
        partners, companies, {claim.date for claim in claims}
    )
    for claim in claims:
        customer = claim.request.customer
        offered = found.filtered(
            lambda lot, customer=customer: (
                lot.commercial_partner_id == customer or lot._is_shared_with(customer)
            )
        )
        claim.passed += get_passed_over(claim, offered)


def get_passed_over(claim, purchases):
    """Return the facts about credits that did not pay for a claim: for each reason the
    purchase whose term is nearest.

    :param purchases: of the claim's customer
    """
    nearest = {}
    owners = claim.company._get_credit_companies()
    offered = purchases.filtered(lambda lot: lot.company_id in owners)
    for purchase, reason in offered._get_passed_over(claim.date).items():
        distance = abs((reason.date - claim.date).days)
        if reason.why not in nearest or distance < nearest[reason.why][0]:
            nearest[reason.why] = distance, reason, purchase
    return [
        {
            **name_purchase(purchase, claim.request.customer),
            "credits": reason.credits,
            "why": why,
            **_get_waiting_facts(purchase, why),
            "date": fields.Date.to_string(reason.date),
            "is_day_before": why == "expired"
            and reason.date == add_days(claim.date, -1),
        }
        for why, (_distance, reason, purchase) in nearest.items()
    ]


def get_barred(claim):
    """Return the facts about credits that are limited to other work, or to a share."""
    purchase = claim.draw.barred
    return {
        **name_purchase(purchase, claim.request.customer),
        "credits": purchase._get_usable_on(claim.date)[purchase],
        "why": "share_used" if claim.draw.is_share_used else "barred",
        "limits": purchase._get_limits_text(),
        "date": fields.Date.to_string(purchase.date_expiry),
        "is_day_before": False,
    }


def name_purchase(purchase, customer):
    """Return the facts that name a purchase, and whose it is where it is shared."""
    owner = purchase.commercial_partner_id
    facts = {"purchase": purchase.name}
    return facts if owner == customer else {**facts, "owner": owner.display_name}


def _get_waiting_facts(purchase, why):
    if why != "waiting":
        return {}
    if unpaid := purchase._get_unpaid_invoices():
        return {"invoices": ", ".join(unpaid.mapped("name"))}
    return {"order": purchase.sale_order_id.name}
