# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What columns of money say: what one credit costs, or all of them."""

import re

from .column_names import WORDS
from .headings import (
    BRACKET,
    are_numbers,
    get_numbers,
    get_texts,
    has_currency,
    plain_name,
)
from .values import PER_HOUR

PRICES = ("value_per_credit", "amount_total", "price", "paid_per_credit")
TAX = re.compile(r"[-+\d.,\s%€$£]+")
SOME = re.compile(r"(\d{1,3})\D{0,2}")  # “10”, “10h”, no year


def with_prices(found, columns):
    """Add what the credits cost, where the names of the lists do not tell it."""
    fields = {field: name for name, field in found}
    rest = [name for name in columns if name not in fields.values()]
    has_tax = any(_is_tax(name, columns[name]) for name in rest)
    rates = []
    rest.sort(key=lambda name: (not get_texts(columns[name]), not says_net(name)))
    for name in rest:
        field = guess_price(name) if are_prices(columns[name]) else None
        if field == "price" and _are_per_hour(columns[name]):
            field = "value_per_credit"
        if field == "amount_total" and not says_net(name):
            # It may have tax in it, which is asked; beside its tax, it has.
            field = None if has_tax else "price"
        if (
            field
            and set(plain_name(name).split()) - WORDS["currencies"] <= WORDS["rates"]
        ):
            rates.append(name)
        elif field:
            fields.setdefault(field, name)
    for name in rates:
        if "value_per_credit" not in fields and _is_rate(name, fields, rest, columns):
            fields["value_per_credit"] = name
    # A plain price beside that of one credit is something else.
    if "value_per_credit" in fields and get_texts(columns[fields["value_per_credit"]]):
        fields.pop("price", None)
    return [(name, field) for field, name in fields.items()]


def _is_rate(name, fields, rest, columns) -> bool:
    """Whether a bare rate is of one credit: it may be one of tax, or of discount.

    Beside another price it is, if both tell the same amount.
    """
    others = {fields[field] for field in PRICES if field in fields}
    others |= {other for other in rest if other != name and guess_price(other)}
    if not others or "credits" not in fields:
        return not others
    credits, rates = (get_numbers(columns[n]) for n in (fields["credits"], name))
    return any(
        rates and _are_products(credits, rates, get_numbers(columns[other]))
        for other in others
    )


def _are_products(credits, rates, amounts) -> bool:
    lines = list(zip(credits, rates, amounts, strict=False))
    return bool(lines) and all(
        None not in line and abs(line[0] * line[1] - line[2]) <= abs(line[2]) / 1000
        for line in lines
    )


def _is_tax(name, values) -> bool:
    """Whether a column has the tax of an amount, or its rate."""
    words, told = set(plain_name(name).split()), get_texts(values)
    is_named = words & WORDS["taxes"] and not words & WORDS["net"]
    return bool(is_named and told and all(map(TAX.fullmatch, told)))


def _are_per_hour(values) -> bool:
    """Whether each value says that it is of one hour: $95/h."""
    told = get_texts(values)
    return bool(told) and all(map(PER_HOUR.search, told))


def are_prices(values) -> bool:
    return are_numbers(values) and not any("%" in text for text in get_texts(values))


def guess_price(name) -> str | None:
    """What a column of money tells, by the words of its name.

    :return: ``value_per_credit``, ``amount_total``, ``price`` if it can be either,
        None if it is no price, or one with tax
    """
    words = set(plain_name(name.replace("/", " per ")).split())
    bracket = set(plain_name(" ".join(BRACKET.findall(name))).split())
    is_each, is_one = bool(words & WORDS["each"]), False
    if bracket & WORDS["hours"]:
        # A unit in brackets tells of what the price is; a total of it is no price.
        words, is_each, is_one = words - bracket, True, True
        if not words & WORDS["money"]:
            return None
    is_count = (
        words & WORDS["hours"] or "credit" in words and not words & WORDS["money"]
    )
    if "%" in name or words & WORDS["not_prices"] or is_count and not is_each:
        return None
    if words & WORDS["gross"] and not words & WORDS["net"]:
        return None
    is_money = words & (WORDS["money"] | WORDS["amounts"])
    if not is_money and not (is_each and has_currency(name)):
        return None
    units = WORDS["per_credit"] - WORDS["each"] - WORDS["rates"]
    return _price_of(words, is_each, is_one or bool(words & units))


def _price_of(words, is_each, is_one) -> str:
    """What a price is of, by the words of its name."""
    is_rate = bool(words & WORDS["rates"])
    is_many = words & WORDS["packages"] or any(
        match[1] != "1" for match in map(SOME.fullmatch, words) if match
    )
    if is_one or is_rate or is_each:
        is_clear = is_one or is_rate and not is_each and not words & WORDS["of_all"]
        return "value_per_credit" if is_clear and not is_many else "price"
    is_of_all = words & (WORDS["amounts"] | WORDS["of_all"])
    return "amount_total" if is_of_all else "price"


def says_net(name) -> bool:
    """Whether the name of a column tells that its amounts are without tax."""
    return bool(set(plain_name(name).split()) & WORDS["net"])
