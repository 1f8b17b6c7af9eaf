# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Imported purchases live by the rules of every purchase."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..support.credit import take_back, transfer
from ..support.peers import http_peer
from ..support.sync import SyncCommon

MAPPING = {
    "external_id": "id",
    "deleted": "void",
    "partner_id": "customer",
    "credits": "credits",
    "value_per_credit": "value",
    "paid_per_credit": "paid",
    "currency_id": "currency",
    "date_start": "start",
    "date_expiry": "expiry",
    "description": "note",
    "sharing": "used_by",
    "shared_partner_ids": "members",
    "priority": "rank",
    "service_type_ids": "types",
    "team_ids": "teams",
    "project_ids": "projects",
}


@tagged("post_install", "-at_install")
class TestSyncPurchase(SyncCommon):
    def setUp(self):
        super().setUp()
        self.row = {
            "id": "A1",
            "customer": "ACME-1",
            "credits": 10,
            "value": "80",
            "paid": "72,50",
            "currency": "eur",
            "start": "2026-01-01",
            "expiry": "31.12.2027",
            "note": "=SUM(A1)",
            "void": False,
        }
        peer = http_peer(lambda h, r: h.send({"data": {"items": [self.row]}}))
        self.source = self.json_source(
            peer.__enter__(), MAPPING, page_parameter=False, cursor_parameter=False
        )
        self.addCleanup(peer.__exit__, None, None, None)
        self.env.ref("base.EUR").active = True

    def sync(self, **values):
        self.row.update(values)
        self.source.action_sync_now()
        record = self.env["service.sync.record"].search(
            [("source_id", "=", self.source.id)]
        )
        purchase = self.env["service.credit.purchase"].browse(record.res_id)
        return record, purchase.exists()

    def test_every_field(self):
        record, lot = self.sync()
        self.assertEqual(lot.credits, 10)
        self.assertEqual((lot.value_per_credit, lot.paid_per_credit), (80, 72.5))
        self.assertEqual(lot.currency_id.name, "EUR")
        self.assertEqual(str(lot.date_start), "2026-01-01")
        self.assertEqual(str(lot.date_expiry), "2027-12-31")
        self.assertEqual(lot.description, "=SUM(A1)", "text stays text")
        self.assertEqual(lot.company_id, self.source.company_id)
        self.assertTrue(lot.name)

    def test_who_draws_and_for_what(self):
        """Names, several in one cell; a name may hold a comma itself."""
        create = self.env["service.type"].create
        types = create([{"name": "Wiring"}, {"name": "Wiring, outdoors"}])
        teams = self.env["helpdesk.ticket.team"].create(
            [{"name": "second line"}, {"name": "Nights"}]
        )
        project = self.env["project.project"].create({"name": "Moving"})
        member = self.env["res.partner"].create(
            {"name": "Acme Wheels", "is_company": True, "ref": "ACME-2"}
        )
        record, lot = self.sync(
            used_by="Chosen customers",
            members="ACME-2",
            rank="10",
            types="Wiring; Wiring, outdoors",
            teams="second line, Nights",
            projects="Moving",
        )
        self.assertFalse(record.error)
        self.assertEqual((lot.sharing, lot.priority), ("chosen", 10))
        self.assertEqual(lot.shared_partner_ids, member)
        self.assertEqual(lot.service_type_ids, types)
        self.assertEqual((lot.team_ids, lot.project_ids), (teams, project))
        lot.is_draft = False
        record, lot = self.sync(
            used_by="group", members="", rank="0", types="Wiring, outdoors", teams=""
        )
        self.assertFalse(record.error)
        self.assertEqual((lot.sharing, lot.priority), ("group", 0))
        self.assertEqual(lot.service_type_ids, types[1])
        self.assertFalse(lot.shared_partner_ids or lot.team_ids)

    def test_who_draws_is_refused(self):
        """What names nothing changes nothing."""
        kind = self.env["service.type"].create({"name": "Wiring"})
        record, lot = self.sync(types="Wiring")
        for values in ({"rank": "101"}, {"types": "Wiring; Nope"}, {"used_by": "us"}):
            with self.subTest(values=values):
                record, lot = self.sync(**values)
                self.assertTrue(record.error)
                self.assertEqual(lot.service_type_ids, kind)

    def test_who_draws_follows_from_the_names(self):
        """Where nothing tells by whom the credits are used."""
        self.source.mapping_ids.filtered(lambda m: m.target_field == "sharing").unlink()
        self.env["res.partner"].create({"name": "Acme Wheels", "ref": "ACME-2"})
        record, lot = self.sync(members="ACME-2")
        self.assertEqual(lot.sharing, "chosen")
        record, lot = self.sync(members="")
        self.assertEqual((record.error, lot.sharing), (False, "customer"))

    def test_locked_fields_make_a_row_error_that_names_them(self):
        record, lot = self.sync()
        lot.is_draft = False
        record, lot = self.sync(credits=12, note="new")
        self.assertEqual(record.state, "error")
        self.assertIn("Number of Services Credits", record.error)
        self.assertIn(lot.name, record.error)
        self.assertEqual((lot.credits, lot.description), (10, "=SUM(A1)"))
        lot.is_draft = True
        record.action_retry()
        self.assertEqual((lot.credits, lot.description), (12, "new"))

    def test_what_is_free_follows_even_when_open(self):
        record, lot = self.sync()
        lot.is_draft = False
        record, lot = self.sync(note="other", expiry="2028-01-31")
        self.assertFalse(record.error)
        self.assertEqual(lot.description, "other")
        self.assertEqual(str(lot.date_expiry), "2028-01-31")

    def test_bad_values_are_row_errors(self):
        table = {
            "isn't an active currency": {"currency": "XXQ"},
            "is below 0": {"paid": "-1"},
            "two numbers": {"value": "1,234", "paid": 72.5},
            "two days": {"start": "03/04/2026"},
            "before it starts": {"expiry": "2025-01-01"},
            "a formula, not a number": {"credits": "=1+1"},
            "isn't a yes/no value": {"void": "maybe"},
        }
        good = dict(self.row)
        for expected, values in table.items():
            with self.subTest(expected=expected):
                self.row.update(good)
                record, lot = self.sync(**values)
                self.assertIn(expected, record.error)
                self.assertFalse(lot)

    def test_reason_is_told_to_its_end_and_only_the_value_is_cut(self):
        record, lot = self.sync(start="03/04/2026")
        self.assertEqual(
            record.error,
            "start: “03/04/2026” can mean two days: choose on the connected system how "
            "it writes dates.",
        )
        record, lot = self.sync(start="x" * 500)
        self.assertEqual(
            record.error,
            f"start: “{'x' * 80}…” is too long for a number or a date.",
        )

    def test_symbol_that_several_currencies_share_is_not_guessed(self):
        currencies = self.env["res.currency"].with_context(active_test=False)
        dollars = currencies.search([("name", "in", ("USD", "AUD"))])
        dollars.write({"active": True, "symbol": "$"})
        record, lot = self.sync(currency="$")
        self.assertFalse(lot)
        self.assertIn("AUD, USD", record.error)
        record, lot = self.sync(currency="usd")
        self.assertEqual(lot.currency_id.name, "USD")
        record, lot = self.sync(currency="€")
        self.assertEqual(lot.currency_id.name, "EUR")

    def test_clean_up_is_not_held_up_by_what_cannot_be_removed(self):
        """Each of two waits in the archive; the first got history meanwhile."""
        record, lot = self.sync()
        self.row["id"] = "A2"
        self.source.action_sync_now()
        records = self.records(self.source)
        lots = self.targets(self.source)
        for number in ("A1", "A2"):
            lots[number].unlink()
        Purchase = type(lot)
        unlink = Purchase.unlink

        def refuse_the_first(purchases):
            if lots["A1"] in purchases:
                raise UserError(lots["A1"].name)
            return unlink(purchases)

        Record = self.env["service.sync.record"]
        with (
            freeze_time(fields.Datetime.now() + timedelta(days=99)),
            patch.object(Purchase, "unlink", refuse_the_first),
        ):
            self.assertEqual(Record._gc_removed(limit=1), (1, 1))
            self.assertEqual(Record._gc_removed(limit=1), (1, 1))
            self.assertEqual(Record._gc_removed(limit=1), (0, 0))
        self.assertTrue(lots["A1"].exists())
        self.assertFalse(lots["A2"].exists())
        self.assertEqual(set(records["A1"].mapped("state")), {"removed"})

    @mute_logger("odoo.sql_db", "odoo.addons.helpdesk_service_credit.tools.failure")
    def test_clean_up_goes_on_after_any_error(self):
        """Another addon's table holds one of two; that is told, once."""
        record, lot = self.sync()
        self.row["id"] = "A2"
        self.source.action_sync_now()
        lots = self.targets(self.source)
        for number in ("A1", "A2"):
            lots[number].unlink()
        self.env.cr.execute(
            SQL(
                "CREATE TABLE other_addon (lot int REFERENCES service_credit_purchase);"
                "INSERT INTO other_addon VALUES (%s)",
                lots["A1"].id,
            )
        )
        Record = self.env["service.sync.record"]
        for days in (99, 198):
            with freeze_time(fields.Datetime.now() + timedelta(days=days)):
                Record._gc_removed()
        self.assertTrue(lots["A1"].exists())
        self.assertFalse(lots["A2"].exists())
        [activity] = self.source.activity_ids
        self.assertIn("other_addon", activity.note)

    def test_void_before_it_was_known(self):
        record, lot = self.sync(void=True)
        self.assertEqual(record.state, "withdrawn")
        self.assertFalse(lot)
        record, lot = self.sync(void=False)
        self.assertTrue(lot, "the source took it back")

    def test_void_archives_an_unused_draft_and_unvoid_brings_it_back(self):
        record, lot = self.sync()
        record, lot = self.sync(void="yes")
        self.assertEqual((record.state, lot.active), ("withdrawn", False))
        record, lot = self.sync(void="no", credits=11)
        self.assertEqual((record.state, lot.active), ("imported", True))
        self.assertEqual(lot.credits, 11)

    def test_void_archives_a_draft_that_was_open_before(self):
        """A draft pays for nothing, so there is nothing to withdraw from it either."""
        record, lot = self.sync()
        lot.opening_used = 4
        lot.is_draft = False
        lot.is_draft = True
        record, lot = self.sync(void=True)
        self.assertEqual((record.state, lot.active), ("withdrawn", False))
        self.assertEqual((lot.credits_available, lot.credits_withdrawn), (10, 0))

    def test_void_of_transferred_credits_is_refused(self):
        record, lot = self.sync()
        lot.is_draft = False
        lot.date_expiry = fields.Date.today() + timedelta(days=200)
        daughter = self.env["res.partner"].create(
            {
                "name": "Daughter",
                "is_company": True,
                "parent_id": lot.partner_id.id,
            }
        )
        received = transfer(lot, daughter, 4)
        record, lot = self.sync(void=True)
        self.assertEqual(record.state, "error")
        self.assertIn(lot.name, record.error)
        self.assertEqual((lot.credits_available, received.credits_available), (6, 4))
        transfer(received, lot.partner_id, 4, "Back")
        record, lot = self.sync(void=True, note="again")
        self.assertEqual((record.state, lot.credits_withdrawn), ("withdrawn", 10))

    def test_void_withdraws_what_is_unused_through_the_ledger(self):
        record, lot = self.sync()
        lot.is_draft = False
        record, lot = self.sync(void=True)
        self.assertEqual(record.state, "withdrawn")
        self.assertEqual((lot.credits_available, lot.credits_withdrawn), (0, 10))
        self.assertEqual(lot.consumption_ids.consumption_type, "withdrawal")
        self.sync(void=True, note="again")
        self.assertEqual(len(lot.consumption_ids), 1)
        record, lot = self.sync(void=False)
        self.assertIn("cannot come back", record.error)

    def test_deleting_an_imported_draft_archives_it_and_reset_keeps_it_away(self):
        record, lot = self.sync()
        lot.unlink()
        self.assertFalse(lot.active)
        self.assertEqual(record.state, "removed")
        self.source.action_reset()
        self.sync(credits=99)
        self.assertEqual((lot.active, lot.credits), (False, 10))
        self.assertEqual(record.state, "removed")
        self.assertEqual(self.source.record_count, 1)

    def test_archived_ones_are_removed_after_their_days(self):
        record, lot = self.sync()
        self.source.retention_days = 10
        record.action_delete_target()
        Record = self.env["service.sync.record"]
        with freeze_time(fields.Datetime.now() + timedelta(days=9)):
            Record._gc_removed()
            self.assertTrue(lot.exists())
        with freeze_time(fields.Datetime.now() + timedelta(days=11)):
            Record._gc_removed()
            self.assertFalse(lot.exists())
        self.assertEqual((record.state, record.res_id), ("removed", 0))
        self.source.action_reset()
        record, lot = self.sync()
        self.assertFalse(lot, "it does not come back")

    def test_what_has_ledger_rows_is_never_removed(self):
        record, lot = self.sync()
        lot.is_draft = False
        take_back(lot, 4)
        with self.assertRefused(UserError, lot):
            record.action_delete_target()
        with self.assertRefused(UserError, lot):
            lot.unlink()
        self.assertTrue(lot.active)
        self.assertEqual(record.state, "imported")

    def test_purge_leaves_what_got_history_meanwhile(self):
        record, lot = self.sync()
        lot.unlink()
        lot.active = True
        lot.is_draft = False
        self.clean_up()
        self.assertTrue(lot.exists())

    def test_draft_that_was_restored_is_never_removed(self):
        record, lot = self.sync()
        lot.unlink()
        lot.action_unarchive()
        self.assertEqual((record.state, record.removed_on), ("imported", False))
        lot.description = "kept"
        self.clean_up()
        self.assertEqual(lot.exists().description, "kept")
        record, lot = self.sync(note="from the source")
        self.assertEqual(lot.description, "from the source", "it follows again")
        lot.unlink()
        self.assertFalse(lot.active, "deleting it goes by the archive again")
        self.clean_up()
        self.assertFalse(lot.exists())

    def test_draft_that_was_restored_earlier_is_found_by_the_clean_up(self):
        record, lot = self.sync()
        lot.active = False
        lot.active = True
        record._mark_removed(keep_target=True)
        self.clean_up()
        self.assertTrue(lot.exists())
        self.assertEqual((record.state, record.removed_on), ("imported", False))

    def clean_up(self):
        with freeze_time(fields.Datetime.now() + timedelta(days=99)):
            self.env["service.sync.record"]._gc_removed()

    def test_imported_draft_in_the_archive_cannot_be_opened_there(self):
        record, lot = self.sync()
        lot.unlink()
        with self.assertRaises(ValidationError):
            lot.is_draft = False

    def test_purchases_made_by_hand_are_deleted_as_ever(self):
        lot = self.env["service.credit.purchase"].create(
            {"partner_id": self.customer.id, "credits": 1, "is_draft": True}
        )
        lot.unlink()
        self.assertFalse(lot.exists())
