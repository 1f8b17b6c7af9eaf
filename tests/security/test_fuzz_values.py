# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whatever values anybody writes: what core calls of ours takes or refuses them."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..support.fuzz import ADDON, JUNK, MODULE, ODD, QUIET, FuzzCommon
from ..support.played import LONG

# What names no record.
NO_RECORDS = ("x", [1], 1.5, {"id": 1}, [[1, 1]], True)
# How the web writes values.
WAYS = ("create", "write", "web_save", "onchange", "default_get")


@tagged("post_install", "-at_install")
class TestFuzzValues(FuzzCommon):
    """Our overrides of core's methods, our constraints and our computed fields."""

    def _overrides(self):
        """Methods of every model that the addon overrides."""
        names = [
            name
            for name, model in self.env.registry.models.items()
            if not model._abstract
        ]
        base = self.env.registry["base"]
        return [
            (name, method, function)
            for name, method, function in self._public_methods(names)
            if hasattr(base, method)
            and any(
                method in vars(part) and part.__module__.startswith(ADDON)
                for part in type(self.env[name]).__mro__
            )
        ]

    @mute_logger(*QUIET)
    def test_no_override_of_ours_crashes_for_anybody(self):
        overrides, calls = self._overrides(), 0
        self.assertGreater(len(overrides), 50)
        for name, method, function in overrides:
            people = self.insiders if LONG else [self.random.choice(self.insiders)]
            for user in people:
                arguments = self._sensible(name, function)
                with self.subTest(f"{user.login}: {name}.{method}{arguments}"):
                    self._try_and_undo(user, name, method, arguments)
                calls += 1
        self._count("insiders, overrides", calls, overrides)

    def _typed_values(self):
        """Yield every field of ours that is written, with odd values for it."""
        for name, model in sorted(self.env.registry.models.items()):
            if model._abstract:
                continue
            for field_name, field in sorted(model._fields.items()):
                if field._modules[:1] != (MODULE,):
                    continue
                values = (*JUNK, *ODD)
                for value in values if LONG else [self.random.choice(values)]:
                    yield name, field_name, value

    def _ways(self, name, vals):
        """Return how values come to a model: the method, and its arguments."""
        spec = {field: {} for field in (*vals, "display_name")}
        return {
            "create": [[vals]],
            "write": [vals],
            "web_save": [vals, spec],
            "onchange": [vals, list(vals), spec],
            "default_get": [[*vals]],
        }

    @mute_logger(*QUIET)
    def test_no_value_of_ours_crashes_for_anybody(self):
        """The constraints, computed fields and overrides of ours that a value meets."""
        calls, fields_tried = 0, set()
        for name, field, value in self._typed_values():
            user, way = self.random.choice(self.insiders), self.random.choice(WAYS)
            vals = {field: value}
            if way in ("create", "onchange"):
                vals = {**self._get_good_values(name), **vals}
            with self.subTest(f"{user.login}: {name}.{way} {field}={value!r}"):
                self._try_and_undo(user, name, way, self._ways(name, vals)[way])
            calls += 1
            fields_tried.add((name, field))
        self._count("insiders, values", calls, fields_tried)

    @mute_logger(*QUIET)
    def test_no_link_crashes_for_anybody(self):
        """What names no record, in every link of the models whose values we look at."""
        people = [*self.insiders, self.env.ref("base.user_admin")]
        models = {name for name, method, _ in self._overrides() if method == "write"}
        calls, links = 0, 0
        for name in sorted(models):
            for field, known in sorted(self.env[name]._fields.items()):
                if known.type != "many2one" or (known.related and not known.store):
                    continue
                links += 1
                for value in NO_RECORDS if LONG else [self.random.choice(NO_RECORDS)]:
                    user = self.random.choice(people)
                    way = self.random.choice(("create", "write"))
                    vals = {field: value}
                    if way == "create":
                        vals = {**self._get_good_values(name), **vals}
                    arguments = self._ways(name, vals)[way]
                    with self.subTest(f"{user.login}: {name}.{way} {field}={value!r}"):
                        self._try_and_undo(user, name, way, arguments)
                    calls += 1
        self._count("insiders, links", calls, range(links))

    def test_a_ticket_says_which_link_names_no_record(self):
        ticket = self.ticket.with_user(self.agent)
        for value in NO_RECORDS:
            with self.subTest(repr(value)):
                with self.assertRefused(ValidationError, "Stage"):
                    ticket.write({"stage_id": value})
                with self.assertRefused(ValidationError, "Assigned user"):
                    ticket.create({"name": "X", "description": "X", "user_id": value})
        task = self.env["project.task"].create({"name": "X"})
        with self.assertRefused(ValidationError, "State"):
            task.write({"state": [1]})
        stage = ticket.stage_id
        ticket.write({"stage_id": stage.id, "user_id": False})
        self.assertEqual(ticket.stage_id, stage)

    def _get_good_values(self, name):
        """Return the values of a record like the last one, to be created again."""
        if name not in self.good_values:
            # sudo: the values a stranger guesses
            record = self.env[name].sudo().search([], limit=1)
            try:
                self.good_values[name] = record.copy_data()[0] if record else {}
            except UserError:
                self.good_values[name] = {}
        return self.good_values[name]
