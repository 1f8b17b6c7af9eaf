# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import re
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..support.approval import ApprovalCommon

# What the number of a card or of a color adds up, in the list that it opens.
MEASURES = {
    "risk": ("service.revenue.risk", "value"),
    "overage": ("account.analytic.line", "hours_billed"),
    "over": ("account.analytic.line", "unit_amount"),
    "approval": ("account.analytic.line", "unit_amount"),
    "expiring": ("service.credit.purchase", "credits_available"),
    "invoice": ("account.analytic.line", "hours_billed"),
    "request": ("service.authorization", None),
    "credits": ("account.analytic.line", "unit_amount"),
    "sale_line": ("account.analytic.line", "unit_amount"),
    "non_billable": ("account.analytic.line", "unit_amount"),
    "sold": ("service.credit.purchase", "credits"),
    "used": ("service.credit.consumption", "credits"),
    "expired": ("service.credit.consumption", "credits"),
}
BOSS = (
    "helpdesk_mgmt.group_helpdesk_manager,hr_timesheet.group_hr_timesheet_approver,"
    "helpdesk_service_credit.group_service_credit_manager,"
    "account.group_account_invoice,sales_team.group_sale_salesman_all_leads"
)


@tagged("post_install", "-at_install")
class TestOverview(ApprovalCommon):
    """The screen of the morning: its figures are those of the lists they open."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = cls._create_person("boss_bea", BOSS)
        cls.auditor = new_test_user(
            cls.env, "auditor_ada", "account.group_account_readonly"
        )
        cls.team.write({"over_limit_policy": "overage", "allow_billable": True})
        cls.today = cls.company._get_today()
        cls.expiry = cls.today + timedelta(days=20)
        cls.item = cls._sell(cls.time_product, hours=10, partner=cls.other_customer)

    def _fill(self, times=1):
        """Have a bit of everything."""
        for _time in range(times):
            self._buy(10, start=self.today, expiry=self.expiry)
            self._enter_submitted(hours=2, date=self.today)
            values = {"partner_id": self.other_customer.id, "user_id": self.agent.id}
            ticket = self._create_ticket(sale_line_id=self.item.id, **values)
            self._approve(self._enter_submitted(hours=3, ticket=ticket))
            entry = self._enter(hours=4, ticket=ticket, date=self.today)
            self.assertEqual(entry.coverage, "sale_line")
            capped = self._sell(self.time_product, partner=self.other_customer)
            self._authorize(capped, 1)
            ticket = self._create_ticket(sale_line_id=capped.id, **values)
            self._enter(hours=6, ticket=ticket, date=self.today - timedelta(days=30))
            self.env["service.authorization"].create(
                {"sale_line_id": capped.id, "hours": 7, "reason": "More"}
            )

    def _get(self, user=None):
        """Return the overview of a user, its cards and series by their names."""
        self.env.flush_all()
        self.env.invalidate_all()
        overview = self.env["service.overview"].with_user(user or self.boss)
        overview, risk = overview.get_overview(), overview.get_risk()
        figures = {card["id"]: card for card in overview["cards"]}
        self.assertEqual(bool(risk), "risk" in figures)
        if risk:
            figures["risk"].update(risk)
        for chart in overview["charts"]:
            for one in chart["series"]:
                figures[one["id"] if one["id"] != "overage" else "over"] = one
        return overview, figures

    def _assert_lists_agree(self, user):
        _overview, figures = self._get(user)
        for name, figure in figures.items():
            model, field = MEASURES[name]
            records = self.env[model].with_user(user).search(figure["domain"])
            action = self.env.ref(figure["action"])
            self.assertEqual(action.res_model, model)
            if "count" in figure:
                self.assertEqual(figure["count"], len(records), name)
            if field == "value" and "$" not in figure["number"]:
                field = "hours"
            if field:
                number = figure.get("number", figure.get("total"))
                shown = float(re.sub(r"[^\d.]", "", number))
                self.assertEqual(shown, round(sum(records.mapped(field)), 2), name)

    def test_figures_are_those_of_the_lists(self):
        self._fill()
        users = self.boss | self.agent | self.seller | self.leader | self.auditor
        for user in users | self.helpdesk_manager:
            with self.subTest(user.login):
                self._assert_lists_agree(user)

    def test_what_came_is_counted(self):
        before = self._get()[1]
        self._fill()
        after = self._get()[1]
        self.assertEqual(
            {
                name: after[name]["count"] - before[name]["count"]
                for name in ("overage", "expiring", "invoice", "request")
            },
            {"overage": 1, "expiring": 1, "invoice": 1, "request": 1},
        )
        self.assertGreater(after["risk"]["count"], before["risk"]["count"])
        added = {
            name: sum(after[name]["values"]) - sum(before[name]["values"])
            for name in ("credits", "over", "sold", "used", "expired")
        }
        self.assertEqual(
            added, {"credits": 2, "over": 5, "sold": 10, "used": 2, "expired": 0}
        )
        self.assertEqual(after["credits"]["values"][-1], 2, "this week is the last")
        self.assertEqual(self._get(self.leader)[1]["approval"]["number"], "2 h")

    def test_everybody_sees_what_their_lists_show(self):
        self._fill()
        hours = {"credits", "sale_line", "over", "non_billable"}
        credits = {"sold", "used", "expired"}
        shown = {
            # Neither has the menu of what is to be invoiced.
            self.agent: {"request"} | hours,
            self.leader: {"approval", "request"} | hours,
            self.helpdesk_manager: {"risk", "overage", "approval", "invoice"}
            | {"request"}
            | hours,
            self.auditor: {"risk", "expiring", "request"} | credits,
        }
        for user, names in shown.items():
            with self.subTest(user.login):
                self.assertEqual(set(self._get(user)[1]), names)
        self.assertLessEqual({"expiring"} | credits, set(self._get(self.seller)[1]))
        for user in self.agent | self.leader | self.helpdesk_manager:
            self.assertNotIn("$", str(self._get(user)[0]), "no prices for agents")
        self.assertIn("$", self._get(self.auditor)[1]["risk"]["number"])

    def test_the_companies_chosen(self):
        self._fill()
        other = self.env["res.company"].create({"name": "Morning"})
        self.boss.company_ids += other
        self.assertFalse(self._get()[0]["is_empty"])
        overview = self.env["service.overview"].with_user(self.boss)
        self.assertTrue(overview.with_company(other).get_overview()["is_empty"])

    def test_others_see_none_of_it(self):
        portal = new_test_user(self.env, "portal_pia", "base.group_portal")
        employee = new_test_user(self.env, "plain_pol", "base.group_user")
        for user in portal | employee:
            overview = self.env["service.overview"].with_user(user)
            for method in (overview.get_overview, overview.get_risk):
                with self.assertRaises(AccessError):
                    method()

    def test_queries_do_not_follow_the_data(self):
        def count():
            self._get()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            overview = self.env["service.overview"].with_user(self.boss)
            overview.get_overview()
            overview.get_risk()
            return self.env.cr.sql_log_count - before

        self._fill()
        few = count()
        self._fill(3)
        self.assertEqual(count(), few)
