# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the names of columns, and the values in them, say in words."""

import re
import unicodedata
from decimal import Decimal

from .column_names import FIELDS, WORDS
from .column_names import OTHERS as OTHER_NAMES
from .durations import read_hours
from .errors import ValueRefused, quote
from .values import is_empty, parse_decimal

CURRENCY = re.compile(
    rf"[€$£¥]|(?<![a-z])(?:{'|'.join(sorted(WORDS['currencies']))})(?![a-z])"
)
BRACKET = re.compile(r"[(\[]([^)\]]*)[)\]]")
IN_UNIT = re.compile(r"\s(?:in|en)\s+(\w+)\s*$")


def get_texts(values) -> list[str]:
    """What single values say, without those that say nothing."""
    return [
        quote(value).strip()
        for value in values
        if not is_empty(value) and not isinstance(value, (dict, list))
    ]


def get_numbers(values) -> list:
    """The number that each value is, None for what is none."""
    numbers = []
    for value in values:
        try:
            hours = read_hours(value) if isinstance(value, str) else None
            number = parse_decimal(value) if hours is None else hours
            numbers.append(None if number is None else Decimal(str(number)))
        except ValueRefused:
            numbers.append(None)
    return numbers


def are_numbers(values) -> bool:
    """Whether most values of a column have digits, as numbers do."""
    told = get_texts(values)
    digits = sum(any(map(str.isdigit, text)) for text in told)
    return not told or digits * 2 > len(told)


def has_currency(text) -> bool:
    """Whether a name or a value has a currency in it."""
    return bool(CURRENCY.search(f"{text} {plain_name(text)}".lower()))


def plain_name(name: str) -> str:
    """A name without case, accents, punctuation and camels."""
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", name.replace("MwSt", "Mwst"))
    letters = unicodedata.normalize("NFKD", words.replace("_", " ").lower())
    bare = "".join(char for char in letters if not unicodedata.combining(char))
    return " ".join(re.findall(r"\w+", bare.replace("#", " nr ")))


def _key(plain: str) -> str:
    """The words that make a name, in any order, each as if there was one thing."""
    words = [word for word in plain.split() if word not in WORDS["currencies"]]
    words = [
        word for word in words if word not in WORDS["articles"] or word is words[-1]
    ]
    words = ["hours" if word in ("hr", "hrs") else word for word in words]
    return " ".join(
        sorted(word.removesuffix("s") if len(word) > 3 else word for word in words)
    )


def _without_unit(name: str) -> str:
    """A name without a bracket or an “in …” that tells how its values are written."""

    def drop(match):
        words = set(plain_name(match[1]).split())
        return " " if words and words <= WORDS["units"] else match[0]

    return IN_UNIT.sub(drop, BRACKET.sub(drop, name))


def index_names(names) -> dict[str, int]:
    """The rank of each name, as it stands and by the words that make it."""
    ranks = {}
    for rank, name in enumerate(names):
        for way in (name, f"={_key(name)}"):
            ranks.setdefault(way, rank)
    return ranks


def find_name(index, name) -> int | None:
    """The rank of a name in an index; of “Client/Customer” that of its parts."""
    for text in dict.fromkeys((name, _without_unit(name))):
        plain = plain_name(text)
        for way in (plain, f"={_key(plain) or '-'}"):
            if way in index:
                return index[way]
    parts = [part for part in name.split("/") if part.strip()]
    ranks = [find_name(index, part) for part in parts] if len(parts) > 1 else [None]
    return None if None in ranks else min(ranks)


INDEX = {
    target: {field: index_names(names) for field, names in fields.items()}
    for target, fields in FIELDS.items()
}
OTHERS = {other: index_names(names) for other, names in OTHER_NAMES.items()}
