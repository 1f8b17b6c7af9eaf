# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from lxml import html

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import SQL

from ..support.funding import FundingCommon

REPORT = "helpdesk_service_credit.service_credit_statement_report"
NAME = "helpdesk_service_credit.report_service_credit_statement"


class StatementCommon(FundingCommon):
    """A customer that bought twice, worked, gave back and lost some credits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.show_timesheet_portal = True
        # Work of long ago is logged as if it were then.
        cls.company.service_credit_late_days = 36500
        cls.first = cls._buy(cls, 10, "2025-01-01", "2025-12-31")
        cls.second = cls._buy(cls, 20, "2025-06-01", "2026-12-31")
        for day, hours, name in (
            ("2025-02-03", 2, "Call with the bank"),
            ("2025-07-04", 3.5, "New reports"),
            ("2026-02-05", 1.25, "Training"),
        ):
            cls._work(cls, hours, date=day, name=name, internal_note="Grumpy again")
        cls._work(cls, 3, date="2026-03-01").unlink()
        cls.env.flush_all()

    def _statement(self, start="2025-01-01", end="2026-04-30", **values):
        return self.env["service.credit.statement"].create(
            {
                "partner_id": self.contact.id,
                "date_from": start,
                "date_to": end,
                **values,
            }
        )

    @classmethod
    def _buy_at_once(cls, count, start):
        """Copy the first purchase in one statement."""
        cls.env.flush_all()
        cls.env.cr.execute(
            SQL(
                """
                INSERT INTO service_credit_purchase
                SELECT (jsonb_populate_record(lot, jsonb_build_object(
                    'id', nextval('service_credit_purchase_id_seq'),
                    'name', lot.name || '/' || number,
                    'date_start', %s,
                    'credits_allocated', 0,
                    'credits_available', lot.credits,
                    'value_available', lot.value_total,
                    'paid_available', lot.paid_total
                ))).*
                FROM service_credit_purchase lot, generate_series(1, %s) number
                WHERE lot.id = %s
                """,
                start,
                count,
                cls.first.id,
            )
        )
        cls.env.invalidate_all()

    def _page(self, statement, user=None):
        report = self.env["ir.actions.report"].with_user(user or self.env.user)
        content, _kind = report._render_qweb_html(REPORT, statement.ids)
        return html.fromstring(content)

    def _clean(self, text):
        # A sign is followed by a mark that keeps it with its number.
        return " ".join(text.replace("\ufeff", "").split())

    def _texts(self, page, name):
        return [
            [self._clean(cell.text_content()) for cell in row.findall("td")]
            for row in page.xpath(f"//tr[@name='{name}']")
        ]


@tagged("post_install", "-at_install")
class TestReportStatement(StatementCommon):
    def _assert_adds_up(self, start, end, partner=None):
        """Opening and lines are the closing balance, which is the balance told."""
        partner = partner or self.contact
        sections = self._statement(start, end, partner_id=partner.id)._get_sections()
        for section in sections:
            for name in ("credits", "value"):
                total = section["opening"][name] + sum(
                    line["movement"][f"{name}_change"] for line in section["lines"]
                )
                self.assertAlmostEqual(total, section["closing"][name], 6)
        told = {
            line["currency"]: (line["credits_available"], line["value_available"])
            for line in partner.get_service_credit_balance(end)
        }
        closing = {
            section["currency"].name: tuple(section["closing"].values())
            for section in sections
            if section["closing"]["credits"]
        }
        self.assertEqual(closing, told, (start, end))
        return sections

    def test_lines_add_up_to_the_balance(self):
        for start, end in (
            ("2025-01-01", "2026-04-30"),
            ("2025-06-01", "2025-12-31"),
            ("2025-06-02", "2026-01-01"),
            ("2026-01-01", "2026-12-31"),
            ("2026-04-01", "2027-01-01"),
            ("2020-01-01", "2020-02-01"),
        ):
            self._assert_adds_up(start, end)

    def test_closing_balance_stays_with_the_last_line(self):
        """The printer keeps no rows together, but whole tables."""
        page = self._page(self._statement())
        (closing,) = page.xpath("//tr[@name='closing']")
        table = next(closing.iterancestors("table"))
        self.assertIn("page-break-inside: avoid", table.get("style"))
        rows = table.xpath(".//tr/@name")
        self.assertEqual(rows, ["line", "closing"])
        widths = {
            tuple(one.xpath("./colgroup/col/@style"))
            for one in page.xpath("//table[.//tr[@name='line']]")
        }
        self.assertEqual(len(widths), 1, "columns stand below each other")
        empty = self._page(self._statement("2020-01-01", "2020-02-01"))
        self.assertFalse(empty.xpath("//tr[@name='line']"))

    def test_page_names_the_company(self):
        page = self._page(self._statement())
        (name,) = page.xpath("//div[contains(@class, 'page')]//span[@name='company']")
        self.assertEqual(name.text_content(), self.company.name)

    def test_what_is_told(self):
        page = self._page(self._statement("2025-02-01"))
        work = self.ticket.display_name
        first, second = self.first.name, self.second.name
        self.assertEqual(
            [row[1] for row in self._texts(page, "line")],
            [
                f"{work} Call with the bank, {first}",
                f"Purchase: {second} Expiry Date: 12/31/2026",
                f"{work} New reports, {first}",
                f"Expired: {first}",
                f"{work} Training, {second}",
                f"{work} {second}",
                f"Given back: {work} {second}",
            ],
        )
        changes = [row[2] for row in self._texts(page, "line")]
        self.assertEqual(
            changes, ["-2.00", "20.00", "-3.50", "-4.50", "-1.25", "-3.00", "3.00"]
        )
        [opening], [closing] = (
            self._texts(page, "opening"),
            self._texts(page, "closing"),
        )
        self.assertEqual((opening[-1], closing[-1]), ("10.00", "18.75"))
        self.assertIn("1,875.00", closing[3])

    def test_customers_read_no_notes_of_ours(self):
        for shown in (True, False):
            self.team.show_timesheet_portal = shown
            text = self._page(self._statement()).text_content()
            self.assertEqual("Call with the bank" in text, shown)
            self.assertNotIn("Grumpy", text)

    def test_currencies_have_sections_of_their_own(self):
        other = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        self._buy(7, currency_id=other.id, value_per_credit=10)
        self._buy(9, "2026-06-01", partner_id=self.contact.id)
        sections = self._assert_adds_up("2025-01-01", "2026-04-30")
        self.assertEqual(len(sections), 2)
        [mine] = [s for s in sections if s["currency"] == self.company.currency_id]
        # Recorded today: the statement of a past day knows nothing of it.
        self.assertEqual(mine["later"]["credits"], 0)
        self.assertEqual(len(self._page(self._statement()).xpath("//h5")), 2)

    def test_what_starts_later_is_told(self):
        start = fields.Date.add(fields.Date.today(), days=9)
        self._buy(9, start, fields.Date.add(start, years=1))
        statement = self._statement(end=fields.Date.today())
        [section] = statement._get_sections()
        self.assertEqual(section["later"], {"credits": 9, "value": 900})
        text = self._clean(self._page(statement).text_content())
        self.assertIn("starting later: 9.00", text)

    def test_nothing_to_tell(self):
        statement = self._statement(partner_id=self.other_customer.id)
        self.assertEqual(statement._get_sections(), [])
        self.assertIn("no service credits", self._page(statement).text_content())

    def test_letterhead_and_language(self):
        branch = self.env["res.company"].create({"name": "Branch of Trees"})
        self._buy(4, company_id=branch.id, currency_id=self.company.currency_id.id)
        self.env["res.lang"]._activate_lang("fr_FR")
        self.contact.lang = "fr_FR"
        page = self._page(self._statement(end="2026-04-30", company_id=branch.id))
        self.assertIn("Branch of Trees", page.text_content())
        self.assertIn("30/04/2026", page.text_content())
        [line] = self._texts(page, "line")
        self.assertEqual((line[2], line[-1]), ("4,00", "4,00"))

    def test_windows(self):
        window = self.env["service.credit.statement"].create(
            {"purchase_id": self.second.id}
        )
        self.assertEqual(window.partner_id, self.customer)
        self.assertEqual(window.date_from, self.second.date_start)
        action = window.with_context(discard_logo_check=True).action_print()
        self.assertEqual(action["context"]["active_ids"], window.ids)
        self.assertIn("Azure Mills", window._get_report_base_filename())
        with self.assertRefused(ValidationError, says="A statement that starts on"):
            window.date_from = "2099-01-01"

    def test_who_may_print(self):
        """Who may see the customer's purchases; in the user's own companies."""
        group = "helpdesk_service_credit.group_service_credit_user"
        clerk = new_test_user(self.env, "clerk", f"base.group_user,{group}")
        agent = new_test_user(self.env, "aga", "helpdesk_mgmt.group_helpdesk_manager")
        seller = new_test_user(self.env, "sel", "sales_team.group_sale_salesman")
        branch = self.env["res.company"].create({"name": "Branch"})
        own = {"partner_id": self.customer.id}
        window = self.env["service.credit.statement"]
        mine = window.with_user(clerk).create(own)
        mine.action_print()
        self.assertTrue(self._page(mine, clerk).xpath("//tr[@name='closing']"))
        for user, values in (
            (agent, own),
            (seller, own),
            (clerk, {**own, "company_id": branch.id}),
        ):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                statement = window.with_user(user).create(values)
                self._page(statement, user)
        with self.assertRaises(AccessError):
            self._page(mine, seller)
        self.first.sale_line_id = self._sell(user_id=seller.id)
        self._page(window.with_user(seller).create(own), seller)

    def test_queries_do_not_grow(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._statement()._get_sections()
            return self.env.cr.sql_log_count - before

        count()
        few = count()
        for day in range(1, 26):
            self._work(0.25, date=f"2026-04-{day:02}")
        self.assertLessEqual(count() - few, 1)

    def test_history_is_added_up_by_the_database(self):
        """Only the lines of the period are read."""
        statement = self._statement("2026-03-01", "2026-04-30")
        [section] = statement._get_sections()
        self.assertEqual(len(statement._search_movements_sudo()), len(section["lines"]))
        self.assertEqual(section["opening"]["credits"], 18.75)

    def test_more_lines_than_anybody_reads(self):
        """Five thousand lines are printed, one more is refused: it is a spreadsheet."""
        period = "2024-01-01", "2024-12-31"
        self._buy_at_once(5_000, "2024-06-01")
        [section] = self._statement(*period)._get_sections()
        self.assertEqual(len(section["lines"]), 5_000)
        self._buy_at_once(1, "2024-06-01")
        with self.assertRefused(UserError, "5000", self.customer.name):
            self._statement(*period)._get_sections()


@tagged("post_install", "-at_install")
class TestReportStatementPortal(StatementCommon, HttpCase):
    """Customers download their own statement, and nobody else's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pia, cls.per = (
            new_test_user(cls.env, login, "base.group_portal", partner_id=partner.id)
            for login, partner in (
                ("portal_pia", cls.contact),
                ("portal_per", cls.other_customer),
            )
        )
        cls.url = "/my/service-credits/statement"

    def _open(self, user, path):
        self.authenticate(user and user.login, user and user.login)
        return self.url_open(path)

    def test_own_statement(self):
        page = self._open(
            self.pia, f"{self.url}?date_from=2025-01-01&date_to=2026-04-30"
        )
        # In tests Odoo answers with the page, also where it could make a PDF of it.
        self.assertEqual(page.status_code, 200)
        rows = self._texts(html.fromstring(page.text), "closing")
        self.assertEqual([row[-1] for row in rows], ["18.75"])
        self.assertNotIn("Grumpy", page.text)

    def test_the_closing_balance_is_what_the_portal_tells(self):
        page = self._open(self.pia, "/my/service-credits").text
        self.assertIn(f'action="{self.url}"', page)
        statement = self._statement(end=fields.Date.today())
        for section in statement._get_sections():
            self.assertIn(f"{section['closing']['credits']:g} of", page)

    def test_strangers_get_their_own(self):
        """Whatever they add to the address."""
        for extra in ("", f"?partner_id={self.customer.id}", "?purchase_id=1"):
            page = self._open(self.per, f"{self.url}{extra}")
            self.assertNotIn("Azure", page.text)
            self.assertNotIn(self.first.name, page.text)
        page = self._open(None, self.url)
        self.assertIn("/web/login", page.url)

    def test_no_way_round_the_portal(self):
        """The address of the report itself is for those who may print it."""
        statement = self._statement().with_user(self.pia)
        with self.assertRaises(AccessError):
            statement.read(["date_from"])
        for user in (self.pia, self.per):
            page = self._open(
                user,
                f"/report/html/{REPORT[:24]}report_service_credit_statement/{statement.id}",
            )
            self.assertNotIn("Azure", page.text)

    def test_wrong_periods(self):
        for query in (
            "date_from=yesterday",
            "date_from=2026-01-01&date_to=2025-01-01",
            "date_to=0001-01-01",
            "date_from=2026-02-31",
        ):
            page = self._open(self.pia, f"{self.url}?{query}")
            self.assertIn("The last day of a statement", page.text)

    def test_a_period_with_many_lines(self):
        """It is made in the background: see test_statement_file.py."""
        self._buy_at_once(1_001, "2024-06-01")
        page = self._open(
            self.pia, f"{self.url}?date_from=2024-01-01&date_to=2024-12-31"
        )
        self.assertIn("Your statement is being made.", page.text)

    def test_company_of_the_customer(self):
        branch = self.env["res.company"].create({"name": "Branch of Trees"})
        self._buy(4, company_id=branch.id, currency_id=self.company.currency_id.id)
        self.pia.write(
            {"company_ids": [Command.link(branch.id)], "company_id": branch.id}
        )
        page = self._open(self.pia, f"{self.url}?date_from=2025-01-01")
        self.assertNotIn(self.first.name, page.text)
