# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.tools import float_compare, float_round

from ...tools import lock_and_touch
from .billing import get_billing, get_paid_share


def _take_from_latest(credits_by_date, credits):
    """Reduce what is withdrawn by date, the latest first."""
    for date in sorted(credits_by_date, reverse=True):
        part = min(credits, credits_by_date[date])
        credits_by_date[date] -= part
        credits -= part


class ServiceCreditPurchase(models.Model):
    """How purchases follow posted invoices, credit notes and payments.

    Everything follows from what is posted now, so that it does not matter in which
    order documents are posted, taken back and posted again.
    """

    _inherit = "service.credit.purchase"

    def _follow_documents(self):
        """Withdraw what credit notes took back, or give it back, and let the amount
        paid follow, as long as nothing was used.

        The purchases are written first: of this and a drawing at the same moment, one
        is replayed.
        """
        # sudo: the documents decide, not who posts them
        lots_sudo = self.sudo().filtered(lambda lot: not lot.is_withdrawn).sorted("id")
        lock_and_touch(lots_sudo)
        billings = get_billing(lots_sudo)
        # A period stands for a part of its item, not for all of it.
        drafts = lots_sudo.filtered(
            lambda lot: lot.is_draft and not lot.has_rows and not lot.plan_id
        )
        for lot in drafts:
            lot._follow_as_billed_draft(billings[lot])
        open_lots = lots_sudo.filtered(lambda lot: not lot.is_draft)
        wanted = {lot: lot._get_refunded_credits(billings[lot]) for lot in open_lots}
        prices = {}
        for lot in drafts | open_lots:
            lot._note_billed_price(prices, billings[lot], wanted.get(lot, 0.0))
        open_lots._take_back(wanted, billings, prices)

    def _return_credits(self, given, credits, money, reason):
        """Of what comes back, credit notes withdraw what they could not before."""
        target = super()._return_credits(given, credits, money, reason)
        target._follow_documents()
        return target

    def _add_documents_by_hand(self, billings):
        """Hook: what documents say that name purchases without an order."""

    # ------------------------------------------------------------------
    # Credits
    # ------------------------------------------------------------------

    def _get_refunded_credits(self, billing):
        """Return how many credits credit notes hold withdrawn from now on: exactly
        theirs, as far as they are unused."""
        sold = self.credits - (self.credits_withdrawn - self.credits_refunded)
        wanted = sold * billing.refunded / billing.ordered if billing.ordered else 0.0
        most = self.credits_refunded + self.credits_available
        return float_round(min(wanted, most), self._get_credit_digits())

    def _take_back(self, wanted, billings, prices):
        """Post the withdrawals that change, and set the prices.

        Where the price changes, everything withdrawn is withdrawn again at the new
        one: what is left is worth what was paid for it.
        """
        digits = self._get_credit_digits()
        back, vals_list = {}, []
        for lot in self:
            change = float_round(wanted[lot] - lot.credits_refunded, digits)
            again = {}
            if lot in prices and lot.credits_withdrawn:
                again = lot._get_withdrawn_by_date()
                back[lot] = lot.credits_withdrawn
            if change < 0:
                _take_from_latest(again, -change)
                back.setdefault(lot, -change)
            vals_list += lot._prepare_withdrawals(again, change, billings[lot])
        self._give_back_withdrawn(back)
        priced = self.browse().union(*prices).filtered("opening_used")
        priced._give_back_opening()
        for lot, vals in prices.items():
            lot._write_past_the_lock(vals)
        priced._follow_opening()
        self.env["service.credit.consumption"]._post(vals_list)
        for lot in self:
            if float_compare(wanted[lot], lot.credits_refunded, digits):
                lot._note_refund(wanted[lot], billings[lot])

    def _get_withdrawn_by_date(self):
        """Return ``{date: credits}`` that are withdrawn."""
        groups = self.env["service.credit.consumption"]._read_group(
            [("purchase_id", "=", self.id), ("consumption_type", "=", "withdrawal")],
            ["date:day"],
            ["credits:sum"],
        )
        return dict(groups)

    def _prepare_withdrawals(self, again, change, billing):
        """Return the rows that withdraw so many credits by date, and ``change`` more
        for the last credit note, on its day."""
        digits = self._get_credit_digits()
        vals_list = [
            self._prepare_write_off(float_round(credits, digits), "withdrawal", date)
            for date, credits in again.items()
            if float_compare(credits, 0.0, digits) > 0
        ]
        if change > 0:
            note = billing.last_note
            vals = self._prepare_write_off(change, "withdrawal", note.date)
            vals["allocation"]["name"] = self.env._(
                "Withdrawal of %(name)s by %(note)s", name=self.name, note=note.name
            )
            vals_list.append(vals)
        return vals_list

    def _give_back_withdrawn(self, credits_by_lot):
        """Give back what was withdrawn last of these purchases."""
        rows = self.env["service.credit.consumption"].sudo()
        claims = [
            (
                rows.search(
                    [
                        ("purchase_id", "=", lot.id),
                        ("consumption_type", "=", "withdrawal"),
                    ]
                ),
                credits,
            )
            for lot, credits in credits_by_lot.items()
        ]
        if claims:
            rows._give_back_batch(claims)

    def _note_refund(self, credits, billing):
        change = credits - self.credits_refunded
        self._write_past_the_lock({"credits_refunded": credits})
        if change > 0:
            text = self.env._(
                "The credit note %(note)s withdrew %(change)s credits.",
                note=billing.last_note.name,
                change=self._format_credits(change),
            )
        else:
            text = self.env._(
                "%(change)s credits that a credit note had withdrawn are back.",
                change=self._format_credits(-change),
            )
        self.message_post(body=text)

    def _follow_as_billed_draft(self, billing):
        """A draft stands for what is sold and not credited; one of which nothing is
        left waits in the archive."""
        line = self.sale_line_id
        per_unit = self.service_credits_per_unit
        sold = line.service_credits
        total = sold / per_unit if per_unit else 0.0
        returned = max(min(billing.credited, total - billing.net), 0.0)
        digits = self._get_credit_digits()
        left = float_round(sold - returned * per_unit, digits)
        billing.ordered = left / per_unit if per_unit else 0.0
        if not float_compare(left, self.sale_credits, digits):
            return
        if left <= 0:
            self._write_past_the_lock({"active": False, "sale_credits": 0.0})
            return
        before = self.credits - self.sale_credits if self.sale_credits else 0.0
        self._write_past_the_lock(
            {
                "active": True,
                "sale_credits": left,
                "credits": float_round(max(left + before, 0.0) or left, digits),
            }
        )

    # ------------------------------------------------------------------
    # Amount paid
    # ------------------------------------------------------------------

    def _get_billed_amount(self, billing):
        """Return what was and will be invoiced for the credits that are still sold."""
        amount = billing.invoiced_total - billing.credited_total
        if billing.net > billing.ordered > 0:
            amount *= billing.ordered / billing.net
        item = self.sale_line_id
        if billing.rest and item:
            units = item._get_product_units()
            share = billing.rest / units if units else 0.0
            amount += share * item.currency_id._convert(
                item._get_untaxed_after_discounts(),
                self.currency_id,
                self.company_id,
                self.company_id._get_today(),
            )
        return self.currency_id.round(max(amount, 0.0))

    def _note_billed_price(self, prices, billing, refunded):
        """Note in ``prices`` the amount paid per credit that follows from the
        documents; not where credits were used, or where it is right.

        :param refunded: credits that credit notes hold withdrawn
        """
        gone = self.credits_expired + self.credits_transferred
        if self._get_used_here() > 0 or gone > 0:
            return
        if not billing.is_billed:
            if self.paid_follows_invoice:
                prices[self] = {
                    "paid_per_credit": self.sale_paid_per_credit,
                    "paid_follows_invoice": False,
                }
            return
        withdrawn = self.credits_withdrawn - self.credits_refunded + refunded
        left = float_round(self.credits - withdrawn, self._get_credit_digits())
        amount = self._get_billed_amount(billing)
        ours = self.currency_id.round(left * self.paid_per_credit)
        if left <= 0 or not self.currency_id.compare_amounts(amount, ours):
            return
        prices[self] = {"paid_per_credit": amount / left}
        if not self.paid_follows_invoice:
            prices[self]["paid_follows_invoice"] = True
            prices[self]["sale_paid_per_credit"] = self.paid_per_credit

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def _get_billing_notes(self, billing):
        """Tell where the documents and the purchase differ, and why."""
        notes = self._get_refund_notes(billing) if billing.ordered else []
        return notes + self._get_price_notes(billing)

    def _get_refund_notes(self, billing):
        digits = self._get_credit_digits()
        sold = self.credits - (self.credits_withdrawn - self.credits_refunded)
        wanted = sold * billing.refunded / billing.ordered
        if float_compare(wanted, self.credits_refunded, digits) <= 0:
            return []
        return [
            self.env._(
                "Credit notes took back %(credited)s credits: %(withdrawn)s were "
                "withdrawn, and %(used)s were used or transferred before and "
                "stay.",
                credited=self._format_credits(wanted),
                withdrawn=self._format_credits(self.credits_refunded),
                used=self._format_credits(wanted - self.credits_refunded),
            )
        ]

    def _get_price_notes(self, billing):
        if not billing.ordered:
            return []
        left = self.credits - self.credits_withdrawn
        ours = self.currency_id.round(left * self.paid_per_credit)
        theirs = self._get_billed_amount(billing)
        if not self.currency_id.compare_amounts(ours, theirs):
            return []
        return [self._get_difference_note(billing, ours, theirs)]

    def _get_difference_note(self, billing, ours, theirs):
        values = {
            "purchase": self._get_label(),
            "ours": self.currency_id.format(ours),
            "theirs": self.currency_id.format(theirs),
            "order": self.sale_order_id.name,
        }
        if billing.is_billed:
            return self.env._(
                "%(purchase)s states that %(ours)s was paid, but the total of the "
                "invoices and credit notes of %(order)s is %(theirs)s.",
                **values,
            )
        return self.env._(
            "%(purchase)s states that %(ours)s was paid, but the total of %(order)s is"
            " %(theirs)s.",
            **values,
        )

    def _is_paid_in_full(self):
        """Tell whether all units of the item are invoiced and paid, or cost nothing."""
        self.ensure_one()
        item = self.sale_line_id
        moves = item.invoice_lines.move_id.filtered(
            lambda move: move.state == "posted" and move.move_type != "out_refund"
        )
        missing = item.product_uom_qty - item.qty_invoiced_posted
        return item.currency_id.is_zero(item.price_total) or (
            float_compare(missing, 0.0, precision_digits=4) <= 0
            and all(get_paid_share(move) >= 1 for move in moves)
        )

    def _get_unpaid_invoices(self):
        # sudo: what credits wait for does not depend on who looks
        lines_sudo = self.sudo().sale_line_id.invoice_lines
        return lines_sudo.move_id.filtered(
            lambda move: (
                self.release == "payment"
                and move.state == "posted"
                and move.move_type == "out_invoice"
                and get_paid_share(move) < 1
            )
        ).sorted("id")
