# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.fields import Domain


class ResPartner(models.Model):
    """What customers can use, until when; for callers that checked access."""

    _inherit = "res.partner"

    def _get_service_credit_balance(self, date=None, company=None):
        """See :meth:`get_service_credit_balance`, for callers that checked access."""
        lines = self._get_service_credit_lines(date, company)
        return self._prepare_balance([amounts for _customer, *amounts in lines])

    def _get_service_credit_balances(self, date=None, company=None):
        """Return ``{customer id: balance}`` of many commercial entities in one go, with
        the credits that are shared with them, whose value stays their owner's."""
        lines = self._get_usable_lines(date, company)
        return {key: self._prepare_balance(value) for key, value in lines.items()}

    def _get_credits_by_day(self, company):
        """Return how many credits a commercial entity can use that are lost after which
        day, those that others share included."""
        days = {}
        lines = self._get_usable_lines(None, company)[self.id]
        for _currency, day, credits, *_money in lines:
            days[day] = days.get(day, 0.0) + credits
        return days

    def _get_usable_lines(self, date, company):
        """Return ``(currency, expiry, credits, value, paid)`` of what these commercial
        entities can use, and of what is shared with them, by id."""
        lines = {partner.id: [] for partner in self}
        for customer, *amounts in self._get_service_credit_lines(date, company):
            lines[customer.id].append(amounts)
        shared = self._get_shared_credits(company)
        # sudo: the caller has checked who may see the balance
        lots_sudo = self.env["service.credit.purchase"].sudo()
        lapsing = lots_sudo.union(*(lot for _who, lot, _part in shared))._get_lapsing()
        for customer, lot, credits in shared:
            lapse = min(credits, lapsing.get(lot, 0.0))
            parts = [(lot.date_rollover, lapse)] if lapse else []
            parts.append((lot.date_expiry, round(credits - lapse, 6)))
            lines[customer.id] += [
                [lot.currency_id, day, part, 0.0, 0.0] for day, part in parts
            ]
        return lines

    def _get_service_credit_lines(self, date=None, company=None):
        """Return ``(customer, currency, expiry, credits, value, paid)`` of what these
        customers can use on a date."""
        company = company or self.env.company
        today = company._get_today()
        date = fields.Date.to_date(date) or today
        # sudo: the caller has checked who may see the balance.
        purchase_sudo = self.env["service.credit.purchase"].sudo()
        purchase_sudo = purchase_sudo.with_context(active_test=False)
        domain = Domain(
            "commercial_partner_id", "in", self.sudo().commercial_partner_id.ids
        )
        if date >= today:
            lines = self._get_lines_to_come(domain, company, date)
            return lines + self._get_due_lines(company, date)
        usable = purchase_sudo.search(
            domain
            & Domain.OR(
                purchase_sudo._get_term_domain(owner, date, date)
                for owner in company._get_credit_companies()
            )
        )
        return [
            (lot.commercial_partner_id, lot.currency_id, lot.date_expiry, *amounts)
            for lot, amounts in usable._get_amounts(date).items()
            if amounts[0] > 0
        ] + self._get_due_lines(company, date)

    def _get_lines_to_come(self, domain, company, date):
        """Return the same of today or a later day, added up by the database."""
        # sudo: the caller has checked who may see the balance
        purchase_sudo = self.env["service.credit.purchase"].sudo()
        purchase_sudo = purchase_sudo.with_context(active_test=False)
        groups = purchase_sudo._read_group(
            domain & purchase_sudo._get_open_domain(company, date, date),
            ["commercial_partner_id", "currency_id", "date_expiry:day"],
            [
                *(
                    f"{amount}_{kind}:sum"
                    for kind in ("available", "waiting")
                    for amount in ("credits", "value", "paid")
                ),
                "date_rollover:min",
                "date_rollover:max",
            ],
        )
        lines = [
            (*group[:3], *(group[i] - group[i + 3] for i in (3, 4, 5)))
            for group in groups
        ]
        more = []
        if any(group[-2] and group[-2] < date for group in groups):
            more += self._get_excess_lines(domain, company, date)
        if any(group[-1] and group[-1] >= date for group in groups):
            rolling = purchase_sudo.search(
                domain
                & purchase_sudo._get_open_domain(company, date, date)
                & Domain("date_rollover", ">=", date)
            )
            more += self._get_lapse_lines(rolling)
        return self._add_up_lines(lines + more) if more else lines

    @api.model
    def _get_lapse_lines(self, lots):
        """Return what dates the credits that lapse with a period on its last day,
        instead of that of the purchase."""
        lines = []
        for lot, credits in lots._get_lapsing().items():
            key = lot.commercial_partner_id, lot.currency_id
            amounts = [
                credits,
                lot.currency_id.round(credits * lot.value_per_credit),
                lot.currency_id.round(credits * lot.paid_per_credit),
            ]
            lines.append((*key, lot.date_rollover, *amounts))
            lines.append((*key, lot.date_expiry, *(-amount for amount in amounts)))
        return lines

    @api.model
    def _add_up_lines(self, lines):
        """Return one line per customer, currency and expiry that has credits."""
        sums = {}
        for *key, credits, value, paid in lines:
            amounts = sums.get(tuple(key), (0.0, 0.0, 0.0))
            sums[tuple(key)] = [
                round(a + b, 6)
                for a, b in zip(amounts, (credits, value, paid), strict=True)
            ]
        return [(*key, *amounts) for key, amounts in sums.items() if amounts[0] > 0]

    def _get_excess_lines(self, domain, company, date):
        """Return, negative, what does not roll over of periods that are over."""
        # sudo: the caller has checked who may see the balance
        purchase_sudo = self.env["service.credit.purchase"].sudo()
        over = purchase_sudo.with_context(active_test=False).search(
            domain
            & purchase_sudo._get_open_domain(company, date, date)
            & Domain("date_rollover", "<", date)
        )
        return [
            (
                lot.commercial_partner_id,
                lot.currency_id,
                lot.date_expiry,
                -credits,
                -lot.currency_id.round(credits * lot.value_per_credit),
                -lot.currency_id.round(credits * lot.paid_per_credit),
            )
            for lot, credits in over._get_excess_on(date).items()
        ]

    def _get_due_lines(self, company, date):
        """Return what can be used of periods that have no purchase yet."""
        # sudo: as above
        due_sudo = self.env["service.credit.plan"]._get_due_periods(
            self.sudo().commercial_partner_id.ids,
            company._get_credit_companies(),
            date,
        )
        usable = due_sudo.filtered(lambda lot: lot._is_usable_on(date))
        lines = []
        for lot, credits in usable._get_usable_on(date).items():
            money = (
                lot.currency_id.round(credits * price)
                for price in (lot.value_per_credit, lot.paid_per_credit)
            )
            lines.append(
                (
                    lot.commercial_partner_id,
                    lot.currency_id,
                    lot.date_expiry,
                    credits,
                    *money,
                )
            )
        rolling = usable.filtered(lambda lot: (lot.date_rollover or date) >= date)
        more = self._get_lapse_lines(rolling)
        return self._add_up_lines(lines + more) if more else lines

    def _get_allotment_texts(self, company=None):
        """Return what is left of each period of the customer's allotments that can be
        used today, in sentences, for callers that checked access.

        Customers without allotments cost no query.
        """
        self.ensure_one()
        # sudo: the caller has checked who may see it
        purchases_sudo = self.env["service.credit.purchase"].sudo()
        customer = self.sudo().commercial_partner_id
        company = company or self.env.company
        owners = company._get_credit_companies()
        if customer.id not in purchases_sudo._get_planned(owners):
            return []
        today = company.sudo()._get_today()
        lots_sudo = purchases_sudo.with_context(active_test=False).search(
            Domain("commercial_partner_id", "=", customer.id)
            & Domain("plan_id", "!=", False)
            & purchases_sudo._get_open_domain(company, today, today)
        )
        due_sudo = self.env["service.credit.plan"]._get_due_periods(
            customer.ids, owners, today
        )
        usable = lots_sudo | due_sudo.filtered(lambda lot: lot._is_usable_on(today))
        return [lot._get_period_text(today) for lot in usable.sorted("plan_start")]

    def _get_shared_credits(self, company=None):
        """Return ``(customer, purchase, credits)`` of what these commercial entities
        can draw today from purchases of others (superuser)."""
        company = company or self.env.company
        purchases = self.env["service.credit.purchase"]
        domains = {partner: purchases._domain_shared(partner) for partner in self}
        shared = Domain.OR(domains.values())
        if shared.is_false():
            return []
        today = company.sudo()._get_today()
        # sudo: the caller has checked who may see the balance.
        lots_sudo = purchases.sudo().with_context(active_test=False)
        lots_sudo = lots_sudo.search(
            shared & purchases._get_open_domain(company, today, today),
            order=", ".join(purchases._get_drawing_order()),
        )
        found = []
        shares = lots_sudo._get_shares_left(self)
        usable = lots_sudo._get_usable_on(today)
        for partner, domain in domains.items():
            if domain.is_false():
                continue
            lots = lots_sudo.filtered(lambda lot, who=partner: lot._is_shared_with(who))
            for lot in lots:
                credits = usable[lot]
                left = shares.get((lot.id, partner.id), credits)
                found.append((partner, lot, min(credits, left)))
        return found

    @api.model
    def _prepare_balance(self, lines):
        """Add up ``(currency, expiry, credits, value, paid)`` per currency."""
        balances = {}
        for currency, expiry, *amounts in sorted(
            lines, key=lambda line: (line[0].name, line[1])
        ):
            balance = balances.setdefault(
                currency,
                {
                    "currency": currency.name,
                    "credits_available": 0.0,
                    "value_available": 0.0,
                    "paid_available": 0.0,
                    "next_expiry": expiry,
                    "credits_next_expiry": 0.0,
                },
            )
            for name, amount in zip(
                ("credits_available", "value_available", "paid_available"),
                amounts,
                strict=True,
            ):
                balance[name] = round(balance[name] + amount, 6)
            if expiry == balance["next_expiry"]:
                balance["credits_next_expiry"] = round(
                    balance["credits_next_expiry"] + amounts[0], 6
                )
        return list(balances.values())
