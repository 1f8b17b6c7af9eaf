# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The sentences that explain who pays, for notes, refusals and previews alike.

An entry keeps the facts (names, figures and dates as they were) and everybody reads
the sentence in their own language.
"""

from odoo import fields
from odoo.tools import float_round, format_date

from ...tools import format_hours, format_number
from ..ledger.drawing import get_drawing_difference, get_drawing_key
from .passed import name_purchase
from .payers import CREDITS, OVERAGE, SALE_LINE, Part
from .rates import get_worked

#: The sentence for the field that decides between two purchases.
RULES = {
    "commercial_partner_id": "own",
    "priority": "preferred",
    "date_expiry": "sooner",
    "date_start": "started",
}
#: What the sentence tells of an item besides its hours.
ITEM_FLAGS = ("is_used_up", "is_over")

# ----------------------------------------------------------------------
# Facts: what is kept with the entry
# ----------------------------------------------------------------------


def get_facts(claim):
    """Return what paid a claim and which rule chose it, as JSON."""
    rest = None
    if claim.uses_credits and claim.draw and claim.draw.missing:
        rest = {"date": fields.Date.to_string(claim.date)}
    passed = _get_passed_facts(claim)
    parts = [fact for part in claim.parts for fact in get_part_facts(part, claim.draw)]
    return {
        "hours": claim.hours,
        "parts": parts,
        "rest": rest,
        "passed": passed,
        **({"milestone": claim.milestone.name} if claim.milestone else {}),
    }


def _get_passed_facts(claim):
    """Return what did not pay for a claim, and why: items by the names of their orders.

    Read with the names of the orders that pay, which are asked next.
    """
    items = [part.item for part in claim.parts if part.item]
    items += [passed["item"] for passed in claim.passed if "item" in passed]
    if items:
        items[0].union(*items).order_id.mapped("name")
    return [
        {**passed, "item": passed["item"].order_id.name} if "item" in passed else passed
        for passed in claim.passed
    ]


def get_part_facts(part, draw=None):
    """Return the facts of a part, one for each purchase that pays."""
    if part.payer == CREDITS and draw:
        following = draw.next_purchase
        return [
            _get_slice_facts(draw.slices, index, draw.request.customer, following)
            for index in range(len(draw.slices))
        ]
    facts = {"payer": part.payer, "hours": part.hours}
    if part.payer == SALE_LINE:
        facts["item"] = part.item.order_id.name
        facts |= {name: True for name in ITEM_FLAGS if getattr(part, name)}
    return [facts]


def _get_slice_facts(slices, index, customer, next_purchase=None, is_only_known=True):
    purchase, credits = slices[index]
    following = [later for later, _credits in slices[index + 1 :]]
    if next_purchase:
        following.append(next_purchase)
    facts = {
        "payer": CREDITS,
        "credits": credits,
        **name_purchase(purchase, customer),
        "expiry": fields.Date.to_string(purchase.date_expiry),
    }
    if following or is_only_known:
        facts |= _get_rule_facts(purchase, *following[:1])
    return facts


def _get_rule_facts(purchase, other=None):
    """Tell why `purchase` came before the next one that could have paid."""
    if not other:
        return {"rule": "only"}
    field = get_drawing_difference(purchase, other)
    return {"rule": RULES.get(field, "entered"), "other": other.name}


def get_facts_now(entries):
    """Return what pays for all hours of entries now, after a correction.

    :return: facts by entry
    """
    by_credits = entries.filtered(lambda entry: entry.coverage == CREDITS)
    purchases = get_paying_purchases(by_credits) if by_credits else {}
    result = {}
    for entry in entries:
        if entry.coverage == SALE_LINE or entry.id not in purchases:
            part = Part(entry.coverage, entry.hours_billed, entry.so_line)
            parts = get_part_facts(part)
        else:
            customer = entry.consumption_ids[:1].used_by_id
            slices = sorted(
                purchases[entry.id],
                key=lambda part, who=customer: get_drawing_key(part[0], who),
            )
            # What else could have paid for the last of them is not asked again.
            parts = [
                _get_slice_facts(slices, index, customer, is_only_known=False)
                for index in range(len(slices))
            ]
        result[entry] = {"hours": entry.hours_billed, "parts": parts, "rest": None}
    return result


# ----------------------------------------------------------------------
# Sentences: what people read
# ----------------------------------------------------------------------


def render(env, facts):
    """Return the sentence that facts make in the language of `env`.

    :param dict facts: as :func:`get_facts` returns them, or of a decision
    """
    if not facts:
        return False
    if "text" in facts:
        # From before the facts were kept.
        return facts["text"]
    if "rejected_by" in facts:
        return env._(
            "Rejected by %(user)s: %(note)s",
            user=facts["rejected_by"],
            note=facts["note"],
        )
    if "goodwill_by" in facts:
        return env._(
            "%(hours)s h as goodwill, decided by %(user)s",
            hours=format_hours(facts["hours"]),
            user=facts["goodwill_by"],
        )
    note = env._(
        "%(hours)s h → %(parts)s",
        hours=format_hours(facts["hours"]),
        parts="; ".join(render_part(env, part) for part in facts["parts"]),
    )
    steps = [note]
    if milestone := facts.get("milestone"):
        steps.append(
            env._("service credits pay for milestone %(name)s already", name=milestone)
        )
    if rest := facts.get("rest"):
        day = _format_day(env, rest["date"])
        steps.append(env._("no other credits usable on %(date)s", date=day))
    steps += [_render_passed_over(env, passed) for passed in facts.get("passed", ())]
    return ", ".join(steps)


def _render_purchase(env, facts):
    """Name a purchase, and whose it is where another customer shares it."""
    if "owner" not in facts:
        return facts["purchase"]
    return env._(
        "%(purchase)s of %(owner)s", purchase=facts["purchase"], owner=facts["owner"]
    )


def _render_passed_over(env, facts):
    """Return the words about what did not pay."""
    if "purchase" not in facts:
        return _render_passed_item(env, facts)
    why = "unpaid" if facts.get("invoices") else facts["why"]
    values = {
        "credits": _format(env, facts["credits"]),
        "purchase": _render_purchase(env, facts),
        "date": _format_day(env, facts["date"]),
        **{name: facts.get(name) for name in ("invoices", "order", "limits")},
    }
    if facts["is_day_before"]:
        return env._(
            "%(credits)s credits of %(purchase)s expired on the previous day", **values
        )
    return {
        "expired": lambda: env._(
            "%(credits)s credits of %(purchase)s expired on %(date)s", **values
        ),
        "later": lambda: env._(
            "%(credits)s credits of %(purchase)s start on %(date)s", **values
        ),
        "draft": lambda: env._("%(purchase)s is a draft", **values),
        "share_used": lambda: env._(
            "the customer's share in %(purchase)s is used up", **values
        ),
        "barred": lambda: env._("%(purchase)s is only for %(limits)s", **values),
        "waiting": lambda: env._(
            "%(credits)s credits of %(purchase)s wait for the invoice of %(order)s",
            **values,
        ),
        "unpaid": lambda: env._(
            "%(credits)s credits of %(purchase)s wait for the payment of %(invoices)s",
            **values,
        ),
        "closed": lambda: env._(
            "%(purchase)s (expired on %(date)s) can no longer pay for late time",
            **values,
        ),
    }[why]()


def _render_passed_item(env, facts):
    if facts["why"] == "used_up":
        return env._("%(item)s is used up", item=facts["item"])
    if facts["why"] == "not_confirmed":
        return env._("%(item)s is not a confirmed order", item=facts["item"])
    return env._("%(item)s has no authorized hours left", item=facts["item"])


def render_part(env, facts):
    """Return the words about one payer."""
    if "purchase" in facts:
        return _render_slice(env, facts)
    hours = format_hours(facts["hours"])
    if facts["payer"] == CREDITS:
        return env._("%(hours)s h, less than the smallest credit", hours=hours)
    if facts["payer"] == SALE_LINE:
        values = {"hours": hours, "item": facts["item"]}
        if facts.get("is_over"):
            return env._("%(hours)s h on %(item)s, more than it has left", **values)
        if facts.get("is_used_up"):
            return env._("%(hours)s h on %(item)s, which is used up now", **values)
        return env._("%(hours)s h on %(item)s", **values)
    if facts["payer"] == OVERAGE:
        return env._(
            "%(hours)s h overage, waiting for a manager's decision", hours=hours
        )
    return env._("%(hours)s h not billed", hours=hours)


def _render_slice(env, facts):
    values = {
        "credits": _format(env, facts["credits"]),
        "purchase": _render_purchase(env, facts),
        "expiry": _format_day(env, facts["expiry"]),
    }
    if "rule" not in facts:
        return env._(
            "%(credits)s credits from %(purchase)s (expires %(expiry)s)", **values
        )
    other = facts.get("other")
    rule = {
        "only": lambda: env._("the only one usable"),
        "own": lambda: env._("the customer's own, before %(other)s", other=other),
        "preferred": lambda: env._("before %(other)s by priority", other=other),
        "sooner": lambda: env._("sooner than %(other)s", other=other),
        "started": lambda: env._("started before %(other)s", other=other),
        "entered": lambda: env._("entered before %(other)s", other=other),
    }[facts["rule"]]()
    return env._(
        "%(credits)s credits from %(purchase)s (expires %(expiry)s, %(rule)s)",
        rule=rule,
        **values,
    )


# ----------------------------------------------------------------------
# Payers in a few words
# ----------------------------------------------------------------------


def get_paying_purchases(entries):
    """Return what each entry draws from which purchase, in one query.

    :return: list of `(purchase, credits)` by entry
    """
    drawn = {}
    for entry, purchase, credits in (
        # sudo: agents see the names of what paid, not the purchases
        entries.env["service.credit.consumption"]
        .sudo()
        ._read_group(
            [("timesheet_id", "in", entries.ids)],
            ["timesheet_id", "purchase_id"],
            ["credits:sum"],
        )
    ):
        if round(credits, 6):
            drawn.setdefault(entry.id, []).append((purchase, credits))
    return drawn


def get_payers(entry, purchases):
    """Name what pays for a saved entry in a few words."""
    slices = purchases.get(entry._origin.id)
    if entry.coverage == CREDITS and slices:
        return _join_purchases(entry.env, slices)
    if entry.coverage == SALE_LINE:
        return entry.so_line.order_id.name
    return _get_label(entry.env, entry.coverage)


def get_planned_payers(env, claim):
    """Name what would pay for an entry in a few words, with what pays already."""
    if claim.refusal:
        # How much fits depends on the other rows; the form says it for all of them.
        return env._("Not covered")
    stored = claim.entry._origin
    kept = get_paying_purchases(stored).get(stored.id) if claim.kept else None
    slices, items, others = dict(kept or ()), {}, {}
    if claim.kept and not kept:
        items[get_payers(stored, {})] = claim.kept
    for purchase, credits in claim.draw.slices if claim.draw else ():
        slices[purchase] = slices.get(purchase, 0.0) + credits
    for part in claim.parts:
        if part.payer == SALE_LINE:
            name = part.item.order_id.name
            items[name] = items.get(name, 0.0) + part.hours
        elif part.payer != CREDITS or not claim.draw:
            others[_get_label(env, part.payer)] = part.hours
    is_alone = len(items) + len(others) == 1 and not slices
    named, uncovered = (
        [
            name if is_alone else f"{name} ({format_hours(part)})"
            for name, part in hours.items()
        ]
        for hours in (items, others)
    )
    by_credits = [_join_purchases(env, slices.items())] if slices else []
    # What nobody covers comes first: a column shows the beginning.
    return ", ".join(uncovered + by_credits + named)


def _join_purchases(env, slices):
    return ", ".join(
        f"{purchase.name} ({_format(env, credits)})" for purchase, credits in slices
    )


def _get_label(env, coverage):
    field = env["account.analytic.line"]._fields["coverage"]
    return dict(field._description_selection(env)).get(coverage, "")


# ----------------------------------------------------------------------
# Previews and refusals
# ----------------------------------------------------------------------


def describe(env, claim):
    """Tell who would pay a planned claim: a list of dicts, one for each payer.

    Of `payer` (a coverage), `label`, `hours`, `credits` and `left` (what the payer has
    left afterwards).
    """
    result = []
    for part in claim.parts:
        facts = get_part_facts(part, claim.draw)
        if part.payer == CREDITS and claim.draw:
            left = [
                _get_credits_left(env, *piece, claim.date)
                for piece in claim.draw.slices
            ]
        else:
            left = [_get_item_left(env, part) if part.payer == SALE_LINE else ""]
        hours_left = part.hours
        for index, (fact, rest) in enumerate(zip(facts, left, strict=True), 1):
            credits = fact.get("credits", 0.0)
            # Credits are rounded, hours are not: the last one pays for what is left.
            is_last = index == len(facts)
            hours = hours_left if is_last else credits / claim.rate
            hours_left -= hours
            result.append(
                {
                    "payer": part.payer,
                    "label": render_part(env, fact),
                    "hours": hours,
                    "credits": credits,
                    "left": rest,
                }
            )
    return result


def _get_credits_left(env, purchase, credits, day):
    """Tell what a purchase would have left for work of the day after a slice of a
    plan."""
    usable = purchase._get_usable_on(day)[purchase]
    return env._(
        "%(left)s credits left on %(purchase)s",
        left=_format(env, usable - credits),
        purchase=purchase.name,
    )


def get_credits_left(env, claim):
    """Tell what the customer could use today after a planned claim; nothing where
    credits pay no part of it."""
    if not claim.draw or not claim.draw.slices:
        return ""
    customer = claim.request.customer
    balances = customer._get_service_credit_balances(company=claim.company)
    left = sum(line["credits_available"] for line in balances[customer.id])
    today = claim.company._get_today()
    for purchase, credits in claim.draw.slices:
        if purchase._is_usable_on(today):
            left -= credits
    return env._(
        "%(customer)s then has %(left)s credits left.",
        customer=customer.display_name,
        left=_format(env, left),
    )


def _get_item_left(env, part):
    """Tell what a sales order item would have left after a part."""
    left = part.item._get_authorized_hours_left()
    if left is not None:
        return env._(
            "%(left)s authorized hours left", left=format_hours(left - part.hours)
        )
    if part.item._sells_hours():
        return env._(
            "%(left)s h left",
            left=format_hours(part.item.remaining_hours - part.hours),
        )
    return ""


def get_refusal(env, claim):
    """Tell what was asked, what would fit, and the ways out."""
    fit = _get_fit(claim)
    values = {
        "hours": format_hours(claim.hours),
        "work": claim.work._get_work_name(),
        "date": format_date(env, claim.date),
        "covered": format_hours(claim.covered),
        "fit": format_hours(fit),
        "state": _get_state_text(env, claim),
        "customer": claim.entry._get_customer().commercial_partner_id.display_name,
    }
    if fit:
        text = env._(
            "Only %(covered)s of the %(hours)s h on %(work)s on %(date)s are "
            "covered (%(state)s). Log %(fit)s h, ask %(customer)s for more hours "
            "or credits, choose another sales order item, or untick Billable.",
            **values,
        )
    else:
        text = env._(
            "%(hours)s h on %(work)s on %(date)s are not covered (%(state)s). "
            "Ask %(customer)s for more hours or credits, choose another sales order "
            "item, or untick Billable.",
            **values,
        )
    # Where neither credits nor a limit could pay, there is nothing to tell of them.
    return text if values["state"] else text.replace(" ()", "", 1)


def _get_fit(claim):
    """Return the hours that may be logged: with a rate, fewer than are covered."""
    facts = claim.entry.rate_facts
    fit = claim.covered
    if facts and not claim.kept and claim.hours:
        fit = get_worked(facts, claim.worked, claim.covered / claim.hours)
    # Down to the minutes that are shown: what is logged must fit.
    return float_round(fit * 60, 0, rounding_method="DOWN") / 60


def _get_state_text(env, claim):
    """Tell what credits and item have for a claim, before it."""
    texts = []
    if claim.uses_credits and claim.draw:
        texts.append(
            env._(
                "%(credits)s credits usable on %(date)s",
                credits=_format(env, claim.draw.available),
                date=format_date(env, claim.date),
            )
        )
    facts = _get_passed_facts(claim)
    item_sudo = claim.item and claim.item.sudo()
    is_limited = item_sudo and item_sudo.limit_hours and item_sudo.state == "sale"
    if is_limited:
        # What it has left says so, too.
        told = {"item": item_sudo.order_id.name, "why": "not_authorized"}
        facts = [passed for passed in facts if passed != told]
    texts += [_render_passed_over(env, passed) for passed in facts]
    if is_limited:
        texts.append(
            env._(
                "%(left)s of %(authorized)s authorized hours left on %(item)s",
                left=format_hours(claim.item_left or 0.0),
                authorized=format_hours(item_sudo.authorized_hours),
                item=item_sudo.display_name,
            )
        )
    return "; ".join(texts)


def _format(env, number):
    return format_number(env, number, 2)


def _format_day(env, day):
    return format_date(env, day)
