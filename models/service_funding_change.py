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
                entry.hours_billed,
                entry.service_type_id.id,
            )
            for entry in entries.sudo()
        }

    @api.model
    def _follow(self, entries, before, has_item):
        """Make the funding of written entries follow the change.

        Another ticket, work date or billable tick asks again who pays; other hours or
        another service type claim or give back the difference only.

        :param dict before: the result of :meth:`_snapshot`
        :param bool has_item: the item was written too; it is a person's choice
        """
        redo, differ = [], []
        for entry in entries.sudo():
            was = before[entry]
            now = self._snapshot(entry)[entry]
            if has_item or now[:3] != was[:3] or not entry.coverage:
                redo.append(entry)
            elif now != was:
                differ.append((entry, was))
        self._fund_again(entries.browse([entry.id for entry in redo]), has_item)
        for entry, was in differ:
            self._fund_difference(entry, was)

    @api.model
    def _fund_again(self, entries, has_item):
        self._release(entries)
        of_tickets = entries.filtered("ticket_id")
        forced = of_tickets if has_item else of_tickets.filtered("is_so_line_edited")
        self._fund(of_tickets, forced.sudo())

    @api.model
    def _fund_difference(self, entry, was):
        """Claim the hours that were added, or give back those that were taken off."""
        rate = (
            self._get_rate(entry)
            if entry.service_type_id.id != was.service_type
            else entry.credits_per_hour or self._get_rate(entry)
        )
        if entry.coverage == CREDITS:
            extra = self._settle_credits(entry, rate)
        elif entry.coverage == SALE_LINE:
            extra = float_round(entry.hours_billed - was.hours, HOUR_DIGITS)
        else:
            extra = 0.0
        if float_compare(extra, 0.0, precision_digits=HOUR_DIGITS) <= 0:
            entry._note_funding({entry: {"credits_per_hour": rate}})
            return
        by_credits = entry.coverage == CREDITS
        claim = self._get_claim(
            entry,
            entry._get_ticket_item() if by_credits else entry.so_line,
            hours=extra,
            worked=entry.unit_amount * extra / entry.hours_billed,
            kept=float_round(entry.hours_billed - extra, HOUR_DIGITS),
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
