# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..support.common import ServiceCreditCommon

FIGURES = ("goodwill_hours", "goodwill_hours_year")
VALUES = ("goodwill_value", "goodwill_value_year")


@tagged("post_install", "-at_install")
class TestGoodwill(ServiceCreditCommon):
    """What customers were given: counted in hours and value, this year and in all."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team.over_limit_policy = "overage"
        cls.item = cls._sell(cls.time_product, hours=10)
        cls.item.limit_hours = True
        cls.ticket = cls._create_ticket(
            sale_line_id=cls.item.id, partner_id=cls.contact.id
        )
        today = cls.company._get_today()
        cls.last_year = today.replace(month=1, day=1) - timedelta(days=1)
        cls.entries = cls._log(cls.ticket, 3, date=today) + cls._log(
            cls.ticket, 2, date=cls.last_year
        )

    def _give(self, entries=None):
        entries = self.entries if entries is None else entries
        entries.with_user(self.helpdesk_manager).action_goodwill_overage()
        self.env.flush_all()

    def _get_figures(self, names=FIGURES + VALUES, user=None):
        self.env.invalidate_all()
        customer = self.customer.with_user(user or self.env.user)
        return [customer[name] for name in names]

    def test_hours_and_value_of_this_year_and_in_all(self):
        self.assertEqual(self._get_figures(), [0, 0, 0, 0])
        self._give()
        self.assertEqual(self._get_figures(), [5, 3, 500, 300])
        self.assertEqual(self.contact.goodwill_hours, 5, "of the commercial entity")
        self.assertEqual(self.other_customer.goodwill_hours, 0)

    def test_later_prices_do_not_change_what_was_given(self):
        self._give()
        self.item.price_unit = 150
        self.assertEqual(self._get_figures(), [5, 3, 500, 300])

    def test_time_that_is_paid_after_all_counts_no_more(self):
        self._give()
        self.item.limit_hours = False
        self.entries[0].so_line = self.item
        self.assertEqual(self.entries[0].coverage, "sale_line")
        self.assertEqual(self._get_figures(), [2, 0, 200, 0])

    def test_shorter_time_counts_less(self):
        self._give()
        self.entries[0].unit_amount = 1
        self.assertEqual(self._get_figures(), [3, 1, 300, 100])

    def test_nobody_types_it(self):
        with self.assertRaises(AccessError):
            self.entries.with_user(self.helpdesk_manager).write({"goodwill_value": 9})

    def test_list_and_pivot_have_a_line_per_entry(self):
        self._give()
        given = self.env["service.goodwill"].search(
            [("commercial_partner_id", "=", self.customer.id)], order="hours"
        )
        self.assertEqual(given.mapped("hours"), [2, 3])
        self.assertEqual(given.mapped("value"), [200, 300])
        self.assertEqual(given.decided_by_id, self.helpdesk_manager)
        self.assertEqual(given.timesheet_id, self.entries)
        action = self.contact.action_view_goodwill()
        self.assertEqual(self.env["service.goodwill"].search(action["domain"]), given)

    def test_helpdesk_managers_see_hours_and_no_prices(self):
        self._give()
        manager = self.helpdesk_manager
        self.assertEqual(self._get_figures(FIGURES, manager), [5, 3])
        with self.assertRaises(AccessError):
            self._get_figures(VALUES, manager)
        goodwill = self.env["service.goodwill"].with_user(manager).search([])
        self.assertNotIn("value", goodwill.fields_get())
        self.assertEqual(self._get_figures(user=self.seller), [5, 3, 500, 300])

    def test_an_export_names_tickets_that_its_reader_may_not_open(self):
        self._give()
        accountant = new_test_user(
            self.env,
            "goodwill_accountant",
            "account.group_account_readonly,base.group_allow_export",
        )
        given = self.env["service.goodwill"].with_user(accountant).search([])
        rows = given.export_data(["ticket_id", "hours", "value"])["datas"]
        self.assertEqual(
            sorted(rows, key=lambda row: row[1]),
            [
                [self.entries[0].ticket_id.display_name, 2, 200],
                [self.entries[0].ticket_id.display_name, 3, 300],
            ],
        )

    def test_agents_see_none_of_it(self):
        self._give()
        with self.assertRaises(AccessError):
            self._get_figures(FIGURES, self.agent)
        with self.assertRaises(AccessError):
            self.env["service.goodwill"].with_user(self.agent).search([])

    def test_other_companies_see_none_of_it(self):
        self._give()
        branch = self.env["res.company"].create({"name": "Branch"})
        stranger = new_test_user(
            self.env,
            "goodwill_stranger",
            "helpdesk_mgmt.group_helpdesk_manager",
            company_id=branch.id,
            company_ids=[branch.id],
        )
        self.assertEqual(self._get_figures(FIGURES, stranger), [0, 0])
        self.assertFalse(self.env["service.goodwill"].with_user(stranger).search([]))

    def test_figures_of_many_customers_cost_no_more_queries(self):
        self._give()
        customers = self.env["res.partner"].create(
            [{"name": f"Mill {n}", "is_company": True} for n in range(20)]
        )
        counts = []
        for partners in (self.customer, self.customer + customers):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.cr.sql_log_count
            partners.mapped("goodwill_hours")
            counts.append(self.cr.sql_log_count - start)
        one, many = counts
        self.assertLessEqual(many, one)
