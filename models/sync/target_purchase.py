# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Rows that become purchases, created and changed like any other purchase."""

import re
from functools import partial

from odoo.tools import float_round, format_date

from ...connectors import ValueRefused
from ...connectors.errors import _lt
from ...connectors.values import NO_END, is_empty, parse_term
from ...tools import add_months
from . import purchase_limits
from .rows import attempt
from .service_sync_record import WITHDRAWN
from .styles import DAY
from .target import Target

KINDS = {
    "credits": "count",
    "credits_used": "count",
    "credits_left": "count",
    "amount_total": "decimal",
    "price": "decimal",
    "value_per_credit": "decimal",
    "paid_per_credit": "decimal",
    "date_start": "date",
    "date_expiry": "end",
    "description": "text",
}
NOT_NEGATIVE = (
    "credits",
    "value_per_credit",
    "paid_per_credit",
    "amount_total",
    "price",
    "credits_used",
    "credits_left",
)
# Whose values may carry the sign of a currency, and whose names its code.
PRICES = ("value_per_credit", "price", "amount_total", "paid_per_credit")
TRIAL_NAME = "/"
# The sign of a currency, or its code, beside a price and in the name of a field.
MARK = re.compile(r"[€$£¥]|\b(?:[A-Z]{3}|lei|kr)\b")
MARK_IN_NAME = re.compile(r"[€$£¥]|[(\[]([A-Z]{3})[)\]]|(?<=[a-z] )([A-Z]{3})$")
NAME_AND_CODE = re.compile(r"[^-–(]+[-–(] ?([A-Z]{3})\)?")


