# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The walk of a first import in the browser, from the file to what it became."""

import json
import time
from datetime import date

from odoo.tests import HttpCase, tagged

from ..support.language import LanguageCommon
from ..support.peers import http_peer
from ..support.played import LONG, played
from ..support.sync import workbook
from .test_sync_files import CLOCKIFY, EXCEL, HARVEST, PACKAGES, TOGGL, FilesCase
from .test_sync_lists import CLOCK, FRENCH_BOOKS, ROMANIAN_HOURS, SPANS

LONGEST = 180  # seconds that a person may need
LIST = "Contract no;Customer;Hours;Hourly rate;Bought on\n" + "".join(
    f"C-{number};Mill & Sons;{number};90,50;0{number % 9 + 1}/02/2026\n"
    for number in range(1, 13)
)
WORKBOOK = workbook(
    ["Systemhaus Roth – Stundenkontingente"],
    [],
    ["Vertrag-Nr.", "Kunde / Firma", "Kontingent (Std.)", "Abgerufen", "Preis/Std.",
     "Gültig ab", "Läuft ab am"],
    ["V-100/26", "Mill & Sons", 40, 12.5, 90, date(2026, 2, 1), date(2027, 1, 31)],
    ["V-101/26", "Mill & Sons", 10, 0, 95.5, date(2026, 3, 1), date(2027, 2, 28)],
    ["Summe", None, 50, 12.5, None, None, None],
)  # fmt: skip
# Name: target, file, what is answered, how many rows are imported.
SAMPLES = {
    "list": ("purchase", LIST, {"date_order": "dmy", "no_expiry": "never"}, 12),
    "packages": ("purchase", PACKAGES, {"no_expiry": "validity"}, 4),
    "books": ("purchase", FRENCH_BOOKS, {}, 2),
    "toggl": ("time_entry", TOGGL, {}, 2),
    "clockify": ("time_entry", CLOCKIFY, {}, 1),
    "harvest": ("time_entry", HARVEST, {}, 2),
    "excel": ("time_entry", EXCEL, {}, 3),
    "clock": ("time_entry", CLOCK, {}, 2),
    "romanian": ("time_entry", ROMANIAN_HOURS, {}, 2),
    "spans": ("time_entry", SPANS, {}, 3),
    "workbook": ("purchase", WORKBOOK, {}, 2),
}


@tagged("post_install", "-at_install")
class TestFirstImportTour(LanguageCommon, FilesCase, HttpCase):
    def test_first_import(self):
        """One file in ordinary runs, all kinds of them in the long one."""
        self._speak(self.env.ref("base.user_admin"))
        self.env.ref("base.EUR").active = True
        for name in SAMPLES if LONG else ["list"]:
            with self.subTest(name):
                self.walk(name, *SAMPLES[name])

    def test_first_answer(self):
        """A preset is picked, and an address entered."""
        self._speak(self.env.ref("base.user_admin"))
        row = {
            "ticket_id": self.ticket.number,
            "created_by_id": "Ada Roth",
            "created_at": "2026-09-07T09:40:00.000Z",
            "updated_at": "2026-09-07T09:40:00.000Z",
        }
        rows = [{**row, "id": n, "time_unit": f"{n * 15}.0"} for n in (1, 2)]

        def answer(handler, request):
            handler.send(rows if request.query.get("page") == "1" else [])

        with http_peer(answer) as peer:
            source = self.walk("answer", "time_entry", peer.url, {}, 2, "first_answer")
        self.assertEqual(source.preset, "zammad")
        hours = [entry.unit_amount for entry in self.targets(source).values()]
        self.assertEqual(sorted(hours), [0.25, 0.5])

    def walk(self, name, target, content, answers, count, tour="first_import"):
        source = self.env["service.sync.source"].create(
            {"name": name, "target": target}
        )
        kind = "csv" if isinstance(content, str) else "xlsx"
        if kind == "csv":
            content = content.format(number=self.ticket.number).encode()
        self.env["ir.attachment"].create(
            {
                "name": f"first_import_{name}.{kind}",
                "raw": content,
                "description": json.dumps(answers),
            }
        )
        # The tour reads the last one, also after one that failed.
        action = "helpdesk_service_credit.service_sync_source_action"
        started = time.monotonic()
        self.start_tour(
            f"/odoo/action-{action}/{source.id}",
            f"helpdesk_service_credit_{tour}",
            login="admin",
        )
        spent = time.monotonic() - started
        played("first imports", name, seconds=round(spent), files=1)
        self.assertLess(spent, LONGEST)
        self.assertEqual(len(source.record_ids.filtered("res_id")), count)
        return source
