# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import format_date, mute_logger

from ...tools import LAST_DAY
from ..support.credit import CreditCommon, give_back, take_back


@tagged("post_install", "-at_install")
class TestCreditExpiry(CreditCommon):
    def setUp(self):
        super().setUp()
        self.company.service_credit_late_days = 0

    def _cron(self, batch_size=1000):
        """Run the scheduled action on a cursor of its own, where it may commit."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            self.env(cr=cr)["service.credit.purchase"]._cron_expire(batch_size)
        self.env.invalidate_all()

    def test_writes_off_what_is_available(self):
        purchase = self._buy(expiry=0)
        self._draw(self._create_ticket(), 3)
        purchase.action_expire()
        self.assertEqual(purchase.state, "expired")
        self.assertEqual(purchase.credits_available, 0)
        self.assertEqual(purchase.credits_allocated, 3)
        self.assertEqual(purchase.credits_expired, 7)
        self.assertEqual(purchase.value_available, 0)
        row = purchase.consumption_ids.filtered(
            lambda row: row.consumption_type == "expiry"
        )
        self.assertEqual((row.credits, row.value, row.paid), (7, 700, 560))
        allocation = row.allocation_id
        self.assertEqual(allocation.allocation_type, "expiry")
        self.assertFalse(allocation.ticket_id or allocation.milestone_id)
        self.assertEqual(allocation.paid, 560)

    def test_all_in_one_go_is_what_one_by_one_is(self):
        lots = self._create_lots_of_every_kind()

        def expire(way):
            savepoint = self.env.cr.savepoint()
            way()
            self.env.flush_all()
            self.env.invalidate_all()
            found = self._read_books(lots)
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)
            return found

        one_by_one = expire(lambda: lots._write_off_each(None, "expiry"))
        in_one_go = expire(lambda: lots._write_off(kind="expiry"))
        self.assertEqual(in_one_go, one_by_one)
        kinds = [row["consumption_type"] for row in in_one_go[1]]
        self.assertEqual(kinds.count("expiry"), len(lots))

    def _create_lots_of_every_kind(self):
        """Return purchases with odd prices, used in part, free, withdrawn, …"""
        euro = self.env.ref("base.EUR")
        euro.active = True
        prices = {"value_per_credit": 33.333, "paid_per_credit": 16.667}
        lots = self._buy(7.5, expiry=1, **prices) + self._buy(3, expiry=2, **prices)
        self._draw(self._create_ticket(), 8.17)
        rest = self._buy(0.01, **prices) + self._buy(5, value_per_credit=0)
        rest += self._buy(4, currency_id=euro.id)
        rest[-1]._write_off(1.5)
        rest += self._buy(6, opening_used=2)
        rest += self._buy(5, release="payment")
        withdrawn = self._buy(9)
        withdrawn._write_past_the_lock({"is_withdrawn": True})
        return lots[1] + rest + withdrawn

    def _read_books(self, lots):
        """Return what is stored of purchases and their rows, but for ids and times."""
        left_out = {"id", "allocation_id", "create_date", "write_date"}

        def read(records):
            names = [
                name
                for name, field in records._fields.items()
                if field.store and field.column_type and name not in left_out
            ]
            return [{name: record[name] for name in names} for record in records]

        rows = lots.consumption_ids.sorted(lambda row: (row.purchase_id.id, row.id))
        return read(lots), read(rows), read(rows.allocation_id.sorted("name"))

    def test_dates_are_locked_afterwards(self):
        purchase = self._buy(expiry=0)
        purchase.action_expire()
        with self.assertRefused(UserError, says="10.00 of its credits have expired"):
            purchase.date_expiry = self._day(30)
        purchase.description = "Lost"

    def test_not_before_its_time(self):
        purchase = self._buy(expiry=1)
        self.assertFalse(purchase.is_expirable)
        day = format_date(self.env, self._day(1))
        with self.assertRefused(UserError, says=f"can be expired from {day}"):
            purchase.action_expire()
        purchase.date_expiry = self._day(0)
        self.assertTrue(purchase.is_expirable)
        self.company.service_credit_grace_days = 3
        day = format_date(self.env, self._day(3))
        with self.assertRefused(UserError, purchase, day):
            purchase.action_expire()

    def test_credits_that_never_expire(self):
        self.company.service_credit_grace_days = 3
        purchase = self._buy(expiry=LAST_DAY)
        self.assertFalse(purchase.is_expirable)
        with self.assertRefused(UserError, purchase):
            purchase.action_expire()
        self._draw(self._create_ticket(), 10)
        self.assertEqual(purchase.state, "used")

    def test_nothing_left_to_expire(self):
        purchase = self._buy(expiry=0)
        self._draw(self._create_ticket(), 10)
        with self.assertRefused(UserError, says="no credits left"):
            purchase.action_expire()

    def test_several_at_once_are_all_or_nothing(self):
        due = self._buy(expiry=0)
        early = self._buy(expiry=9)
        with self.assertRaises(UserError):
            (due | early).action_expire()
        self.assertEqual(due.credits_available, 10)
        second = self._buy(expiry=0)
        (due | second).action_expire()
        self.assertEqual((due | second).mapped("state"), ["expired", "expired"])
        self.assertEqual(len((due | second).consumption_ids.allocation_id), 2)

    def test_only_managers(self):
        self._create_users()
        purchase = self._buy(expiry=0)
        for user in (self.credit_user, self.stranger):
            with self.assertRaises(AccessError):
                purchase.with_user(user).action_expire()
        purchase.with_user(self.credit_manager).action_expire()
        self.assertEqual(purchase.consumption_ids.user_id, self.credit_manager)

    def test_given_back_credits_can_expire_again(self):
        purchase = self._buy(expiry=0)
        rows = self._draw(self._create_ticket(), 3).rows
        purchase.action_expire()
        give_back(rows, 2)
        self.assertEqual(purchase.credits_available, 2)
        self.assertEqual(purchase.state, "open")
        purchase.action_expire()
        self.assertEqual(purchase.credits_expired, 9)
        self.assertEqual(purchase.state, "expired")

    def test_scheduled_action_respects_the_grace_period(self):
        purchase = self._buy(start=-30, expiry=-3)
        for grace, expected in ((4, 10), (3, 10), (2, 0)):
            self.company.service_credit_grace_days = grace
            self._cron()
            self.assertEqual(purchase.credits_available, expected, grace)

    def test_scheduled_action_leaves_the_others_alone(self):
        today = self._buy(start=-30, expiry=0)
        draft = self._buy(start=-30, expiry=-9, is_draft=True)
        self._cron()
        self.assertEqual(today.state, "open")
        self.assertEqual(draft.state, "draft")
        past = self._buy(start=-30, expiry=-9)
        self.company.service_credit_allow_past_expiry = True
        self._cron()
        self.assertEqual(
            past.state, "open", "usable past its expiry, until a person says"
        )
        past.action_expire()
        self.assertEqual(past.state, "expired")

    def test_scheduled_action_in_batches(self):
        purchases = self.purchase_model.union(
            *(self._buy(1, start=-30, expiry=-2) for _ in range(7))
        )
        self._cron(batch_size=3)
        self.assertEqual(set(purchases.mapped("state")), {"expired"})
        self._cron(batch_size=3)
        self.assertEqual(sum(purchases.mapped("credits_expired")), 7)

    @mute_logger("odoo.addons.helpdesk_service_credit.tools.failure")
    def test_one_bad_record_never_stops_the_rest(self):
        purchases = self.purchase_model.union(
            *(self._buy(1, start=-30, expiry=-2) for _ in range(5))
        )
        bad = purchases[2]
        ledger = type(self.env["service.credit.consumption"])
        post = ledger._post_rest

        def fail(rows, purchases, *args):
            if bad in purchases:
                raise ValueError("broken record")
            return post(rows, purchases, *args)

        with patch.object(ledger, "_post_rest", fail):
            self._cron(batch_size=3)
        self.assertEqual(bad.state, "open")
        self.assertEqual(set((purchases - bad).mapped("state")), {"expired"})
        self.assertEqual(bad.activity_ids.note, "<p>broken record</p>")
        self.assertFalse((purchases - bad).activity_ids)
        with patch.object(ledger, "_post_rest", fail):
            self._cron(batch_size=3)
        self.assertEqual(len(bad.activity_ids), 1, "one, however often it fails")

    def test_a_missed_run_changes_no_balance(self):
        past = self._buy(start=-30, expiry=-3)
        kept = self._buy(4, start=-30, expiry=3)
        days = [self._day(day) for day in range(-32, 5)]
        both = past | kept
        late = [both._get_balance(day) for day in days]
        self._cron()
        self.assertEqual(past.state, "expired")
        self.assertEqual([both._get_balance(day) for day in days], late)
        self.assertEqual(late[2:30], [14] * 28)
        self.assertEqual(late[30:], [4] * 6 + [0])

    def test_extend_with_the_reason(self):
        purchase = self._buy(start=-30, expiry=-3)
        self.assertFalse(self._draw(self._create_ticket(), 1).rows)
        form = Form.from_action(self.env, purchase.action_extend())
        form.date_expiry = self._day(20)
        form.reason = "Agreed with Nora on the phone."
        form.save().action_extend()
        self.assertEqual(purchase.date_expiry, self._day(20))
        self.assertIn("Agreed with Nora on the phone.", purchase.message_ids[0].body)
        self.assertTrue(self._draw(self._create_ticket(), 1).rows)

    def test_extending_moves_the_date_to_a_later_one(self):
        purchase = self._buy(expiry=30)
        for day in (30, 20):
            form = Form.from_action(self.env, purchase.action_extend())
            form.date_expiry = self._day(day)
            form.reason = "Why not"
            with (
                self.subTest(day=day),
                self.assertRefused(UserError, says="expires on.*later"),
            ):
                form.save().action_extend()
        self.assertEqual(purchase.date_expiry, self._day(30))

    def test_withdraw_a_part_through_the_ledger(self):
        purchase = self._buy(expiry=90)
        with self.assertRefused(UserError, says="only 10.00 are available"):
            take_back(purchase, 11)
        take_back(purchase, 4)
        self.assertEqual(purchase.credits_available, 6)
        self.assertEqual(purchase.credits_withdrawn, 4)
        self.assertEqual(purchase.credits_expired, 0)

    def test_the_day_changes(self):
        purchase = self._buy(start=0, expiry=1)
        ticket = self._create_ticket()
        with freeze_time(fields.Date.add(self.today, days=2)):
            self.assertFalse(
                self._draw(ticket, 1, date=fields.Date.context_today(purchase)).rows
            )
            self.assertFalse(self._draw(ticket, 1, date=self._day(1)).rows)
            # Work of yesterday, typed today.
            self.company.service_credit_late_days = 1
            self.assertTrue(self._draw(ticket, 1, date=self._day(1)).rows)
