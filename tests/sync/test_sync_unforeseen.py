# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Exports of tools that nobody prepared for: no preset, no sample, whole figures."""

import base64
import io
import zipfile
from datetime import date, time, timedelta

from odoo.exceptions import UserError
from odoo.tests import BaseCase, tagged

from ...connectors.by_values import tells_billable
from ...connectors.guesses import get_columns, guess_fields
from ...connectors.values import is_negated, parse_billable, parse_decimal
from ..support.sync import workbook
from .test_sync_files import FilesCase

# A tick that is called by its two words.
FRESHDESK = (
    "Hours,Date,Ticket,Product,Group,Note,Customer,Agent,Priority,Status,"
    "Billable/Non-Billable\n"
    '1.50,"07 Sep, 2026",Scanner (#{number}),,Desk,Router,Mill & Sons,Ada Roth,Low,'
    "Open,Billable\n"
    '0.25,"08 Sep, 2026",Scanner (#{number}),,Desk,Call,Mill & Sons,Ada Roth,Low,'
    "Open,Non-Billable\n"
)
# What is billable of the time: nothing where nothing is written.
EVERHOUR = (
    "Date,Member,Email,Client,Project,Task,Task Number,Time (h),Time (decimal),"
    "Billable Time,Billable Amount,Comment\n"
    "2026-09-07,Ada Roth,ada@desk.test,Mill & Sons,Care,{number} Scanner,T-1,1h 30m,"
    "1.50,1h 30m,$142.50,Router\n"
    "2026-09-08,Ada Roth,ada@desk.test,Mill & Sons,Care,{number} Scanner,T-1,15m,"
    "0.25,,,Call\n"
)
# Milliseconds beside texts, for moments and for durations.
CLICKUP = (
    "User ID,Username,Time Entry ID,Description,Billable,Time Labels,Start,Start Text,"
    "Stop,Stop Text,Time Tracked,Time Tracked Text,Space Name,Task ID,Task Name\n"
    '4412,Ada Roth,3941,Router,True,[],1788765300000,"09/07/2026, 9:15:00 AM GMT+2",'
    '1788770700000,"09/07/2026, 10:45:00 AM GMT+2",5400000,1h 30m,Care,86a1,'
    "{number} Scanner\n"
    '4412,Ada Roth,3942,Call,False,[],1788848100000,"09/08/2026, 8:15:00 AM GMT+2",'
    '1788849000000,"09/08/2026, 8:30:00 AM GMT+2",900000,15m,Care,86a1,'
    "{number} Scanner\n"
)
# Names of columns that a program made.
QUICKBOOKS = (
    "username,payroll_id,fname,lname,number,group,local_date,local_day,"
    "local_start_time,local_end_time,tz,hours,jobcode,location,notes,approved_status\n"
    "ada@desk.test,17,Ada,Roth,1,Desk,2026-09-07,Mon,09:15,10:45,+2:00,1.50,Mill & Sons"
    ",,{number} router,approved\n"
    "ada@desk.test,17,Ada,Roth,1,Desk,2026-09-08,Tue,08:15,08:30,+2:00,0.25,Mill & Sons"
    ",,{number} call,approved\n"
)
# Last name first, and a tick that says the contrary.
AUTOTASK = (
    "Ticket Number,Resource Name,Date Worked,Start Time,End Time,Hours Worked,"
    "Hours To Bill,Summary Notes,Account Name,Non-Billable\n"
    '{number},"Roth, Ada",09/17/2026,09:15 AM,10:45 AM,1.5000,1.5000,Router,'
    "Mill & Sons,No\n"
    '{number},"Roth, Ada",09/18/2026,09:15 AM,09:30 AM,0.2500,0.0000,Call,Mill & Sons,'
    "Yes\n"
)
# Durations and days as four people type them.
GERMAN = (
    "Datum;Mitarbeiter;Ticket;Stunden;Text\n"
    "07.09.2026;Ada Roth;{number};1,5;Router\n"
    "Mo, 07.09.2026;Ada Roth;{number};1:30;Switch\n"
    "8. September 2026;Ada Roth;{number};1 h 30;Kabel\n"
    "Di. 8.9.26;Ada Roth;{number};1 Std. 30 Min.;Dose\n"
    "08.09.2026;Ada Roth;{number};90 Min;Anruf\n"
)
MAILED = (
    "Spent at,User,Issue,Time spent,Summary\n"
    '"Mon, 07 Sep 2026 23:45:00 +0200",Ada Roth,{number},1h 30m,Router\n'
    '"Tue, 08 Sep 2026 09:15:00 +0200",Ada Roth,{number},15m,Call\n'
)
TRACKED = (
    "Ticket ID,Subject,Agent,Company,Time tracked,Tracked on,Billable,Notes\n"
    "{number},Scanner,Ada Roth,Mill & Sons,01:30,2026-09-07T09:15:00+02:00,true,"
    "Router\n"
    "{number},Scanner,Ada Roth,Mill & Sons,00:15,2026-09-08T09:15:00+02:00,false,"
    "Call\n"
)
# Who it was stands in two columns, and our people are contacts, too.
TEMPO = (
    "Issue Key,Hours,Work date,Username,Full name,Billed Hours,Work Description\n"
    "{number},1.5,2026-09-07 09:15,ada,Ada Roth,0,Router\n"
    "{number},0.25,2026-09-08 09:15,ada,Ada Roth,0,Call\n"
)
YOUTRACK = (
    "Date,Author,Author email,Issue,Work type,Duration (minutes),Description\n"
    "1788765300000,Ada Roth,ada@desk.test,{number},Development,90,Router\n"
    "1788848100000,Ada Roth,ada@desk.test,{number},,15,Call\n"
)
# A duration is the moment that it ends after the first of all, or has no days.
SERVICENOW = (
    "Number,Task,User,Time worked,Type,Created,Comments\n"
    "TW001,{number},Ada Roth,0 days 01 hours 30 minutes 00 seconds,Normal,2026-09-07 "
    "09:15:00,Router\n"
    "TW002,{number},Ada Roth,1970-01-01 00:15:00,Normal,2026-09-08 09:15:00,Call\n"
)
TWO = [(date(2026, 9, 7), 90, True), (date(2026, 9, 8), 15, False)]

