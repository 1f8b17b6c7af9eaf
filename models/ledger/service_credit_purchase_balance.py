# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import float_round

from .choices import (
    DRAFT,
    EXPIRED,
    OPEN,
    TRANSFERRED,
    USED,
    WAITING,
    WITHDRAWN,
)
from .lost import NOTHING, Lost


class ServiceCreditPurchase(models.Model):
    """What is left of a purchase, now or on a date: sums over the ledger."""

    _inherit = "service.credit.purchase"

    @api.depends("value_per_credit", "company_id")
    def _compute_paid_per_credit(self):
        for purchase in self:
            if purchase.company_id.sudo().service_credit_paid_follows_value:
                purchase.paid_per_credit = purchase.value_per_credit
            else:
                purchase.paid_per_credit = purchase.paid_per_credit or 0.0

    @api.depends("credits", "value_per_credit", "paid_per_credit", "currency_id")
    def _compute_totals(self):
        # What was received is worth what it was worth to its giver, to the cent.
        received = self.filtered("origin_id")
        for purchase in received:
            purchase.value_total = purchase.value_total
            purchase.paid_total = purchase.paid_total
        for purchase in self - received:
            currency = purchase.currency_id or self.env.company.currency_id
            credits = purchase.credits
            purchase.value_total = currency.round(credits * purchase.value_per_credit)
            purchase.paid_total = currency.round(credits * purchase.paid_per_credit)

    @api.depends(
        "credits", "value_total", "paid_total", "origin_id", "consumption_ids.credits"
    )
    def _compute_balance(self):
        digits = self._get_credit_digits()
        sums = self._get_ledger_sums([("purchase_id", "in", self._origin.ids)])
        alike = defaultdict(list)
        for purchase in self:
            lost = sums.get(purchase._origin.id, NOTHING)
            credits, value, paid = purchase._get_sold_amounts()
            figures = {
                "credits_allocated": lost.allocated,
                "credits_expired": lost.expired,
                "credits_withdrawn": lost.withdrawn,
                # Not what was received, which is a row as well.
                "credits_transferred": float_round(
                    lost.transferred + purchase.credits - credits, digits
                ),
                "credits_available": float_round(credits - lost.credits, digits),
                "value_available": value - lost.value,
                "paid_available": paid - lost.paid,
                "value_expired": lost.value_expired,
                "paid_expired": lost.paid_expired,
                "rows_since": lost.since,
                "used_until": lost.used_until,
                "expired_since": lost.expired_since,
            }
            for item in figures.items():
                alike[(*item, purchase.currency_id.id)].append(purchase.id)
        # Thousands that expire together are left with the same.
        for (name, figure, _currency_id), ids in alike.items():
            self.browse(ids)[name] = figure

    def _get_sold_amounts(self):
        """Return the credits, value and amount paid before the first row of the ledger:
        received credits come with a row."""
        if self.origin_id:
            return 0.0, 0.0, 0.0
        return self.credits, self.value_total, self.paid_total

    @api.depends(
        "release",
        "credits",
        "opening_used",
        "is_draft",
        "credits_allocated",
        "credits_available",
        "credits_expired",
        "credits_withdrawn",
        "credits_transferred",
        "value_available",
        "paid_available",
    )
    def _compute_waiting(self):
        digits = self._get_credit_digits()
        shares = self._get_released_shares()
        free = self.filtered(lambda purchase: shares.get(purchase, 1.0) == 1.0)
        free.credits_waiting = free.credits_unpaid = 0.0
        free.value_waiting = free.paid_waiting = 0.0
        for purchase in self - free:
            left = purchase.credits_available
            held = purchase.credits - purchase.credits_withdrawn
            held *= 1 - shares[purchase]
            waiting = float_round(min(max(held, 0.0), left), digits)
            share = waiting / left if left else 0.0
            purchase.credits_waiting = waiting
            unpaid = max(held - left - purchase.credits_expired, 0.0)
            purchase.credits_unpaid = float_round(
                min(unpaid, purchase._get_used_here() + purchase.credits_transferred),
                digits,
            )
            purchase.value_waiting = purchase.value_available * share
            purchase.paid_waiting = purchase.paid_available * share

    @api.depends("credits_waiting", "release")
    @api.depends_context("lang")
    def _compute_waiting_note(self):
        for purchase in self:
            purchase.waiting_note = False
            if purchase.credits_waiting > 0 and not purchase.is_draft:
                purchase.waiting_note = purchase._get_waiting_note()

    def _get_waiting_note(self):
        """Tell in one sentence what the waiting credits wait for."""
        values = {
            "credits": self._format_credits(self.credits_waiting),
            "purchase": self._get_label(),
            "order": self.sale_order_id.name,
        }
        if unpaid := self._get_unpaid_invoices():
            return self.env._(
                "%(credits)s credits of %(purchase)s wait for the payment of "
                "%(invoices)s.",
                invoices=", ".join(unpaid.mapped("name")),
                **values,
            )
        return self.env._(
            "%(credits)s credits of %(purchase)s wait for the invoice of %(order)s.",
            **values,
        )

    def _get_usable_credits(self):
        """Return how many of the available credits do not wait for anything."""
        self.ensure_one()
        return float_round(
            self.credits_available - self.credits_waiting, self._get_credit_digits()
        )

    @api.depends(
        "is_draft",
        "is_withdrawn",
        "credits_waiting",
        "credits_available",
        "credits_allocated",
        "credits_expired",
        "credits_withdrawn",
        "credits_transferred",
    )
    def _compute_state(self):
        for state, purchases in self.grouped(self._derive_state).items():
            purchases.state = state

    @api.model
    def _derive_state(self, purchase):
        """The whole sale being undone weighs most; a part of it that was, least."""
        if purchase.is_draft:
            return DRAFT
        if purchase.credits_available > 0:
            return OPEN if purchase._get_usable_credits() > 0 else WAITING
        if purchase.is_withdrawn:
            return WITHDRAWN
        if purchase.credits_expired > 0:
            return EXPIRED
        if purchase.credits_allocated > 0:
            return USED
        if purchase.credits_transferred > 0:
            return TRANSFERRED
        return WITHDRAWN if purchase.credits_withdrawn > 0 else OPEN

    @api.depends("consumption_ids")
    def _compute_has_rows(self):
        # sudo: one row is enough to bind the owner, for every user.
        rows_sudo = self.env["service.credit.consumption"].sudo()
        groups = rows_sudo._read_group(
            [("purchase_id", "in", self._origin.ids)], ["purchase_id"]
        )
        used_ids = {purchase.id for (purchase,) in groups}
        for purchase in self:
            purchase.has_rows = purchase._origin.id in used_ids

    # ------------------------------------------------------------------
    # Sums over the ledger
    # ------------------------------------------------------------------

    @api.model
    def _get_ledger_sums(self, domain):
        """Return ``{purchase id: Lost}`` over the rows of ``domain``."""
        sums = {}
        for purchase, *figures in self.env["service.credit.consumption"]._read_group(
            domain,
            ["purchase_id", "consumption_type"],
            ["credits:sum", "value:sum", "paid:sum", "date:min", "date:max"],
        ):
            lost = Lost.of(*figures)
            sums[purchase.id] = sums.get(purchase.id, NOTHING) + lost
        return sums

    def _reactivate(self):
        """Credits given back to an archived purchase bring it back into sight."""
        hidden = self.filtered(lambda lot: not lot.active and lot.credits_available > 0)
        if hidden:
            hidden.write({"active": True})

    # ------------------------------------------------------------------
    # Balance on a date
    # ------------------------------------------------------------------

    def _get_balance(self, date=None):
        """Return how many credits of these purchases are usable on ``date``.

        A sum over rows and terms, so that a late scheduled action changes no answer.
        Rows dated after ``date`` do not count for a day in the past; today and later,
        what has been drawn is gone, whatever its date.

        :param date: a date, default today where the company is
        """
        return sum(credits for credits, *_money in self._get_amounts(date).values())

    def _get_amounts(self, date=None):
        """Return ``{purchase: (credits, value, paid)}`` usable on ``date``.

        What waits today for an invoice or payment is usable on no day.
        """
        amounts = {}
        # sudo: a sum over all of the ledger, for callers that checked who may see it
        for company, purchases_sudo in self.sudo().grouped("company_id").items():
            today = company._get_today()
            day = fields.Date.to_date(date) or today
            usable = purchases_sudo.filtered(
                lambda lot, day=day: lot._is_usable_on(day) and lot._is_received_by(day)
            )
            amounts |= usable._get_usable_amounts(day if day < today else None)
            usable._leave_out_excess(amounts, day, day < today)
        return {lot: amounts[lot] for lot in self.sudo() if lot in amounts}

    def _leave_out_excess(self, amounts, day, is_past):
        """Take off what no work of a day may use because it does not roll over, and
        count for work of the period what was written off since."""
        rows = self._get_lapse_rows() if is_past else {}
        excess = self._get_excess_on(day)
        digits = self._get_credit_digits()
        for lot, until in self._get_roll_days().items():
            credits, *money = amounts[lot]
            if day > until:
                change = -excess.get(lot, 0.0)
            elif is_past and day >= lot.date_rollover:
                change = rows[lot.id].credits if lot.id in rows else 0.0
            else:
                continue
            prices = lot.value_per_credit, lot.paid_per_credit
            amounts[lot] = (
                float_round(credits + change, digits),
                *(
                    lot.currency_id.round(max(amount + change * price, 0.0))
                    for amount, price in zip(money, prices, strict=True)
                ),
            )

    def _get_usable_amounts(self, date):
        amounts = self._get_amounts_before(date)
        for lot in self.filtered(lambda lot: lot.credits_waiting > 0):
            credits, *money = amounts[lot]
            usable = max(credits - lot.credits_waiting, 0.0)
            share = usable / credits if credits else 0.0
            amounts[lot] = (
                float_round(usable, self._get_credit_digits()),
                *(lot.currency_id.round(amount * share) for amount in money),
            )
        return amounts

    def _get_amounts_before(self, date):
        """Return what was left of each purchase after ``date``; now when it is None."""
        if date is None:
            return {
                lot: (lot.credits_available, lot.value_available, lot.paid_available)
                for lot in self
            }
        digits = self._get_credit_digits()
        sums = self._get_ledger_sums(
            [("purchase_id", "in", self.ids), ("date", "<=", date)]
        )
        amounts = {}
        for lot in self:
            lost = sums.get(lot.id, NOTHING)
            credits, value, paid = lot._get_sold_amounts()
            amounts[lot] = (
                float_round(credits - lost.credits, digits),
                lot.currency_id.round(value - lost.value),
                lot.currency_id.round(paid - lost.paid),
            )
        return amounts

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_view_consumption(self):
        """Open the ledger rows of the purchase."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_consumption_action"
        )
        action["domain"] = [("purchase_id", "=", self.id)]
        return action

    def action_view_sale_order(self):
        """Open the order the credits were sold with."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "res_id": self.sale_order_id.id,
            "view_mode": "form",
        }

    def action_preview_as_customer(self):
        """Open the portal page of the purchase, as the user who looks at it."""
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.access_url, "target": "new"}
