# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A statement of any length as a spreadsheet, a part of it at a time.

A part is the lines of some days, as a compressed text with a line of JSON for each.
The caller keeps the part and the balances after it, and can go on later.
"""

import gzip
import io
import json
from itertools import islice

import xlsxwriter

from odoo import fields

# Lines of a part, unless one day has more.
PART = 5_000
# Rows of shared credits in memory at once.
BATCH = 1_000
# A sheet has 1,048,576 rows at most.
ROWS = 1_000_000
WIDTHS = (12, 16, 50, 40, 24, 14, 12, 14, 14)


def plan_parts(statement):
    """Return ``[[first day, last day]]`` of the parts, as text."""
    parts, lines = [], PART
    for day, count in statement._count_days_sudo():
        if lines + count > PART:
            parts.append([day, day])
            lines = 0
        parts[-1][1] = day
        lines += count
    return [[fields.Date.to_string(day) for day in part] for part in parts]


def make_part(statement, part, balances):
    """Return the lines of a part, packed.

    :param dict balances: ``{id of currency: [credits, value]}`` before it, which
        become those after it
    """
    movements = statement._fetch_movements_sudo(*part, limit=None)
    packed = io.BytesIO()
    with gzip.open(packed, "wt", encoding="utf-8") as file:
        for movement in movements:
            line = _prepare_line(statement, movement, balances)
            file.write(json.dumps(line) + "\n")
    return packed.getvalue()


def _prepare_line(statement, movement, balances):
    """Return the currency of a movement and the cells of its line."""
    currency = movement.currency_id
    credits, value = balances.get(str(currency.id), (0.0, 0.0))
    balance = statement._add({"credits": credits, "value": value}, movement, currency)
    balances[str(currency.id)] = [balance["credits"], balance["value"]]
    is_bought = movement.movement_type == "bought"
    expiry = movement.purchase_id.date_expiry if is_bought else False
    return [
        currency.id,
        fields.Date.to_string(movement.date),
        movement.movement_type,
        statement._get_work(movement) or "",
        statement._get_note(movement),
        movement.purchase_id.name,
        fields.Date.to_string(expiry) or "",
        movement.credits_change,
        movement.value_change,
        balance["credits"],
    ]


def make_sheet(statement, parts, openings, totals):
    """Return the spreadsheet of a statement.

    :param parts: an iterable of what `make_part` returned
    :param openings: ``{currency: {"credits", "value"}}`` before the period
    :param totals: the same for its end, with ``lines``
    """
    content = io.BytesIO()
    options = {"constant_memory": True, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        book.strings_to_formulas = False
        _Sheets(book, statement, openings, totals).write(parts)
    return content.getvalue()


class _Sheets:
    """The sheets of one workbook, one for each currency."""

    def __init__(self, book, statement, openings, totals):
        self.book = book
        self.statement = statement
        self.env = statement.env
        self.openings, self.totals = openings, totals
        self.day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self.bold = book.add_format({"bold": True})
        self.bold_day = book.add_format(
            {"num_format": "yyyy-mm-dd", "align": "left", "bold": True}
        )
        movement = self.env["service.credit.movement"]
        field = movement._fields["movement_type"]
        self.types = dict(field._description_selection(self.env))
        self.open = {}  # currency: [sheet, row, number of the sheet]

    def write(self, parts):
        for currency in sorted(self.totals, key=lambda currency: currency.name):
            self._begin(currency, 1)
            opening = self.openings.get(currency, {"credits": 0.0, "value": 0.0})
            text = self.env._("Opening balance")
            self._write_balance(currency, self.statement.date_from, text, opening)
        currencies = {currency.id: currency for currency in self.totals}
        for part in parts:
            for line in gzip.decompress(part).splitlines():
                currency_id, *cells = json.loads(line)
                self._write_line(currencies[currency_id], cells)
        for currency, total in self.totals.items():
            text = self.env._("Closing balance")
            self._write_balance(currency, self.statement.date_to, text, total)
        self._write_shared()

    def _begin(self, currency, number):
        """Add a sheet with its head."""
        _ = self.env._
        name = f"{currency.name} {number}" if number > 1 else currency.name
        heads = (
            _("Date"),
            _("Movement"),
            _("Description"),
            _("Note"),
            _("Purchase"),
            _("Expiry Date"),
            _("Credits"),
            _("Value"),
            _("Balance"),
        )
        sheet = self._add_sheet(name, heads)
        self.open[currency] = [sheet, 5, number]

    def _add_sheet(self, name, heads):
        statement = self.statement
        sheet = self.book.add_worksheet(name)
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        customer = statement.partner_id.commercial_partner_id.name
        sheet.write_string(0, 0, customer, self.bold)
        sheet.write_datetime(1, 0, statement.date_from, self.day)
        sheet.write_datetime(1, 1, statement.date_to, self.day)
        sheet.write_string(2, 0, statement.company_id.sudo().name)
        for column, head in enumerate(heads):
            sheet.write_string(4, column, head, self.bold)
        return sheet

    def _next(self, currency):
        """Return the sheet and the row to write next."""
        sheet, row, number = self.open[currency]
        if row >= ROWS:
            self._begin(currency, number + 1)
            sheet, row, number = self.open[currency]
        self.open[currency][1] = row + 1
        return sheet, row

    def _write_balance(self, currency, day, text, figures):
        sheet, row = self._next(currency)
        sheet.write_datetime(row, 0, day, self.bold_day)
        sheet.write_string(row, 2, text, self.bold)
        sheet.write_number(row, 7, figures["value"], self.bold)
        sheet.write_number(row, 8, figures["credits"], self.bold)

    def _write_line(self, currency, cells):
        day, kind, work, note, purchase, expiry, *numbers = cells
        sheet, row = self._next(currency)
        self._write_day(sheet, row, 0, day)
        for column, text in enumerate((self.types[kind], work, note, purchase), 1):
            if text:
                sheet.write_string(row, column, text)
        self._write_day(sheet, row, 5, expiry)
        for column, number in enumerate(numbers, 6):
            sheet.write_number(row, column, number)

    def _write_day(self, sheet, row, column, text):
        if text:
            sheet.write_datetime(row, column, fields.Date.to_date(text), self.day)

    def _write_shared(self):
        """Add what the customer drew from credits of others, if anything."""
        _, statement = self.env._, self.statement
        rows = statement._iterate_shared_lines(BATCH)
        first = list(islice(rows, 1))
        if not first:
            return
        heads = (_("Date"), _("Purchase"), _("Description"), _("Credits"))
        sheet = self._add_sheet(_("Shared"), heads)
        for lines, start in ((first, 5), (rows, 6)):
            for row, line in enumerate(lines, start):
                sheet.write_datetime(row, 0, line["date"], self.day)
                sheet.write_string(row, 1, line["purchase"])
                sheet.write_string(row, 2, line["work"] or "")
                sheet.write_number(row, 3, line["credits"])
