# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A second export of each tool: another locale, another unit, people who left."""

from datetime import date
from unittest import skipUnless

from odoo.tests import tagged

from ..support.odoo_peer import odoo_peer
from ..support.played import LONG
from .test_sync_files import FilesCase

TOGGL_US = (
    "User,Email,Client,Project,Description,Billable,Start date,Start time,Duration,"
    "Amount (USD)\n"
    'Ada Roth,ada@desk.test,Mill & Sons,Care,"{number} ""dead"",\nswapped",Yes,'
    '09/07/2026,09:15 AM,1:30:00,"1,142.50"\n'
    "Ada Roth,ada@desk.test,Mill & Sons,Care,{number},No,09/15/2026,09:15 AM,0:45:00,\n"
)
CLOCKIFY_DECIMAL = (
    '"Client","Description","User","Email","Billable","Invoiced","Start Date",'
    '"Duration (h)","Duration (decimal)"\n'
    '"Mill & Sons","{number}","Ada Roth","ada@desk.test","Yes","No","07/09/2026",'
    '"00:20:00","0.33"\n'
    '"Mill & Sons","{number}","Ada Roth","ada@desk.test","No","No","27/09/2026",'
    '"01:45:00","1.75"\n'
)
HARVEST_US = (
    "Date,Client,Project,Project Code,Notes,Hours,Billable?,Invoiced?,First Name,"
    "Last Name\n"
    "09/07/2026,Mill & Sons,Care,{number},Router,1.75,Yes,No,Ada,Roth\n"
    "09/15/2026,Mill & Sons,Care,{number},Nothing,0.0,Yes,No,Ada,Roth\n"
    "09/16/2026,Mill & Sons,Care,{number},Taken back,-0.5,Yes,No,Ada,Roth\n"
    "09/17/2026,Mill & Sons,Care,{number},Hours and minutes,2:30,No,No,Ada,Roth\n"
    "09/18/2026,Mill & Sons,Care,{number},Left,2.0,Yes,No,Karl,Weg\n"
    "09/18/2026,Mill & Sons,Care,{number},Unknown,2.0,Yes,No,Nie,Mand\n"
    ",,,,,8.75,,,,\n"
)
KIMAI = (
    '"Date","From","To","Duration","Hourly rate","Total price","Name","Customer",'
    '"Description","Billable","Tags"\n'
    '"2026-09-07","08:00","09:30","1:30","90","135","Ada Roth","Mill & Sons",'
    '"{number}","Yes",""\n'
    '"2026-09-07","09:30","09:00","-0:30","90","-45","Ada Roth","Mill & Sons",'
    '"{number}","Yes",""\n'
)
OPENPROJECT = (
    "Date (Spent),User,Work package,Activity,Comment,Units,Costs\n"
    "09/07/2026,Ada Roth,Task #12: {number},Support,Router,1.5 hours,\n"
    "09/21/2026,Ada Roth,Task #12: {number},Support,Switch,0.25 hours,\n"
)
JIRA = (
    "Summary,Issue key,Assignee,Labels,Labels,Log Work,Log Work,Time Spent,Updated\n"
    'Offline,{number},Ada Roth,printer,urgent,"call;07/Sep/26 9:15 AM;7;5400",'
    '"on site;08/Sep/26 8:00 AM;7;600",6000,08/Sep/26 8:10 AM\n'
    "Password,{number},Ada Roth,,,reset;07/Sep/26 11:00 AM;7;540,,540,07/Sep/26 "
    "11:12 AM\n"
)
PACKAGES_US = (
    "Prepaid hours,,,,,,\n"
    "Invoice No,Customer,Hours Purchased,Hours Used,Price per Hour,Currency,"
    "Valid From,Valid Until\n"
    'I-1,Mill & Sons,"1,250.00",250,$95.00,USD,09/07/2026,12/31/2027\n'
    "I-2,Mill & Sons,50,10.5,88.5,USD,10/06/2026,never\n"
    'Total,,"1,300.00",260.5,,,,\n'
)


