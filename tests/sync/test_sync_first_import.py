# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The walk of a first import in the browser, from the file to what it became."""

import json
import time

from odoo.tests import HttpCase, tagged

from ..support.language import LanguageCommon
from ..support.played import LONG, played
from .test_sync_files import CLOCKIFY, EXCEL, HARVEST, PACKAGES, TOGGL, FilesCase
from .test_sync_lists import CLOCK, FRENCH_BOOKS, ROMANIAN_HOURS, SPANS

LONGEST = 180  # seconds that a person may need
LIST = "Contract no;Customer;Hours;Hourly rate;Bought on\n" + "".join(
    f"C-{number};Mill & Sons;{number};90,50;0{number % 9 + 1}/02/2026\n"
    for number in range(1, 13)
)
# Name: target, text, what is answered, how many rows are imported.
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

    def walk(self, name, target, text, answers, count):
        source = self.env["service.sync.source"].create(
            {"name": name, "target": target}
        )
        self.env["ir.attachment"].create(
            {
                "name": f"first_import_{name}.csv",
                "raw": text.format(number=self.ticket.number).encode(),
                "description": json.dumps(answers),
            }
        )
        # The tour reads the last one, also after one that failed.
        action = "helpdesk_service_credit.service_sync_source_action"
        started = time.monotonic()
        self.start_tour(
            f"/odoo/action-{action}/{source.id}",
            "helpdesk_service_credit_first_import",
            login="admin",
        )
        spent = time.monotonic() - started
        played("first imports", name, seconds=round(spent), files=1)
        self.assertLess(spent, LONGEST)
        self.assertEqual(len(source.record_ids.filtered("res_id")), count)
