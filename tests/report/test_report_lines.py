# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from unittest.mock import patch

from odoo.tests import tagged

from ..support.credit import CreditCommon

SPECIFICATION = {"commercial_partner_id": {"fields": {"display_name": {}}}}
CUSTOMERS = 5


@tagged("post_install", "-at_install")
class TestReportLines(CreditCommon):
    """A page of computed lines and their number come of one query."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lines = cls.env["service.credit.forecast"]
        for number in range(CUSTOMERS):
            customer = cls.env["res.partner"].create({"name": f"Reader {number}"})
            cls._buy(10, partner_id=customer.id)
        cls.domain = [("commercial_partner_id.name", "=like", "Reader %")]

    def _read(self, **page):
        return self.lines.web_search_read(self.domain, SPECIFICATION, **page)

    def test_pages(self):
        """As many lines, in the order, as without a limit."""
        whole = self._read(order="id desc")
        self.assertEqual(whole["length"], CUSTOMERS)
        read = []
        for offset in range(0, CUSTOMERS, 2):
            page = self._read(offset=offset, limit=2, order="id desc", count_limit=100)
            self.assertEqual(page["length"], CUSTOMERS)
            read += page["records"]
        self.assertEqual(read, whole["records"])

    def test_more_than_are_counted(self):
        """The client shows “3+”, and the page is the one asked for."""
        for offset in (0, 2, 4):
            page = self._read(offset=offset, limit=2, count_limit=3)
            core = self._read(offset=offset, limit=2, count_limit=1)
            self.assertEqual(page["records"], core["records"])
            self.assertEqual(page["length"], max(3, len(core["records"]) + offset))

    def test_nothing_to_show(self):
        none = self.lines.web_search_read(
            [("id", "=", 0)], SPECIFICATION, limit=2, count_limit=100
        )
        self.assertEqual(none, {"length": 0, "records": []})

    def test_one_query_over_the_whole_ledger(self):
        table_query = type(self.lines)._table_query
        asked = []

        def count(records):
            asked.append(records)
            return table_query.fget(records)

        with patch.object(type(self.lines), "_table_query", property(count)):
            self._read(limit=2, count_limit=100)
        self.assertEqual(len(asked), 1)
