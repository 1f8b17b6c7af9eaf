# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.safe_eval import safe_eval

from ..support.common import ServiceCreditCommon


@tagged("post_install", "-at_install")
class TestTicketRights(ServiceCreditCommon):
    """What each person may do with time and items, with their own rights only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._sell()
        cls.foreign_item = cls._sell(partner=cls.other_customer)
        cls.ticket = cls._create_ticket()

    def _search_items(self, user):
        return self.env["sale.order.line"].with_user(user).search([])

    def test_agent_sees_the_service_items_of_every_customer(self):
        """An agent may write the first ticket of any customer."""
        own = self._create_person("own_olga", "helpdesk_mgmt.group_helpdesk_user_own")
        goods = self.env["product.product"].create({"name": "Desk", "type": "consu"})
        self._sell(goods)
        self._sell(confirm=False)
        for user in (self.agent, own):
            with self.subTest(user.login):
                found = self._search_items(user)
                self.assertEqual(found, self.item + self.foreign_item)

    def test_agent_sees_no_item_of_a_company_they_do_not_work_in(self):
        company = self.env["res.company"].create({"name": "Second Company"})
        elsewhere = self._sell(company_id=company.id)
        self.assertNotIn(elsewhere, self._search_items(self.agent))
        with self.assertRaises(AccessError):
            elsewhere.with_user(self.agent).read(["display_name"])
        with self.assertRaises(AccessError):
            self._search_items(new_test_user(self.env, "no_helpdesk_ned"))

    def test_first_ticket_of_a_customer_offers_their_items_before_it_is_saved(self):
        with Form(self.env["helpdesk.ticket"].with_user(self.agent)) as form:
            form.name = form.description = "Printer on fire"
            form.team_id = self.team
            form.partner_id = self.other_customer
            self.assertEqual(form.sale_line_id, self.foreign_item)
            domain = safe_eval(
                form._view["fields"]["sale_line_id"]["domain"],
                {
                    "commercial_partner_id": self.other_customer.id,
                    "company_id": self.company.id,
                },
            )
            items = self.env["sale.order.line"].with_user(self.agent)
            found = items.name_search("", domain)
            self.assertEqual([row[0] for row in found], self.foreign_item.ids)
        self.assertEqual(form.record.sale_line_id, self.foreign_item)

    def test_agent_picks_an_item_and_sees_its_balance(self):
        model = self.env["sale.order.line"].with_user(self.agent)
        found = model.with_context(with_remaining_hours=True).name_search("Support")
        self.assertIn(self.item.id, [row[0] for row in found])
        self.assertIn("10:00 remaining", found[0][1])
        with Form(self.ticket.with_user(self.agent)) as form:
            form.sale_line_id = self.item
            self.assertEqual(form.remaining_hours_so, 10)

    def test_agent_sees_nothing_else_of_sales(self):
        line = self.item.with_user(self.agent)
        self.assertEqual(line.read(["remaining_hours"])[0]["remaining_hours"], 10)
        for name in ("price_unit", "price_subtotal", "discount", "margin"):
            if name in line._fields:
                with self.subTest(name), self.assertRaises(AccessError):
                    line.read([name])
        with self.assertRaises(AccessError):
            line._read_group([], ["order_id"], ["price_subtotal:sum"])
        with self.assertRaises(AccessError):
            line.search([("price_unit", ">", 0)])
        with self.assertRaises(AccessError):
            line.write({"name": "Free"})
        for model in ("sale.order", "account.move"):
            with self.subTest(model), self.assertRaises(AccessError):
                self.env[model].with_user(self.agent).search([])

    def test_helpdesk_right_takes_nothing_away_from_other_groups(self):
        for groups in (
            "project.group_project_user",
            "account.group_account_readonly",
            "sales_team.group_sale_salesman_all_leads",
        ):
            with self.subTest(groups):
                login = groups.split(".")[1]
                before = new_test_user(self.env, f"{login}_1", groups)
                both = new_test_user(
                    self.env,
                    f"{login}_2",
                    f"{groups},helpdesk_mgmt.group_helpdesk_user",
                )
                self.assertEqual(self._search_items(before), self._search_items(both))
                self.assertTrue(self.foreign_item.with_user(both).read(["price_unit"]))

    def test_salesperson_with_own_documents_keeps_that_limit(self):
        groups = "sales_team.group_sale_salesman,helpdesk_mgmt.group_helpdesk_user"
        both = new_test_user(self.env, "own_sales", groups)
        self.item.order_id.user_id = self.seller
        self.foreign_item.order_id.user_id = both
        self.assertEqual(self._search_items(both), self.foreign_item)
        with self.assertRaises(AccessError):
            self.item.with_user(both).read(["price_unit"])
        self.ticket.sale_line_id = self.item
        with Form(self.ticket.with_user(both)) as form:
            form.name = "Still burning"
        self.assertEqual(self.ticket.sale_line_id, self.item)

    def test_figures_of_a_ticket_are_not_typed(self):
        """Neither by values nor by defaults of a context."""
        tickets = self.env["helpdesk.ticket"].with_user(self.agent)
        ticket = self.ticket.with_user(self.agent)
        for name, value in {
            "total_hours": 9.0,
            "service_credits_used": 9.0,
            "sale_order_id": self.foreign_item.order_id.id,
            "is_sale_line_cleared": True,
        }.items():
            values = {"name": "New", "description": "x", "team_id": self.team.id}
            before = ticket.sudo()[name]
            with self.subTest(name):
                for write in (
                    lambda values: tickets.create(values),
                    lambda values: ticket.write(values),
                    lambda values: ticket.web_save(values, {}),
                ):
                    with self.assertRaises(AccessError):
                        write({**values, name: value})
                context = {f"default_{name}": value}
                made = tickets.with_context(**context).create(values)
                self.assertFalse(made.sudo()[name])
                self.assertEqual(ticket.sudo()[name], before)

    def test_agent_finds_by_everything_the_search_offers(self):
        """Also by the sales order, which agents may not read: its items tell it."""
        self.ticket.sale_line_id = self.item
        entry = self._log(self.ticket, employee_id=self.agent_employee.id)
        records = {"helpdesk.ticket": self.ticket, "account.analytic.line": entry}
        order = self.item.order_id
        for name in (
            "helpdesk.ticket",
            "account.analytic.line",
            "service.authorization",
        ):
            model = self.env[name].with_user(self.agent)
            arch = etree.fromstring(model.get_view(view_type="search")["arch"])
            for field in arch.iter("field"):
                with self.subTest(model=name, field=field.get("name")):
                    domain = f"[('{field.get('name')}', 'ilike', self)]"
                    domain = field.get("filter_domain") or domain
                    found = model.search(safe_eval(domain, {"self": order.name}))
                    if "order_id" in field.get("name") and name in records:
                        self.assertEqual(found, records[name])

    def test_agent_logs_on_a_private_project(self):
        self.project.privacy_visibility = "followers"
        self.project.message_unsubscribe(self.agent.partner_id.ids)
        entry = (
            self.env["account.analytic.line"]
            .with_user(self.agent)
            .create({"ticket_id": self.ticket.id, "unit_amount": 1})
        )
        self.assertEqual(entry.so_line, self.item)
        entry.unit_amount = 2
        self.assertEqual(self.item.qty_delivered, 2)

    def test_agent_sees_all_time_of_a_ticket_and_changes_own_only(self):
        entry = self._log(self.ticket)
        theirs = entry.with_user(self.agent)
        self.assertEqual(self.ticket.with_user(self.agent).timesheet_ids, theirs)
        with self.assertRaises(AccessError):
            theirs.unit_amount = 3
        with self.assertRaises(AccessError):
            theirs.unlink()

    def test_time_on_a_ticket_that_may_not_be_read_is_refused(self):
        own = self._create_person("own_oda", "helpdesk_mgmt.group_helpdesk_user_own")
        with self.assertRaises(AccessError):
            self.env["account.analytic.line"].with_user(own).create(
                {"ticket_id": self.ticket.id, "unit_amount": 1}
            )

    def test_helpdesk_manager_without_project_rights_sets_up_a_team(self):
        with Form(
            self.env["helpdesk.ticket.team"].with_user(self.helpdesk_manager)
        ) as form:
            form.name = "Second Line"
            form.allow_timesheet = True
            form.allow_billable = True
        team = form.record.sudo()
        self.assertEqual(team.default_project_id.name, "Second Line")
        self.assertTrue(team.default_project_id.allow_billable)
        self.assertTrue(team.default_project_id.account_id.active)

    def test_portal_sees_time_of_own_tickets_when_the_team_shows_it(self):
        portal = new_test_user(
            self.env, "portal_pia", "base.group_portal", partner_id=self.contact.id
        )
        stranger = new_test_user(
            self.env,
            "portal_per",
            "base.group_portal",
            partner_id=self.other_customer.id,
        )
        entry = self._log(self.ticket)
        entries = self.env["account.analytic.line"]

        def shown(user):
            domain = entries.with_user(user)._timesheet_get_portal_domain()
            return entries.search(domain)

        self.assertFalse(shown(portal))
        self.team.show_timesheet_portal = True
        self.assertEqual(shown(portal), entry)
        self.assertFalse(shown(stranger))
        self.project.privacy_visibility = "portal"
        self.ticket.message_subscribe(stranger.partner_id.ids)
        self.assertFalse(shown(stranger))

    def test_merge_rights_and_company(self):
        """A team of another company refuses a project of this one."""
        company = self.env["res.company"].create({"name": "Second Company"})
        self.env.user.company_ids = [Command.link(company.id)]
        with self.assertRefused(UserError, self.project, "Elsewhere", company):
            self.env["helpdesk.ticket.team"].create(
                {
                    "name": "Elsewhere",
                    "company_id": company.id,
                    "allow_timesheet": True,
                }
            ).with_company(company).default_project_id = self.project
