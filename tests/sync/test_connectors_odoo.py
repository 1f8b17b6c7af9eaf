# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Another Odoo 19: a second database behind a real server, over JSON-2."""

from datetime import datetime

from odoo.tests import tagged

from ...connectors import Cursor
from ...connectors.odoo import OdooConnector
from ..support.odoo_peer import odoo_peer
from ..support.sync import SECRET, ConnectorCase, SyncCommon

ROWS = 45


@tagged("post_install", "-at_install")
class TestOdooConnector(ConnectorCase, SyncCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        peer = odoo_peer()
        cls.peer = peer.__enter__()
        cls.addClassCleanup(peer.__exit__, None, None, None)
        # Three transactions: whole pages share one change date.
        cls.ids = [id_ for _part in range(3) for id_ in cls.create_rows(ROWS // 3)]

    @classmethod
    def create_rows(cls, count):
        def create(env):
            partner = env["res.partner"].search([("ref", "=", "ACME-1")], limit=1)
            partner = partner or env["res.partner"].create(
                {"name": "Azure", "ref": "ACME-1", "vat": "BE0477472701"}
            )
            values = {"x_partner_id": partner.id, "x_credits": 7.5}
            return env["x_pack"].create([dict(values)] * count).ids

        return cls.peer.work(create)

    def connector(self, fields=("id", "x_credits"), **settings):
        settings = {
            "url": self.peer.url,
            "database": self.peer.database,
            "api_key": self.peer.key,
            "model_name": "x_pack",
            "domain": f"[('id', 'in', {self.ids})]",
            **settings,
        }
        changed = settings.pop("changed_field", "write_date")
        connector = OdooConnector(settings, fields, "id", changed)
        connector.page_size = 10
        self.addCleanup(connector.close)
        return connector

    def test_every_row_once_although_pages_are_full_of_ties(self):
        self.assertEqual(self.read_ids(self.connector()), self.ids)

    def test_cursor_reads_ties_again_and_nothing_older(self):
        moment = self.peer.work(
            lambda env: env["x_pack"].browse(self.ids[-1]).write_date
        )
        cursor = Cursor(moment.replace(microsecond=0))
        found = self.read_ids(self.connector(), cursor)
        self.assertIn(self.ids[-1], found)
        self.assertLessEqual(set(found), set(self.ids))
        later = Cursor(datetime(2199, 1, 1))
        self.assertEqual(self.read_ids(self.connector(), later), [])

    def test_rows_that_change_while_they_are_read_are_not_lost(self):
        pages = self.connector().fetch()
        found = [row.values["id"] for row in next(pages).rows]

        def touch(env):
            for id_ in (found[0], self.ids[-1]):
                env["x_pack"].browse(id_).x_credits = 8

        self.peer.work(touch)
        found += [row.values["id"] for page in pages for row in page.rows]
        self.assertEqual(set(found), set(self.ids))
        self.ids.remove(found[0])
        last = self.ids.pop()
        self.ids.extend(sorted([found[0], last]))

    def test_nested_fields_in_one_request(self):
        connector = self.connector(fields=["x_partner_id.vat", "x_partner_id.ref"])
        row = next(connector.fetch()).rows[0]
        self.assertEqual(row.values["x_partner_id"]["vat"], "BE0477472701")
        self.assertEqual(row.values["x_partner_id"]["ref"], "ACME-1")

    def test_domain_and_another_change_date(self):
        one = self.connector(domain=f"[('id', '=', {self.ids[0]})]")
        self.assertEqual(self.read_ids(one), self.ids[:1])
        created = self.connector(changed_field="create_date")
        self.assertEqual(sorted(self.read_ids(created)), sorted(self.ids))

    def test_refusals(self):
        table = {
            "401": {"api_key": SECRET},
            "the model 'x_nothing' does not exist": {"model_name": "x_nothing"},
            "isn't a valid domain": {"domain": "[("},
        }
        for expected, settings in table.items():
            with self.subTest(expected=expected):
                self.assertIn(expected, self.refused(self.connector(**settings)))
        unknown = self.connector(fields=["x_unknown"])
        self.assertIn("x_unknown", self.refused(unknown))
        secret = str(self.peer.key)
        self.assertNotIn(secret, self.refused(unknown))

    def test_from_odoo_to_odoo(self):
        def sell(env):
            partner = env["res.partner"].search([("ref", "=", "ACME-1")])
            values = {"x_partner_id": partner.id, "x_credits": 12.5}
            return env["x_pack"].create([dict(values) for _number in range(5)]).ids

        ids = self.peer.work(sell)
        source = self.create_source(
            {
                "external_id": "id",
                "changed_at": "write_date",
                "deleted": "x_void",
                "partner_id": "x_partner_id.ref",
                "credits": "x_credits",
            },
            connector="odoo",
            url=self.peer.url,
            database=self.peer.database,
            api_key=self.peer.key,
            model_name="x_pack",
            domain=f"[('id', 'in', {ids})]",
        )
        source.action_sync_now()
        self.assertEqual((source.last_error, source.created_count), (False, 5))
        self.assertEqual(source.status, "green")
        lots = self.targets(source)
        self.assertEqual(set(lots), {str(id_) for id_ in ids})
        self.assertEqual(lots[str(ids[0])].partner_id, self.customer)
        self.change_and_sync(source, ids, lots)
        source.action_reset()
        source.action_sync_now()
        self.assertEqual(source.unchanged_count, 5)

    def change_and_sync(self, source, ids, lots):
        def change(env):
            packs = env["x_pack"].browse(ids)
            packs[0].x_credits = 20
            packs[1].x_void = True

        self.peer.work(change)
        source.action_sync_now()
        run = source.last_run_id
        self.assertEqual((run.updated_count, run.withdrawn_count), (1, 1))
        self.assertEqual(lots[str(ids[0])].credits, 20)
        self.assertFalse(lots[str(ids[1])].active)
