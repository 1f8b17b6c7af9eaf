# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Ten rows shown as they would be imported, before anything is."""

from markupsafe import escape

from odoo.tests import tagged

from ..support.peers import http_peer, json_rows
from ..support.sync import SECRET, SyncCommon

MAPPING = {
    "external_id": "id",
    "deleted": "void",
    "partner_id": "customer",
    "credits": "credits",
    "date_start": "start",
    "description": "note",
}


@tagged("post_install", "-at_install")
class TestSyncPreview(SyncCommon):
    def preview(self, source):
        return self.env["service.sync.preview"].browse(
            source.action_preview()["res_id"]
        )

    def test_ten_rows_with_values_and_errors(self):
        lines = ["id,customer,credits,start,note,void"]
        lines += [f"{n},ACME-1,{n},31.12.2026,<b>{n}</b>," for n in range(1, 30)]
        lines[2] = "2,nobody,5,,,"
        lines[3] = "3,ACME-1,lots,,,"
        lines[4] = ",ACME-1,5,,,"
        lines[5] = "5,ACME-1,5,,,yes"
        source = self.csv_source("\n".join(lines), MAPPING)
        preview = self.preview(source)
        self.assertEqual((preview.row_count, preview.error_count), (10, 3))
        html = preview.table
        self.assertIn("Azure Mills", html)
        self.assertIn("31 Dec 2026", html)
        self.assertIn("No customer was found for “nobody”", html)
        self.assertIn("“lots” isn&#39;t a number", html)
        self.assertIn("has no external ID", html)
        self.assertIn("Will be withdrawn", html)
        self.assertNotIn("<b>", html, "values are escaped")
        self.assertIn("&lt;b&gt;", html)
        self.assertEqual(html.count("Will be imported</"), 0)
        self.assertFalse(self.records(source))
        self.assertFalse(source.run_ids)
        self.assertFalse(source.last_sync)

    def test_preview_says_what_the_import_does(self):
        text = (
            "id,customer,credits,start,note,void\n1,ACME-1,7,2026-01-02,n,\n2,??,1,,,\n"
        )
        source = self.csv_source(text, MAPPING)
        preview = self.preview(source)
        source.action_sync_now()
        self.assertEqual(preview.error_count, source.failed_count)
        self.assertIn(escape(self.records(source)["2"].error), preview.table)

    def test_what_the_target_refuses_is_told(self):
        """The rows are tried by the target's own rules, and nothing stays of it."""
        mapping = {**MAPPING, "date_expiry": "end", "partner_email": "mail"}
        mapping.pop("partner_id")
        text = (
            "id,mail,credits,start,end,note,void\n"
            "1,office@azure.test,7,2026-01-02,2026-12-31,n,\n"
            "2,office@azure.test,7,2026-12-31,2026-01-02,n,\n"
        )
        source = self.csv_source(text, mapping)
        purchases = self.env["service.credit.purchase"].search_count([])
        preview = self.preview(source)
        self.assertEqual((preview.row_count, preview.error_count), (2, 1))
        self.assertIn("Azure Mills", preview.table, "who was found by the e-mail")
        self.assertEqual(
            self.env["service.credit.purchase"].search_count([]), purchases
        )
        source.action_sync_now()
        self.assertIn(escape(self.records(source)["2"].error), preview.table)
        preview = self.preview(source)
        self.assertEqual(preview.error_count, 1, "what is known is not tried again")

    def test_no_number_of_a_purchase_is_lost(self):
        source = self.csv_source("id,customer,credits\n1,ACME-1,7\n2,ACME-1,8\n")
        sequence = self.env["ir.sequence"].search(
            [("code", "=", "service.credit.purchase")], limit=1
        )
        before = sequence.number_next_actual
        self.assertFalse(self.preview(source).error_count)
        sequence.invalidate_recordset()
        self.assertEqual(sequence.number_next_actual, before)

    def test_only_what_is_needed_is_read(self):
        rows = [{"id": n, "customer": "ACME-1", "credits": 1} for n in range(1, 100)]
        with http_peer(json_rows(rows, page_size=20)) as peer:
            source = self.json_source(peer)
            self.preview(source)
            self.assertEqual(len(peer.requests), 1)

    def test_a_source_that_cannot_be_read_says_so(self):
        with http_peer(lambda h, r: h.send(b"", status=403)) as peer:
            preview = self.preview(self.json_source(peer))
        self.assertIn("403", preview.table)
        self.assertNotIn(SECRET, preview.table)
        source = self.csv_source("id\n", {"external_id": "id", "partner_id": "who"})
        self.assertIn("“Number of Credits”", self.preview(source).table)

    def test_table_cannot_be_written(self):
        source = self.csv_source("id,customer,credits\n1,ACME-1,1\n")
        admin = self.env.ref("base.user_admin")
        Preview = self.env["service.sync.preview"].with_user(admin)
        preview = Preview.create(
            {"source_id": source.id, "table": "<script>x</script>"}
        )
        self.assertNotIn("script", preview.table)
        preview.write({"table": "<script>x</script>"})
        self.assertNotIn("script", preview.table)
