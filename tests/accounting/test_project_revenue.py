# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import tagged

from ..support.accounting import AccountingCommon


@tagged("post_install", "-at_install")
class TestRevenue(AccountingCommon):
    """What credits paid is revenue of the project and of the analysis of time."""

    def test_the_project_and_the_analysis_count_the_value(self):
        self._sell_credits()
        entry = self._spend(4)
        self.env.flush_all()
        items = entry.project_id._get_profitability_items(with_action=False)
        revenue = {line["id"]: line["invoiced"] for line in items["revenues"]["data"]}
        self.assertEqual(revenue["service_credits"], 400)
        self.assertEqual(items["revenues"]["total"]["invoiced"], 400)
        line = self.env["timesheets.analysis.report"].browse(entry.id)
        self.assertEqual(line.timesheet_revenues, 400)
        self.assertEqual(line.margin, 400 + entry.amount)

    def test_an_update_of_the_project_says_what_credits_earned_and_what_is_left(self):
        self._sell_credits()
        project = self._spend(4).project_id
        project.write({"partner_id": self.customer.id, "use_service_credits": True})
        self.env.flush_all()
        boss = self._create_person(
            "boss_of_projects",
            "project.group_project_manager,hr_timesheet.group_hr_timesheet_user",
        )
        worker = self._create_person("worker", "project.group_project_user")
        for user, shown, hidden in (
            (boss, ("400", "6.00 service credits left"), ()),
            (worker, (), ("400", "service credits left")),
        ):
            updates = self.env["project.update"].with_user(user)
            text = updates._build_description(project.with_user(user))
            for part in shown:
                self.assertIn(part, text)
            for part in hidden:
                self.assertNotIn(part, text)
        self.assertFalse(
            project.get_sale_items_data(limit=9, section_id="service_credits")[
                "sol_items"
            ]
        )

    def test_another_currency_is_converted(self):
        francs = self._create_currency("CHF", 2.0)
        pricelist = self.env["product.pricelist"].create(
            {"name": "Francs", "currency_id": francs.id}
        )
        self._sell_credits(pricelist_id=pricelist.id)
        entry = self._spend(4)
        self.env.flush_all()
        line = self.env["timesheets.analysis.report"].browse(entry.id)
        self.assertEqual(line.timesheet_revenues, 200)
