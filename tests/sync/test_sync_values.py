# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whatever stands in a cell is an error of its row at most."""

import random

from odoo.tests import tagged

from ...connectors import Row
from ...models.sync.store import Store
from ..security.test_attack_connectors import ODD, arbitrary
from ..support.common import ServiceCreditCommon
from ..support.peers import http_peer
from ..support.played import LONG, played
from ..support.sync import SyncCommon, SyncMixin

PURCHASES = {
    "external_id": "id",
    "changed_at": "changed",
    "deleted": "void",
    "partner_id": "customer",
    "partner_email": "mail",
    "credits": "credits",
    "value_per_credit": "value",
    "currency_id": "currency",
    "price": "price",
    "amount_total": "amount",
    "paid_per_credit": "paid",
    "credits_used": "used",
    "credits_left": "left",
    "date_start": "start",
    "date_expiry": "end",
    "description": "note",
    "sharing": "sharing",
    "shared_partner_ids": "shared",
    "priority": "priority",
    "service_type_ids": "types",
    "team_ids": "teams",
    "project_ids": "projects",
}
TIME = {
    "external_id": "id",
    "changed_at": "changed",
    "deleted": "void",
    "ticket_id": "ticket",
    "employee_id": "who",
    "employee_email": "mail",
    "unit_amount": "spent",
    "date": "day",
    "time_start": "from",
    "time_end": "to",
    "time_break": "pause",
    "task_id": "task",
    "partner_id": "customer",
    "name": "title",
    "internal_note": "note",
    "service_type_id": "type",
    "is_billable": "billable",
}


class OddValues:
    """Puts odd values into one cell after the other of an otherwise good row."""

    def try_cells(self, source, good):
        rng = random.Random(source.target)
        values = list(ODD) + [arbitrary(rng) for _number in range(300 if LONG else 25)]
        rows = [Row(1, {**good, "id": "first"})]
        for name in good:
            for value in values:
                key = f"{name} {len(rows)}"
                rows.append(Row(len(rows) + 1, {**good, "id": key, name: value}))
        rows.append(Row(len(rows) + 1, {**good, "id": "last"}))
        counts = Store(source).store(rows)
        self.env.flush_all()
        records = self.records(source)
        for key in ("first", "last"):
            self.assertEqual(
                (records[key].state, records[key].error), ("imported", False)
            )
        self.assertGreater(counts["failed"], len(good) * 5)
        stored = self.env["service.sync.record"].search([("source_id", "=", source.id)])
        for record in stored:
            self.assertEqual(bool(record.error), record.state == "error")
            self.assertLessEqual(len(record.error or ""), 1000)
            self.assertTrue(record.state != "error" or record.payload)
            kept = (record.payload or {}).values()
            self.assertLessEqual(sum(len(str(value)) for value in kept), 110_000)
        played("attacks", f"{type(self).__name__}, rows", tries=len(rows))


@tagged("post_install", "-at_install")
class TestSyncOddPurchases(OddValues, SyncCommon):
    def test_any_value_of_any_cell(self):
        source = self.csv_source("", PURCHASES, price_basis="each")
        good = {
            "id": "1",
            "changed": "2026-03-01T10:00:00Z",
            "void": "",
            "customer": "ACME-1",
            "mail": "",
            "credits": "10",
            "value": "80",
            "currency": "",
            "price": "80",
            "amount": "700",
            "paid": "70",
            "used": "1",
            "left": "9",
            "start": "2026-01-01",
            "end": "2026-12-31",
            "note": "fine",
            "sharing": "",
            "shared": "",
            "priority": "5",
            "types": "",
            "teams": "",
            "projects": "",
        }
        self.try_cells(source, good)

    def test_rows_without_an_id_come_once(self):
        mapping = {"partner_id": "customer", "credits": "credits"}
        source = self.csv_source("", mapping, row_is_key=True)
        rng = random.Random(7)
        values = list(ODD) + [arbitrary(rng) for _number in range(300 if LONG else 40)]
        good = {"customer": "ACME-1", "credits": "10"}
        rows = [Row(n, {**good, "note": value}) for n, value in enumerate(values, 1)]
        created = Store(source).store(rows)["created"]
        self.assertGreater(created, 10)
        again = Store(source).store(rows)
        self.assertEqual((again["created"], again["updated"]), (0, 0))
        played("attacks", "rows without an ID", tries=len(rows))

    def test_a_page_of_the_wire(self):
        """What JSON can hold and Python cannot, between two good rows."""
        odd = (
            '{"id": "2", "customer": "x\\ud800", "credits": 1}',
            '{"id": "a\\ud800", "customer": "ACME-1", "credits": 1}',
            '{"id": "4", "customer": "ACME-1", "credits": 1e-99999999999999999999}',
            '{"id": "5", "customer": "ACME-1", "credits": %s}' % ("9" * 5000),
            '{"id": "6", "customer": "ACME-1", "credits": NaN}',
            '{"id": "7", "customer": %s, "credits": 1}' % ("[" * 900 + "]" * 900),
            '{"id": "8", "customer": "ACME-1", "credits": 1, "changed": "2026\\n1"}',
            '{"id": "%s", "customer": "ACME-1", "credits": 1}' % ("i" * 5000),
            '{"id": "10", "customer": "ACME-1", "credits": "%s"}' % ("1" * 200_000),
            '{"id": "11", "customer": "%s", "credits": 1}' % ("c" * 5000),
        )
        good = (
            '{"id": "%s", "customer": "ACME-1", "credits": 5, "changed": "2026-01-01"}'
        )
        body = f"[{good % 1}, {', '.join(odd)}, {good % 99}]".encode()
        pages = [body, b"[]"]
        with http_peer(
            lambda h, r: h.send(pages[min(int(r.query["page"]), 2) - 1])
        ) as peer:
            source = self.json_source(peer, rows_path=False, cursor_parameter=False)
            source.action_sync_now()
        run = source.last_run_id
        self.assertEqual((run.state, run.read_count), ("done", len(odd) + 2))
        self.assertEqual((run.created_count, run.failed_count), (2, len(odd)))
        self.assertFalse(source.error_count)


@tagged("post_install", "-at_install")
class TestSyncOddTime(OddValues, SyncMixin, ServiceCreditCommon):
    def test_any_value_of_any_cell(self):
        self._sell(hours=10_000)
        ticket = self._create_ticket()
        source = self.csv_source("", TIME, target="time_entry")
        good = {
            "id": "1",
            "changed": "2026-03-01T10:00:00Z",
            "void": "",
            "ticket": ticket.number,
            "who": self.agent_employee.name,
            "mail": "",
            "spent": "",
            "day": "2026-03-02",
            "from": "09:00",
            "to": "09:40",
            "pause": "0:10",
            "task": "",
            "customer": "",
            "title": "Fine",
            "note": "",
            "type": "",
            "billable": "",
        }
        self.try_cells(source, good)
