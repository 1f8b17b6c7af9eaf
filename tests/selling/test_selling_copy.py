# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

from ...hooks import uninstall_hook
from ..support.selling import SellingCommon

ADDON = "helpdesk_service_credit"


@tagged("post_install", "-at_install")
class TestSellingCopy(SellingCommon):
    """A copy of the database for tests, and a database that loses the addon."""

    def _neutralize(self):
        self.env.flush_all()
        queries = list(get_neutralization_queries([ADDON]))
        self.assertTrue(queries)
        for query in queries:
            self.cr.execute(query)
        self.env.invalidate_all()

    def test_connected_systems(self):
        """No secret and no address is left, and resuming reaches nobody."""
        secret = "s3cret-of-the-original"
        model = self.env["service.sync.source"]
        sources = model.create(
            [
                {
                    "name": f"Production {connector}",
                    "connector": connector,
                    "url": "https://erp.example.com/rows",
                    "host": "db.example.com",
                    "api_key": secret,
                    "header_secret": secret,
                    "password": secret,
                }
                for connector in ("odoo", "json", "postgresql", "csv")
            ]
        )
        self._neutralize()
        self.assertEqual(set(sources.mapped("state")), {"cancelled"})
        secrets = [
            name for name, field in model._fields.items() if not field.exportable
        ]
        self.assertGreaterEqual(set(secrets), {"api_key", "header_secret", "password"})
        everything = str(sources.read())
        self.assertNotIn(secret, everything)
        self.assertNotIn("example.com", everything)
        sources.action_resume()
        for source in sources - sources.filtered(lambda s: s.connector == "csv"):
            self.assertIn(".invalid", f"{source.url} {source.host}")

    def _ask_for_hours(self):
        """Return the mail with the customer's link, as it waits to be sent."""
        self.customer.email = "azure@example.test"
        item = self._sell(self.time_product)
        item.limit_hours = True
        request = self.env["service.authorization"].create(
            {"sale_line_id": item.id, "hours": 1}
        )
        request.action_send()
        mail = self.env["mail.mail"].search(
            [("body_html", "like", request.access_token), ("state", "=", "outgoing")]
        )
        self.assertEqual(len(mail), 1)
        return mail

    def test_nothing_is_sent(self):
        """Neither alerts nor what was queued, and no scheduled action runs."""
        self.company.write(
            {
                "service_credit_alert_customer": True,
                "service_credit_alert_quotation": True,
            }
        )
        self.customer.service_credit_alert_mail = "always"
        mails = self.env["mail.mail"].create(
            [
                {
                    "model": model,
                    "state": state,
                    "subject": "Hours",
                    "reply_to": "desk@example.com",
                }
                for model in ("service.authorization", "service.credit.alert")
                for state in ("outgoing", "exception")
            ]
        )
        mails += self._ask_for_hours()
        self._neutralize()
        self.assertFalse(self.customer._gets_service_credit_alerts(self.company))
        self.assertFalse(self.company.service_credit_alert_quotation)
        self.assertEqual(set(mails.mapped("state")), {"cancel"})
        crons = self.env["ir.cron"].search([("model_id.model", "=like", "service.%")])
        self.assertFalse(crons)

    def test_agents_keep_no_right_that_the_addon_gave(self):
        """Uninstalling takes back that those who work on tickets log time."""
        agents = self.env.ref("helpdesk_mgmt.group_helpdesk_user_own")
        loggers = self.env.ref("hr_timesheet.group_hr_timesheet_user")
        self.assertIn(loggers, agents.implied_ids)
        uninstall_hook(self.env)
        self.assertNotIn(loggers, agents.all_implied_ids)

    def test_choices_added_to_other_models_leave_a_value(self):
        """Uninstalling empties no column: each choice names what takes its place."""
        data = self.env["ir.model.data"].search(
            [("module", "=", ADDON), ("model", "=", "ir.model.fields.selection")]
        )
        choices = self.env["ir.model.fields.selection"].browse(data.mapped("res_id"))
        checked = 0
        for choice in choices:
            model = self.env[choice.field_id.model]
            field = model._fields[choice.field_id.name]
            # A report of the database holds no column that could be emptied.
            if model._auto and field._modules[0] != ADDON:
                checked += 1
                policy = (field.ondelete or {}).get(choice.value, "set null")
                self.assertNotEqual(policy, "set null", f"{field} {choice.value}")
        self.assertTrue(checked)
