# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from ...models.ledger.drawing import DrawRequest, draw_credits
from ..support.scratch import ScratchCase, buy

LOGGER = "odoo.addons.helpdesk_service_credit.models.alert.service_credit_alert_cron"


@tagged("post_install", "-at_install")
class TestAlertRace(ScratchCase):
    """Workers with connections of their own, which fire at one moment."""

    @classmethod
    def _prepare(cls, env):
        admin = env.ref("base.user_admin")
        customers = env["res.partner"].create(
            [
                {"name": f"Low {n}", "is_company": True, "user_id": admin.id}
                for n in range(7)
            ]
        )
        ticket = env["helpdesk.ticket"].create({"name": "Race", "description": "-"})
        for customer in customers:
            buy(env, customer, 10)
            request = DrawRequest(
                work=ticket,
                partner=customer,
                company=env.company,
                currency=env.company.currency_id,
                date=fields.Date.context_today(customer),
                credits=8.5,
            )
            draw_credits(env, [request])
        cls.customer_ids = customers.ids

    @mute_logger("odoo.sql_db", LOGGER)
    def test_workers_tell_once(self):
        def job(env):
            return env["service.credit.alert"]._cron_fire(batch_size=3)

        results = self._race(*[job] * 4)
        self.assertEqual(results, [None] * 4)
        with self._env() as env:
            # Who was in the way of another worker is left for the next run.
            env["service.credit.alert"]._cron_fire()
            customers = env["res.partner"].browse(self.customer_ids)
            alerts = env["service.credit.alert"].search([("kind", "=", "percent")])
            alerts = alerts.filtered(lambda a: a.commercial_partner_id in customers)
            self.assertEqual(alerts.mapped("level"), [20] * 7)
            self.assertEqual(len(alerts.commercial_partner_id), 7)
            for customer in customers:
                notes = customer.message_ids.filtered(
                    lambda message: "of 10.00 service credits" in message.body
                )
                self.assertEqual(len(notes), 1)
                self.assertEqual(len(customer.activity_ids), 1)
