# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import tagged

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
        self._neutralize()
        self.assertFalse(self.customer._gets_service_credit_alerts(self.company))
        self.assertFalse(self.company.service_credit_alert_quotation)
        self.assertEqual(set(mails.mapped("state")), {"cancel"})
        crons = self.env["ir.cron"].search([("model_id.model", "=like", "service.%")])
        self.assertFalse(crons)

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
