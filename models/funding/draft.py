# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the entries in a form that is being edited would use, in plain Python.

All of them are planned together, by the code that posts: two rows do not get the same
hours. Nothing is written.
"""

from collections import defaultdict

from odoo.tools import float_round

from .change import EntryState, get_barred
from .payers import CREDITS, HOUR_DIGITS, SALE_LINE, round_hours
from .plan import Claim, plan
from .rates import get_worked
from .text import get_planned_payers


def describe_edits(env, edited, removed):
    """Tell what edited and removed entries of a work would add to what is used.

    :param edited: entries as a form has them, new ones and changed ones (superuser)
    :param removed: entries that the form deletes, as they are stored (superuser)
    :return: dict with `hours`, by id of the sales order item; `credits`; `days`, on
        which those that would be drawn are lost otherwise, with their credits;
        `payers`, who would pay in a few words, by row (id of the entry as a text, or
        the name the form gave it); and `refused`, a list of what would not be saved:
        `row`, `text`, and the hours worked that `fit` and the `rest`
    """
    draft = _Draft(env)
    for entry in removed:
        draft.give_back(entry)
    for entry in edited:
        draft.add(entry)
    return draft.describe()


class _Draft:
    def __init__(self, env):
        self.env = env
        self.hours = defaultdict(float)
        self.credits = 0.0
        self.claims = []

    def give_back(self, entry):
        """Take off what a stored entry uses."""
        if entry.coverage == SALE_LINE:
            self.hours[entry.so_line.id] -= entry.hours_billed
        self.credits -= entry.credits

    def add(self, entry):
        """Add what an entry would use, as it is in the form."""
        stored = entry._origin
        was, now = EntryState.of(stored), EntryState.of(entry)
        now = now._replace(work=now.work or was.work)
        is_item_chosen = entry.so_line._origin != stored.so_line
        is_alike = now.is_alike(was) and not now.is_first_time_after(was)
        if now.service_type != was.service_type:
            is_alike = is_alike and not get_barred(
                stored, entry.service_type_id._origin
            )
        if not stored or not is_alike or not stored.coverage or is_item_chosen:
            self.give_back(stored)
            self._claim(entry)
        elif not now.has_hours_of(was) or now.service_type != was.service_type:
            self._change(entry, stored, now)

    def _claim(self, entry, **terms):
        item = entry.so_line._origin if entry.is_so_line_edited else None
        date = entry._get_preview_date({"date": entry.date})
        claim = Claim.of(entry, item, date=date)
        claim.work = claim.work._origin or claim.work
        for name, value in terms.items():
            setattr(claim, name, value)
        self.claims.append(claim)

    def _change(self, entry, stored, now):
        """Claim the hours that are added, or take off those that are not worked."""
        extra = round_hours(now.hours - stored.hours_billed)
        if stored.coverage == CREDITS:
            rate = entry._get_credit_rate()
            digits = self.env["service.credit.purchase"]._get_credit_digits()
            more = float_round(now.hours * rate - stored.credits, digits)
            if more <= 0:
                self.credits += more
                return
            extra = round_hours(more / rate)
        elif stored.coverage != SALE_LINE:
            return
        elif extra <= 0:
            self.hours[stored.so_line.id] += extra
            return
        by_credits = stored.coverage == CREDITS
        self._claim(
            entry,
            hours=extra,
            worked=entry.unit_amount * extra / now.hours,
            kept=round_hours(now.hours - extra),
            uses_credits=by_credits,
            **({} if by_credits else {"item": stored.so_line}),
        )

    def describe(self):
        plan(self.env, self.claims, given_back=dict(self.hours))
        frees_credits = self.credits < 0
        payers, refused = {}, []
        for claim in self.claims:
            for part in claim.parts:
                if part.item:
                    self.hours[part.item.id] += part.hours
            if claim.draw:
                self.credits += claim.draw.credits
            # Credits that the same form gives back are not known to the plan.
            is_known = not (frees_credits and claim.uses_credits)
            row = _get_row(claim.entry)
            payers[str(row)] = get_planned_payers(self.env, claim) if is_known else ""
            if claim.refusal and is_known:
                refused.append({"row": row, **self._describe_refusal(claim)})
        return {
            "hours": {item: hours for item, hours in self.hours.items() if hours},
            "credits": self.credits,
            "days": self._get_days(),
            "payers": payers,
            "refused": refused,
        }

    def _get_days(self):
        """Return the credits that would be drawn by the day they are lost otherwise."""
        drawn, days = defaultdict(float), defaultdict(float)
        for claim in self.claims:
            for purchase, credits in claim.draw.slices if claim.draw else ():
                drawn[purchase] += credits
        lots = self.env["service.credit.purchase"].sudo().union(*drawn)
        lapsing = lots._get_lapsing()
        for lot, credits in drawn.items():
            lapse = min(credits, lapsing.get(lot, 0.0))
            days[lot.date_rollover] += lapse
            days[lot.date_expiry] += credits - lapse
        return {str(day): credits for day, credits in days.items() if credits}

    def _describe_refusal(self, claim):
        entry = claim.entry
        billed = claim.hours + claim.kept
        share = (claim.kept + claim.covered) / billed if billed else 0.0
        worked = get_worked(entry.rate_facts, entry.unit_amount, share)
        fit = float_round(worked, HOUR_DIGITS, rounding_method="DOWN")
        return {
            "text": claim.refusal,
            "fit": fit,
            "rest": round_hours(entry.unit_amount - fit),
        }


def _get_row(entry):
    """Return what names an entry in its form."""
    return entry._origin.id or entry.id.ref
