# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import os
import time

from odoo import Command
from odoo.tests import Form, HttpCase, tagged

from ..support.common import ServiceCreditCommon
from ..support.played import LONG, in_long_run

MANY = 10_000 if LONG else 2_000


class ThousandsCommon(ServiceCreditCommon):
    """A ticket with a hundred entries and one with thousands."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._sell(hours=50_000)
        cls.few, cls.many = (cls._create_ticket(user_id=cls.agent.id) for _ in "12")
        for ticket, count in ((cls.few, 100), (cls.many, MANY)):
            cls._fill(ticket, count)

    @classmethod
    def _fill(cls, ticket, count):
        """Log one entry and copy it: thousands of them, in a moment."""
        entry = cls._log(ticket, hours=0.25)
        cls.env.flush_all()
        lines = cls.env["account.analytic.line"]
        columns = ", ".join(
            name
            for name, field in lines._fields.items()
            if field.store and field.column_type and name != "id"
        )
        cls.env.cr.execute(
            f"INSERT INTO account_analytic_line ({columns}) SELECT {columns} "
            "FROM account_analytic_line, generate_series(2, %s) WHERE id = %s",
            [count, entry.id],
        )
        cls.env.invalidate_all()
        cls.env.add_to_compute(ticket._fields["total_hours"], ticket)
        cls.env.add_to_compute(cls.item._fields["qty_delivered"], cls.item)
        cls.env.flush_all()
        cls.env.cr.execute("ANALYZE account_analytic_line")


@tagged("post_install", "-at_install")
class TestTimeThousands(ThousandsCommon):
    """Thousands of entries cost no more queries than a hundred."""

    def _cost(self, action, ticket):
        """Return queries and seconds of `action`, after one to fill the caches."""
        results = []
        for _round in range(2):
            self.env.flush_all()
            self.env.invalidate_all()
            queries, start = self.env.cr.sql_log_count, time.perf_counter()
            action(ticket.with_user(self.agent))
            self.env.flush_all()
            results.append(
                (
                    self.env.cr.sql_log_count - queries,
                    time.perf_counter() - start,
                )
            )
        return min(results)

    def _compare(self, name, action):
        few, many = self._cost(action, self.few), self._cost(action, self.many)
        if os.environ.get("HSC_TIMES"):
            print(f"\n{name}: {few} {many} ratio {many[1] / few[1]:.2f}")
        # Long lists of ids may take a statement more.
        self.assertLessEqual(many[0], few[0] + 2, name)

    def _get_spec(self):
        """Return what the web client asks for: the first page of the entries."""
        spec = {**Form(self.few.with_user(self.agent))._view["fields_spec"]}
        spec["timesheet_ids"] = spec["timesheet_ids"] | {
            "limit": 40,
            "order": "date, id",
        }
        return spec

    def _get_entry(self, ticket):
        lines = self.env["account.analytic.line"]
        return lines.search([("ticket_id", "=", ticket.id)], limit=1)

    def test_opening(self):
        spec = self._get_spec()
        self._compare("opening", lambda ticket: ticket.web_read(spec))
        [values] = self.many.with_user(self.agent).web_read(spec)
        self.assertEqual(len(values["timesheet_ids"]), MANY)
        self.assertEqual(len([v for v in values["timesheet_ids"] if len(v) > 1]), 40)

    def test_page_is_what_core_reads(self):
        """The page and the order are those of core, for a small ticket."""
        spec = self._get_spec()
        ticket = self.few.with_user(self.agent)
        both = (self.few | self.many).with_user(self.agent)
        entries = self.few.timesheet_ids
        entries[0].date, entries[7].date = "2026-03-01", "2026-02-01"
        self.env.flush_all()
        for order in ("date, id", "id desc", ""):
            spec["timesheet_ids"]["order"] = order
            with self.subTest(order=order):
                self.env.invalidate_all()
                [ours] = ticket.web_read(spec)
                core = both.web_read(spec)[0]
                self.assertEqual(ours["timesheet_ids"], core["timesheet_ids"])

    def test_onchange(self):
        """Editing an entry moves the totals, by that entry alone."""
        spec = self._get_spec()

        def change(ticket, *commands):
            return ticket.onchange(
                {"timesheet_ids": list(commands)}, ["timesheet_ids"], spec
            )["value"]

        def edit(ticket):
            entry_id = self._get_entry(ticket).id
            return change(ticket, Command.update(entry_id, {"unit_amount": 3}))

        self._compare("onchange", edit)
        before = self.many.total_hours
        self.assertAlmostEqual(edit(self.many)["total_hours"], before + 2.75, 2)
        entry_id = self._get_entry(self.many).id
        value = change(self.many, Command.delete(entry_id))
        self.assertAlmostEqual(value["total_hours"], before - 0.25, 2)
        value = change(self.many, Command.create({"unit_amount": 1.5, "name": "x"}))
        self.assertAlmostEqual(value["total_hours"], before + 1.5, 2)

    def test_saving(self):
        spec = self._get_spec()
        values = {"name": "x", "unit_amount": 1}
        self._compare(
            "adding",
            lambda ticket: ticket.web_save(
                {"timesheet_ids": [Command.create(values)]}, spec
            ),
        )
        self._compare(
            "editing",
            lambda ticket: ticket.sudo().web_save(
                {
                    "timesheet_ids": [
                        Command.update(self._get_entry(ticket).id, {"unit_amount": 2})
                    ]
                },
                spec,
            ),
        )
        self._compare(
            "deleting",
            lambda ticket: ticket.sudo().web_save(
                {"timesheet_ids": [Command.delete(self._get_entry(ticket).id)]}, spec
            ),
        )

    def test_listing(self):
        """The list of a ticket's time: a page, a filter, groups and their totals."""
        lines = self.env["account.analytic.line"].with_user(self.agent)
        view = self.env.ref(
            "helpdesk_service_credit.account_analytic_line_view_list_ticket"
        )
        views = lines.get_views([(view.id, "list")])
        names = views["models"][lines._name]["fields"]
        spec = {
            name: {"fields": {"display_name": {}}}
            if lines._fields[name].type == "many2one"
            else {}
            for name in names
        }

        def domain(ticket):
            return [("ticket_id", "=", ticket.id), ("is_billable", "=", True)]

        def page(ticket):
            return lines.web_search_read(domain(ticket), spec, limit=80)

        self._compare("page", page)
        self.assertEqual(page(self.many)["length"], MANY)
        for group in ("employee_id", "date:month", "coverage", "approval_state"):
            with self.subTest(group=group):
                self._compare(
                    group,
                    lambda ticket, group=group: lines.web_read_group(
                        domain(ticket), [group], ["unit_amount:sum", "__count"]
                    ),
                )
        [total] = lines._read_group(
            domain(self.many), aggregates=["unit_amount:sum", "__count"]
        )
        self.assertEqual(total, (MANY / 4, MANY))

    def test_exporting(self):
        """A file of all entries: queries per thousand records, not per record."""
        names = [
            "date",
            "employee_id",
            "ticket_id",
            "partner_id",
            "name",
            "unit_amount",
            "hours_billed",
            "is_billable",
            "coverage",
            "payers",
            "coverage_note",
            "credits",
            "approval_state",
            "period_date",
        ]
        self.agent.group_ids += self.env.ref("base.group_allow_export")
        lines = self.env["account.analytic.line"].with_user(self.agent)

        def export(ticket):
            found = lines.search([("ticket_id", "=", ticket.id)])
            return found.export_data(names)["datas"]

        few, many = self._cost(export, self.few), self._cost(export, self.many)
        if os.environ.get("HSC_TIMES"):
            print(f"\nexport: {few} {many}")
        chunks = MANY / 1000
        self.assertLessEqual(many[0], few[0] + 3 * chunks, (few, many))
        rows = export(self.many)
        self.assertEqual(len(rows), MANY)
        self.assertEqual(sum(row[5] for row in rows), MANY / 4)

    def test_changing_many(self):
        """Bulk changes cost queries per batch."""
        lines = self.env["account.analytic.line"]

        def toggle(count):
            def change(ticket):
                found = lines.search([("ticket_id", "=", ticket.id)], limit=count)
                found.is_billable = not found[0].is_billable

            return change

        few = self._cost(toggle(10), self.many)
        many = self._cost(toggle(100), self.many)
        self.assertLessEqual(many[0], few[0] + 2, (few, many))


@in_long_run
@tagged("post_install", "-at_install")
class TestTimeThousandsTour(ThousandsCommon, HttpCase):
    def test_thousands(self):
        """An agent adds a line to the thousands of a ticket."""
        self.start_tour(
            f"/odoo/action-helpdesk_mgmt.helpdesk_ticket_action/{self.many.id}",
            "helpdesk_service_credit_thousands",
            login=self.agent.login,
        )
        entry = self.many.timesheet_ids.filtered(lambda line: line.name == "One more")
        self.assertAlmostEqual(entry.unit_amount, 140 / 60, 2)
