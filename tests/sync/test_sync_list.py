# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The list of connected systems in a browser, while a run goes on elsewhere."""

import json
from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields
from odoo.tests import HttpCase, tagged

from ..support.keyboard import play_keys
from ..support.language import RomanianCommon
from ..support.sync import SyncMixin

ACTION = "/odoo/action-helpdesk_service_credit.service_sync_source_action"
ROW = "document.querySelector('.o_data_row')"


# What the client makes of a moment five minutes ago.
FIVE_MINUTES_AGO = {
    "de_DE": "vor 5 Minuten",
    "en_US": "5 minutes ago",
    "es_ES": "hace 5 minutos",
    "fr_FR": "il y a 5 minutes",
    "ro_RO": "acum 5 minute",
}


def cell(name, text):
    found = f"{ROW}?.querySelector('[name={name}]').innerText.trim()"
    return f"{found} === {json.dumps(text)}"


@tagged("post_install", "-at_install")
class TestSyncList(SyncMixin, RomanianCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._speak(cls.env.ref("base.user_admin"))
        cls.env["service.sync.source"].search([]).active = False
        cls.source = cls.csv_source("id\n")
        cls.run_id = cls.env["service.sync.run"].create(
            {"source_id": cls.source.id, "created_count": 30}
        )

    def _write(self, record, values):
        """Write between two requests of the browser."""
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env[record._name].browse(record.id).write(values)

    def _watch(self, page):
        created = self._say(
            "Running: %(read)s rows read, %(created)s created, %(updated)s updated, "
            "%(failed)s failed so far."
        ) % {"read": 0, "created": 30, "updated": 0, "failed": 0}
        page.wait(cell("status", self._say("Running")))
        tooltip = f"{ROW}.querySelector('[name=status] [data-tooltip]').dataset.tooltip"
        page.wait(f"{tooltip} === {json.dumps(created)}")
        page.wait(cell("created_count", "30"))
        self._write(self.run_id, {"created_count": 60})
        page.wait(cell("created_count", "60"))
        now = fields.Datetime.now()
        self._write(self.run_id, {"state": "done", "finished": now})
        change = now - timedelta(minutes=5, seconds=2)
        self._write(
            self.source,
            {
                "last_sync": now,
                "last_change": change,
                "lease_key": False,
                "lease_until": False,
            },
        )
        page.wait(cell("status", self._say("Up to date")))
        page.wait(f"{ROW}.querySelector('[data-status=green] .text-success')")
        page.wait(cell("last_sync", self._say("just now")))
        page.wait(cell("last_change", FIVE_MINUTES_AGO[self.language]))
        page.wait(
            f"{ROW}.querySelector('[name=last_change] time').title"
            f".includes('{change.minute:02}:{change.second:02}')"
        )

    def test_the_list_follows_a_run_by_itself(self):
        until = fields.Datetime.now() + timedelta(minutes=10)
        self.source.write({"lease_key": "worker", "lease_until": until})
        admin = self.env.ref("base.user_admin")
        play_keys(self, self._watch, ACTION, f"!!{ROW}", admin, timeout=120)
