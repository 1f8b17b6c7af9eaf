# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command, fields
from odoo.tests import new_test_user

from odoo.addons.base.tests.common import BaseCommon

from .people import create_employees, create_users
from .refusals import Refusals


class ServiceCreditCommon(Refusals, BaseCommon):
    """A helpdesk that tracks and bills time: team, people, products, customers.

    `sale.order.line.create` and friends run as superuser here; tests of rights use
    `with_user` on the users of this class.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.hour = cls.env.ref("uom.product_uom_hour")
        cls.agent, cls.seller, cls.helpdesk_manager = create_users(
            cls.env,
            {
                "agent_anna": "helpdesk_mgmt.group_helpdesk_user",
                "seller_sam": "sales_team.group_sale_salesman_all_leads",
                "manager_mia": "helpdesk_mgmt.group_helpdesk_manager",
            },
        )
        create_employees(cls.agent | cls.helpdesk_manager)
        cls.agent_employee = cls.agent.employee_id
        # The employee that superuser's entries fall back to.
        cls.employee = cls.env.user.employee_id or cls.env["hr.employee"].create(
            {"name": "Support Desk", "user_id": cls.env.uid}
        )
        cls.employee.hourly_cost = 40
        cls.team = cls.env["helpdesk.ticket.team"].create(
            {
                "name": "First Line",
                "allow_timesheet": True,
                "allow_billable": True,
                "user_ids": [Command.link(cls.agent.id)],
            }
        )
        cls.project = cls.team.default_project_id
        cls._create_customers()
        cls.prepaid_product = cls._create_service("Support Pack", "ordered_prepaid")
        cls.time_product = cls._create_service("Support Time", "delivered_timesheet")

    @classmethod
    def _create_customers(cls):
        cls.customer = cls.env["res.partner"].create(
            {"name": "Azure Mills", "is_company": True}
        )
        cls.contact = cls.env["res.partner"].create(
            {
                "name": "Nora Azure",
                "parent_id": cls.customer.id,
                "email": "n@azure.test",
            }
        )
        cls.other_customer = cls.env["res.partner"].create(
            {"name": "Birch Works", "is_company": True}
        )

    @classmethod
    def _create_person(cls, login, groups):
        user = new_test_user(cls.env, login, groups)
        cls.env["hr.employee"].create({"name": user.name, "user_id": user.id})
        return user

    @classmethod
    def _create_service(cls, name, policy, **values):
        product = cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "uom_id": cls.hour.id,
                "list_price": 100,
                "taxes_id": [Command.clear()],
                **values,
            }
        )
        product.product_tmpl_id.service_policy = policy
        return product

    @classmethod
    def _sell(cls, product=None, hours=10, partner=None, confirm=True, **order_values):
        """Return the line of a (confirmed) order of `hours` of `product`."""
        order = cls.env["sale.order"].create(
            {
                "partner_id": (partner or cls.customer).id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": (product or cls.prepaid_product).id,
                            "product_uom_qty": hours,
                        }
                    )
                ],
                **order_values,
            }
        )
        if confirm:
            order.action_confirm()
        if "date_order" in order_values:
            order.date_order = order_values["date_order"]
        return order.order_line

    @classmethod
    def _keep_accounts(cls):
        """Give the company accounts, without which nothing can be invoiced."""
        if not cls.company.chart_template:
            cls.env["account.chart.template"].try_loading("generic_coa", cls.company)

    def _invoice_order(self, order, **values):
        """Return the invoice that the seller makes with core's window."""
        wizard = (
            self.env["sale.advance.payment.inv"]
            .with_user(self.seller)
            .with_context(active_model="sale.order", active_ids=order.ids)
            .create({"advance_payment_method": "delivered", **values})
        )
        wizard.create_invoices()
        return order.invoice_ids.sorted("id")[-1:]

    @classmethod
    def _authorize(cls, item, hours):
        """Limit the item to `hours` more than it has, as agreed with its customer."""
        item.limit_hours = True
        authorization = cls.env["service.authorization"].create(
            {"sale_line_id": item.id, "hours": hours, "reason": "Agreed by phone"}
        )
        authorization.action_approve()
        return authorization

    @classmethod
    def _create_ticket(cls, **values):
        return cls.env["helpdesk.ticket"].create(
            {
                "name": "Printer on fire",
                "description": "<p>Smoke.</p>",
                "team_id": cls.team.id,
                "partner_id": cls.customer.id,
                **values,
            }
        )

    @classmethod
    def _log(cls, ticket, hours=1.0, **values):
        """Log `hours` on `ticket` the way an import does: only the ticket is named."""
        return cls.env["account.analytic.line"].create(
            {
                "ticket_id": ticket.id,
                "name": "Work",
                "unit_amount": hours,
                "date": fields.Date.today(),
                "employee_id": cls.employee.id,
                **values,
            }
        )
