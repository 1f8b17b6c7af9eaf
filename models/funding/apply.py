# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Plans become ledger rows, payers on entries, and entries for the other parts."""

from typing import NamedTuple

from odoo import models
from odoo.exceptions import ValidationError
from odoo.tools import float_round
from odoo.tools.misc import clean_context

from . import text
from .payers import CREDITS, HOUR_DIGITS, OVERAGE, SALE_LINE, round_hours
from .plan import OPEN, Claim, plan
from .rates import cut_facts, get_plain_facts


class EntryState(NamedTuple):
    """What decides who pays for an entry, as it was before a change."""

    work: object
    date: object
    is_billable: bool
    worked: float
    hours: float
    service_type: int
    ticket: int = 0
    time: tuple = ()
    weight: tuple = ()

    @classmethod
    def of(cls, entry):
        """Return the state of an entry of the superuser."""
        return cls(
            entry._get_work()._origin,
            entry.date,
            entry.is_billable,
            entry.unit_amount,
            entry.hours_billed,
            entry.service_type_id.id,
            entry.ticket_id._origin.id,
            (
                entry.time_start,
                entry.time_stop > 0,
                entry.employee_id.id,
                entry.company_id.id,
                entry.project_id.allow_billable,
            ),
            (entry.billing_factor, entry.rate_facts),
        )

    def is_alike(self, other):
        """Tell whether the same work pays for the same day."""
        return (self.work, self.date, self.is_billable) == (
            other.work,
            other.date,
            other.is_billable,
        )

    def has_hours_of(self, other):
        """Tell whether both have the same hours, to the second."""
        return not float_round(self.worked - other.worked, HOUR_DIGITS) and not (
            float_round(self.hours - other.hours, HOUR_DIGITS)
        )

    def is_first_time_after(self, other):
        """Tell whether an entry that took no time, for which nobody could pay, takes
        some now."""
        return other.hours <= 0 < self.hours

    def is_asked_like(self, other):
        """Tell whether the rates are asked the same."""
        return (self.date, self.service_type, self.time) == (
            other.date,
            other.service_type,
            other.time,
        )

    def is_weighed_like(self, other):
        """Tell whether an hour counts the same, to the last digit of hours."""
        return not float_round(self.weight[0] - other.weight[0], HOUR_DIGITS)


def snapshot(entries):
    """Remember what decides who pays, before the entries are written."""
    return {entry: EntryState.of(entry) for entry in entries.sudo()}


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
    values, siblings = {}, []
    for claim in claims:
        facts = text.get_facts(claim)
        values[claim.entry] = get_entry_values(claim, facts)
        siblings += get_sibling_values(claim, facts)
    drawn = {claim.entry: claim.draw for claim in claims}
    drawn = {entry: draw for entry, draw in drawn.items() if draw and draw.slices}
    for entry, draw in drawn.items():
        values[entry]["credits"] = entry.credits + draw.credits
    write_funding(values)
    env["service.credit.consumption"]._post_draws(drawn.values())
    # They are the sums of the rows already, and one statement writes them.
    entries = env["account.analytic.line"].union(*drawn)
    env.remove_to_compute(entries._fields["credits"], entries)
    # sudo: the parts of others follow from the entry too
    create_siblings(env["account.analytic.line"].sudo(), siblings)
    move_on(claims)


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
    with entries.env.protecting([entries._fields[name] for name in quick], entries):
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
    """Set fields of entries, those with one value together."""
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
        some.browse(ids)[name] = value


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
    own = claim.own_part
    if not claim.kept:
        values["coverage"] = own.payer
        values["so_line"] = own.item.id if own.item else False
    if claim.other_parts or claim.kept:
        values["hours_billed"] = round_hours(claim.kept + (own.hours if own else 0.0))
    if claim.other_parts:
        others = sum(round_hours(claim.get_worked(part)) for part in claim.other_parts)
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
# Changes: give back exactly their own slices, claim the difference
# ----------------------------------------------------------------------


def follow(entries, before, choice=None):
    """Make the funding of written entries follow the change.

    Another ticket, work date or billable tick asks again who pays; other hours or
    another service type claim or give back the difference only.

    :param dict before: the result of :func:`snapshot`
    :param choice: the item written too, a person's choice, also an empty one; None
        when none was written
    """
    entries_sudo = entries.sudo()
    now = keep_hours(entries_sudo, before)
    barred = get_barred(
        entries_sudo.filtered(lambda e: now[e].service_type != before[e].service_type)
    )
    redo, differ = entries_sudo.browse(), []
    for entry in entries_sudo:
        new, was = now[entry], before[entry]
        is_alike = new.is_alike(was) and not new.is_first_time_after(was)
        is_alike = is_alike and entry not in barred
        if choice is not None or not is_alike or not entry.coverage:
            redo += entry
        elif not new.has_hours_of(was) or new.service_type != was.service_type:
            differ.append((entry, was, new))
    fund_again(redo, choice)
    fund_differences(differ)
    _explain_again(entries_sudo, differ)


def get_barred(entries, service_type=None):
    """Return the entries paid by credits that are not for their type of service.

    :param service_type: the type that a form gives them, also an empty one
    """
    paid = entries.filtered(lambda entry: entry.coverage == CREDITS)
    slices = text.get_paying_purchases(paid) if paid else {}
    lots = {
        entry: [lot._with_archived() for lot, _credits in slices.get(entry.id, ())]
        for entry in paid
    }

    def is_barred(entry):
        asked = entry.service_type_id if service_type is None else service_type
        limits = [lot.service_type_ids for lot in lots[entry]]
        return any(types and asked not in types for types in limits)

    return paid.filtered(is_barred)


