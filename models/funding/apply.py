# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Plans become ledger rows, payers on entries, and entries for the other parts."""

from odoo import models
from odoo.exceptions import ValidationError
from odoo.tools.misc import clean_context

from . import text
from .payers import OVERAGE, round_hours
from .plan import OPEN, Claim, plan
from .rates import cut_facts, get_plain_facts


def fund(entries, choices=None, policy=None):
    """Decide who pays for entries that have no payer yet, and note it on them.

    :param entries: entries of tickets
    :param dict choices: item by entry (superuser), also an empty one, where a person
        chose it; it pays instead of credits
    :param policy: what happens to uncovered hours, instead of the team's policy
    :raise ValidationError: where the team refuses hours that nobody covers
    """
    choices = choices or {}
    # sudo: what pays is a consequence of the entry, not something its author types
    claims = [Claim.of(entry, choices.get(entry)) for entry in entries.sudo()]
    post(entries.env, plan(entries.env, claims, policy))


def post(env, claims):
    """Post the credits, split the entries, note the payers."""
    refused = [claim.refusal for claim in claims if claim.refusal]
    if refused:
        raise ValidationError("\n".join(refused))
    values, siblings, told = {}, [], []
    for claim in claims:
        facts = text.get_facts(claim)
        if claim.other_parts or any(part.payer == OVERAGE for part in claim.parts):
            told.append((claim.work, facts))
        values[claim.entry] = get_entry_values(claim, facts)
        siblings += get_sibling_values(claim, facts)
    drawn = {claim.entry: claim.draw for claim in claims}
    drawn = {entry: draw for entry, draw in drawn.items() if draw and draw.slices}
    for entry, draw in drawn.items():
        values[entry]["credits"] = entry.credits + draw.credits
    write_funding(values)
    if drawn:
        env["service.credit.consumption"]._post_draws(drawn.values())
        # They are the sums of the rows already, and one statement writes them.
        entries = env["account.analytic.line"].union(*drawn)
        env.remove_to_compute(entries._fields["credits"], entries)
    # sudo: the parts of others follow from the entry too
    create_siblings(env["account.analytic.line"].sudo(), siblings)
    move_on(claims)
    # Like the balances of purchases, the sums of items must reach the database now.
    parts = [part for claim in claims for part in claim.parts if part.item]
    items = env["sale.order.line"].union(*(part.item for part in parts))
    items._check_authorized_hours()
    if env.context.get("tells_payers"):
        tell(env, told)


def tell(env, told):
    """Tell the user of a form what became of rows that were split, or that nobody
    covers: the form shows other rows than were typed.

    :param told: list of the work and the facts of each
    """
    for work, facts in told:
        is_over = any(part["payer"] == OVERAGE for part in facts["parts"])
        message = env._(
            "Logged on %(work)s: %(note)s.",
            work=work._get_work_name(),
            # Why nothing else pays is noted on the entry.
            note=text.render(env, {**facts, "rest": None, "passed": ()}),
        )
        env.user._bus_send(
            "simple_notification",
            {"type": "warning" if is_over else "info", "message": message},
        )


def write_funding(values_by_entry):
    """Note who pays on entries, past the guards of typed values.

    Values that also change the hours are written, for the cost and the constraints;
    the others are set as a compute sets its fields: in one statement for the whole
    batch, and then announced to whatever depends on them.

    :param dict values_by_entry: values by entry (superuser)
    """
    if not values_by_entry:
        return
    entries = next(iter(values_by_entry)).union(*values_by_entry)
    quick = {name for vals in values_by_entry.values() for name in vals}
    quick -= {"unit_amount"}
    if "so_line" in quick:
        # The items the entries leave must be told before they are left.
        entries.filtered("so_line").modified(["so_line"], before=True)
    _set_alike(values_by_entry, quick)
    entries.modified(quick)
    shortened = entries.browse()
    for entry, values in values_by_entry.items():
        if "unit_amount" in values:
            hours = {name: values[name] for name in ("unit_amount", "hours_billed")}
            entry._write_own(hours)
            shortened += entry
    _write_cost(shortened)
    entries._follow_funding()


def _set_alike(values_by_entry, names):
    """Set fields of entries as a compute does, those with one value together."""
    alike = {}
    for entry, values in values_by_entry.items():
        for name in names & values.keys():
            # Some values are dicts, which are no keys.
            _value, ids = alike.setdefault(
                (name, repr(values[name])), (values[name], [])
            )
            ids.append(entry.id)
    some = next(iter(values_by_entry))
    for (name, _text), (value, ids) in alike.items():
        some._fields[name].write(some.browse(ids), value)