class PurchaseTarget(Target):
    model = "service.credit.purchase"
    label = "Customer Purchases"
    fields = (
        "partner_id",
        "partner_email",
        "credits",
        "value_per_credit",
        "paid_per_credit",
        "amount_total",
        "price",
        "credits_used",
        "credits_left",
        "currency_id",
        "date_start",
        "date_expiry",
        "description",
        *purchase_limits.FIELDS,
    )
    required = (("external_id",), ("partner_id", "partner_email"), ("credits",))

    def __init__(self, source):
        super().__init__(source)
        self.currency_of_names = self.get_currency_of_names()
        self.limits = purchase_limits.PurchaseLimits(self)

    def find_relations(self, items):
        return {
            "customer": self.find_customers(items),
            "currency": self.find_currencies(items),
            "limits": self.limits.find(items),
        }

    def prepare(self, item, tables):
        def customer():
            if self.lacks("partner_id", "partner_email"):
                return {}
            return {"partner_id": self.pick_customer(item, tables["customer"]).id}

        values = self.collect(
            item,
            customer,
            *(partial(self.get_value, item, name) for name in KINDS),
            lambda: self.pick_currency(item, tables["currency"]),
            *self.limits.get_readers(item, tables["limits"]),
        )
        for settle in (self.check_dates, self.take_together):
            attempt(self.env, item, settle, values)
        return {"company_id": self.source.company_id.id, **values}

    def create(self, items):
        for item in items:
            item.values["is_draft"] = self.source.create_as_draft
            if self.is_trial:
                # No number is drawn for what is undone at once.
                item.values["name"] = TRIAL_NAME
        return super().create(items)

    def update(self, item):
        purchase = item.target
        came_back = item.record.state == WITHDRAWN
        if came_back and (purchase.credits_expired or purchase.credits_withdrawn):
            raise ValueRefused(
                _lt(
                    "%(purchase)s was withdrawn when the source deleted it, and "
                    "cannot come back: send it with a new external ID."
                ),
                purchase=purchase.name,
            )
        if came_back:
            purchase.active = True
        return super().update(item) or came_back

    def withdraw(self, item):
        """Archive a draft, of which nothing is used; otherwise write off the rest.

        :raise ValueRefused: others could use what was transferred to them
        """
        purchase = item.target
        if purchase.credits_transferred > 0:
            raise ValueRefused(
                _lt(
                    "%(purchase)s can't be withdrawn, because %(credits)s of its "
                    "credits were transferred to another customer: transfer them back "
                    "first."
                ),
                purchase=purchase.name,
                credits=purchase.credits_transferred,
            )
        if purchase.is_draft:
            purchase.active = False
        elif purchase.credits_available > 0:
            purchase._write_off()
        return purchase

    # === Values ===

    def get_value(self, item, name):
        """The value of one field, if the row has one.

        :raise ValueRefused: nothing can be made of it
        """
        if name == "date_expiry" and parse_term(item.raw.get(name)):
            return {"date_expiry": self.get_end_of_term(item)}
        value = self.parse(item, name, KINDS[name])
        if name == "credits" and not value and not self.lacks(name):
            raise ValueRefused(_lt("The row has no number of credits."))
        if value is None and name == "date_expiry":
            return self.get_no_expiry(item)
        if value is None and (name != "description" or name not in item.raw):
            return {}
        if name in NOT_NEGATIVE and value < 0:
            raise ValueRefused(
                _lt("%(field)s: %(value)s is below 0."),
                field=self.names[name],
                value=float(value),
            )
        if name == "price" and value and self.source.price_basis == "ask":
            raise ValueRefused(
                _lt(
                    "%(field)s: choose on the connected system whether prices are for "
                    "one credit or for all, and without tax."
                ),
                field=self.names[name],
            )
        is_number = KINDS[name] in ("count", "decimal")
        return {name: float(value) if is_number else value or False}

    def check_dates(self, values):
        """Refuse what the purchase would, while its other faults are told too."""
        start, end = values.get("date_start"), values.get("date_expiry")
        if start and end and end < start:
            raise ValueRefused(_lt("A purchase cannot expire before it starts."))

    def take_together(self, values):
        """Set how many of the credits were used elsewhere, and what each of them cost.

        :param values: of the row; what only helps to know is taken out
        :raise ValueRefused: more was used, or is left, than there was
        """
        price = values.pop("price", None)
        if self.source.price_basis == "gross":
            price = None
        is_each = self.source.price_basis == "each"
        amount = values.pop("amount_total", None if is_each else price)
        used, left = values.pop("credits_used", 0), values.pop("credits_left", None)
        if "credits" not in values:
            return
        bought = values["credits"]
        if price is not None and is_each:
            values.setdefault("value_per_credit", price)
        if amount is not None:
            # What was invoiced is what was paid, and the value if no price is told.
            values.setdefault("paid_per_credit", amount / bought)
            values.setdefault("value_per_credit", amount / bought)
        left = bought - used if left is None else left
        if not 0 <= left <= bought:
            raise ValueRefused(
                _lt("A purchase of %(credits)s credits can't have %(left)s left."),
                left=left,
                credits=bought,
            )
        if self.names.keys() & {"credits_used", "credits_left"}:
            digits = self.env["service.credit.purchase"]._get_credit_digits()
            values["opening_used"] = float_round(bought - left, digits)

    def why_left_out(self, item):
        is_left_out = self.is_used_up(item)
        text = self.env._("Left out: all of its credits were used")
        return text if is_left_out else ""

    def is_used_up(self, item):
        """Whether all credits were used before they could be imported."""
        is_known = item.record and item.record.res_id
        if is_known or not self.names.keys() & {"credits_used", "credits_left"}:
            return False
        try:
            bought, used, left = (
                self.parse(item, name, "count")
                for name in ("credits", "credits_used", "credits_left")
            )
        except ValueRefused:
            return False  # said when the row is converted
        if not bought or bought < 0:
            return False
        return (bought - (used or 0) if left is None else left) == 0

    def get_end_of_term(self, item):
        """The expiry date of “12 months”, counted like the validity of a product.

        :raise ValueRefused: the row does not tell from when on
        """
        start = self.parse(item, "date_start", "date")
        if start is None:
            raise self.named(
                "date_expiry",
                self.env._(
                    "“%(term)s” needs a start date: map a field to “Start Date”.",
                    term=item.raw["date_expiry"],
                ),
            )
        return add_months(start, parse_term(item.raw["date_expiry"]))

    def get_no_expiry(self, item):
        """What no expiry date means: hours may lapse by it, so it is asked."""
        if self.source.no_expiry == "ask":
            start = (
                attempt(self.env, item, self.parse, item, "date_start", "date")
                or self.source.company_id._get_today()
            )
            raise ValueRefused(
                _lt(
                    "The expiry date is missing. On the connected system, choose "
                    "whether the credits expire after a year (%(day)s) or never."
                ),
                day=format_date(self.env, add_months(start, 12), date_format=DAY),
            )
        return {"date_expiry": NO_END} if self.source.no_expiry == "never" else {}

    def get_currency_text(self, item):
        """The currency a row names; of “Euro - EUR”, the code.

        Without one, the sign beside its prices tells, or the name of their field.
        """
        value = item.raw.get("currency_id")
        text = "" if is_empty(value) else str(value).strip()
        match = NAME_AND_CODE.fullmatch(text)
        if text:
            return match[1] if match else text
        texts = [item.raw.get(name) for name in PRICES if name in self.names]
        marks = [MARK.search(text) for text in texts if isinstance(text, str)]
        signs = [mark[0] for mark in marks if mark]
        signs += [item.marks[name] for name in PRICES if name in item.marks]
        return next(iter(signs), self.currency_of_names)

    def get_currency_of_names(self):
        """The currency that a field of a price names: “Price (USD)”, “Preis €”."""
        names = [self.names[name] for name in PRICES if name in self.names]
        marks = [mark for name in names if (mark := MARK_IN_NAME.search(name))]
        texts = {mark[1] or mark[2] or mark[0] for mark in marks}
        if len(texts) != 1:
            return ""
        text = texts.pop()
        # One that is not active is refused; a word that is none tells nothing.
        Currency = self.env["res.currency"].with_context(active_test=False)
        is_one = not text.isalpha() or Currency.search([("name", "=", text)], limit=1)
        return text if is_one else ""

    def find_currencies(self, items):
        """Return ``{code or symbol in upper case: currencies}``."""
        texts = set(filter(None, map(self.get_currency_text, items)))
        ways = list(texts | {text.upper() for text in texts})
        found = self.env["res.currency"].search(
            ["|", ("name", "in", ways), ("symbol", "in", ways)]
        )
        table = {currency.name.upper(): currency for currency in found}
        for symbol, currencies in found.grouped(lambda c: c.symbol.upper()).items():
            table.setdefault(symbol, currencies)
        return table

    def pick_currency(self, item, currencies):
        """The currency a row names, else the one of the system.

        A symbol that several currencies have is not guessed.
        """
        value, chosen = self.get_currency_text(item), self.source.currency_id
        if not value:
            return {"currency_id": chosen.id} if chosen else {}
        found = currencies.get(value.upper())
        if not found:
            raise ValueRefused(
                _lt("“%(value)s” isn't an active currency."), value=value
            )
        if chosen and chosen in found:
            found = chosen
        if len(found) > 1:
            names = ", ".join(sorted(found.mapped("name")))
            raise ValueRefused(
                _lt(
                    "“%(value)s” is the symbol of several active currencies "
                    "(%(names)s): choose the currency on the connected system, or map "
                    "a field with its code."
                ),
                value=value,
                names=names,
            )
        return {"currency_id": found.id}
