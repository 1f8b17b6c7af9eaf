# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from freezegun import freeze_time

from odoo.tests import new_test_user

from .credit import CreditCommon


class AlertCommon(CreditCommon):
    """A customer with a salesperson; the levels every company starts with."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alert_model = cls.env["service.credit.alert"]
        cls.salesman = new_test_user(
            cls.env, "sales_sia", "sales_team.group_sale_salesman"
        )
        cls.customer.user_id = cls.salesman
        cls.ticket = cls._create_ticket()
        # What other addons and demo data bought is none of these tests' business.
        cls.env["res.company"].search([("id", "!=", cls.company.id)]).write(
            {
                "service_credit_alert_percents": False,
                "service_credit_alert_days": False,
            }
        )

    def _fire(self, day=0, company=None):
        """Do what the scheduled action does on a day, in days from today."""
        company = company or self.company
        with freeze_time(f"{self._day(day)} 12:00:00"):
            before = self.alert_model.search([])
            customers = self.alert_model._get_due_customers(company)
            self.alert_model.with_company(company)._fire(company, customers)
            return (self.alert_model.search([]) - before).sorted("id")

    def _use(self, credits, **values):
        return self._draw(self.ticket, credits, **values).rows

    def _levels(self, alerts):
        return [(alert.kind, alert.level) for alert in alerts]

    def _notes(self, customer=None):
        """Return the texts logged on a customer, oldest first."""
        messages = (customer or self.customer).message_ids.sorted("id")
        return [
            message.body
            for message in messages
            if "Service credits at" in (message.body or "")
        ]

    def _activities(self, customer=None):
        return self.env["mail.activity"].search(
            [
                ("res_model", "=", "res.partner"),
                ("res_id", "=", (customer or self.customer).id),
            ]
        )