def create_siblings(entries, vals_list):
    """Create the entries that carry other parts of the hours of others.

    Their values are complete, and who pays for them is decided.

    :param entries: the model (superuser)
    """
    if vals_list:
        clean = entries.with_env(
            entries.env(context=clean_context(entries.env.context))
        )
        _write_cost(models.BaseModel.create(clean, vals_list))


def _write_cost(entries):
    """Let the cost follow the hours, as core computes it."""
    if entries:
        costs = entries._timesheet_postprocess_values({"unit_amount": True})
        for entry in entries:
            if costs[entry.id]:
                entry._write_own(costs[entry.id])


def move_on(claims):
    """Let the work's item follow the chain to the one that took hours last.

    An item that a person chose stays.
    """
    moved = {}
    for claim in claims:
        if claim.prepaid_limit == OPEN or claim.is_item_chosen:
            continue
        if items := [part.item for part in claim.parts if part.item]:
            moved[claim.work] = items[-1]
    for ticket, item in moved.items():
        if ticket.sale_line_id != item:
            # sudo: it follows from what paid, not from who logged the time
            ticket.sudo()._move_on_to(item)


def get_entry_values(claim, facts):
    """Return what the entry itself carries: what it had, and the first part."""
    values = {"coverage_facts": facts, "credits_per_hour": claim.rate}
    own, other_parts = claim.own_part, claim.other_parts
    if not claim.kept:
        values["coverage"] = own.payer
        values["so_line"] = own.item.id if own.item else False
    if other_parts or claim.kept:
        values["hours_billed"] = round_hours(claim.kept + (own.hours if own else 0.0))
    if other_parts:
        others = sum(round_hours(claim.get_worked(part)) for part in other_parts)
        worked = round_hours(claim.entry.unit_amount - others)
        values |= {"unit_amount": worked, **claim.entry._get_piece_times(0.0, worked)}
        values |= _get_weight(claim.entry, 0.0, worked)
    return values


def get_sibling_values(claim, facts):
    """Return the values of the entries that carry the other parts."""
    values = []
    parts = [(part, round_hours(claim.get_worked(part))) for part in claim.other_parts]
    before = claim.entry.unit_amount - sum(worked for _part, worked in parts)
    for part, worked in parts:
        values.append(
            {
                **claim.entry._prepare_split_values(),
                **claim.entry._get_piece_times(before, worked),
                **_get_weight(claim.entry, before, worked),
                "hours_billed": part.hours,
                "unit_amount": worked,
                "coverage": part.payer,
                "so_line": part.item.id if part.item else False,
                # It follows from the item, but would be written after the rest.
                "order_id": part.item.order_id.id if part.item else False,
                "coverage_facts": facts,
                "credits_per_hour": claim.rate,
            }
        )
        before += worked
    return values


def _get_weight(entry, before, worked):
    """Return what an hour counts in a part of an entry: at its own times."""
    later = entry._get_piece_later(before)
    facts = entry.rate_facts
    if not facts and later:
        facts = get_plain_facts(entry.unit_amount, later)
    if not facts:
        return {}
    facts = cut_facts(facts, before, before + worked, later)
    return {"rate_facts": facts, "billing_factor": facts["factor"] if facts else 1.0}


def release(entries, credits=None):
    """Give credits back that pay for entries, slice by slice.

    :param dict credits: how many by entry (superuser); without it, all of them
    """
    if credits is None:
        credits = dict.fromkeys(entries.sudo().filtered("credits"))
    if credits:
        # sudo: what is given back follows from the entry
        rows_sudo = entries.env["service.credit.consumption"].sudo()
        rows_sudo._give_back_timesheets(credits)


# ----------------------------------------------------------------------
# Overage: time that nobody covers yet, and that waits unbilled
# ----------------------------------------------------------------------


def cover(entries, item=None, policy=OVERAGE):
    """Ask again who pays for overage, in the given order.

    :param entries: overage entries (superuser)
    :param item: the item alone pays; else credits first, then the ticket's item
    :param policy: what happens to hours that still nobody covers
    :return: the entries that are paid for now
    :raise ValidationError: with the policy `refuse`, where hours stay uncovered
    """
    item_sudo = item and item.sudo()
    # What a decision chose pays alone.
    terms = {"prepaid_limit": OPEN} if item else {}
    claims = [Claim.of(entry, item_sudo, **terms) for entry in entries]
    plan(entries.env, claims, policy)
    covered = [claim for claim in claims if claim.refusal or claim.covered]
    post(entries.env, covered)
    return entries.browse([claim.entry.id for claim in covered])
