# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..support.alert import AlertCommon

CRON = "helpdesk_service_credit.ir_cron_service_credit_alert"
LOGGER = "odoo.addons.helpdesk_service_credit.tools.failure"


@tagged("post_install", "-at_install")
class TestAlertCron(AlertCommon):
    """Batches, interruptions, bad customers, and two workers at once."""

    def _run_low(self, number):
        customers = self.env["res.partner"].create(
            [
                {"name": f"C{n}", "is_company": True, "user_id": self.salesman.id}
                for n in range(number)
            ]
        )
        for customer in customers:
            self._buy(10, partner_id=customer.id)
            self._use(8, partner=customer)
        return customers

    def _cron(self, batch_size=100, **context):
        """Run the scheduled action on a cursor of its own, where it may commit."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), self.registry.cursor() as cr:
            env = self.env(cr=cr, context={**self.env.context, **context})
            env["service.credit.alert"]._cron_fire(batch_size)
        self.env.invalidate_all()
        return self.alert_model.search([])

    def test_batches(self):
        customers = self._run_low(5)
        self.assertEqual(self._cron(2).commercial_partner_id, customers)
        self.assertEqual(len(self._cron(2)), 5)
        for customer in customers:
            self.assertEqual(len(self._notes(customer)), 1)
            self.assertEqual(len(self._activities(customer)), 1)

    def test_the_action_itself(self):
        customers = self._run_low(1)
        self.env.flush_all()
        with self.enter_registry_test_mode():
            self.env.ref(CRON).method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(self.alert_model.search([]).commercial_partner_id, customers)

    def test_interrupted_and_resumed(self):
        customers = self._run_low(5)
        cron = self.env.ref(CRON)
        progress = self.env["ir.cron.progress"].create({"cron_id": cron.id})
        no_time = {
            "cron_id": cron.id,
            "ir_cron_progress_id": progress.id,
            "cron_end_time": 0,
        }
        for done in (2, 4, 5):
            alerts = self._cron(2, **no_time)
            self.assertEqual(alerts.commercial_partner_id, customers[:done])
            self.assertEqual(progress.remaining, 5 - done)
        self.assertEqual(len(alerts), 5)
        self.assertEqual([len(self._notes(c)) for c in customers], [1] * 5)

    @mute_logger(LOGGER)
    def test_one_bad_customer_never_stops_the_rest(self):
        customers = self._run_low(5)
        bad = customers[2]
        cls = type(self.alert_model)
        tell = cls._tell

        def fail(alerts, *args):
            if bad in alerts.commercial_partner_id:
                raise ValueError("broken customer")
            return tell(alerts, *args)

        with patch.object(cls, "_tell", fail):
            alerts = self._cron(3)
        self.assertEqual(alerts.commercial_partner_id, customers - bad)
        self.assertFalse(self._notes(bad))
        self.assertEqual(
            self._activities(bad).mapped("note"), ["<p>broken customer</p>"]
        )
        self.assertEqual(self._cron(3).commercial_partner_id, customers)

    @mute_logger(LOGGER)
    def test_one_bad_company_never_stops_the_rest(self):
        branch = self.env["res.company"].create({"name": "Branch"})
        branch.service_credit_alert_user_id = self.env.user
        customers = self._run_low(2)
        self.env.flush_all()
        self.cr.execute(
            "UPDATE res_company SET service_credit_alert_percents = 'half'"
            " WHERE id = %s",
            [branch.id],
        )
        self.env.invalidate_all()
        self.assertEqual(self._cron().commercial_partner_id, customers)
        self.assertIn("half", self._activities(branch.partner_id).note)

    @mute_logger(LOGGER)
    def test_a_quotation_that_fails_becomes_an_activity(self):
        self.company.service_credit_alert_quotation = True
        [customer] = self._run_low(1)
        cls = type(self.alert_model)

        def fail(alerts):
            raise ValueError("no price list")

        with patch.object(cls, "_create_quotation", fail):
            self.assertEqual(self._cron().commercial_partner_id, customer)
        notes = self._activities(customer).mapped("note")
        self.assertIn("<p>no price list</p>", notes)

    @mute_logger(LOGGER, "odoo.sql_db")
    def test_two_workers(self):
        """Who planned before the other one committed fires nothing again."""
        customers = self._run_low(2)
        plan = self.alert_model._plan(self.company, self.today)
        self.assertEqual(len(plan[0]), 2)
        first = self._fire()
        self.assertEqual(len(first), 2)
        with patch.object(type(self.alert_model), "_plan", lambda *args: plan):
            self.alert_model._fire_batch(self.company, customers.ids)
        self.assertEqual(self.alert_model.search([]), first)
        self.assertEqual([len(self._notes(c)) for c in customers], [1, 1])

    def test_queries_do_not_grow_with_the_customers_of_a_batch(self):
        def count(number):
            ids = self._run_low(number).ids
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.alert_model._fire(self.company, ids)
            self.env.flush_all()
            self.assertEqual(
                self.alert_model.search_count([("commercial_partner_id", "in", ids)]),
                number,
            )
            return self.env.cr.sql_log_count - before

        count(1)
        few, many = count(3), count(30)
        self.assertLessEqual(many - few, 3)

    def test_queries_do_not_grow_with_history(self):
        def count():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.alert_model._get_due_customers(self.company)
            return self.env.cr.sql_log_count - before

        self._run_low(1)
        count()
        few = count()
        self._buy(1000)
        for _ in range(10):
            self._use(1)
        self._run_low(10)
        self.assertLessEqual(count() - few, 1)
