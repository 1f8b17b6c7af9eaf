# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Time of other systems, logged on tickets like any other time."""

from odoo import Command
from odoo.tests import tagged

from ..support.common import ServiceCreditCommon
from ..support.peers import http_peer
from ..support.sync import SyncMixin

MAPPING = {
    "external_id": "id",
    "deleted": "void",
    "ticket_id": "ticket",
    "employee_id": "who",
    "employee_email": "mail",
    "unit_amount": "spent",
    "date": "day",
    "name": "title",
    "is_billable": "billable",
}


@tagged("post_install", "-at_install")
class TestSyncTime(SyncMixin, ServiceCreditCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.agent_employee.work_email = "anna@helpdesk.test"
        cls.item = cls._sell(hours=10)
        cls.ticket = cls._create_ticket()

    def setUp(self):
        super().setUp()
        self.row = {
            "id": "T1",
            "ticket": self.ticket.number,
            "mail": "Anna@Helpdesk.test",
            "spent": "1:30",
            "day": "2026-03-02",
            "title": "Cleaned the printer",
        }
        peer = http_peer(lambda h, r: h.send({"data": {"items": [self.row]}}))
        self.source = self.json_source(
            peer.__enter__(),
            MAPPING,
            target="time_entry",
            page_parameter=False,
            cursor_parameter=False,
        )
        self.addCleanup(peer.__exit__, None, None, None)

    def sync(self, **values):
        self.row.update(values)
        self.source.action_sync_now()
        record = self.env["service.sync.record"].search(
            [("source_id", "=", self.source.id)]
        )
        line = self.env["account.analytic.line"].browse(record.res_id)
        return record, line.exists()

    def test_entry_is_complete(self):
        record, line = self.sync()
        self.assertFalse(record.error)
        self.assertEqual(line.ticket_id, self.ticket)
        self.assertEqual(line.employee_id, self.agent_employee)
        self.assertEqual(line.unit_amount, 1.5)
        self.assertEqual(str(line.date), "2026-03-02")
        self.assertEqual(line.name, "Cleaned the printer")
        self.assertEqual(line.project_id, self.ticket.project_id)
        self.assertEqual(line.so_line, self.item)
        self.assertEqual(self.item.qty_delivered, 1.5)

    def test_row_of_a_task(self):
        """Where a row names no ticket; an unknown task is an error of the row."""
        self.source.mapping_ids = [
            Command.create({"source_field": "task", "target_field": "task_id"})
        ]
        task = self.env["project.task"].create(
            {"name": "Cabling", "project_id": self.project.id}
        )
        record, line = self.sync(ticket="", task="Cabling")
        self.assertFalse(record.error)
        self.assertEqual((line.task_id, line.ticket_id.id), (task, False))
        record, line = self.sync(spent="2:00")
        self.assertEqual(line.unit_amount, 2)
        self.row.update(id="T2", task="Painting")
        self.source.action_sync_now()
        errors = self.env["service.sync.record"].search([("external_id", "=", "T2")])
        self.assertIn("No task that takes time", errors.error)

    def test_reason_is_told_to_its_end_and_only_the_value_is_cut(self):
        end = "isn't a valid duration. Use 1:30, 1.5, 90m or 1h 30."
        for value in ("the whole long afternoon", "x" * 90):
            record, line = self.sync(spent=value)
            self.assertEqual(record.error, f"spent: “{value[:80]}” {end}")

    def test_durations_of_the_real_world(self):
        for number, (spent, hours) in enumerate(
            {
                "90m": 1.5,
                "1h 30": 1.5,
                ":45": 0.75,
                "1,5": 1.5,
                2.25: 2.25,
                3: 3,
            }.items()
        ):
            with self.subTest(spent=spent):
                self.row.update(id=f"D{number}", spent=spent)
                self.source.action_sync_now()
                self.assertEqual(
                    self.targets(self.source)[f"D{number}"].unit_amount, hours
                )

    def test_bad_rows(self):
        table = {
            "spent: “soon” isn't a valid duration": {"spent": "soon"},
            "90 hours is more than a day": {"spent": "90"},
            "no duration": {"spent": ""},
            "no work date": {"day": None},
            "two days": {"day": "02/03/2026"},
            "No employee": {"mail": "nobody@helpdesk.test"},
            "names no employee": {"mail": ""},
            "No ticket has the number": {"ticket": "HT-unknown"},
            "names no ticket": {"ticket": ""},
            "isn't a yes/no value": {"billable": "?"},
        }
        good = dict(self.row)
        for expected, values in table.items():
            with self.subTest(expected=expected):
                self.row.update(good)
                record, line = self.sync(**values)
                self.assertIn(expected, record.error)
                self.assertFalse(line)

    def test_ticket_by_external_id(self):
        self.env["ir.model.data"].create(
            {
                "module": "desk",
                "name": "case_5",
                "model": "helpdesk.ticket",
                "res_id": self.ticket.id,
            }
        )
        for name in ("desk.case_5", "case_5"):
            self.row["id"] = name
            self.row["ticket"] = name
            self.source.action_sync_now()
        self.assertEqual(
            {line.ticket_id for line in self.targets(self.source).values()},
            {self.ticket},
        )

    def test_catch_all_takes_what_finds_no_ticket(self):
        catch_all = self._create_ticket(name="Time without a ticket")
        self.source.catch_all_ticket_id = catch_all
        record, line = self.sync(ticket="HT-unknown")
        self.assertEqual(line.ticket_id, catch_all)
        self.row.update(id="T2", ticket="")
        self.source.action_sync_now()
        self.assertEqual(self.targets(self.source)["T2"].ticket_id, catch_all)

    def test_employee_by_name_must_be_one(self):
        self.row.pop("mail")
        record, line = self.sync(who=self.agent_employee.name)
        self.assertEqual(line.employee_id, self.agent_employee)
        self.env["hr.employee"].create([{"name": "Twin"}, {"name": "Twin"}])
        self.row.update(who="Twin", id="T9")
        self.source.action_sync_now()
        record = self.records(self.source)["T9"]
        self.assertIn("can be 2 records", record.error)

    def test_not_billable(self):
        record, line = self.sync(billable="no")
        self.assertFalse(line.is_billable)
        self.assertFalse(line.so_line)

    def test_change_moves_hours_and_nothing_twice(self):
        record, line = self.sync()
        record, again = self.sync(spent="2:00")
        self.assertEqual((again, line.unit_amount), (line, 2))
        self.assertEqual(self.item.qty_delivered, 2)
        self.sync()
        self.source.action_reset()
        self.sync()
        self.assertEqual(self.ticket.timesheet_ids, line)

    def test_void_deletes_an_unbilled_entry_and_gives_back(self):
        record, line = self.sync()
        record, gone = self.sync(void="true")
        self.assertFalse(gone)
        self.assertEqual(record.state, "withdrawn")
        self.assertEqual(self.item.qty_delivered, 0)
        record, back = self.sync(void="false")
        self.assertEqual(back.unit_amount, 1.5)

    def test_invoiced_entry_is_a_row_error(self):
        item = self._sell(self.time_product, hours=1)
        ticket = self._create_ticket(sale_line_id=item.id)
        record, line = self.sync(ticket=ticket.number)
        self.assertEqual(line.so_line, item)
        invoice = item.order_id._create_invoices()
        invoice.action_post()
        record, line = self.sync(spent="4:00")
        self.assertEqual(record.state, "error")
        self.assertEqual(line.unit_amount, 1.5)
        record, line = self.sync(void="true")
        self.assertEqual(record.state, "error")
        self.assertTrue(line)

    def test_entry_deleted_here_does_not_come_back(self):
        record, line = self.sync()
        line.unlink()
        self.assertEqual(record.state, "removed")
        self.source.action_reset()
        record, line = self.sync(spent="3:00")
        self.assertFalse(line)
        self.assertFalse(self.ticket.timesheet_ids)

    def test_time_cut_by_who_pays_stays_one_row(self):
        """Three hours of credits, the rest overage: changed and withdrawn as one."""
        self.env["service.credit.purchase"].create(
            {
                "partner_id": self.customer.id,
                "credits": 3,
                "date_start": "2026-01-01",
                "is_draft": False,
            }
        )
        self.team.write({"use_service_credits": True, "over_limit_policy": "overage"})
        ticket = self._create_ticket(sale_line_id=False, use_service_credits=True)
        ticket.sale_line_id = False

        def hours():
            lines = ticket.timesheet_ids
            lines.invalidate_recordset()
            return sorted((line.coverage, line.unit_amount) for line in lines)

        record, line = self.sync(ticket=ticket.number, spent="5:00")
        self.assertEqual(hours(), [("credits", 3), ("overage", 2)])
        self.sync(spent="6:00", title="Longer")
        self.assertEqual(hours(), [("credits", 3), ("overage", 3)])
        self.assertEqual(set(ticket.timesheet_ids.mapped("name")), {"Longer"})
        self.source.action_reset()
        self.sync()
        self.assertEqual(hours(), [("credits", 3), ("overage", 3)])
        self.sync(spent="2:00")
        self.assertEqual(hours(), [("credits", 2)])
        record, line = self.sync(spent="4:00")
        ticket.timesheet_ids.filtered(lambda e: e.coverage == "overage").unlink()
        self.sync(void="true")
        self.assertFalse(ticket.timesheet_ids)
        self.assertEqual(self.records(self.source)["T1"].state, "withdrawn")

    def test_twins_that_were_cut_are_told_apart(self):
        """Two rows alike in ticket, person, day and title, each cut by who pays."""
        self.env["service.credit.purchase"].create(
            {
                "partner_id": self.customer.id,
                "credits": 3,
                "date_start": "2026-01-01",
                "is_draft": False,
            }
        )
        self.team.write({"use_service_credits": True, "over_limit_policy": "overage"})
        ticket = self._create_ticket(sale_line_id=False, use_service_credits=True)
        ticket.sale_line_id = False
        rows = [
            {**self.row, "id": key, "ticket": ticket.number, "spent": "2:00"}
            for key in ("T1", "T2")
        ]
        with http_peer(lambda h, r: h.send({"data": {"items": rows}})) as peer:
            self.source.url = peer.url
            self.source.action_sync_now()
            rows[0]["spent"] = "2:30"
            rows[1]["spent"] = "1:30"
            self.source.action_sync_now()
            records = self.records(self.source)
            self.assertEqual(
                [records[key].error for key in ("T1", "T2")], [False, False]
            )
            lines = ticket.timesheet_ids
            self.assertAlmostEqual(sum(lines.mapped("unit_amount")), 4)
            rows[0]["void"] = "yes"
            self.source.action_sync_now()
        lines = ticket.timesheet_ids
        self.assertAlmostEqual(sum(lines.mapped("unit_amount")), 1.5)
        self.assertEqual(self.records(self.source)["T2"].state, "imported")
