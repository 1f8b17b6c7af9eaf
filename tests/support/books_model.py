# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What of one purchase is revenue, breakage, owed and usable, in plain Python."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

LIABILITY = "liability_current"


def decimal(value):
    return Decimal(str(round(value, 6)))


def cents(value):
    """Round an exact number: a quotient with 28 digits may lie just below the half."""
    whole = int(abs(Fraction(value)) * 100 + Fraction(1, 2))
    return Decimal(whole if value >= 0 else -whole) / 100


def get_units(item):
    """Return the units that an item sells, or takes back; none where only the price is
    lower."""
    units = Fraction(decimal(item.quantity))
    if item.move_type != "out_refund":
        return units
    return 0 if item.move_id.service_credit_effect == "keep" else -units


def get_spans(items):
    """Yield each item of an allotment with its first and last unit: the first invoices
    are of the first units, and credit notes take the last ones back."""
    total = 0
    posted = items.filtered(lambda item: item.parent_state == "posted")
    for item in posted.sorted(lambda item: (item.date, item.id)):
        units = get_units(item)
        total += units
        since = min(total, total - units) if units else 0
        yield item, since, max(total, total - units)


def get_parts(purchase):
    """Return the items of the order that are about the purchase, each with its part
    from, to, of how many units."""
    items = purchase.sale_line_id.invoice_lines
    if not purchase.plan_id:
        return [(item, 0, 1, 1) for item in items]
    start = 0
    for period in purchase.plan_id.purchase_ids.sorted("plan_start"):
        end = start + Fraction(decimal(period.sale_credits)) / Fraction(
            decimal(period.service_credits_per_unit)
        )
        if period == purchase:
            break
        start = end
    return [
        (item, max(since, start) - since, min(until, end) - since, until - since)
        for item, since, until in get_spans(items)
        if since < end and until > start
    ]


def cut(amount, since, until, units):
    """Return the part of an amount; parts add up to the cent."""
    if units == until - since:
        return amount
    amount = Fraction(amount)
    return cents(amount * until / units) - cents(amount * since / units)


class Books:
    """It reads documents and ledger rows one by one and keeps no sums of its own."""

    def __init__(self, purchase, day):
        self.purchase, self.date = purchase, day
        self.invoiced = self.credited = self.opening = Decimal()
        self.invoiced_company = self.credited_company = self.opening_company = Decimal()
        self.credits_invoiced, self.exact_discount = 0, 0
        self.is_counted = bool(purchase.sale_line_id)
        self.days = {"entry": [], "other": []}
        received = purchase.search([("origin_id", "=", purchase.id)])
        named = (purchase | received).service_credit_item_ids
        self.is_counted &= not named.filtered(self._counts)
        for part in get_parts(purchase) + [(item, 0, 1, 1) for item in named]:
            if self._counts(part[0]):
                self._read_item(*part)
        self.total = decimal(purchase.paid_total)
        self.used = self.expired = self.withdrawn = self.before = Decimal()
        self.credits_withdrawn = Decimal()
        self._read_rows(purchase, self.total)
        # Whoever has them, transferred credits were sold with this purchase.
        for lot in received:
            self._read_rows(lot, Decimal())

    def _counts(self, item):
        is_posted = item.parent_state == "posted" and item.date <= self.date
        return is_posted and item.account_id.account_type == LIABILITY

    @property
    def since(self):
        """Before an opening entry, the credits are no business of the account."""
        first = min(self.days["entry"], default=date.max)
        is_first = self.days["entry"] and first <= min(self.days["other"] or [first])
        return first if is_first else date.min

    def _read_rows(self, purchase, total):
        lapse = purchase.date_expiry + timedelta(1)
        start = max(purchase.date_start, purchase.date_received or date.min)
        within = Decimal()
        for row in purchase.consumption_ids:
            day, paid = max(start, row.date), decimal(row.paid)
            kind = row.consumption_type
            if kind == "transfer":
                within += paid
            elif kind == "withdrawal":
                within += paid
                self._add("withdrawn", min(day, lapse), paid, decimal(row.credits))
            elif day < lapse:
                within += paid
                self._add("expired" if kind == "expiry" else "used", day, paid)
        self._add("expired", lapse, total - within)

    def _add(self, kind, day, paid, credits=0):
        if day > self.date:
            return
        self.credits_withdrawn += credits
        kind = kind if day > self.since else "before"
        setattr(self, kind, getattr(self, kind) + paid)

    def _read_item(self, item, since, until, units):
        kind, sign = "invoiced", 1
        if item.move_type == "out_refund":
            kind, sign = "credited", -1
        elif item.move_type == "entry":
            kind = "opening"
        part = since, until, units
        amount = -sign * cut(decimal(item.amount_currency), *part)
        balance = -sign * cut(decimal(item.balance), *part)
        setattr(self, kind, getattr(self, kind) + amount)
        name = f"{kind}_company"
        setattr(self, name, getattr(self, name) + balance)
        self.days["entry" if kind == "opening" else "other"].append(item.date)
        if kind != "opening":
            self._read_discount(item, sign * amount)
            self._count_credits(item, until - since)

    def _read_discount(self, item, amount):
        lines = item.move_id.invoice_line_ids
        lines = lines.filtered(lambda line: line.display_type == "product")
        amounts = [Fraction(decimal(line.price_subtotal)) for line in lines]
        base = sum(max(one, 0) for one in amounts)
        if base and item.price_subtotal > 0:
            share = sum(min(one, 0) for one in amounts) / base
            self.exact_discount -= Fraction(amount) * share

    def _count_credits(self, item, units):
        per_unit = Fraction(decimal(self.purchase.service_credits_per_unit))
        sign = -1 if item.move_type == "out_refund" else 1
        units = sign * units if self.purchase.plan_id else get_units(item)
        if sign < 0 and item.move_id.service_credit_effect == "keep":
            units = 0
        self.credits_invoiced += units * per_unit

    def get(self):
        """Return revenue and breakage, then the same in the company's currency."""
        discount = cents(self.exact_discount)
        net = self.invoiced - self.credited + self.opening - discount
        kept = self.total - self.before - self.withdrawn
        waiting = min(net - kept, self.withdrawn - self.credited)
        earnable = net - max(waiting, 0)
        part = self.get_part()
        # Of credits used before the opening entry, the refund is lost revenue.
        revenue = gone = cents(earnable) if self.before > 0 else Decimal()
        if kept > 0:
            spent = self.used + self.expired
            earnable, whole = Fraction(earnable), Fraction(kept) * part
            revenue = cents(earnable * min(Fraction(self.used) / whole, 1))
            gone = cents(earnable * min(Fraction(spent) / whole, 1))
        breakage = gone - revenue
        if gone == net and (revenue or not breakage):
            broken = cents(Fraction(breakage) * self.rate)
            return revenue + discount, breakage, self.net_company - broken, broken
        if gone == net:
            return revenue + discount, breakage, Decimal(), self.net_company
        rate = self.rate
        revenue += discount
        company = [cents(Fraction(value) * rate) for value in (revenue, breakage)]
        return revenue, breakage, *company

    @property
    def net_company(self):
        return self.invoiced_company - self.credited_company + self.opening_company

    def get_part(self):
        """Return how much of what is sold was invoiced."""
        purchase = self.purchase
        ordered = decimal(purchase.sale_credits)
        if not purchase.plan_id:
            ordered = decimal(purchase.sale_line_id.product_uom_qty)
            ordered *= decimal(purchase.service_credits_per_unit)
        live = decimal(purchase.credits) - self.credits_withdrawn
        invoiced = self.credits_invoiced
        if not self.is_counted or invoiced >= ordered or invoiced <= 0 or live <= 0:
            return 1
        return min(invoiced / Fraction(live), 1)

    @property
    def rate(self):
        amount = self.invoiced + self.opening
        if amount:
            return Fraction(self.invoiced_company + self.opening_company) / Fraction(
                amount
            )
        if self.credited:
            return Fraction(self.credited_company) / Fraction(self.credited)
        return 1