@tagged("post_install", "-at_install")
class TestSecondExports(FilesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["hr.employee"].create({"name": "Karl Weg"}).active = False

    def days(self, source):
        lines = self.env["account.analytic.line"].browse(
            source.record_ids.sorted("line_number").filtered("res_id").mapped("res_id")
        )
        return [line.date for line in lines]

    def imported(self, text, **values):
        """Preview and import a file as a user does who never read the manual."""
        source = self.file_source(text, **values)
        source.action_preview()
        return source

    def test_toggl_in_american(self):
        source = self.imported(TOGGL_US, preset="toggl")
        self.assertEqual(self.hours(source), [(True, 90, True), (True, 45, False)])
        self.assertEqual(self.days(source), [date(2026, 9, 7), date(2026, 9, 15)])

    def test_clockify_with_days_first(self):
        for preset in ("clockify", False):
            source = self.imported(CLOCKIFY_DECIMAL, preset=preset)
            self.assertEqual(self.hours(source), [(True, 20, True), (True, 105, False)])
            self.assertEqual(self.days(source), [date(2026, 9, 7), date(2026, 9, 27)])

    def test_harvest_with_odd_rows(self):
        for preset in ("harvest", False):
            source = self.imported(HARVEST_US, preset=preset)
            self.assertEqual(
                self.hours(source), [(True, 105, True), (True, 150, False)]
            )
            for error, part in zip(
                self.errors(source),
                ("more than 0", "is negative", "Karl Weg, who is archived", "Nie Mand"),
                strict=True,
            ):
                self.assertIn(part, error)

    def test_kimai_as_a_file(self):
        source = self.imported(KIMAI)
        self.assertEqual(self.hours(source), [(True, 90, True)])
        self.assertIn("is negative", self.errors(source)[0])

    def test_openproject_as_a_file(self):
        source = self.imported(OPENPROJECT)
        self.assertEqual(self.hours(source), [(True, 90, True), (True, 15, True)])

    def test_jira_with_repeated_columns(self):
        """Each piece of work in a row becomes an entry, of a person chosen once."""
        source = self.imported(JIRA)
        self.assertEqual(self.hours(source), [])
        self.assertIn("“7”: choose the employee", self.errors(source)[0])
        row = source.record_ids[0].with_user(self.env.ref("base.user_admin"))
        row.employee_id = self.agent_employee
        lines = self.env["account.analytic.line"].browse(
            source.record_ids.mapped("res_id")
        )
        self.assertEqual(
            sorted((str(line.date), round(line.unit_amount * 60)) for line in lines),
            [("2026-09-07", 9), ("2026-09-07", 90), ("2026-09-08", 10)],
        )

    def test_tempo_by_offset_in_one_page_that_is_full(self):
        def answer(request):
            rows = [
                {
                    "tempoWorklogId": number,
                    "issue": {"id": self.ticket.number},
                    "timeSpentSeconds": number * 60,
                    "billableSeconds": 0,
                    "startDate": "2026-09-07",
                    "updatedAt": "2026-09-07T10:00:00Z",
                    "author": {"accountId": "Ada Roth"},
                }
                for number in (10, 20, 40)
            ]
            first = int(request.query.get("offset", 0))
            return {"metadata": {}, "results": rows[first : first + 2]}

        source = self.api_source("tempo", answer)
        source.write({"paging": "offset", "page_parameter": "offset"})
        self.assertEqual(self.hours(source), [(True, n, False) for n in (10, 20, 40)])

    def test_packages_in_american(self):
        source = self.imported(PACKAGES_US, preset="packages", target="purchase")
        source.action_sync_now()
        self.assertFalse(self.errors(source))
        self.assertEqual(
            {
                key: (
                    lot.credits - lot.opening_used,
                    lot.value_per_credit,
                    lot.date_start,
                )
                for key, lot in self.targets(source).items()
            },
            {
                "I-1": (1000, 95, date(2026, 9, 7)),
                "I-2": (39.5, 88.5, date(2026, 10, 6)),
            },
        )


@tagged("post_install", "-at_install")
class TestOdooPreset(FilesCase):
    def create_timesheets(self, peer):
        number = self.ticket.number

        def work(env):
            project = env["project.project"].create({"name": "Care"})
            employee = env["hr.employee"].create({"name": "Ada Roth"})
            line = {
                "project_id": project.id,
                "employee_id": employee.id,
                "date": "2026-09-07",
            }
            entries = env["account.analytic.line"].create(
                [
                    {**line, "name": f"{number}: router", "unit_amount": 1.25},
                    {**line, "name": "Holiday", "unit_amount": 8},
                ]
            )
            return entries.ids

        return peer.work(work)

    @skipUnless(LONG, "HELPDESK_LONG=1 starts another Odoo")
    def test_timesheets_of_another_odoo(self):
        """Its own timesheets, by its own API."""
        with odoo_peer("web,rpc,hr_timesheet") as peer:
            ids = self.create_timesheets(peer)
            source = self.env["service.sync.source"].create(
                {
                    "name": "Old Odoo",
                    "preset": "odoo",
                    "url": peer.url,
                    "database": peer.database,
                    "api_key": peer.key,
                }
            )
            source.domain = f"[('project_id', '!=', False), ('id', 'in', {ids})]"
            self.assertEqual(self.hours(source), [(True, 75, True)])
            self.assertIn("Holiday", self.errors(source)[0])
            entry = self.targets(source)[str(ids[0])]
            self.assertEqual(entry.date, date(2026, 9, 7))
            self.assertEqual(entry.name, f"{self.ticket.number}: router")

            def change(env):
                env["account.analytic.line"].browse(ids[0]).unit_amount = 2

            peer.work(change)
            self.assertEqual(self.hours(source), [(True, 120, True)])
