# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import random

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..support.language import ADDON
from ..support.played import LONG
from ..support.random_walk import SEED
from ..support.roles import create_roles
from ..support.screens import ScreensCommon


@tagged("post_install", "-at_install")
class TestAttackWindows(ScreensCommon):
    """The rows of a window belong to the person who opened it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.roles = create_roles(cls)

    def _get_windows(self):
        """Return every transient model of the addon, also those of other people."""
        return [
            model
            for model in self.env.values()
            if model._transient
            and not model._abstract
            and model._original_module == ADDON
        ]

    def _get_value(self, field):
        """Return a value for a required column; none has to make sense."""
        if field.type == "many2one":
            comodel = self.env[field.comodel_name].sudo()
            found = comodel.with_context(active_test=False).search([], limit=1)
            return found.id or self._insert(comodel, self.env.user)
        if field.type == "selection":
            return field.get_values(self.env)[0]
        if field.type in ("date", "datetime"):
            return fields.Datetime.now()
        return "x" if field.type in ("char", "text", "html") else 1

    def _insert(self, model, owner):
        """Insert a row as the window of `owner` would, whatever the window asks."""
        values = {
            name: self._get_value(field)
            for name, field in model._fields.items()
            if field.store and field.column_type and field.required and name != "id"
        }
        values["create_uid"] = owner.id
        [(row_id,)] = self.env.execute_query(
            SQL(
                "INSERT INTO %s (%s) VALUES (%s) RETURNING id",
                SQL.identifier(model._table),
                SQL(", ").join(SQL.identifier(name) for name in values),
                SQL(", ").join(SQL("%s", value) for value in values.values()),
            )
        )
        return row_id

    def test_there_are_windows(self):
        self.assertGreater(len(self._get_windows()), 15)

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_rows_of_others_are_closed_to_every_role(self):
        tried = 0
        dice = random.Random(SEED)
        for model in self._get_windows():
            row_id = self._insert(model, self.helpdesk_manager)
            # A refusal says at length why: it is asked for by everybody in a long run.
            asking = [*self.roles] if LONG else dice.sample([*self.roles], 4)
            for name, user in self.roles.items():
                theirs = model.with_user(user).browse(row_id)
                with self.subTest(model=model._name, role=name):
                    for operation in ("read", "write", "unlink"):
                        self.assertFalse(theirs._filtered_access(operation))
                    if name in asking:
                        self._assert_closed(theirs)
                tried += 1
        self.assertGreater(tried, 300)

    def _assert_closed(self, theirs):
        with self.assertRaises(AccessError):
            theirs.read(["create_uid"])
        with self.assertRaises(AccessError):
            theirs.write({"write_uid": theirs.env.uid})
        with self.assertRaises(AccessError):
            theirs.unlink()
        if theirs.has_access("read"):
            self.assertNotIn(theirs, theirs.search([]))

    def test_rows_of_ones_own_are_open(self):
        """To those who may open the window, and each window has such a user."""
        for model in self._get_windows():
            opened = 0
            for name, user in self.roles.items():
                own = model.with_user(user)
                if not own.has_access("create"):
                    continue
                row = own.browse(self._insert(model, user))
                with self.subTest(model=model._name, role=name):
                    self.assertEqual(own.search([]), row)
                    self.assertTrue(row.has_access("write"))
                opened += 1
            self.assertTrue(opened, model._name)

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_internal_note_of_log_service(self):
        """As an agent writes it, and an operator who may read no ticket tries."""
        log = self.env["service.log"].with_user(self.roles["agent_demo"])
        log = log.create(
            {"ticket_id": self.ticket.id, "title": "Call", "hours": 1}
            | {"description": "in default"}
        )
        other = log.with_user(self.roles["operator"])
        self.assertFalse(other.search_count([("description", "like", "default")]))
        with self.assertRaises(AccessError):
            other.read(["description"])
        with self.assertRaises(AccessError):
            other.title = "Changed"
        with self.assertRaises(AccessError):
            other.web_read({"description": {}})