RETAINERS = (
    "Retainer #,Client,Hours Purchased,Hours Remaining,Rate,Purchased,Expires\n"
    "R-7,Mill & Sons,40 hrs,12.5 hrs,$95/hr,9/17/2026,9/16/2027\n"
    "R-8,Mill & Sons,10 hrs,10 hrs,$100.50/hr,9/18/2026,N/A\n"
)
SWISS = (
    "Rechnung;Kunde;Paket;Stunden;Ansatz;Betrag exkl. MWST;Kaufdatum;Gültig\n"
    "R-2026-1;Mill & Sons;Paket L;1'000.00;120.00;120'000.00;07.09.2026;12 Monate\n"
    "R-2026-2;Mill & Sons;Paket S;10.50;140.00;1'470.00;08.09.2026;unbegrenzt\n"
)
BOOKS = (
    "Number;Customer;Bought;Used;Price;Valid until\n"
    "P-1;Mill & Sons;10;2,5;900,00;31.12.2027\n"
    "P-2;Mill & Sons;20;0;1.800,00;31.12.2027\n"
)


@tagged("post_install", "-at_install")
class TestUnforeseen(FilesCase):
    def entries(self, source):
        """Day, minutes and whether they are billable, in the order of the rows."""
        self.assertEqual(len(self.hours(source)), len(source.record_ids))
        rows = source.record_ids.sorted("line_number")
        lines = self.env["account.analytic.line"].browse(rows.mapped("res_id"))
        self.assertEqual(lines.employee_id, self.agent_employee)
        self.assertEqual(lines.ticket_id, self.ticket)
        return [
            (line.date, round(line.unit_amount * 60), line.is_billable)
            for line in lines
        ]

    def preview(self, text, encoding="utf-8", **values):
        source = self.file_source(text, encoding, **values)
        preview = source.action_preview()["res_id"]
        return source, self.env["service.sync.preview"].browse(preview)

    def test_time_of_tools(self):
        """Nothing is asked, and nobody's free time is billed."""
        for name, text in (
            ("freshdesk", FRESHDESK),
            ("everhour", EVERHOUR),
            ("clickup", CLICKUP),
            ("tracked", TRACKED),
        ):
            with self.subTest(name):
                source, preview = self.preview(text)
                self.assertEqual((preview.error_count, preview.asked), (0, ""))
                self.assertEqual(self.entries(source), TWO)

    def test_last_name_first(self):
        source, preview = self.preview(AUTOTASK)
        self.assertEqual((preview.error_count, preview.asked), (0, ""))
        self.assertEqual(
            self.entries(source),
            [(date(2026, 9, 17), 90, True), (date(2026, 9, 18), 15, False)],
        )
        names = [line.name for line in self.targets(source).values()]
        self.assertEqual(sorted(names), ["Call", "Router"])

    def test_columns_that_a_program_named(self):
        for text, days in ((QUICKBOOKS, (7, 8)), (MAILED, (7, 8))):
            source, preview = self.preview(text, timezone="Europe/Berlin")
            self.assertEqual((preview.error_count, preview.asked), (0, ""))
            self.assertEqual(
                self.entries(source),
                [
                    (date(2026, 9, day), minutes, True)
                    for day, minutes in zip(days, (90, 15), strict=True)
                ],
            )

    def test_columns_that_name_our_people(self):
        self.agent_employee.user_id.partner_id.email = "ada@desk.test"
        whole = [(day, minutes, True) for day, minutes, _billable in TWO]
        for name, text in (("tempo", TEMPO), ("youtrack", YOUTRACK)):
            with self.subTest(name):
                source, preview = self.preview(text)
                self.assertEqual((preview.error_count, preview.asked), (0, ""))
                fields = set(source.mapping_ids.mapped("target_field"))
                self.assertNotIn("partner_id", fields)
                self.assertNotIn("is_billable", fields, "billed is not billable")
                self.assertEqual(self.entries(source), whole)

    def test_durations_as_moments(self):
        source, preview = self.preview(SERVICENOW)
        self.assertEqual((preview.error_count, preview.asked), (0, ""))
        whole = [(day, minutes, True) for day, minutes, _billable in TWO]
        self.assertEqual(self.entries(source), whole)

    def test_what_is_no_table(self):
        """One sentence says what to do; nothing of it is read as a row."""
        spool = io.BytesIO()
        with zipfile.ZipFile(spool, "w") as archive:
            archive.writestr("content.xml", "<office:spreadsheet/>")
        for content in (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
            b"<html><table><tr><td>Date</td></tr></table></html>",
            b"\xef\xbb\xbf<?xml version='1.0'?><rows/>",
            b'[{"id": 1, "hours": 1.5}]',
            b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj",
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
            spool.getvalue(),
        ):
            source = self.file_source("")
            source.file = base64.b64encode(content)
            with (
                self.subTest(content=content[:8]),
                self.assertRaisesRegex(UserError, "neither a CSV file nor"),
            ):
                source.action_preview()

    def test_durations_as_people_type_them(self):
        source, preview = self.preview(GERMAN, "cp1252")
        self.assertEqual((preview.error_count, preview.asked), (0, ""))
        days = [date(2026, 9, day) for day in (7, 7, 8, 8, 8)]
        self.assertEqual(self.entries(source), [(day, 90, True) for day in days])

    def test_durations_as_people_type_them_in_a_workbook(self):
        source = self.file_source("")
        number = self.ticket.number
        source.file = base64.b64encode(
            workbook(
                ["Datum", "Techniker", "Ticket", "Stunden", "Von", "Was"],
                [date(2026, 9, 7), "Ada Roth", number, 1.5, time(8), "Router"],
                ["7.9.2026", "Ada Roth", number, "1:30", None, "Switch"],
                ["8.9.26", "Ada Roth", number, timedelta(hours=1.5), None, "Kabel"],
                ["8. Sept. 2026", "Ada Roth", number, "1 h 30", None, "Dose"],
            )
        )
        source.action_preview()
        days = [date(2026, 9, day) for day in (7, 7, 8, 8)]
        self.assertEqual(self.entries(source), [(day, 90, True) for day in days])

    def test_milliseconds_are_asked_or_told_by_their_name(self):
        text = CLICKUP.replace(",Time Tracked Text", "").replace(",1h 30m,", ",")
        text = text.replace(",15m,", ",").replace("Time Tracked,", "Duration (ms),")
        source, preview = self.preview(text)
        self.assertEqual((preview.error_count, preview.asked), (0, ""))
        self.assertEqual(self.entries(source), TWO)

    def lots(self, source):
        source.action_sync_now()
        self.assertFalse(source.last_error)
        return {
            key: (
                lot.credits,
                lot.opening_used,
                lot.value_per_credit,
                lot.date_start,
                lot.date_expiry.year,
            )
            for key, lot in self.targets(source).items()
        }

    def test_prices_that_say_of_what_they_are(self):
        source, preview = self.preview(RETAINERS, target="purchase")
        self.assertEqual(preview.error_count, 1)
        self.assertEqual(preview.asked, "no_expiry")
        preview.no_expiry = "never"
        preview.action_remember()
        self.assertEqual(
            self.lots(source),
            {
                "R-7": (40, 27.5, 95, date(2026, 9, 17), 2027),
                "R-8": (10, 0, 100.5, date(2026, 9, 18), 9998),
            },
        )

    def test_terms_tell_what_a_column_is(self):
        source, preview = self.preview(SWISS, target="purchase")
        self.assertEqual((preview.error_count, preview.asked), (0, ""))
        self.assertEqual(
            self.lots(source),
            {
                "R-2026-1": (1000, 0, 120, date(2026, 9, 7), 2027),
                "R-2026-2": (10.5, 0, 140, date(2026, 9, 8), 9998),
            },
        )

    def test_a_bare_price_is_asked_about(self):
        source, preview = self.preview(BOOKS, target="purchase")
        self.assertEqual(preview.asked, "price_basis")
        self.assertIn("90 per credit, 1,800 in all", preview.table)
        preview.price_basis = "all"
        preview.action_remember()
        today = self.company._get_today()
        self.assertEqual(
            self.lots(source),
            {"P-1": (10, 2.5, 90, today, 2027), "P-2": (20, 0, 90, today, 2027)},
        )

    def test_letters_of_romania(self):
        text = "Data;Angajat;Tichet;Ore;Lucrări\n07.09.2026;{};{};1,5;Priză\n"
        for name in ("Ştefan Ţepeş", "Ion Mureşan"):
            person = self.env["hr.employee"].create({"name": name})
            content = text.format(name, self.ticket.number)
            source = self.file_source(content, "cp1250")
            source.action_preview()
            source.action_sync_now()
            self.assertEqual(self.targets(source).popitem()[1].employee_id, person)


