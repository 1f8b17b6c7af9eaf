# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from typing import NamedTuple

from odoo import api, models
from odoo.tools import float_compare, float_round

from .service_funding import HOUR_DIGITS
from .service_funding_claim import CREDITS, SALE_LINE


class EntryState(NamedTuple):
    """What decides who pays for an entry, as it was before a change."""

    ticket: int
    date: object
    is_billable: bool
    worked: float
    hours: float
    service_type: int


class ServiceFunding(models.AbstractModel):
    """Changes of entries: give back exactly their own slices, claim the difference."""

    _inherit = "service.funding"

    @api.model
    def _snapshot(self, entries):
        """Remember what decides who pays, before the entries are written."""
        return {
            entry: EntryState(
                entry.ticket_id.id,
                entry.date,
                entry.is_billable,
                entry.unit_amount,
                entry.hours_billed,
                entry.service_type_id.id,
            )
            for entry in entries.sudo()
        }

    @api.model
    def _follow(self, entries, before, choice=None):
        """Make the funding of written entries follow the change.

        Another ticket, work date or billable tick asks again who pays; other hours or
        another service type claim or give back the difference only.

        :param dict before: the result of :meth:`_snapshot`
        :param choice: the item written too, a person's choice: an id, or False for
            nobody; None when none was written
        """
        redo, differ = entries.sudo().browse(), []
        for entry in entries.sudo():
            was = before[entry]
            now = self._get_state_now(entry, was)
            if choice is not None or now[:3] != was[:3] or not entry.coverage:
                redo += entry
            elif (now.hours, now.service_type) != (was.hours, was.service_type):
                differ.append((entry, was, now))
        self._fund_again(redo, choice)
        for entry, was, now in differ:
            self._fund_difference(entry, was, now)
        self._tell_again(differ)

    @api.model
    def _tell_again(self, differ):
        """Let the notes tell of all hours; where others took a part, the note of the
        plan tells both.

        :param differ: what :meth:`_follow` settled, with entries of the superuser
        """
        whole = (
            self.env["account.analytic.line"]
            .sudo()
            .union(
                *(
                    entry
                    for entry, _was, now in differ
                    if entry.coverage in (CREDITS, SALE_LINE)
                    and entry.hours_billed == now.hours
                )
            )
        )
        notes = self.env["service.funding.text"]._get_notes_now(whole)
        whole._note_funding(
            {entry: {"coverage_note": note} for entry, note in notes.items()}
        )

    @api.model
    def _get_state_now(self, entry, was):
        """Return what decides who pays after a change.

        Writing what the entry has already is no change: a part of an entry must not be
        rounded up once more by it, nor by what the team's settings became meanwhile.
        """
        now = self._snapshot(entry)[entry]
        same = now._replace(
            date=was.date, hours=was.hours, service_type=was.service_type
        )
        if same != was:
            return now
        if now.hours != was.hours:
            entry._note_funding({entry: {"hours_billed": was.hours}})
        return now._replace(hours=was.hours)

    @api.model
    def _fund_again(self, entries, choice):
        """Give everything back and decide anew; the item stays if a person chose it."""
        choices = {}
        for entry in entries:
            if choice is not None:
                choices[entry] = choice
            elif entry.is_so_line_edited:
                choices[entry] = entry.so_line.id
        self._release(entries)
        # Off their items first, or their own hours would count against its cap.
        nothing = {"coverage": False, "coverage_note": False, "so_line": False}
        entries._note_funding(dict.fromkeys(entries, nothing))
        self._fund(entries.filtered("ticket_id"), choices)

    @api.model
    def _fund_difference(self, entry, was, now):
        """Claim the hours that were added, or give back those that were taken off."""
        rate = entry.credits_per_hour or self._get_rate(entry)
        if now.service_type != was.service_type:
            rate = self._get_rate(entry)
        extra = 0.0
        if entry.coverage == CREDITS:
            extra = self._settle_credits(entry, rate)
        elif entry.coverage == SALE_LINE:
            extra = float_round(now.hours - was.hours, HOUR_DIGITS)
        if float_compare(extra, 0.0, precision_digits=HOUR_DIGITS) <= 0:
            entry._note_funding({entry: {"credits_per_hour": rate}})
            return
        kept = float_round(now.hours - extra, HOUR_DIGITS)
        if kept <= 0:
            # Credits are rounded: a few seconds took none, and now cost some.
            self._fund_again(entry, None)
            return
        # Back to what is paid: the new hours must not count against the cap twice.
        entry._note_funding({entry: {"hours_billed": kept}})
        by_credits = entry.coverage == CREDITS
        item = entry.so_line
        customer = entry.ticket_id.commercial_partner_id
        if by_credits and entry.partner_id.commercial_partner_id == customer:
            item = entry._get_ticket_item()
        claim = self._get_claim(
            entry,
            item,
            hours=extra,
            worked=entry.unit_amount * extra / now.hours,
            kept=kept,
            uses_credits=by_credits,
        )
        claim.rate = rate
        self._apply(self._plan([claim]))

    @api.model
    def _settle_credits(self, entry, rate):
        """Give back what the entry no longer needs; return the hours still to pay."""
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        wanted = float_round(entry.hours_billed * rate, digits)
        surplus = float_round(entry.credits - wanted, digits)
        if surplus > 0:
            self.env["service.credit.consumption"].sudo()._give_back_timesheets(
                {entry: surplus}
            )
        return max(-surplus, 0.0) / rate
