# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What posted invoices, credit notes and payments say about credits that were sold.

Quantities are in the unit of the product, amounts untaxed. Nothing is written.
"""

from dataclasses import dataclass, field

from odoo.tools import SQL

INVOICES = ("out_invoice", "out_receipt")
REFUNDS = ("out_refund",)

# What tells which units of an item its periods are.
UNITS = (
    "is_withdrawn",
    "plan_id",
    "plan_start",
    "sale_credits",
    "sale_line_id",
    "service_credits_per_unit",
)
# What a credit note does with the credits of its lines.
WITHDRAW, KEEP, REPLACE = "withdraw", "keep", "replace"


@dataclass
class Billing:
    """What the documents say about one purchase.

    :param ordered: units that the purchase stands for
    :param invoiced: units of posted invoices
    :param returned: units of credit notes that are not sold any more, for now
    :param credited: those of them whose credits are withdrawn
    :param paid: invoiced units that are paid, less those returned
    :param deposit: share of what is not invoiced yet that a down payment has paid
    :param invoiced_total: amount of the invoices, in the purchase's currency
    :param credited_total: amount of the credit notes
    :param notes: the credit notes that withdraw credits
    """

    ordered: float = 0.0
    invoiced: float = 0.0
    returned: float = 0.0
    credited: float = 0.0
    paid: float = 0.0
    deposit: float = 0.0
    invoiced_total: float = 0.0
    credited_total: float = 0.0
    is_billed: bool = False
    notes: list = field(default_factory=list)

    @property
    def net(self):
        return self.invoiced - self.returned

    @property
    def refunded(self):
        """Units whose credits are taken back: credited, and not invoiced anew."""
        return max(min(self.credited, self.ordered - self.net), 0.0)

    @property
    def last_note(self):
        """The credit note that counts last; None without any."""
        return max(self.notes, key=lambda move: (move.date, move.id), default=None)

    @property
    def rest(self):
        """Units that are still to be invoiced."""
        return max(self.ordered - self.refunded - self.net, 0.0)

    def get_released_share(self, release):
        """Return how much of what is sold may be used, from 0 to 1."""
        base = self.ordered - self.refunded
        if release == "order" or base <= 0:
            return 1.0
        units = self.net
        if release == "payment":
            units = self.paid + self.deposit * self.rest
        return min(max(units / base, 0.0), 1.0)


def get_billing(purchases_sudo):
    """Return the :class:`Billing` of purchases.

    The queries do not grow with the purchases and their invoices.

    :param purchases_sudo: as superuser: what is billed does not depend on who looks
    """
    billings = {lot: Billing(ordered=lot._get_sold_units()) for lot in purchases_sudo}
    owners = purchases_sudo.filtered(_owns_documents)
    lines = owners.sale_line_id.invoice_lines.filtered(_counts)
    amounts = get_net_amounts(lines.move_id)
    paying = owners.filtered(lambda lot: lot.release == "payment")
    moves = paying.sale_order_id.order_line.invoice_lines.filtered(_counts).move_id
    shares = {move: get_paid_share(move) for move in moves}
    for lot in owners:
        for line in lot.sale_line_id.invoice_lines & lines:
            _add_line(billings[lot], lot, line, amounts[line], shares)
    periods = owners.filtered(
        lambda lot: lot.plan_id and lot.sale_line_id.invoice_lines & lines
    )
    for lot, span in _get_spans(periods).items():
        _keep_period(billings[lot], *span)
    for order, lots in paying.grouped("sale_order_id").items():
        deposit = _get_deposit(order, shares)
        for lot in lots:
            billings[lot].deposit = deposit
    purchases_sudo._add_documents_by_hand(billings)
    return billings


def _get_spans(purchases_sudo):
    """Return which units of its item each period is: those after the periods before
    it, also of an earlier allotment of the item, and those without a purchase yet.

    However many periods there were, what is read is one number for each.
    """
    made = purchases_sudo.filtered(lambda lot: lot.id)
    before = _read_units_before(made) if made else {}
    for lot in purchases_sudo - made:
        earlier = lot.sale_line_id._get_period_units(lot.plan_start)
        to_come = lot.plan_id._get_units_to_come(lot.plan_start)
        before[lot] = sum(earlier.values()) + to_come
    return {
        lot: (units, units + lot._get_sold_units()) for lot, units in before.items()
    }


def _read_units_before(purchases_sudo):
    """Return how many units are before periods, by purchase."""
    purchases_sudo.flush_model(UNITS)
    rows = purchases_sudo.env.execute_query(
        SQL(
            """
            SELECT lot.id, COALESCE(periods.units, 0)::float
            FROM service_credit_purchase lot
            LEFT JOIN (
                SELECT id,
                       SUM(sale_credits / NULLIF(service_credits_per_unit, 0)) OVER (
                           PARTITION BY sale_line_id ORDER BY plan_start, id
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                       ) AS units
                FROM service_credit_purchase
                WHERE sale_line_id IN %s
                  AND plan_id IS NOT NULL AND is_withdrawn IS NOT TRUE
            ) periods ON periods.id = lot.id
            WHERE lot.id IN %s
            """,
            purchases_sudo.sale_line_id._ids,
            purchases_sudo._ids,
        )
    )
    return {purchases_sudo.browse(lot_id): units for lot_id, units in rows}


def _keep_period(billing, start, end):
    """Leave a period what documents of the whole item say about its units: the first
    invoices are of the first periods, and credit notes take the last ones back."""
    invoiced, net = billing.invoiced, billing.net
    own = _clip(invoiced, start, end)
    own_net = _clip(net, start, end)
    returned = billing.returned
    billing.invoiced_total *= own / invoiced if invoiced else 0.0
    back = own - own_net
    if returned:
        billing.credited_total *= back / returned
    else:
        billing.credited_total *= own_net / net if net else 0.0
    billing.credited *= back / returned if returned else 0.0
    billing.invoiced, billing.returned = own, back
    billing.paid = min(_clip(billing.paid, start, end), own_net)
    billing.is_billed = own > 0


def _clip(units, start, end):
    return min(max(units - start, 0.0), end - start)


def _owns_documents(purchase):
    """Tell whether the documents of the item are about this purchase of it: the one
    that is not withdrawn, else the latest."""
    item = purchase.sale_line_id
    if not item or not purchase.is_withdrawn:
        return bool(item)
    if purchase.plan_id:
        return False
    others = item.service_credit_purchase_ids - purchase
    return all(lot.is_withdrawn and lot.id < purchase.id for lot in others)


def _counts(line):
    move = line.move_id
    return move.state == "posted" and move.move_type in INVOICES + REFUNDS


def _add_line(billing, purchase, line, amount, shares):
    move = line.move_id
    units = line.product_uom_id._compute_quantity(
        line.quantity, line.product_id.uom_id, round=False, raise_if_failure=False
    )
    amount = line.currency_id._convert(
        amount,
        purchase.currency_id,
        purchase.company_id,
        move.invoice_date or move.date,
    )
    billing.is_billed = True
    if move.move_type in INVOICES:
        billing.invoiced_total += amount
        billing.invoiced += units
        billing.paid += units * shares.get(move, 0.0)
        return
    billing.credited_total += amount
    effect = move.service_credit_effect or WITHDRAW
    if effect != KEEP:
        billing.returned += units
        billing.paid -= units * shares.get(move.reversed_entry_id, 1.0)
    if effect == WITHDRAW:
        billing.credited += units
        billing.notes.append(move)


# ----------------------------------------------------------------------
# Discounts of a whole document
# ----------------------------------------------------------------------


def get_net_amounts(moves):
    """Return the untaxed amount of each line of these invoices and credit notes, less
    its share of the lines that are a discount on all of them.

    :return: ``{line: amount}`` in the currency of the document
    """
    amounts = {}
    for move in moves:
        lines = move.invoice_line_ids.filtered(
            lambda line: line.display_type == "product"
        )
        amounts |= share_discounts(
            {line: line.price_subtotal for line in lines},
            lines.filtered(_is_discount),
            move.currency_id,
        )
    return amounts


def share_discounts(amounts, discounts, currency):
    """Share the discount lines of a document out among the others, by their amounts.

    :param amounts: ``{line: untaxed amount}``, down payments left out
    :param discounts: the lines that are a discount
    :return: ``{line: amount}`` of all lines; nothing is left of a discount
    """
    rest = sum(amounts[line] for line in discounts)
    goods = {line: amounts[line] for line in amounts if line not in discounts}
    base = sum(max(amount, 0.0) for amount in goods.values())
    if not rest or not base:
        return amounts
    shared = dict.fromkeys(amounts, 0.0)
    counted = before = 0.0
    for line, amount in goods.items():
        # Cumulative, so that the shares add up to the cent.
        counted += max(amount, 0.0)
        until = currency.round(rest * min(counted / base, 1.0))
        shared[line] = amount + until - before
        before = until
    return shared


def _is_discount(line):
    return line.price_subtotal < 0 < line.quantity and not line.is_downpayment


# ----------------------------------------------------------------------
# Payments
# ----------------------------------------------------------------------


def get_paid_share(move):
    """Return how much of a posted invoice is paid, from 0 to 1.

    What credit notes took off it is neither owed nor paid; a credit note of another
    invoice is money. An invoice of nothing is paid, and so is one of which nothing is
    left. A payment without a journal entry counts as long as it is in process. A down
    payment that is taken off pays as much as was paid of it.
    """
    own = _get_own_refunds(move)
    taken_off, deposit = _get_taken_off(move)
    owed = move.amount_total - own + taken_off
    if move.currency_id.compare_amounts(owed, 0.0) <= 0:
        return 1.0
    paid = move.amount_total - move.amount_residual - own
    bare = move.matched_payment_ids.filtered(
        lambda payment: not payment.move_id and payment.state in ("in_process", "paid")
    )
    waiting = bare.filtered(lambda payment: payment.state == "in_process")
    # Once it is matched, the entry of the statement is the payment.
    paid = max(paid + _get_amount(waiting, move), _get_amount(bare, move))
    return min(max((paid + deposit) / owed, 0.0), 1.0)


def _get_taken_off(move):
    """Return the down payments taken off an invoice, and how much of them was paid."""
    taken_off = deposit = 0.0
    for line in move.invoice_line_ids:
        if line.is_downpayment and line.price_total < 0:
            before = line.sale_line_ids.invoice_lines.filtered(
                lambda other: other.price_total > 0 and _counts(other)
            ).move_id
            shares = [get_paid_share(other) for other in before]
            taken_off -= line.price_total
            deposit -= line.price_total * (sum(shares) / len(shares) if shares else 0)
    return taken_off, deposit


def _get_own_refunds(move):
    """Return what credit notes of this very invoice took off it."""
    amount = 0.0
    for line in move.line_ids:
        if line.account_type != "asset_receivable":
            continue
        for partial in line.matched_credit_ids:
            refund = partial.credit_move_id.move_id
            origin = refund.reversed_entry_id
            if refund.move_type in REFUNDS and (not origin or origin == move):
                amount += partial.debit_amount_currency
    return amount


def _get_amount(payments, move):
    """Return what payments without an entry pay of an invoice, in its currency: their
    amounts are shared out among their invoices."""
    amount = 0.0
    for payment in payments:
        invoices = payment.invoice_ids
        total = sum(invoices.mapped("amount_total_in_currency_signed"))
        part = move.amount_total / total if len(invoices) > 1 and total else 1.0
        amount += part * payment.currency_id._convert(
            payment.amount, move.currency_id, move.company_id, payment.date
        )
    return amount


def _get_deposit(order, shares):
    """Return which share of what is not invoiced yet was paid by down payments."""
    items = order.order_line.filtered("is_downpayment")
    paid = 0.0
    for line in items.invoice_lines.filtered(_counts):
        amount = line.price_subtotal
        if line.move_id.move_type in REFUNDS:
            paid -= amount
        else:
            # A negative line takes the down payment off an invoice.
            paid += amount * (shares.get(line.move_id, 0.0) if amount > 0 else 1.0)
    sold = order.order_line - items
    invoiced = sum(sold.mapped("untaxed_amount_invoiced"))
    rest = sum(sold.mapped("price_subtotal")) - invoiced
    return min(max(paid / rest, 0.0), 1.0) if rest > 0 else 0.0
