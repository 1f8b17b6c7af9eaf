# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Who pays for entries that change: they give back exactly what they drew, and claim
the difference, or claim everything anew.
"""

from typing import NamedTuple

from odoo.tools import float_round

from . import text
from .apply import fund, post, release, write_funding
from .payers import CREDITS, HOUR_DIGITS, SALE_LINE, round_hours
from .plan import Claim, plan


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
