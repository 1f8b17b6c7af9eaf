# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Long statements: made in the background, kept as a file, told when ready."""

import io
from datetime import timedelta
from unittest.mock import patch

from openpyxl import load_workbook

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged

from ...report import service_statement_file_make as maker
from ...report import statement_sheet
from ...wizards.ledger import service_credit_statement as wizard
from .test_report_statement import StatementCommon
from .test_statement_sent import make_statements, send_statements

PERIOD = {"start": "2025-01-01", "end": "2026-04-30"}


class StatementFileCommon(StatementCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = cls.env["service.statement.file"].sudo()
        cls.pia, cls.per = (
            new_test_user(cls.env, login, "base.group_portal", partner_id=partner.id)
            for login, partner in (
                ("portal_pia", cls.contact),
                ("portal_per", cls.other_customer),
            )
        )
        cls.contact.email = "pia@example.test"
        group = "helpdesk_service_credit.group_service_credit_user"
        cls.clerk = new_test_user(cls.env, "clerk", f"base.group_user,{group}")

    def setUp(self):
        super().setUp()
        # A statement of the few lines of this class is a long one.
        self.patch(wizard, "AT_ONCE", 2)

    def _ask(self, user=None, **values):
        return self.files._request(
            self._statement(**{**PERIOD, **values}), user or self.clerk
        )

    def _make(self):
        make_statements(self.env)

    def _read_sheets(self, file):
        book = load_workbook(io.BytesIO(file.attachment_id.raw))
        return {
            sheet.title: list(sheet.iter_rows(min_row=6, values_only=True))
            for sheet in book
        }


@tagged("post_install", "-at_install")
class TestStatementFile(StatementFileCommon):
    def test_asking_twice_makes_one(self):
        file = self._ask()
        self.assertEqual(file.state, "waiting")
        self.assertEqual(self._ask(), file)
        self.assertNotEqual(self._ask(end="2026-05-31"), file)
        self.assertNotEqual(self._ask(self.pia), file)
        self._make()
        self.assertEqual(file.state, "ready")
        self.assertNotEqual(self._ask(), file, "a day later figures are others")

    def test_nobody_asks_for_many_at_once(self):
        for day in range(1, 6):
            self._ask(end=f"2026-05-0{day}")
        with self.assertRefused(UserError, says="5 of your statements"):
            self._ask(end="2026-05-06")
        self._ask(self.pia)
        self._make()
        self._ask(end="2026-05-06")

    def test_the_window(self):
        """A short statement is printed, a long one made in the background."""
        window = self._statement().with_user(self.clerk).sudo(False)
        window = window.create({"partner_id": self.contact.id, **self._period()})
        action = window.action_print()
        self.assertEqual(action["tag"], "display_notification")
        [file] = self.files.search([("user_id", "=", self.clerk.id)])
        self.assertEqual(file.date_to, fields.Date.to_date(PERIOD["end"]))
        self.patch(wizard, "AT_ONCE", 100)
        action = window.with_context(discard_logo_check=True).action_print()
        self.assertEqual(action["type"], "ir.actions.report")

    def _period(self):
        return {"date_from": PERIOD["start"], "date_to": PERIOD["end"]}

    def test_a_printed_one(self):
        file = self._ask()
        self._make()
        self.assertEqual(file.state, "ready")
        self.assertIn(self.customer.name, file.attachment_id.name)
        self.assertIn(b"18.75", file.attachment_id.raw)

    def test_who_asked_is_notified(self):
        for user, how in ((self.clerk, "inbox"), (self.pia, "email")):
            user.notification_type = how
            file = self._ask(user)
            self._make()
            message = self.env["mail.message"].search(
                [("partner_ids", "in", user.partner_id.ids)], limit=1
            )
            self.assertIn(file._get_url(), message.body)
            [told] = message.notification_ids
            self.assertEqual(told.notification_type, how)

    def _read_as_lines(self, file):
        rows = self._read_sheets(file)[self.company.currency_id.name]
        return [(row[0].date(), row[6], row[8]) for row in rows[1:-1]], rows

    def test_a_spreadsheet_says_what_the_page_says(self):
        """In parts of any size."""
        [section] = self._statement(**PERIOD)._get_sections()
        lines = [
            (
                line["movement"].date,
                line["movement"].credits_change,
                line["balance"]["credits"],
            )
            for line in section["lines"]
        ]
        self.patch(wizard, "MOST_PRINTED", 2)
        for part in (1, 2, 3, 100):
            self.patch(statement_sheet, "PART", part)
            file = self._ask()
            self._make()
            found, rows = self._read_as_lines(file)
            self.assertEqual(found, lines, part)
            self.assertEqual(rows[0][8], section["opening"]["credits"])
            self.assertEqual(rows[-1][7], section["closing"]["value"])
            self.assertEqual(rows[-1][8], section["closing"]["credits"])
            self.assertFalse(file._get_parts())
            self.assertTrue(file.attachment_id.name.endswith(".xlsx"))
            text = str(rows)
            self.assertIn("Call with the bank", text)
            self.assertNotIn("Grumpy", text)

    def test_more_rows_than_a_sheet_has(self):
        self.patch(wizard, "MOST_PRINTED", 2)
        self.patch(statement_sheet, "ROWS", 9)
        file = self._ask()
        self._make()
        sheets = self._read_sheets(file)
        self.assertEqual([len(rows) for rows in sheets.values()], [4, 4, 2])

    def test_formulas_are_text(self):
        self.patch(wizard, "MOST_PRINTED", 2)
        self._work(1, date="2026-02-06", name="=1+1")
        file = self._ask()
        self._make()
        _lines, rows = self._read_as_lines(file)
        book = load_workbook(io.BytesIO(file.attachment_id.raw))
        kinds = {c.data_type for sheet in book for row in sheet for c in row}
        self.assertNotIn("f", kinds)
        self.assertIn("=1+1", str(rows))

    def test_shared_credits_have_a_sheet(self):
        self.patch(wizard, "MOST_PRINTED", 0)
        self.patch(statement_sheet, "BATCH", 1)
        self.second.sharing = "group"
        branch = self.env["res.partner"].create(
            {
                "name": "Azure Repairs",
                "is_company": True,
                "parent_id": self.customer.id,
            }
        )
        ticket = self._create_ticket(partner_id=branch.id)
        for day in (10, 11, 12):
            self._work(day / 4, ticket, date=f"2026-04-{day}")
        file = self._ask(partner_id=branch.id)
        self._make()
        rows = self._read_sheets(file)["Shared"]
        self.assertEqual([row[3] for row in rows], [-2.5, -2.75, -3])
        self.assertIn(self.customer.name, rows[0][1])

    def test_a_slice_ends_and_the_next_goes_on(self):
        """What a slice made is not made again."""
        [section] = self._statement(**PERIOD)._get_sections()
        self.patch(wizard, "MOST_PRINTED", 2)
        self.patch(statement_sheet, "PART", 2)
        file, made = self._ask(), []
        original = maker.make_part
        self.patch(
            maker,
            "make_part",
            lambda *args: made.append(args[1]) or original(*args),
        )
        for _slice in range(20):
            make_statements(self.env, seconds=0)
            if file.state == "ready":
                break
        else:
            self.fail(file.progress)
        self.assertGreater(_slice, 3)
        self.assertEqual(len(made), len({tuple(part) for part in made}))
        self.assertEqual(len(self._read_as_lines(file)[0]), len(section["lines"]))

    def test_a_worker_that_died_is_followed_by_another(self):
        self.patch(wizard, "MOST_PRINTED", 2)
        self.patch(statement_sheet, "PART", 2)
        file = self._ask()
        with patch.object(type(self.env["ir.cron"]), "_commit_progress"):
            self.assertTrue(file._begin())
            file._make_step()
            file._make_step()
        self.assertEqual(file.progress["done"], 1)
        self._make()
        self.assertEqual(file.state, "waiting", "its lease still holds")
        with freeze_time(fields.Datetime.now() + timedelta(minutes=16)):
            self._make()
        self.assertEqual(file.state, "ready")

    def test_a_statement_that_kills_workers_is_given_up(self):
        file = self._ask()
        with patch.object(type(self.env["ir.cron"]), "_commit_progress"):
            for _worker in range(3):
                self.assertTrue(file._begin())
                file.lease_until = False
        self._make()
        self.assertEqual(file.state, "failed")

    def test_time_logged_meanwhile_is_in_it(self):
        """Also on a day whose part was made: all is read again."""
        self.patch(wizard, "MOST_PRINTED", 2)
        self.patch(statement_sheet, "PART", 2)
        file = self._ask()
        with patch.object(type(self.env["ir.cron"]), "_commit_progress"):
            file._begin()
            for _step in range(3):
                file._make_step()
            file.lease_until = False
        self._work(0.5, date="2025-02-04", name="Late")
        self._make()
        found, rows = self._read_as_lines(file)
        self.assertIn((fields.Date.to_date("2025-02-04"), -0.5, 7.5), found)
        # What is used of a purchase that is over does not expire.
        self.assertEqual(rows[-1][8], 18.75)

    def test_a_failure_is_told_and_tried_again(self):
        file = self._ask()
        with (
            patch.object(type(self.files), "_print", side_effect=ValueError("broken")),
            self.assertLogs("odoo.addons.helpdesk_service_credit.tools.failure"),
        ):
            for _attempt in range(maker.MOST_ATTEMPTS):
                self.assertEqual(file.state, "waiting")
                self._make()
        self.assertEqual(file.state, "failed")
        message = self.env["mail.message"].search(
            [("partner_ids", "in", self.clerk.partner_id.ids)], limit=1
        )
        self.assertIn("try again", message.body)
        with self.assertRaises(AccessError):
            file.with_user(self.pia).sudo(False).action_try_again()
        file.with_user(self.clerk).sudo(False).action_try_again()
        self.assertEqual(file.state, "waiting")
        self._make()
        self.assertEqual(file.state, "ready")

    def test_one_failure_stops_nobody_else(self):
        files = self._ask() + self._ask(self.pia)
        original = type(self.files)._print

        def fail(file):
            if file.user_id == self.clerk:
                text = "broken"
                raise UserError(text)
            return original(file)

        with (
            patch.object(type(self.files), "_print", fail),
            self.assertLogs("odoo.addons.helpdesk_service_credit.tools.failure"),
        ):
            self._make()
        self.assertEqual(files.mapped("state"), ["failed", "ready"])

    def test_files_are_deleted_after_a_month(self):
        file, waiting = self._ask(), self._ask(self.pia)
        self._make()
        attachment = file.attachment_id
        waiting.state = "waiting"
        with freeze_time(fields.Datetime.now() + timedelta(days=29)):
            self.files._gc_files()
        self.assertTrue(file.exists())
        with freeze_time(fields.Datetime.now() + timedelta(days=31)):
            self.files._gc_files()
        self.assertFalse(file.exists() or attachment.exists())
        self.assertTrue(waiting.exists())

    def test_who_reads_files(self):
        mine, theirs = self._ask(), self._ask(self.pia)
        self._make()
        other = new_test_user(
            self.env,
            "other_clerk",
            "base.group_user,helpdesk_service_credit.group_service_credit_user",
        )
        for user, found in (
            (self.clerk, mine),
            (self.pia, theirs),
            (self.per, self.files),
            (other, self.files),
        ):
            with self.subTest(user=user.login):
                own = self.files.with_user(user).sudo(False)
                self.assertEqual(own.search([]), found)
                for file in mine + theirs:
                    file = file.with_user(user).sudo(False)
                    attachment = file.sudo().attachment_id
                    attachment = attachment.with_user(user).sudo(False)
                    if file in found:
                        if user._is_internal():
                            self.assertTrue(attachment.raw)
                        file.action_download()
                        with self.assertRaises(AccessError):
                            file.state = "waiting"
                    else:
                        with self.assertRaises(AccessError):
                            attachment.read(["raw"])
                        with self.assertRaises(AccessError):
                            file.action_download()

    def test_a_request_costs_the_same_for_any_history(self):
        def count(period):
            statement = self._statement(*period)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.files._request(statement, self.clerk)
            return self.env.cr.sql_log_count - before

        count(("2025-01-01", "2026-01-01"))
        few = count(("2025-01-01", "2026-01-02"))
        for day in range(1, 26):
            self._work(0.25, date=f"2026-04-{day:02}")
        self.assertLessEqual(count(("2025-01-01", "2026-04-30")), few)


@tagged("post_install", "-at_install")
class TestStatementFilePortal(StatementFileCommon, HttpCase):
    url = "/my/service-credits/statement?date_from=2025-01-01&date_to=2026-04-30"

    def _open(self, user, path):
        self.authenticate(user and user.login, user and user.login)
        return self.url_open(path)

    def test_a_customer_asks_and_downloads(self):
        page = self._open(self.pia, self.url).text
        self.assertIn("Your statement is being made.", page)
        self.assertIn("is being made", page)
        self._open(self.pia, self.url)
        [file] = self.files.search([("user_id", "=", self.pia.id)])
        self._make()
        page = self._open(self.pia, "/my/service-credits").text
        self.assertIn(file._get_url(), page)
        got = self._open(self.pia, file._get_url())
        self.assertEqual(got.content, file.attachment_id.raw)
        self.assertIn("attachment", got.headers["Content-Disposition"])
        for user in (self.per, None):
            got = self._open(user, file._get_url())
            self.assertNotEqual(got.content, file.attachment_id.raw)
            self.assertNotIn("18.75", got.text)
        self.assertEqual(self._open(self.pia, f"{file._get_url()}9").status_code, 200)
        self.assertEqual(
            self._open(
                self.pia, "/my/service-credits/statements/files/99999999999"
            ).status_code,
            200,
        )

    def test_a_failure_is_shown_and_tried_again(self):
        self._open(self.pia, self.url)
        [file] = self.files.search([("user_id", "=", self.pia.id)])
        file.state = "failed"
        page = self._open(self.pia, "/my/service-credits").text
        self.assertIn("try again", page)
        self._open(self.pia, self.url)
        self.assertEqual(file.state, "waiting")

    def test_many_at_once(self):
        for day in range(1, 6):
            self._ask(self.pia, end=f"2026-05-0{day}")
        page = self._open(self.pia, self.url).text
        self.assertIn("Several of your statements are being made", page)

    def test_a_long_one_that_was_mailed(self):
        """Its page shows no lines, and its file is the one that was mailed."""
        self.customer.write(
            {"email": "azure@example.test", "service_statement_frequency": "quarter"}
        )
        with freeze_time("2026-04-01 12:00:00"):
            send_statements(self.env)
        sent = self.env["service.statement.sent"].sudo().search([], limit=1)
        self.assertEqual(sent.commercial_partner_id, self.customer)
        token = f"access_token={sent.access_token}"
        page = self._open(None, f"{sent.access_url}?{token}").text
        self.assertIn("Balance after", page)
        self.assertIn("Its lines are too many", page)
        self.assertNotIn("Training", page)
        got = self._open(None, f"{sent.access_url}?{token}&download=1")
        [mailed] = self.env["ir.attachment"].search(
            [("res_model", "=", sent._name), ("res_id", "=", sent.id)]
        )
        self.assertEqual(got.content, mailed.raw)
