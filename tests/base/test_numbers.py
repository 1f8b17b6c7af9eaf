# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import math

from psycopg2.errors import CheckViolation

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ...tools import guarded_fields, is_countable
from ..support.common import ServiceCreditCommon
from ..support.language import ADDON

UNCOUNTABLE = (math.nan, math.inf, -math.inf, 1e308, 1e-9, "nan", "Infinity", "x")


@tagged("post_install", "-at_install")
class TestNumbers(ServiceCreditCommon):
    """Numbers that nothing can count with, by any way in."""

    def test_countable(self):
        for value in (0, -1, 1e-6, 1e9, "2.5", 3):
            self.assertTrue(is_countable(value), value)
        for value in (*UNCOUNTABLE, None, "", [1], 10**400):
            self.assertFalse(is_countable(value), value)

    def _get_typed_fields(self):
        """Return every number of ours that may have a fraction and that people type."""
        return [
            (model, name)
            for model in self.env.values()
            for name, field in sorted(model._fields.items())
            if model._auto
            and not model._abstract
            and field._modules[:1] == (ADDON,)
            and field.type in ("float", "monetary")
            and field.store
            and not field.readonly
            and name not in guarded_fields(model)
        ]

    def _has_users(self, model, operation):
        """Tell whether anybody but the addon itself may do that."""
        access = self.env["ir.model.access"]
        return access.search_count(
            [("model_id.model", "=", model._name), (f"perm_{operation}", "=", True)]
        )

    def test_every_number_of_every_model(self):
        """In records and windows alike, before anything is computed of them."""
        tried = 0
        for model, name in self._get_typed_fields():
            others = {"credits": 1} if "credits" in model._fields else {}
            ways = {
                "create": lambda vals, m=model, o=others: m.create({**o, **vals}),
                "write": lambda vals, m=model: m.browse().write(vals),
            }
            for value in (math.nan, math.inf, -math.inf):
                for way, call in ways.items():
                    if not self._has_users(model, way):
                        continue
                    tried += 1
                    with (
                        self.subTest(field=str(model._fields[name]), way=way),
                        self.assertRaises(ValidationError) as caught,
                        self.cr.savepoint(),
                    ):
                        call({name: value})
                    self.assertIn(str(value), str(caught.exception))
        self.assertGreater(tried, 50)

    def _get_records(self):
        """Return records whose numbers people type."""
        milestone = self.env["project.milestone"].create(
            {"name": "Go live", "project_id": self.project.id}
        )
        self.service_type = self.env["service.type"].create({"name": "On-site"})
        ticket = self._create_ticket(user_id=self.agent.id).with_user(self.agent)
        ticket.action_timer_start()
        return (
            (self.team.with_user(self.helpdesk_manager), "minimum_hours"),
            (self.team.with_user(self.helpdesk_manager), "rounding_hours"),
            (milestone, "service_credits"),
            (self.time_product, "service_credits"),
            (self.time_product.product_tmpl_id, "service_credits"),
            (self.service_type, "increment"),
            (self.service_type, "credits_per_hour"),
            (ticket._get_own_timer(), "hours"),
        )

    def test_written_and_web_saved(self):
        for record, name in self._get_records():
            before = record[name]
            for value in UNCOUNTABLE:
                with self.subTest(record=record, name=name, value=value):
                    with self.assertRaises(ValidationError) as caught:
                        record.write({name: value})
                    self.assertIn(str(value), str(caught.exception))
                    with self.assertRaises(ValidationError):
                        record.web_save({name: value}, {name: {}})
                    self.assertEqual(record[name], before)

    def test_created_and_imported(self):
        teams = self.env["helpdesk.ticket.team"].with_user(self.helpdesk_manager)
        milestones = self.env["project.milestone"]
        for model, name, others in (
            (teams, "minimum_hours", {}),
            (teams, "rounding_hours", {}),
            (milestones, "service_credits", {"project_id": self.project.id}),
            (self.env["service.type"], "increment", {}),
            (self.env["service.type"], "credits_per_hour", {}),
            (self.env["product.product"], "service_credits", {}),
            (self.env["product.template"], "service_credits", {}),
        ):
            for value in UNCOUNTABLE:
                with (
                    self.subTest(model=model._name, name=name, value=value),
                    self.assertRaises(ValidationError),
                ):
                    model.create({"name": "New", name: value, **others})
            for text in ("nan", "inf", "1e308", "1e-9"):
                with self.subTest(model=model._name, name=name, text=text):
                    columns = {"name": "New", name: text} | {
                        f"{column}/.id": str(ref) for column, ref in others.items()
                    }
                    result = model.load(list(columns), [list(columns.values())])
                    self.assertFalse(result["ids"])
                    self.assertTrue(result["messages"])

    @mute_logger("odoo.sql_db")
    def test_table(self):
        """What gets past `create`, such as a default of a user, the table refuses."""
        for name in ("minimum_hours", "rounding_hours"):
            for value in ("NaN", "Infinity", 1e308, -1, 24.1):
                query = SQL(
                    "UPDATE helpdesk_ticket_team SET %s = %s WHERE id = %s",
                    SQL.identifier(name),
                    value,
                    self.team.id,
                )
                with (
                    self.subTest(name=name, value=value),
                    self.assertRaises(CheckViolation),
                ):
                    self.env.cr.execute(query)

    def test_defaults_of_a_context(self):
        for model, name, others in (
            ("helpdesk.ticket.team", "minimum_hours", {}),
            ("helpdesk.ticket.team", "rounding_hours", {}),
            ("project.milestone", "service_credits", {"project_id": self.project.id}),
        ):
            for value in (math.nan, math.inf, 1e308):
                record = self.env[model].with_context(**{f"default_{name}": value})
                with (
                    self.subTest(model=model, name=name, value=value),
                    self.assertRaises(ValidationError),
                ):
                    record.create({"name": "New", **others})

    def test_adjusted(self):
        milestone = self.env["project.milestone"].create(
            {"name": "Go live", "project_id": self.project.id, "service_credits": 1}
        )
        for value in (*UNCOUNTABLE, None, ""):
            with self.subTest(value=value), self.assertRaises(UserError):
                milestone.action_adjust_service_credits(value)
