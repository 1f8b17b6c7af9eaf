# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import csv
import io
import json

from lxml import etree
from openpyxl import load_workbook

from odoo import Command, http
from odoo.exceptions import AccessError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from ..support.accounting import AccountingCommon

KINDS = ("float", "monetary", "many2one", "char", "date", "selection")


@tagged("post_install", "-at_install")
class TestExport(AccountingCommon, HttpCase):
    """What an accountant exports is what the list on the screen shows."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        export = cls.env.ref("base.group_allow_export")
        cls.accountant.write(
            {"password": "accountant_ada", "group_ids": [Command.link(export.id)]}
        )
        francs = cls._create_currency("CHF", 2.0)
        pricelist = cls.env["product.pricelist"].create(
            {"name": "Francs", "currency_id": francs.id}
        )
        for date, values in ((-40, {}), (-30, {"pricelist_id": pricelist.id})):
            purchase = cls._sell_credits(date=cls._day(cls, date), **values)
            cls._invoice(purchase, date=cls._day(cls, date))
        purchase.date_expiry = cls._day(cls, -2)

    def setUp(self):
        super().setUp()
        # Francs expire first: two of them are left when they do.
        self._spend(8, date=self._day(-10))
        self._spend(2.5)
        self.env.flush_all()
        self.authenticate("accountant_ada", "accountant_ada")

    def _get_columns(self, action):
        """Return the fields that the list of an action can show to the accountant."""
        model = self.env[action["res_model"]].with_user(self.accountant)
        view = next((v for v, kind in action["views"] if kind == "list"), False)
        arch = etree.fromstring(model.get_view(view, "list")["arch"])
        names = [node.get("name") for node in arch.xpath("/list/field")]
        return [name for name in names if model._fields[name].type in KINDS]

    def _get_context(self, action):
        """Return what the client adds to the context of the user."""
        context = action.get("context") or {}
        return safe_eval(context) if isinstance(context, str) else context

    def _export(self, action, names, kind="xlsx", groupby=()):
        model = self.env[action["res_model"]]
        params = {
            "model": model._name,
            "fields": [
                {
                    "name": name,
                    "label": name,
                    "type": model._fields[name].type,
                    "store": model._fields[name].store,
                }
                for name in names
            ],
            "ids": False,
            "domain": action.get("domain") or [],
            "groupby": list(groupby),
            "context": self._get_context(action),
            "import_compat": False,
        }
        token = http.Request.csrf_token(self)
        answer = self.url_open(
            f"/web/export/{kind}",
            data={"data": json.dumps(params), "csrf_token": token},
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        if kind == "csv":
            return list(csv.reader(io.StringIO(answer.text)))
        sheet = load_workbook(io.BytesIO(answer.content), data_only=True).active
        return [list(row) for row in sheet.iter_rows(values_only=True)]

    def _shown(self, action, names):
        """Return the rows of the list, read by the accountant as the client does."""
        model = self.env[action["res_model"]].with_user(self.accountant)
        model = model.with_context(**self._get_context(action))
        rows = model.web_search_read(
            action.get("domain") or [],
            {
                name: {"fields": {"display_name": {}}}
                if model._fields[name].type == "many2one"
                else {}
                for name in names
            },
        )["records"]
        return [[self._say(model, name, row[name]) for name in names] for row in rows]

    def _say(self, model, name, value):
        field = model._fields[name]
        if field.type == "many2one":
            return value["display_name"] if value else None
        if field.type == "selection":
            return dict(field._description_selection(model.env)).get(value)
        return None if value is False or value == "" else value

    def _assert_same(self, rows, shown):
        self.assertEqual(len(rows), len(shown))
        for row, expected in zip(rows, shown, strict=True):
            for cell, value in zip(row, expected, strict=True):
                if isinstance(value, float):
                    self.assertAlmostEqual(float(cell or 0), value, 6)
                elif value is None:
                    self.assertIn(cell, (None, ""))
                else:
                    told = cell.date() if hasattr(cell, "date") else cell
                    self.assertEqual(str(told), str(value))

    def _assert_exported(self, action, least):
        names = self._get_columns(action)
        shown = self._shown(action, names)
        self.assertGreaterEqual(len(shown), least)
        for kind in ("xlsx", "csv"):
            header, *rows = self._export(action, names, kind)
            self.assertEqual(header, names)
            self._assert_same(rows, shown)
        return names, shown

    def test_what_is_recognized_per_purchase(self):
        recognition = self._recognize(post=False).with_user(self.accountant)
        action = recognition.action_view_lines()
        names, shown = self._assert_exported(action, 2)
        lines = [dict(zip(names, row, strict=True)) for row in shown]
        total = sum(line["revenue_company"] for line in lines)
        self.assertAlmostEqual(total, recognition.revenue, 2)
        self.assertGreater(sum(line["breakage"] for line in lines), 0)

    def test_the_rows_behind_it(self):
        """Also with names of tickets and entries that the accountant may not open."""
        recognition = self._recognize(post=False).with_user(self.accountant)
        names, shown = self._assert_exported(recognition.action_view_rows(), 2)
        self.assertTrue(all(row[names.index("timesheet_id")] for row in shown[:2]))
        for model, name in (
            ("service.credit.allocation", "ticket_id"),
            ("service.credit.movement", "timesheet_id"),
        ):
            action = {"res_model": model, "views": []}
            names, shown = self._assert_exported(action, 2)
            self.assertTrue(any(row[names.index(name)] for row in shown))

    def test_names_are_exported_of_rows_that_can_be_read(self):
        rows = self.env["service.credit.consumption"].search([])
        stranger = new_test_user(
            self.env, "stranger", "base.group_user,base.group_allow_export"
        )
        with self.assertRaises(AccessError):
            rows.with_user(stranger).export_data(["timesheet_id"])

    def test_grouped_it_adds_up_to_the_same(self):
        recognition = self._recognize(post=False).with_user(self.accountant)
        action = recognition.action_view_lines()
        names = ["purchase_id", "credits_used", "revenue_company", "breakage_company"]
        rows = self._export(action, names, groupby=["currency_id"])[1:]
        details = [row for row in rows if row[0] in self._get_purchases(recognition)]
        self.assertEqual(len(details), len(recognition.line_ids))
        for index, name in enumerate(names[1:], 1):
            found = sum(row[index] for row in details)
            self.assertAlmostEqual(found, sum(recognition.line_ids.mapped(name)), 6)
            groups = [row for row in rows if row not in details]
            self.assertAlmostEqual(sum(row[index] for row in groups), found, 6)

    def _get_purchases(self, recognition):
        return recognition.line_ids.purchase_id.mapped("display_name")

    def test_what_is_in_the_books_on_a_day(self):
        """Also on an earlier day, which the context of the list tells."""
        self._recognize()
        for days in (0, -20):
            window = self.env["service.credit.owed"].with_user(self.accountant)
            window = window.create({"date_to": self._day(days)})
            for action in (window.action_open_books(), window.action_open_balance()):
                with self.subTest(days=days, model=action["res_model"]):
                    self._assert_exported(action, 1)

    def test_the_analysis_of_time(self):
        """For an accountant who may read timesheets."""
        approver = self.env.ref("hr_timesheet.group_hr_timesheet_approver")
        self.accountant.group_ids = [Command.link(approver.id)]
        names = ["ticket_id", "unit_amount", "timesheet_revenues", "amount", "margin"]
        domain = [("ticket_id", "!=", False)]
        action = {
            "res_model": "timesheets.analysis.report",
            "domain": domain,
            "context": {},
        }
        shown = self._shown(action, names)
        rows = self._export(action, names)[1:]
        self._assert_same(rows, shown)
        # A credit of 100 francs is worth half of one of 100 dollars.
        self.assertEqual(sorted(row[2] for row in rows), [250, 400])
