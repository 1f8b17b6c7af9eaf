# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..support.common import ServiceCreditCommon


@tagged("post_install", "-at_install")
class TestServiceType(ServiceCreditCommon):
    """Service types: shipped, editable, and kept by old entries."""

    def test_usual_types_are_shipped(self):
        prefix = "helpdesk_service_credit.service_type_"
        names = [
            self.env.ref(prefix + name).name
            for name in ("configuration", "data_entry", "reports", "training", "audit")
        ]
        self.assertEqual(
            names, ["Configuration", "Data Entry", "Reports", "Training", "Audit"]
        )

    def test_new_entries_take_the_type_of_the_team(self):
        training = self.env.ref("helpdesk_service_credit.service_type_training")
        audit = self.env.ref("helpdesk_service_credit.service_type_audit")
        self.team.default_service_type_id = training
        ticket = self._create_ticket()
        first = self._log(ticket)
        self.assertEqual(first.service_type_id, training)
        entry = self._log(ticket, service_type_id=audit.id)
        self.assertEqual(entry.service_type_id, audit)
        self.team.default_service_type_id = audit
        self.env.flush_all()
        self.assertEqual(first.service_type_id, training)

    def test_archived_types_stay_on_old_entries(self):
        audit = self.env.ref("helpdesk_service_credit.service_type_audit")
        entry = self._log(self._create_ticket(), service_type_id=audit.id)
        audit.action_archive()
        entry.invalidate_recordset()
        self.assertEqual(entry.service_type_id.name, "Audit")
        self.assertNotIn(audit, self.env["service.type"].search([]))
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(IntegrityError),
            self.cr.savepoint(),
        ):
            audit.unlink()

    def test_managers_edit_agents_do_not(self):
        audit = self.env.ref("helpdesk_service_credit.service_type_audit")
        audit.with_user(self.helpdesk_manager).increment = 0.25
        with self.assertRaises(AccessError):
            audit.with_user(self.agent).increment = 1

    def test_steps(self):
        audit = self.env.ref("helpdesk_service_credit.service_type_audit")
        for hours in (0.5, 1.0, 7.5, 0.1 + 0.2 + 0.2):
            audit._check_hours(hours)
        cases = {
            0.25: "log at least 0.5",
            0.49999: "log at least 0.5",
            0: "log at least 0.5",
            -0.5: "log at least 0.5",
            0.7: "log 0.5 or 1",
            1.75: "log 1.5 or 2",
        }
        for hours, message in cases.items():
            with self.subTest(hours), self.assertRefused(ValidationError, says=message):
                audit._check_hours(hours)

    def test_increment_and_rate_are_positive(self):
        for values in ({"increment": 0}, {"credits_per_hour": 0}):
            with (
                mute_logger("odoo.sql_db"),
                self.assertRaises(IntegrityError),
                self.cr.savepoint(),
            ):
                self.env["service.type"].create({"name": "Bad", **values})