def keep_hours(entries, before):
    """Return what decides who pays after a change.

    Writing what the entry has already is no change: a part of an entry must not be
    rounded up once more by it, nor by what rates and settings became meanwhile.
    """
    result, kept = {}, {}
    for entry, now in snapshot(entries).items():
        was = before[entry]
        same = now._replace(
            date=was.date, hours=was.hours, service_type=was.service_type
        )
        if not (now.ticket or was.ticket):
            # Nor does another task of the same terms change what an hour counts.
            same = same._replace(work=was.work)
        is_same = same.is_alike(was) and same.has_hours_of(was)
        if is_same and now.is_asked_like(was):
            factor, facts = was.weight
            values = {"billing_factor": factor, "rate_facts": facts}
            if now != was:
                kept[entry] = {"hours_billed": was.hours, **values}
            now = now._replace(hours=was.hours)
        elif is_same and now.is_weighed_like(was):
            if now.hours != was.hours:
                kept[entry] = {"hours_billed": was.hours}
            now = now._replace(hours=was.hours)
        result[entry] = now
    write_funding(kept)
    return result


def restore_weight(before):
    """Let entries be billed for the hours that they were before a change.

    :param dict before: the result of :func:`snapshot`
    """
    write_funding(
        {
            entry: {
                "hours_billed": was.hours,
                "billing_factor": was.weight[0],
                "rate_facts": was.weight[1],
            }
            for entry, was in before.items()
        }
    )


def fund_again(entries, choice=None):
    """Give everything back and decide anew; the item stays if a person chose it."""
    choices = {}
    for entry in entries:
        if choice is not None:
            choices[entry] = choice
        elif entry.is_so_line_edited and entry.so_line:
            choices[entry] = entry.so_line
    release(entries)
    # Off their items first, or their own hours would count against its cap.
    nothing = {"coverage": False, "coverage_facts": False, "so_line": False}
    write_funding(dict.fromkeys(entries, nothing))
    if funded := entries.filtered(lambda entry: entry._get_work()):
        fund(funded, choices)


def leave(entries):
    """Give back what pays for entries whose new task is left to core."""
    release(entries)
    nothing = {"coverage": False, "coverage_facts": False, "so_line": False}
    write_funding(dict.fromkeys(entries, nothing))
    entries.env.add_to_compute(entries._fields["so_line"], entries)


def fund_differences(differ):
    """Claim the hours that were added, or give back those that were taken off.

    All in one go: a long list costs as many queries as a short one.

    :param differ: list of entry (superuser), its state before, and now
    """
    if not differ:
        return
    env = differ[0][0].env
    rates = {entry: _get_rate(entry, was, now) for entry, was, now in differ}
    lacking = _settle_credits(env, rates)
    values, kept_values, again, claims = {}, {}, env["account.analytic.line"], []
    for entry, was, now in differ:
        rate = rates[entry]
        extra = lacking.get(entry, 0.0)
        if entry.coverage == SALE_LINE:
            extra = round_hours(now.hours - was.hours)
        kept = round_hours(now.hours - extra)
        if round_hours(extra) <= 0:
            values[entry] = {"credits_per_hour": rate}
        elif kept <= 0:
            # Credits are rounded: a few seconds took none, and now cost some.
            again |= entry
        else:
            # Back to what is paid: new hours must not count against the cap twice.
            kept_values[entry] = {"hours_billed": kept}
            claims.append(_get_extra_claim(entry, rate, extra, kept, now))
    write_funding({**values, **kept_values})
    fund_again(again)
    post(env, plan(env, claims))


def _get_rate(entry, was, now):
    if now.service_type == was.service_type and entry.credits_per_hour:
        return entry.credits_per_hour
    return entry._get_credit_rate()


def _get_extra_claim(entry, rate, extra, kept, now):
    """Return the claim of hours that are added to those an entry has paid."""
    by_credits = entry.coverage == CREDITS
    return Claim.of(
        entry,
        # Where credits paid until now, the ticket's item and the chain follow them.
        None if by_credits else entry.so_line,
        hours=extra,
        worked=entry.unit_amount * extra / now.hours,
        kept=kept,
        uses_credits=by_credits,
        rate=rate,
    )


def _settle_credits(env, rates):
    """Give back what entries no longer need.

    :param dict rates: credits that one hour costs, by entry (superuser)
    :return: hours still to pay, by entry that credits pay
    """
    digits = env["service.credit.purchase"]._get_credit_digits()
    lacking, surplus = {}, {}
    for entry, rate in rates.items():
        if entry.coverage != CREDITS:
            continue
        wanted = float_round(entry.hours_billed * rate, digits)
        difference = float_round(entry.credits - wanted, digits)
        if difference > 0:
            surplus[entry] = difference
        else:
            lacking[entry] = -difference / rate
    release(env["account.analytic.line"], surplus)
    return lacking


def _explain_again(entries, differ):
    """Let the notes tell of all hours; where others took a part, the note of the
    plan tells both."""
    whole = entries.browse().union(
        *(
            entry
            for entry, _was, now in differ
            if entry.coverage in (CREDITS, SALE_LINE)
            and not round_hours(entry.hours_billed - now.hours)
        )
    )
    facts = text.get_facts_now(whole)
    write_funding({entry: {"coverage_facts": facts[entry]} for entry in whole})


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