@tagged("post_install", "-at_install")
class TestColumnsByValues(BaseCase):
    def guess(self, target, **columns):
        rows = zip(*columns.values(), strict=True)
        rows = [dict(zip(columns, row, strict=True)) for row in rows]
        return dict(reversed(f) for f in guess_fields(get_columns(rows), target))

    def test_only_one_column_of_days_is_the_day(self):
        days = ["2026-09-07", "2026-09-08"]
        found = self.guess("time_entry", Foo=days, Bar=["a", "b"])
        self.assertEqual(found.get("date"), "Foo")
        found = self.guess("time_entry", Foo=days, Bar=days)
        self.assertNotIn("date", found)
        found = self.guess("time_entry", Foo=days, started=days)
        self.assertEqual(found.get("date"), "started")
        self.assertNotIn("date", self.guess("time_entry", updated=days))

    def test_times_of_day_are_no_durations(self):
        clocks = ["09:15", "10:45"]
        for name in ("Time", "Foo", "Start time", "Clock out"):
            self.assertNotIn("unit_amount", self.guess("time_entry", **{name: clocks}))
        found = self.guess("time_entry", **{"Time on site": clocks})
        self.assertEqual(found.get("unit_amount"), "Time on site")

    def test_days_of_what_was_bought(self):
        days = ["2026-09-07", "2026-09-08"]
        self.assertEqual(self.guess("purchase", Bought=days)["date_start"], "Bought")
        self.assertNotIn("date_start", self.guess("purchase", Birthday=days))
        terms = ["6 months", "never"]
        self.assertEqual(self.guess("purchase", Term=terms)["date_expiry"], "Term")
        self.assertNotIn("date_expiry", self.guess("purchase", Note=["x", "never"]))

    def test_what_is_billable(self):
        for value in (
            "Billable",
            "abrechenbar",
            "Facturable",
            "1h 30m",
            "$142.50",
            "yes",
        ):
            self.assertIs(parse_billable(value), True, value)
        for value in (
            "Non-Billable",
            "not billable",
            "Unbillable",
            "0:00",
            "0h",
            "$0.00",
        ):
            self.assertIs(parse_billable(value), False, value)
        for value in (
            "nicht abrechenbar",
            "non facturable",
            "No facturable",
            "nefacturabil",
        ):
            self.assertIs(parse_billable(value), False, value)
        for name in ("Non-Billable", "is_not_billable", "Nicht abrechenbar"):
            self.assertTrue(is_negated(name), name)
        for name in ("Billable", "Billable/Non-Billable", "Notes", "Normal", "Unit"):
            self.assertFalse(is_negated(name), name)
        for name in ("Billable Hours", "Hours to Bill", "Abrechenbare Zeit"):
            self.assertTrue(tells_billable(name), name)
        for name in ("Billable Rate", "Billable", "Hours", "Bill to", "Billed hours"):
            self.assertFalse(tells_billable(name), name)

    def test_prices_of_an_hour(self):
        for text in ("$95/hr", "95 €/Std.", "95,00 € / h", "EUR 95 per hour"):
            self.assertEqual(parse_decimal(text), 95, text)
        with self.assertRaises(ValueError):
            parse_decimal("95/day")
