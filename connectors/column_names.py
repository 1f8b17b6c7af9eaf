# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the columns of tables are called: data, in eight languages, without accents.

``column_names.json`` has the names of each field, best names first. Neither the order
of the words, an article, an s at the end nor a unit in brackets makes another name of
one, so that each stands there once, and none stands for two fields of one kind of
record. Below them stand the names of what is no field, and the words that make names:

- ``left``, ``total``: what is left, where nothing tells what was used; and a total of
  hours where hours are bought and used, otherwise of money
- ``billed``: ticks of rows that another system has billed, or will bill, by itself
- ``service_type_id``: taken only if all values are names of service types
- ``no_id``: their values may all differ, and are still no IDs of rows
- ``due``: ends of what is bought, or beside words of ``invoices`` days of payment
- ``plain_ids``: IDs whatever their values look like; others have digits
- ``id_words``: a name with one of them may be an ID, but not that of ``things``
- ``pairs``: first and last name together are a person
- ``times``: a duration for some, and the time of day for others
- ``articles``, ``currencies``: do not make another name
- ``units``: what a bracket after a name tells about how the values are written
- ``money``: names with these are prices; ``per_credit``, ``of_all``: of one credit,
  of all of them; ``amounts``: of all of them, without another word of money
- ``gross``, ``net``: with tax, without it
- ``not_prices``: whatever amount these name, it isn't the price of the credits
- ``rates``: of one credit, or of tax or a discount; ``packages``: beside a word of one
  credit they leave open what the price is of
- ``hours``: counted, not paid, unless a word of ``each`` says what the price is of
- ``balances``: what is left, of credits where a word of ``counted`` stands beside them,
  otherwise perhaps of money
- ``credit_sides``, ``debits``: the two sides of a journal
- ``taxes``: beside a column of these, amounts that don't say they are net are gross
"""

import json
from pathlib import Path

_DATA = json.loads(Path(__file__).with_name("column_names.json").read_text("utf-8"))


def _names(lines):
    return tuple(name for line in lines for name in line.split(", "))


FIELDS = {
    target: {
        field: _names(lines)
        for field, lines in (_DATA["common"] | _DATA[target]).items()
    }
    for target in ("time_entry", "purchase")
}
OTHERS = {other: _names(lines) for other, lines in _DATA["others"].items()}
WORDS = {kind: set(_names(lines)) for kind, lines in _DATA["words"].items()}
PAIRS = tuple(map(tuple, _DATA["pairs"]))
