# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is what in the lines of a table that people made: header, separator, totals."""

import re
from collections import Counter

from .errors import clean

SEPARATORS = ",;\t|"
LINES = 50
QUOTED = re.compile(r'"[^"]*"')
NUMBER = re.compile(r"[-+(]?[€$£]?\s*\d[\d.,:'’\s]*[€$£%)]?")
# fmt: off
TOTALS = {"total", "totals", "sum", "summe", "gesamt", "gesamtsumme", "grand total",
          "subtotal", "zwischensumme", "somme", "total général", "suma",
          "total general", "totaux", "totales", "totale", "totale generale",
          "totaal", "eindtotaal", "subtotaal", "subtotale", "soma", "total geral"}
# fmt: on


def find_delimiter(text: str) -> str:
    """The character that most lines have equally often."""
    lines = QUOTED.sub("", text).splitlines()[:LINES]

    def score(separator):
        counts = Counter(line.count(separator) for line in lines)
        return max((count * lines for count, lines in counts.items()), default=0)

    return max(SEPARATORS, key=score)


def find_header(lines, wanted) -> int:
    """Which of the first lines names the columns.

    :param wanted: names of columns that are read; none if it is not known yet
    """
    if wanted:
        hits = [len(set(wanted) & set(name_columns(cells))) for cells in lines]
        return hits.index(max(hits))
    return max(range(len(lines)), key=lambda index: (_names(lines, index), -index))


def _names(lines, index) -> int:
    """How many cells of a line may be names of columns with values below them."""
    below = lines[index + 1] if index + 1 < len(lines) else []
    told = [str(cell).strip() for cell in lines[index] if str(cell).strip()]
    texts = [cell for cell in told if not NUMBER.fullmatch(cell)]
    # Rows of texts look like headers: numbers stand below the real one.
    numbers = sum(bool(NUMBER.match(str(cell).strip())) for cell in below)
    return len(texts) + (numbers if len(texts) == len(told) else 0)


def name_columns(cells) -> list[str]:
    """The names of the columns; those that come again have their number."""
    names, seen = [], Counter()
    for cell in cells:
        name = clean(cell).strip().lstrip("\ufeff").strip()
        seen[name] += 1
        names.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    return names


def is_total(values, id_field) -> bool:
    """Whether a row adds up the rows above it: it names no id, but a sum."""
    cells = [str(cell).strip() for cell in values.values()]
    told = [cell for cell in cells if cell]
    label = str(values.get(id_field, "") if id_field else "").strip()
    if label and not _is_total_word(label):
        return False  # it has an id
    words = [cell for cell in told if _is_total_word(cell)]
    if words and (id_field or _is_sum(cells, words)):
        return True
    if len(told) * 3 > len(cells) * 2:
        return False  # it is as full as any row
    if words:
        return True
    # Without an id, sums stand alone below a column of something else.
    alone = bool(id_field) or not cells[0] and len(told) * 2 < len(cells)
    return alone and bool(told) and all(map(NUMBER.fullmatch, told))


def _is_sum(cells, words) -> bool:
    """Whether a row has but sums beside its word, and nothing in its first cell."""
    sums = [cell for cell in cells if cell and cell not in words]
    return not cells[0] and bool(sums) and all(map(NUMBER.fullmatch, sums))


def _is_total_word(cell) -> bool:
    return cell.lower().rstrip(": ") in TOTALS
