# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Rows of a file that a spreadsheet saved again, before they are imported twice."""

from ...connectors.alike import find_shortened

# Zeros a spreadsheet may have left out.
MAX_ZEROS = 7


class Respelled:
    """Finds new rows that are known ones in another spelling.

    An ID that lost its zeros, or one made of several fields in another spelling, is
    refused. A row that is its own ID is the known one if all its values are.
    """

    def __init__(self, source, reader):
        self.env = source.env
        self.source = source
        self.reader = reader

    def find(self, items):
        """Bind or refuse new rows that are known.

        :return: the items that are left, and those that came beside their twin
        """
        new = [item for item in items if not item.record and item.external_id]
        self._refuse_without_zeros(new, items)
        if not self.reader.is_respelled:
            return items, set()
        twins = self._bind(new, items)
        for item in new:
            if self.source.row_is_key and not item.record and item not in twins:
                self._refuse_shortened(item)
        return [item for item in items if item not in twins], twins

    def _refuse_without_zeros(self, new, items):
        """Refuse IDs that are known with zeros at the beginning, or without them."""
        texts = {
            item.external_id.lstrip("0"): item
            for item in new
            if item.external_id.isdecimal()
        }
        if not texts:
            return
        longest = max(map(len, texts)) + MAX_ZEROS
        ways = {text.zfill(n) for text in texts for n in range(len(text), longest)}
        ways -= {item.external_id for item in items}
        for record in self._search("external_id", ways):
            item = texts[record.external_id.lstrip("0")]
            item.error = item.error or self.env._(
                "The external ID %(id)s is new, but %(known)s is known: a spreadsheet "
                "leaves out zeros at the beginning. Format the column as text before "
                "you save the file.",
                id=item.external_id,
                known=record.external_id,
            )

    def _bind(self, new, items):
        """Give new rows the record of their likeness, or refuse them.

        :return: the items whose known spelling is in the file, too
        """
        for item in new:
            item.likeness = self.reader.get_likeness(item)
        found = self._search("likeness", {item.likeness for item in new} - {""})
        known = {record.likeness: record for record in found}
        taken = {item.record for item in items if item.record}
        twins = set()
        for item in new:
            record = known.get(item.likeness)
            if not record:
                continue
            if not self.source.row_is_key:
                self._refuse_spelling(item, record)
            elif record in taken:
                twins.add(item)
            else:
                item.record, item.is_respelled = record, True
                taken.add(record)
        return twins

    def _search(self, name, values):
        return self.env["service.sync.record"].search(
            [("source_id", "=", self.source.id), (name, "in", list(values))]
        )

    def _refuse_spelling(self, item, record):
        item.error = item.error or self.env._(
            "The external ID %(id)s is new, but %(known)s is known: a spreadsheet "
            "wrote it in another way. Upload the file as it was exported.",
            id=item.external_id,
            known=record.external_id,
        )

    def _refuse_shortened(self, item):
        """Refuse a row of which a spreadsheet left out digits: it is its own ID."""
        text = find_shortened(item.row.values.values())
        if text:
            item.error = item.error or self.env._(
                "A spreadsheet shortened the number %(number)s, and the row is known "
                "by all its values: format the column as text before you save the "
                "file.",
                number=text,
            )
