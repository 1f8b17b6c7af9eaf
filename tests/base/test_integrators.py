# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What docs/integrators.md says other programs and addons can do is done here."""

import json
import re
from datetime import timedelta
from urllib.parse import urlsplit

from odoo import fields
from odoo.tests import HttpCase, tagged

from ..support.funding import MAY, FundingCommon
from ..support.rooms import ROOT

PAGE = (ROOT / "docs" / "integrators.md").read_text()
CURL = re.compile(r"curl -s (?P<url>\S+).*?-d '(?P<body>[^']*)'", re.DOTALL)
# Names in the first column of a table, like `model.method(arguments)`.
METHOD = re.compile(r"`([a-z_.]+)\.(_?[a-z_]+)\([^)]*\)`")


@tagged("post_install", "-at_install")
class TestIntegrators(FundingCommon, HttpCase):
    def _override(self, name, method, function):
        """Override a method as another addon would, with what it did before."""
        model = self.env.registry[name]
        before = getattr(model, method)
        self.patch(model, method, lambda record, *args: function(before, record, *args))

    def _get_calls(self):
        return [match.groupdict() for match in CURL.finditer(PAGE)]

    def _post(self, call, user, ids):
        """Send what the page sends, with records of this test instead of its own."""
        key = self.env["res.users.apikeys"].with_user(user).sudo()
        until = fields.Datetime.now() + timedelta(hours=1)
        body = call["body"]
        for example, record in ids.items():
            body = body.replace(example, str(record.id))
        answer = self.url_open(
            urlsplit(call["url"]).path,
            json=json.loads(body),
            headers={"Authorization": f"bearer {key._generate('rpc', 'test', until)}"},
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        return answer.json()

    def test_the_calls_of_the_page(self):
        ask, log = self._get_calls()
        self._buy(10, expiry="2027-12-31")
        [balance] = self._post(ask, self.agent, {"7": self.customer})
        self.assertEqual(balance["credits_available"], 10)
        self.assertNotIn("value_available", balance)
        [entry] = self._post(log, self.agent, {"42": self.ticket})
        entry = self.env["account.analytic.line"].browse(entry)
        self.assertEqual((entry.ticket_id, entry.coverage), (self.ticket, "credits"))

    def test_every_method_of_the_page_is_there(self):
        methods = METHOD.findall(PAGE)
        self.assertGreater(len(methods), 12)
        for name, method in methods:
            self.assertTrue(hasattr(self.env[name], method), f"{name}.{method}")

    def test_another_customer_pays(self):
        mine = self._buy(10)
        other = self._buy(10, partner_id=self.other_customer.id)
        self._override(
            "account.analytic.line",
            "_get_customer",
            lambda before, entry: self.other_customer,
        )
        self._work(2)
        self.assertEqual((mine.credits_available, other.credits_available), (10, 8))

    def test_prepaid_hours_go_on_below_zero(self):
        self.team.write({"prepaid_limit": "closed", "over_limit_policy": "overage"})
        item = self._sell(hours=1)
        self.ticket.sale_line_id = item
        self._override(
            "account.analytic.line", "_get_prepaid_limit", lambda before, entry: "open"
        )
        self.assertEqual(self._work(3).so_line, item)
        self.assertEqual(item.remaining_hours, -2)

    def test_an_hour_counts_twice(self):
        self._override(
            "account.analytic.line",
            "_get_billing_factor",
            lambda before, entry: 2 * before(entry),
        )
        entry = self._work(1.5)
        self.assertEqual((entry.unit_amount, entry.hours_billed), (1.5, 3))

    def test_an_item_pays_no_time(self):
        self.team.over_limit_policy = "overage"
        item = self._sell(hours=10)
        self.ticket.sale_line_id = item
        self.assertEqual(self._work(1).so_line, item)
        self._override(
            "sale.order.line",
            "_may_pay_time",
            lambda before, line: before(line) and line != item,
        )
        entry = self._work(1)
        self.assertEqual((entry.so_line.id, entry.coverage), (False, "overage"))

    def test_terms_of_ones_own(self):
        """Of a ticket and of a task: another team's, another project's."""
        self.team.over_limit_policy = "non_billable"
        strict = self.team.copy({"name": "Strict", "over_limit_policy": "overage"})
        self._override(
            "helpdesk.ticket", "_get_terms", lambda before, ticket: strict.sudo()
        )
        self._buy(1)
        self._work(3)
        self.assertEqual(
            [(piece[0], piece[1]) for piece in self._pieces()],
            [("credits", 1), ("overage", 2)],
        )

    def test_terms_of_a_task_of_ones_own(self):
        project = self.env["project.project"].create(
            {
                "name": "Rollout",
                "allow_billable": True,
                "allow_timesheets": True,
                "partner_id": self.customer.id,
                "use_service_credits": True,
            }
        )
        task = self.env["project.task"].create(
            {"name": "Cabling", "project_id": project.id}
        )
        terms = project.copy({"name": "Terms", "over_limit_policy": "overage"})
        self._override("project.task", "_get_terms", lambda before, task: terms.sudo())
        self._buy(5, partner_id=self.customer.id)
        self._log(self.ticket, 7, ticket_id=False, task_id=task.id, date=MAY)
        self.assertEqual(
            sorted((one.coverage, one.unit_amount) for one in task.timesheet_ids),
            [("credits", 5), ("overage", 2)],
        )

    def test_what_a_product_says(self):
        self._override(
            "service.credit.purchase",
            "_get_product_terms",
            lambda before, purchases, product, company: {
                **before(purchases, product, company),
                "priority": 7,
            },
        )
        purchase = self._buy(5, product_id=self.prepaid_product.id)
        self.assertEqual(purchase.priority, 7)
