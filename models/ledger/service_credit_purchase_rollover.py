# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.fields import Domain
from odoo.tools import float_round, format_date

from ...tools import add_days, format_number
from .drawing import EXPIRY


class ServiceCreditPurchase(models.Model):
    """What of a period rolls over to the next one, and what lapses.

    Work of the period may use all of it. Later work may use no more than rolls over;
    what exceeds that lapses with the period, as a purchase expires with its term: in
    the grace period and the days to log late it still pays for work of the period.
    How much it is follows from the rows of the ledger on any day. The row of it is
    dated the last day of the period, and is posted by the scheduled action or by what
    moves credits of the purchase next, whichever comes first.
    """

    _inherit = "service.credit.purchase"

    @api.depends("credits_available", "date_rollover", "rollover_credits", "state")
    @api.depends_context("lang")
    def _compute_rollover_note(self):
        excess = self._get_excess()
        for lot in self:
            lot.rollover_note = lot._get_rollover_text(excess.get(lot))

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def _get_roll_days(self):
        """Return the last work date that all of a purchase may pay for, for those of
        which not everything rolls over."""
        days = {}
        for lot in self:
            if not lot.date_rollover or lot.rollover_credits >= lot.credits:
                continue
            company_sudo = lot.company_id.sudo()
            if company_sudo.service_credit_allow_past_expiry:
                continue
            if lot.date_rollover < lot.date_expiry:
                grace = company_sudo.service_credit_grace_days
                days[lot] = add_days(lot.date_rollover, grace)
        return days

    def _get_rolled_credits(self):
        """Return how many credits work after the period may still draw, of those of
        which not everything rolls over."""
        days = self._get_roll_days()
        real = {lot: day for lot, day in days.items() if lot.id}
        used = {}
        if real:
            # sudo: how much is left does not depend on who looks
            rows_sudo = self.env["service.credit.consumption"].sudo()
            domain = Domain.OR(
                Domain("purchase_id", "=", lot.id) & Domain("date", ">", day)
                for lot, day in real.items()
            )
            domain &= Domain("consumption_type", "in", ("consumption", "adjustment"))
            groups = rows_sudo._read_group(domain, ["purchase_id"], ["credits:sum"])
            used = {lot.id: credits for lot, credits in groups}
        digits = self._get_credit_digits()
        return {
            lot: max(
                float_round(lot.rollover_credits - used.get(lot.id, 0.0), digits), 0.0
            )
            for lot in days
        }

    def _get_excess(self):
        """Return what is available of purchases, and neither rolls over nor was written
        off yet."""
        digits = self._get_credit_digits()
        return {
            lot: max(float_round(lot.credits_available - rolled, digits), 0.0)
            for lot, rolled in self._get_rolled_credits().items()
        }

    def _get_lapsing(self):
        """Return what can be used of purchases until the end of a period that is not
        over, and lapses then."""
        lapsing = {
            lot: min(credits, lot._get_usable_credits())
            for lot, credits in self._get_excess().items()
            if lot.date_rollover >= lot.company_id.sudo()._get_today()
        }
        return {lot: credits for lot, credits in lapsing.items() if credits > 0}

    def _get_lapsed(self):
        """Return the excess of those of which it is too late to log work of their
        period."""
        closed = self.browse().union(
            *(
                lot
                for lot, day in self._get_roll_days().items()
                if lot._is_roll_closed(day)
            )
        )
        return {
            lot: credits for lot, credits in closed._get_excess().items() if credits
        }

    def _is_roll_closed(self, day):
        late = self.company_id.sudo().service_credit_late_days
        return self.company_id._get_today() > add_days(day, late)

    def _get_roll_over(self, day):
        """Return those of which work of a day that is logged now may use no more than
        rolls over, because their period is over."""
        return self.browse().union(
            *(
                lot
                for lot, until in self._get_roll_days().items()
                if day > until or lot._is_roll_closed(until)
            )
        )

    def _get_usable_on(self, day):
        """Return how many credits of purchases can be used for work of a day that is
        logged now: what neither waits nor lapsed, nor lapses with a period that was
        over by that day."""
        digits = self._get_credit_digits()
        excess = self._get_roll_over(day)._get_excess()
        return {
            lot: max(
                float_round(lot._get_usable_credits() - excess.get(lot, 0.0), digits),
                0.0,
            )
            for lot in self
        }

    def _get_kept_credits(self):
        """Return what can be used of purchases, without what has lapsed."""
        lapsed = self._get_lapsed()
        digits = self._get_credit_digits()
        return {
            lot: max(
                float_round(lot._get_usable_credits() - lapsed.get(lot, 0.0), digits),
                0.0,
            )
            for lot in self
        }

    def _get_excess_on(self, day):
        """Return what of purchases no work of a day may use, because it does not roll
        over: of those whose period is over by then."""
        over = self.browse().union(
            *(lot for lot, until in self._get_roll_days().items() if day > until)
        )
        return {lot: credits for lot, credits in over._get_excess().items() if credits}

    def _get_lapse_rows(self):
        """Return the sums of the rows of what did not roll over, by purchase id."""
        limited = self.browse().union(*self._get_roll_days())
        if not limited:
            return {}
        return self._get_ledger_sums(
            Domain("consumption_type", "=", EXPIRY)
            & Domain.OR(
                Domain("purchase_id", "=", lot.id)
                & Domain("date", "<=", lot.date_rollover)
                for lot in limited
            )
        )

    def _get_lost(self):
        """Return how many credits of purchases lapse with their period, whether or not
        they were written off yet, and how many are, or were, left for the term."""
        rows = self._get_lapse_rows()
        excess = self._get_excess()
        digits = self._get_credit_digits()
        lost = {}
        for lot in excess:
            written_off = rows[lot.id].expired if lot.id in rows else 0.0
            rest = float_round(lot.credits_available - excess[lot], digits)
            lost[lot] = (
                float_round(excess[lot] + written_off, digits),
                rest or float_round(lot.credits_expired - written_off, digits),
            )
        return lost

    # ------------------------------------------------------------------
    # Rows
    # ------------------------------------------------------------------

    def _prepare_lapses(self):
        """Return the rows of what has lapsed and was not written off yet."""
        return [
            lot._prepare_write_off(credits, EXPIRY, lot.date_rollover)
            for lot, credits in sorted(
                self._get_lapsed().items(), key=lambda item: item[0].id
            )
        ]

    def _post_lapses(self):
        """Write off what has lapsed."""
        if vals_list := self._prepare_lapses():
            self.env["service.credit.consumption"]._post(vals_list)

    @api.model
    def _get_lapse_domain(self):
        """Domain of the purchases of which something may have lapsed."""
        return Domain("state", "in", ("open", "waiting")) & Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain(
                "date_rollover",
                "<",
                add_days(
                    company._get_today(),
                    -company.service_credit_late_days
                    - company.service_credit_grace_days,
                ),
            )
            for company in self.env["res.company"]._get_all_companies()
        )

    # ------------------------------------------------------------------
    # Periods that have no purchase yet
    # ------------------------------------------------------------------

    @api.model
    def _get_due_for(self, customer, company, day):
        """Return new records of the periods that may pay for work of a customer until a
        day, and have no purchase yet; of the customer, or shared with it."""
        owners = company._get_credit_companies()
        planned_ids = self._get_planned(owners)
        if not planned_ids:
            return self.browse()
        owner_ids = {customer.id}
        if self._get_sharing()[0] & planned_ids:
            owner_ids.update(customer._get_entities_above().ids)
        due = self.env["service.credit.plan"]._get_due_periods(owner_ids, owners, day)
        return due.filtered(
            lambda lot: (
                lot.commercial_partner_id.id == customer.id
                or lot._is_shared_with(customer)
            )
        )

    @api.model
    def _create_due_for(self, customer, company):
        """Create those that are due today."""
        today = company._get_today()
        due = self._get_due_for(customer, company, today)
        due.plan_id._create_periods(today)

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def _get_rollover_text(self, excess):
        """Tell what of the credits rolls over, and what lapses when; after the period,
        as long as more is left than rolled over."""
        self.ensure_one()
        today = (self.company_id or self.env.company)._get_today()
        is_over = self.date_rollover and today > self.date_rollover
        is_empty = self.is_draft or self.credits_available <= 0
        if is_empty or not self.date_rollover or (is_over and not excess):
            return False
        rest = self.credits_available - (excess or 0.0)
        values = {
            "left": format_number(self.env, self.credits_available),
            "rest": format_number(self.env, rest),
            "excess": format_number(self.env, excess or 0.0),
            "date": format_date(self.env, self.date_rollover),
        }
        if is_over:
            return self.env._(
                "%(rest)s of %(left)s credits rolled over, %(excess)s pay only for "
                "work until %(date)s",
                **values,
            )
        if not excess:
            return self.env._("All %(left)s credits roll over on %(date)s", **values)
        return self.env._(
            "%(rest)s of %(left)s credits roll over, %(excess)s lapse on %(date)s",
            **values,
        )

    def _get_period_text(self, today):
        """Tell what is left of the credits of a period, and what becomes of it."""
        self.ensure_one()
        values = {
            "left": format_number(self.env, self._get_usable_on(today)[self]),
            "credits": format_number(self.env, self.credits),
            "date": format_date(self.env, self.date_expiry),
            "note": self.rollover_note,
        }
        if self.date_rollover and today > self.date_rollover:
            return self.env._("%(left)s credits rolled over, until %(date)s", **values)
        if not values["note"]:
            return self._get_left_texts(values)[self.plan_id.period or "month"]
        left = self._get_left_texts(values, False)[self.plan_id.period or "month"]
        return self.env._("%(left)s: %(note)s", left=left, note=values["note"])

    def _get_left_texts(self, values, is_last=True):
        if is_last:
            return {
                "month": self.env._(
                    "%(left)s of %(credits)s credits left this month, until %(date)s",
                    **values,
                ),
                "quarter": self.env._(
                    "%(left)s of %(credits)s credits left this quarter, until %(date)s",
                    **values,
                ),
                "year": self.env._(
                    "%(left)s of %(credits)s credits left this year, until %(date)s",
                    **values,
                ),
            }
        return {
            "month": self.env._(
                "%(left)s of %(credits)s credits left this month", **values
            ),
            "quarter": self.env._(
                "%(left)s of %(credits)s credits left this quarter", **values
            ),
            "year": self.env._(
                "%(left)s of %(credits)s credits left this year", **values
            ),
        }
