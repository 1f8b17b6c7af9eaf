# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import json

from lxml import etree

from odoo import fields
from odoo.tests import tagged
from odoo.tools.misc import file_open

from odoo.addons import helpdesk_service_credit as addon

from ...tools import DurationError, parse_duration
from ..support.common import ServiceCreditCommon
from ..support.language import ADDON

CASES = "helpdesk_service_credit/static/tests/duration_cases.json"


@tagged("post_install", "-at_install")
class TestDuration(ServiceCreditCommon):
    """Durations as people type them; the client's tests read the same table."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with file_open(CASES) as table:
            cls.cases = json.load(table)
        cls.ticket = cls._create_ticket(user_id=cls.agent.id)

    def _load(self, text):
        """Import one line as the agent, the way a file's rows come in."""
        lines = self.env["account.analytic.line"].with_user(self.agent)
        return lines.load(
            ["ticket_id/.id", "name", "date", "unit_amount"],
            [[str(self.ticket.id), "Call", str(fields.Date.today()), text]],
        )

    def test_other_addons_import_it_from_the_addon(self):
        self.assertIs(addon.parse_duration, parse_duration)

    def test_understood(self):
        for text, hours in self.cases["understood"]:
            with self.subTest(text=text):
                self.assertAlmostEqual(parse_duration(text), hours, 5)

    def test_signed_and_confirmed(self):
        for text, hours in self.cases["signed"]:
            with self.subTest(text=text):
                self.assertAlmostEqual(parse_duration(text, signed=True), hours, 5)
        for text in self.cases["signed_refused"]:
            with self.subTest(text=text), self.assertRaises(DurationError):
                parse_duration(text, signed=True)
        for text, hours in self.cases["confirmed"]:
            with self.subTest(text=text):
                self.assertEqual(parse_duration(text, confirmed=True), hours)
                taken = parse_duration(f"-{text}", confirmed=True, signed=True)
                self.assertEqual(taken, -hours)

    def test_typed_hours_are_durations(self):
        """Core's field for hours reads 2,5 as 25:00."""
        request = self.env.ref(f"{ADDON}.service_authorization_view_form_request").id
        views = [
            ("service.authorization", None, "form", ["hours"]),
            ("service.authorization", request, "form", ["hours"]),
            ("service.authorization.record", None, "form", ["hours"]),
            ("service.type", None, "form", ["increment"]),
            ("service.type", None, "list", ["increment"]),
            ("helpdesk.ticket.team", None, "form", ["minimum_hours", "rounding_hours"]),
        ]
        for model, view, kind, names in views:
            arch = etree.fromstring(self.env[model].get_view(view, kind)["arch"])
            for name in names:
                with self.subTest(model, view=view, kind=kind, name=name):
                    [field] = arch.xpath(f"//field[@name='{name}']")
                    self.assertEqual(field.get("widget"), "service_duration")

    def test_typed_time_on_tickets_and_tasks(self):
        """The tabs read what people type, in the list and in a phone's form."""
        for model in ("helpdesk.ticket", "project.task"):
            arch = etree.fromstring(self.env[model].get_view(None, "form")["arch"])
            for kind in ("list", "form"):
                with self.subTest(model, kind=kind):
                    [field] = arch.xpath(
                        f"//field[@name='timesheet_ids']/{kind}"
                        "//field[@name='unit_amount']"
                    )
                    self.assertEqual(field.get("widget"), "service_duration_uom")

    def test_questioned_and_refused(self):
        for text in self.cases["questioned"]:
            # Advice that works: as hours it would be refused again.
            told = f"more than a day. Enter {text}m "
            with self.subTest(text=text), self.assertRaisesRegex(DurationError, told):
                parse_duration(text)
        for text in self.cases["refused"]:
            with self.subTest(text=text), self.assertRaises(DurationError):
                parse_duration(text)

    def test_programs(self):
        """A program may send what people type, and is told what cannot be read."""
        entry = self._log(self.ticket, "1:30")
        self.assertAlmostEqual(entry.unit_amount, 1.5)
        entry.write({"unit_amount": "1h 45"})
        self.assertAlmostEqual(entry.unit_amount, 1.75)
        for text in ("soon", "90"):
            with self.assertRaises(DurationError):
                self._log(self.ticket, text)

    def test_import(self):
        """A file may hold what people type."""
        for text in ("1:30", "90m", "1h 30", "1,5", "1.5"):
            result = self._load(text)
            self.assertFalse(result["messages"], text)
            entry = self.env["account.analytic.line"].browse(result["ids"])
            self.assertAlmostEqual(entry.unit_amount, 1.5, msg=text)

    def test_import_says_which_row(self):
        """What cannot be read is reported on its row; nothing is logged."""
        for text, part in (("90", "at most 24"), ("soon", "not seem to be a number")):
            result = self._load(text)
            self.assertFalse(result["ids"])
            message = result["messages"][0]
            self.assertIn(part, message["message"])
            self.assertEqual(message["record"], 0)
        self.assertFalse(self.ticket.timesheet_ids)

    def _import_on_screen(self, text, **options):
        """Import a file of one line as the agent, with what the screen sends."""
        screen = (
            self.env["base_import.import"]
            .with_user(self.agent)
            .create(
                {
                    "res_model": "account.analytic.line",
                    "file": f"Ticket;Hours\n{self.ticket.number};{text}\n".encode(),
                    "file_type": "text/csv",
                    "file_name": "time.csv",
                }
            )
        )
        result = screen.execute_import(
            ["ticket_id", "unit_amount"],
            ["Ticket", "Hours"],
            {"quoting": '"', "separator": ";", "has_headers": True, **options},
        )
        entries = self.env["account.analytic.line"].browse(result["ids"] or ())
        return entries, result["messages"]

    def test_import_screen(self):
        """The import screen passes durations on as they stand in the file."""
        entry, messages = self._import_on_screen("1:80")
        self.assertFalse(messages)
        self.assertAlmostEqual(entry.unit_amount, 140 / 60)

    def test_import_screen_with_separators(self):
        """Few decimals are decimals, whatever separators the screen proposes."""
        for separators in (",.", ".,"):
            options = {
                "float_thousand_separator": separators[0],
                "float_decimal_separator": separators[1],
            }
            for text, hours in {
                "1,5": 1.5,
                "1.5": 1.5,
                " 1,25 ": 1.25,
                "1.25": 1.25,
                ",5": 0.5,
                "1.3333": 1.3333,
                "1:30": 1.5,
                "1,5 h": 1.5,
                "2": 2,
            }.items():
                with self.subTest(text, separators=separators):
                    entry, messages = self._import_on_screen(text, **options)
                    self.assertFalse(messages)
                    self.assertAlmostEqual(entry.unit_amount, hours)
            thousand = f"1{separators[0]}000"
            entry, [message] = self._import_on_screen(thousand, **options)
            self.assertFalse(entry)
            self.assertIn("1,000 hours", message["message"])
