# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Purchases that arrive from a second Odoo, from its sale to ours."""

from odoo.tests import tagged

from .sync_common import SyncCommon
from .sync_odoo_peer import odoo_peer


@tagged("post_install", "-at_install")
class TestSyncOdoo(SyncCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        peer = odoo_peer()
        cls.peer = peer.__enter__()
        cls.addClassCleanup(peer.__exit__, None, None, None)

    def test_from_odoo_to_odoo(self):
        def sell(env):
            partner = env["res.partner"].create({"name": "Azure", "ref": "ACME-1"})
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
        )
        source.action_sync_now()
        self.assertEqual((source.last_error, source.created_count), (False, 5))
        self.assertEqual(source.status, "green")
        lots = self.targets(source)
        self.assertEqual(set(lots), {str(id_) for id_ in ids})
        self.assertEqual(lots[str(ids[0])].partner_id, self.customer)

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
        source.action_reset()
        source.action_sync_now()
        self.assertEqual(source.unchanged_count, 5)
