# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import float_compare, float_round

from ...tools import format_number
from .drawing import OPENING, WITHDRAWAL

# Types of rows that can be given back: what a work received, what was withdrawn
# because of a credit note that is cancelled, and what was used elsewhere of a purchase
# that becomes a draft again.
DRAWN = ("consumption", "adjustment")
GIVEN_BACK = (*DRAWN, WITHDRAWAL, OPENING)


class ServiceCreditConsumption(models.Model):
    """Giving back: every slice to the purchase it came from, once."""

    _inherit = "service.credit.consumption"

    @api.model
    def _give_back_timesheets(self, credits_by_timesheet):
        """Give back what time entries have drawn, in one go for many entries.

        :param credits_by_timesheet: dict of ``account.analytic.line`` record to the
            credits to give back, None for all of them
        :return: the new rows
        :raise UserError: when an entry has drawn fewer credits than asked for
        """
        timesheet_ids = [timesheet.id for timesheet in credits_by_timesheet]
        rows = self.sudo().search([("timesheet_id", "in", timesheet_ids)])
        by_timesheet = rows.grouped("timesheet_id")
        return self._give_back_batch(
            [
                (by_timesheet.get(timesheet.sudo(), rows.browse()), credits)
                for timesheet, credits in credits_by_timesheet.items()
            ]
        )

    @api.model
    def _give_back_batch(self, claims):
        """Give back for many claims at once: each slice to its own purchase, in
        reverse order of drawing, never more than is left of it.

        The new rows carry the work date of the row they undo, so that no balance of
        an earlier date can become negative when the credits are drawn again.

        :param claims: list of ``(rows, credits or None)``
        :return: the new rows
        """
        rows_sudo = self.sudo().browse().union(*(rows.sudo() for rows, _ in claims))
        left = rows_sudo._get_left()
        vals_list = []
        for rows, wanted in claims:
            vals_list += rows.sudo()._prepare_give_back(wanted, left)
        return self._post(vals_list)

    def _get_left(self):
        """Return ``{row id: [credits, value, paid]}`` not yet given back, of the
        rows that drew."""
        drawn = self.filtered(
            lambda row: row.credits > 0 and row.consumption_type in GIVEN_BACK
        )
        left = {row.id: [row.credits, row.value, row.paid] for row in drawn}
        for row, *sums in self._read_group(
            [("reversed_id", "in", drawn.ids)],
            ["reversed_id"],
            ["credits:sum", "value:sum", "paid:sum"],
        ):
            amounts = [a + b for a, b in zip(left[row.id], sums, strict=True)]
            left[row.id] = row._round_amounts(amounts)
        return left

    def _round_amounts(self, amounts):
        """Return exact credits, value and paid: a difference of floats may be off by
        enough to tip half a cent the wrong way."""
        self.ensure_one()
        digits = self.env["decimal.precision"].precision_get("Service Credits")
        credits, *money = amounts
        return [
            float_round(credits, digits),
            *(self.currency_id.round(amount) for amount in money),
        ]

    def _prepare_give_back(self, wanted, left):
        digits = self.env["decimal.precision"].precision_get("Service Credits")
        # Not filtered: the rows of a batch are read together.
        sources = [row for row in self.sorted("id", reverse=True) if row.id in left]
        total = sum(left[source.id][0] for source in sources)
        wanted = float_round(total if wanted is None else wanted, digits)
        if float_compare(wanted, total, precision_digits=digits) > 0:
            raise UserError(
                self.env._(
                    "%(wanted)s credits of %(work)s can't be given back, because only "
                    "%(left)s of them are still drawn.",
                    wanted=format_number(self.env, wanted, digits),
                    work=self.allocation_id[:1].display_name or self.env._("this work"),
                    left=format_number(self.env, total, digits),
                )
            )
        vals_list = []
        for source in sources:
            part = float_round(min(wanted, left[source.id][0]), digits)
            if float_compare(part, 0.0, precision_digits=digits) <= 0:
                continue
            vals_list.append(source._prepare_reversal(part, left[source.id], digits))
            wanted = float_round(wanted - part, digits)
        return vals_list

    def _prepare_reversal(self, part, left, digits):
        """Return the row that undoes ``part`` credits of this one; the last part
        takes the money that is left, so that nothing remains of either."""
        self.ensure_one()
        is_last = float_compare(part, left[0], precision_digits=digits) == 0
        value = left[1] if is_last else left[1] * part / left[0]
        paid = left[2] if is_last else left[2] * part / left[0]
        value, paid = (self.currency_id.round(amount) for amount in (value, paid))
        left[:] = self._round_amounts(
            [a - b for a, b in zip(left, (part, value, paid), strict=True)]
        )
        return {
            "purchase": self.purchase_id,
            "allocation": self.allocation_id,
            "consumption_type": (
                "adjustment"
                if self.consumption_type in DRAWN
                else self.consumption_type
            ),
            "credits": -part,
            "value": -value,
            "paid": -paid,
            "date": self.date,
            "timesheet": self.timesheet_id,
            "is_shared": self.is_shared,
            "reversed": self,
        }
