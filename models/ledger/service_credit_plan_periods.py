# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta
from typing import NamedTuple

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.fields import Domain
from odoo.tools import clean_context, float_round, format_date, mute_logger

from ...tools import (
    LAST_DAY,
    add_days,
    add_months,
    format_number,
    lock_and_touch,
)
from .service_credit_plan import MONTHS, RUNNING

# Nobody works so far ahead: periods that start later are made when their time comes.
MONTHS_AHEAD = 24


class Period(NamedTuple):
    """One period of an allotment.

    :param share: of the credits of a whole period
    """

    start: fields.Date
    end: fields.Date
    share: float = 1.0


class ServiceCreditPlan(models.Model):
    """The periods of allotments, and the purchases that are made of them.

    Which periods there are follows from the plan's terms alone. Only how many of them
    have a purchase yet is kept, and who makes one writes the plan first: of two at
    the same moment, one is replayed and finds it made.
    """

    _inherit = "service.credit.plan"

    # ------------------------------------------------------------------
    # Periods
    # ------------------------------------------------------------------

    def _get_period(self, position):
        """Return the period at a position, counted from the start of the plan.

        Months are added to the first day at once, so that the 31st comes back after
        February.
        """
        self.ensure_one()
        months = MONTHS[self.period]
        anchor, first = self.date_start, None
        if self.proration == "prorate":
            anchor, first = self._get_calendar_start()
        if first and position == 0:
            return first
        done = (position - bool(first)) * months
        start = add_months(anchor, done)
        return Period(start, self._day_before(add_months(anchor, done + months)))

    def _get_calendar_start(self):
        """Return the first calendar period that is whole, and what is before it."""
        months = MONTHS[self.period]
        start = self.date_start
        month = (start.month - 1) // months * months + 1
        begun = start.replace(month=month, day=1)
        if begun == start:
            return start, None
        anchor = add_months(begun, months)
        share = (anchor - start).days / (anchor - begun).days
        return anchor, Period(start, self._day_before(anchor), share)

    @api.model
    def _day_before(self, day):
        return day if day == LAST_DAY else day - timedelta(days=1)

    def _get_next_start(self, position=None):
        """Return when the first period without a purchase starts, None after the last.

        :param position: as if so many had one
        """
        position = self.periods_created if position is None else position
        if self.periods and position >= self.periods:
            return None
        period = self._get_period(position)
        # The calendar ends there. A period of a single day is one like any other.
        if period.end >= LAST_DAY or (self.date_end and period.start > self.date_end):
            return None
        return period.start

    def _get_periods_until(self, day):
        """Return the periods without a purchase that start until a day, in order."""
        self.ensure_one()
        found, position = [], self.periods_created
        while (start := self._get_next_start(position)) and start <= day:
            found.append(self._get_period(position))
            position += 1
        return found

    def _get_begun_count(self):
        """Return how many periods cannot be taken back: they have begun, or something
        of them is used."""
        today = self.company_id._get_today()
        kept = self._get_purchases_sudo().filtered(
            lambda lot: lot.plan_start <= today or lot.credits_allocated > 0
        )
        starts = kept.mapped("plan_start")
        last = max(starts) if starts else None
        return sum(
            1
            for position in range(self.periods_created)
            if last and self._get_period(position).start <= last
        )

    def _get_purchases_sudo(self):
        # sudo: what became of the periods does not depend on who looks
        return self.sudo().purchase_ids

    def _get_current(self, today):
        """Return the purchases that can be used today."""
        # sudo: what became of the periods does not depend on who looks
        purchases_sudo = self.env["service.credit.purchase"].sudo()
        return purchases_sudo.with_context(active_test=False).search(
            Domain("plan_id", "in", self._origin.ids)
            & purchases_sudo._get_open_domain(self.company_id, today, today),
            order="plan_start",
        )

    # ------------------------------------------------------------------
    # Purchases of periods
    # ------------------------------------------------------------------

    def _prepare_period(self, period):
        """Return the values of the purchase of a period."""
        self.ensure_one()
        purchases = self.env["service.credit.purchase"]
        digits = purchases._get_credit_digits()
        credits = float_round(self.credits * period.share, digits)
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "product_id": self.product_id.id,
            "credits": max(credits, 10**-digits),
            "value_per_credit": self.value_per_credit,
            "paid_per_credit": self.paid_per_credit,
            "description": self.description,
            "is_draft": False,
            "date_start": period.start,
            "plan_id": self.id,
            "plan_start": period.start,
            **self._prepare_rollover(period, credits),
        }

    def _prepare_rollover(self, period, credits):
        """Return until when the credits of a period can be used, and how many of them
        after its end."""
        if self.rollover == "none":
            return {"date_expiry": period.end}
        later = max(self.rollover_periods, 1) * MONTHS[self.period]
        # Counted from the plan's own days: the 31st comes back after February.
        after = self._get_period_after(period, later // MONTHS[self.period])
        most = credits if self.rollover == "all" else self.rollover_credits
        return {
            "date_expiry": after,
            "date_rollover": period.end,
            "rollover_credits": min(most, credits),
        }

    def _get_period_after(self, period, count):
        """Return the last day of the period so many after another one."""
        months = MONTHS[self.period]
        anchor = self.date_start
        if self.proration == "prorate":
            anchor, _first = self._get_calendar_start()
        # The next one starts the day after.
        following = add_days(period.end, 1)
        done = (following.year - anchor.year) * 12 + following.month - anchor.month
        return self._day_before(add_months(anchor, done + count * months))

    def _create_periods(self, until=None):
        """Create the purchases of the periods that start until a day, once.

        :param until: by default tomorrow, where the company of each plan is
        :return: the purchases (superuser)
        """
        # The first user who needs a period decides nothing about it.
        clean = clean_context(self.env.context)
        plans_sudo = self.sudo()
        plans_sudo = plans_sudo.with_context(clean)  # pylint: disable=context-overridden
        plans_sudo = plans_sudo.filtered(lambda plan: plan.state == RUNNING)
        purchases_sudo = plans_sudo.env["service.credit.purchase"]
        lock_and_touch(plans_sudo)
        vals_list, made = [], {}
        for plan in plans_sudo.sorted("id"):
            day = until or add_days(plan.company_id._get_today(), 1)
            found = plan._get_periods_until(day)
            vals_list += [plan._prepare_period(period) for period in found]
            made[plan] = len(found)
        if not vals_list:
            return purchases_sudo
        try:
            with mute_logger("odoo.sql_db"), self.env.cr.savepoint():
                created_sudo = purchases_sudo.create(vals_list)
        except UniqueViolation as error:
            raise ConcurrencyError("period created meanwhile") from error
        for plan, count in made.items():
            if count:
                plan._count_periods(count)
        plans_sudo._note_next_date()
        plans_sudo._follow_created(created_sudo)
        plans_sudo._follow_begun()
        return created_sudo

    def _create_begun(self):
        """Create the purchases that plans should have by now, when the scheduled action
        is late: what ends them takes back no period that has begun."""
        for company, plans in self.grouped("company_id").items():
            plans._create_periods(company._get_today())

    def _count_periods(self, count):
        """Note that so many more periods have their purchase."""
        position = self.periods_created + count
        start = self._get_next_start(position)
        self._write_guarded({"periods_created": position, "next_start": start})

    def _note_next_date(self):
        """Note on which day there is something to do: create, begin or end."""
        begins = self._get_next_begins()
        for plan in self:
            days = [begins[plan.id]] if plan.id in begins else []
            if plan.state == RUNNING and plan.next_start:
                days.append(add_days(plan.next_start, -1))
            if plan.state == RUNNING and plan.date_end:
                days.append(add_days(plan.date_end, 1))
            next_date = min(days, default=False)
            if plan.next_date != next_date:
                plan._write_guarded({"next_date": next_date})

    def _get_next_begins(self):
        """Return when the next period that has a purchase begins, by plan id: several
        may have one ahead of time."""
        # sudo: what became of the periods does not depend on who looks
        purchases_sudo = self.env["service.credit.purchase"].sudo()
        groups = purchases_sudo.with_context(active_test=False)._read_group(
            Domain("is_withdrawn", "=", False)
            & Domain.OR(
                Domain("plan_id", "in", plans.ids)
                & Domain("plan_start", ">", company._get_today())
                for company, plans in self.grouped("company_id").items()
            ),
            ["plan_id"],
            ["plan_start:min"],
        )
        return {plan.id: start for plan, start in groups}

    def _follow_created(self, purchases_sudo):
        """Hook: periods got their purchases."""

    def _follow_begun(self):
        """Hook: a period may have begun today."""

    def _catch_up(self):
        """Do what the scheduled action may not have done yet."""
        due = self.filtered(
            lambda plan: (
                plan.next_date and plan.next_date <= plan.company_id._get_today()
            )
        )
        due._create_periods()
        due._follow_begun()

    def _follow_periods(self):
        """Bring the periods in line with a plan that got longer or shorter.

        Purchases of periods that it does not have any more are withdrawn.
        """
        for plan in self:
            if plan.periods:
                last = plan._get_period(plan.periods - 1)
                plan._write_guarded({"date_end": last.end})
                gone = plan._get_purchases_sudo().filtered(
                    lambda lot, last=last: lot.plan_start > last.start
                )
                plan._cut(gone)
            elif plan.date_end:
                plan._write_guarded({"date_end": False})
            plan._write_guarded({"next_start": plan._get_next_start() or False})
        self._follow_begun()
        self._note_next_date()
        self._create_periods()

    def _cut(self, purchases_sudo):
        """Withdraw the last periods of a plan that got shorter. They count as not made:
        when it gets longer again, they come anew. Those that were skipped do not."""
        live_sudo = purchases_sudo.filtered(lambda lot: not lot.is_withdrawn)
        self._withdraw_unused(live_sudo)
        gone_sudo = live_sudo.filtered("is_withdrawn")
        if not gone_sudo or gone_sudo != live_sudo:
            return
        first = min(gone_sudo.mapped("plan_start"))
        kept = sum(
            self._get_period(position).start < first
            for position in range(self.periods_created)
        )
        self._write_guarded({"periods_created": kept})

    def _withdraw_unused(self, purchases_sudo):
        """Take purchases of periods back of which nothing is used, and that can be used
        from now on: what is over expired, or is about to."""
        purchases_sudo._post_lapses()
        unused_sudo = purchases_sudo.filtered(
            lambda lot: (
                not (lot.is_withdrawn or lot.credits_allocated or lot.credits_expired)
                and (lot.date_rollover or lot.date_expiry)
                >= lot.company_id._get_today()
            )
        )
        lock_and_touch(unused_sudo)
        unused_sudo._write_off()
        unused_sudo._write_past_the_lock({"is_withdrawn": True})
        self._follow_begun()

    # ------------------------------------------------------------------
    # Periods that are due and have no purchase yet
    # ------------------------------------------------------------------

    @api.model
    def _get_due_periods(self, owner_ids, companies, day):
        """Return what the purchases of periods will be that start until a day, as new
        records: a preview writes nothing, and posting creates them.

        Customers without plans cost no query.

        :param owner_ids: ids of commercial entities
        :param companies: whose purchases pay
        """
        purchases_sudo = self.env["service.credit.purchase"].sudo()
        planned_ids = purchases_sudo._get_planned(companies)
        owner_ids = planned_ids.intersection(owner_ids)
        if not owner_ids:
            return purchases_sudo
        # sudo: who pays does not depend on who looks
        plans_sudo = self.sudo().with_context(active_test=False)
        plans_sudo = plans_sudo.search(
            Domain("commercial_partner_id", "in", list(owner_ids))
            & Domain("company_id", "in", companies.ids)
            & Domain("state", "=", RUNNING)
            & Domain("next_start", "<=", day),
            order="id",
        )
        for plan in plans_sudo:
            most = add_months(plan.company_id._get_today(), MONTHS_AHEAD)
            for period in plan._get_periods_until(min(day, most)):
                purchases_sudo |= plan._new_period(period)
        return purchases_sudo.filtered(lambda lot: not lot._is_closed(lot.date_start))

    @api.model
    def _create_planned(self, draws):
        """Create the purchases of periods that plans of drawing took from, and that had
        none yet.

        :param draws: list of ``DrawPlan``, whose slices name the purchases afterwards
        """
        new = [part.purchase for draw in draws for part in draw.slices]
        new = [lot for lot in new if not lot.id]
        if not new:
            return
        lots = new[0].union(*new)
        for plan, periods in lots.grouped("plan_id").items():
            plan._create_periods(max(periods.mapped("plan_start")))
        # sudo: who pays does not depend on who looks
        purchases_sudo = self.env["service.credit.purchase"].sudo()
        created_sudo = purchases_sudo.with_context(active_test=False).search(
            Domain("plan_id", "in", lots.plan_id.ids)
            & Domain("plan_start", "in", lots.mapped("plan_start"))
            & Domain("is_withdrawn", "=", False)
        )
        made = {(lot.plan_id, lot.plan_start): lot for lot in created_sudo}
        for draw in draws:
            for position, part in enumerate(draw.slices):
                if not part.purchase.id:
                    key = part.purchase.plan_id, part.purchase.plan_start
                    draw.slices[position] = part._replace(purchase=made[key])

    def _new_period(self, period):
        purchases_sudo = self.env["service.credit.purchase"].sudo()
        vals = {
            "priority": 50,
            "sharing": "customer",
            "release": "order",
            **purchases_sudo._prepare_new(self._prepare_period(period)),
        }
        name = self.env._(
            "%(plan)s from %(date)s",
            plan=self.name,
            date=format_date(self.env, period.start),
        )
        return purchases_sudo.new({**vals, "name": name})

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def _get_summary(self):
        """Tell the terms in one sentence, as the customer reads them."""
        self.ensure_one()
        return get_terms_text(
            self.env,
            self.credits,
            self.period,
            self.periods,
            self.rollover,
            self.rollover_credits,
            self.rollover_periods,
        )

    def _follow_customer(self, partner):
        """Hand plans to the entity that took their customer over."""
        if self:
            self._write_guarded({"commercial_partner_id": partner.id})
            self.env["service.credit.purchase"]._forget_planned(self.company_id)


def get_terms_text(env, credits, period, count, rollover, most, later):
    """Return the terms of an allotment in one sentence.

    :param count: how many periods, 0 until it is ended
    :param most: how many credits roll over, with a limit
    :param later: for how many periods they do
    """
    values = {
        "credits": format_number(env, credits),
        "count": count,
        "most": format_number(env, most or 0.0),
        "later": later,
    }
    texts = {
        "month": (
            env._("%(credits)s credits a month", **values),
            env._("%(credits)s credits a month for %(count)s months", **values),
        ),
        "quarter": (
            env._("%(credits)s credits a quarter", **values),
            env._("%(credits)s credits a quarter for %(count)s quarters", **values),
        ),
        "year": (
            env._("%(credits)s credits a year", **values),
            env._("%(credits)s credits a year for %(count)s years", **values),
        ),
    }
    terms = texts[period or "month"][bool(count)]
    if rollover == "all":
        return env._("%(terms)s, unused credits roll over", terms=terms)
    if rollover == "limit":
        return env._("%(terms)s, up to %(most)s roll over", terms=terms, **values)
    return terms
