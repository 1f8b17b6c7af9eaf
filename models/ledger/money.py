# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What rows of the ledger are worth, in plain Python."""

from odoo.tools import float_compare, float_round


class MoneyCounter:
    """Value and amount paid of the rows of one purchase.

    A row is worth what the purchase has lost after it, rounded, less what it had lost
    before: however the credits are cut, the rows of a used up purchase add up to
    exactly what it cost.
    """

    def __init__(self, purchase):
        self._digits = purchase._get_credit_digits()
        self._all = purchase.credits
        self._credits = float_round(
            self._all - purchase.credits_available, self._digits
        )
        self._rounding = purchase.currency_id.rounding
        # Price and total of the value, and of what was paid.
        self._of_value = purchase.value_per_credit, purchase.value_total
        self._of_paid = purchase.paid_per_credit, purchase.paid_total
        self._value = purchase.value_total - purchase.value_available
        self._paid = purchase.paid_total - purchase.paid_available

    def move(self, amount, value=None, paid=None):
        """Count ``amount`` signed credits; return the row's ``(value, paid)``.

        ``value`` and ``paid`` are given when a row undoes another one.
        """
        self._credits = float_round(self._credits + amount, self._digits)
        if value is None:
            is_alike = self._of_paid == self._of_value and self._paid == self._value
            value = self._step(*self._of_value, self._value)
            paid = value if is_alike else self._step(*self._of_paid, self._paid)
        self._value += value
        self._paid += paid
        return value, paid

    def _step(self, price, total, counted):
        """The last row takes all the money that is left: received credits bring what
        they were worth, which may be a cent more than their number times the price."""
        if not total:
            return 0.0
        lost = total
        if float_compare(self._credits, self._all, self._digits):
            # Received credits may be worth less than their number times the price.
            lost = min(self._round(self._credits * price), total)
        return max(self._round(lost - counted), 0.0)

    def _round(self, amount):
        """As the currency does, which reads its rounding each time."""
        return float_round(amount, precision_rounding=self._rounding)
