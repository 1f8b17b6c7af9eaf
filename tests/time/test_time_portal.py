# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from lxml import html

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from ..support.common import ServiceCreditCommon

PATH = "/my/timesheets"


@tagged("post_install", "-at_install")
class TestTimePortal(ServiceCreditCommon, HttpCase):
    """The time of a customer, page by page, however much there is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.show_timesheet_portal = True
        cls.ticket = cls._create_ticket(partner_id=cls.contact.id)
        cls.reader = new_test_user(cls.env, "portal_pia", "base.group_portal")
        cls.reader.partner_id.parent_id = cls.customer
        cls.today = fields.Date.today()
        for ago in range(3):
            cls._fill(100 - 20 * ago, cls.today - timedelta(ago))

    @classmethod
    def _fill(cls, number, day, **values):
        """Log an hour of a day so many times."""
        entry = cls._log(cls.ticket, date=day, **values)
        cls.env.flush_all()
        columns = ", ".join(
            name
            for name, field in entry._fields.items()
            if field.store and field.column_type and name != "id"
        )
        cls.env.cr.execute(
            f"INSERT INTO account_analytic_line ({columns}) SELECT {columns} "
            "FROM account_analytic_line, generate_series(2, %s) WHERE id = %s",
            [number, entry.id],
        )
        cls.env.invalidate_all()

    def _open(self, path):
        self.authenticate(self.reader.login, self.reader.login)
        page = self.url_open(path)
        self.assertEqual(page.status_code, 200)
        return html.fromstring(page.text)

    def _read(self, page):
        """Return the totals of the days of a page, and how many entries it has."""
        rows = page.xpath("//table//tbody/tr")
        heads = [row for row in rows if "table-light" in (row.get("class") or "")]
        totals = [row.xpath("string(.//th[last()]//span[last()])") for row in heads]
        # A phone has a line of its own for them.
        unique = dict.fromkeys(total.strip() for total in totals)
        return list(unique), len(rows) - len(heads)

    def test_by_day_a_page_is_no_longer_than_any_other(self):
        totals, entries = self._read(self._open(f"{PATH}?groupby=date"))
        self.assertEqual((totals, entries), (["100:00"], 100))
        second = self._open(f"{PATH}/page/2?groupby=date")
        totals, entries = self._read(second)
        # The hours of a day are all of the day, also where the page ends within it.
        self.assertEqual((totals, entries), (["80:00", "60:00"], 100))
        totals, entries = self._read(self._open(f"{PATH}/page/3?groupby=date"))
        self.assertEqual((totals, entries), (["60:00"], 40))
        [link] = set(second.xpath("//a[contains(@href, '/page/3')]/@href"))
        self.assertIn("groupby=date", link)

    def test_by_day_what_was_searched_is_shown(self):
        self._fill(2, self.today, name="Toner")
        page = self._open(f"{PATH}?groupby=date&search_in=name&search=Toner")
        self.assertEqual(self._read(page), (["02:00"], 2))
        page = self._open(f"{PATH}?groupby=date&filterby=today")
        self.assertEqual(self._read(page), (["102:00"], 100))
        page = self._open(f"{PATH}?groupby=date&search_in=name&search=Nothing")
        self.assertEqual(self._read(page), ([], 0))

    def test_a_longer_history_makes_no_page_longer(self):
        paths = [PATH, *(f"{PATH}?groupby={name}" for name in ("none", "date"))]
        before = [self._read(self._open(path))[1] for path in paths]
        self._fill(400, self.today - timedelta(4))
        self.assertEqual([self._read(self._open(path))[1] for path in paths], before)

    def test_the_page_of_the_ticket_is_no_longer_either(self):
        path = f"/my/ticket/{self.ticket.id}"
        length = len(html.tostring(self._open(path)))
        self._fill(400, self.today - timedelta(4))
        self.assertLess(len(html.tostring(self._open(path))), 1.1 * length)