def get_unclaimed(item):
    """Return what is on the account of an allotted item for periods that have no
    purchase, in the company's currency."""
    amount = Decimal()
    for line, *_span in get_spans(item.invoice_lines):
        amount -= decimal(line.balance)
    for purchase in item.service_credit_purchase_ids:
        for line, since, until, units in get_parts(purchase):
            amount += cut(decimal(line.balance), since, until, units)
    return amount


def get_waiting(purchase, payments):
    """Return how many credits wait for an invoice, or for its payment.

    :param payments: ``{invoice: amount}`` that was paid
    """
    invoiced = returned = credited = paid = 0
    for item in purchase.sale_line_id.invoice_lines:
        if item.parent_state != "posted":
            continue
        units, effect = get_units(item), item.move_id.service_credit_effect
        if item.move_type == "out_refund":
            returned -= units
            credited -= units if effect == "withdraw" else 0
            origin = item.move_id.reversed_entry_id
            paid += units * get_paid_share(origin, payments)
        else:
            invoiced += units
            paid += units * get_paid_share(item.move_id, payments)
    ordered = Fraction(decimal(purchase.sale_line_id.product_uom_qty))
    net = invoiced - returned
    base = ordered - max(min(credited, ordered - net), 0)
    released = {"order": base, "invoice": net, "payment": paid}[purchase.release]
    if base <= 0 or released >= base:
        return Decimal()
    rows = purchase.consumption_ids
    left = decimal(purchase.credits) - sum(decimal(row.credits) for row in rows)
    withdrawn = rows.filtered(lambda row: row.consumption_type == "withdrawal")
    held = decimal(purchase.credits) - sum(decimal(row.credits) for row in withdrawn)
    return min(cents(Fraction(held) * (1 - Fraction(max(released, 0)) / base)), left)


def get_paid_share(invoice, payments):
    """Return how much of what an invoice asks for is paid; of nothing, all."""
    owed = Fraction(decimal(invoice.amount_residual))
    paid = Fraction(decimal(payments.get(invoice, 0.0)))
    if invoice.matched_payment_ids.move_id:
        owed += paid  # its entry has lowered what is open
    if invoice.state != "posted" or owed <= 0:
        return 1
    return min(paid / owed, 1)
