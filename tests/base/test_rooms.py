# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import tempfile
from pathlib import Path

from odoo.tests import BaseCase, tagged

from ..support import rooms


@tagged("post_install", "-at_install")
class TestRooms(BaseCase):
    """The sources keep to their rooms: see "Rooms" in docs/design.md."""

    def test_every_rule_holds(self):
        self.assertEqual(sorted(rooms.complaints(rooms.Sources())), [])

    def _found(self, **texts):
        """Return the complaints about an addon made of these texts."""
        with tempfile.TemporaryDirectory() as folder:
            for place, text in texts.items():
                path = Path(folder, *place.split("__")).with_suffix(".py")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return sorted(rooms.complaints(rooms.Sources(Path(folder))))

    def _model(self, name, body, kind="Model", key="_name"):
        return f'class M(models.{kind}):\n    {key} = "{name}"\n    {body}\n'

    def test_a_look_down_is_seen(self):
        sync = self._model(
            "service.sync",
            "def _read_all(self): pass\n    def get_all(self): pass",
        )
        for text in (
            "from ..sync.service_sync import M",
            'def f(env): return env["service.sync"]',
            'S = "service.sync"\ndef f(self): return self.env[S]',
            "def f(source): source._read_all()",
            "def f(source): source.get_all()",
            "import odoo.addons.helpdesk_service_credit.models.sync.service_sync",
            "from odoo.addons.helpdesk_service_credit.models.sync import target",
            'class T:\n    """Text."""\n    model = "service.sync"',
            'def f(env): return env.get("service.sync")',
            'SQL("SELECT id FROM service_sync WHERE id = 1")',
            self._model("x", 'x = fields.One2many("service.sync")'),
            self._model("service.sync", "pass", key="_inherit"),
            self._model("x", 'x = fields.Char(compute="_read_all")'),
            "class M:\n    def _read(self): getattr(self, '_read_all')()",
        ):
            with self.subTest(text):
                found = self._found(
                    models__ledger__x=text, models__sync__service_sync=sync
                )
                self.assertEqual(len(found), 1)
                self.assertIn("models/ledger/x.py: ledger uses sync", found[0])

    def test_a_look_up_and_a_hook_are_fine(self):
        ledger = self._model("service.a", "def _tell(self): pass")
        sync = self._model(
            "service.a", "def _tell(self): super()._tell()", key="_inherit"
        )
        uses = 'def f(env): env["service.a"]._tell()'
        self.assertEqual(
            self._found(
                models__ledger__service_a=ledger,
                models__ledger__y=uses,
                models__sync__service_a=sync,
                models__sync__x=uses,
            ),
            [],
        )

    def test_a_method_of_two_rooms_below_is_seen(self):
        self.assertEqual(
            len(
                self._found(
                    models__ledger__x="def f(it): it._read_all()",
                    models__time__a=self._model("a", "def _read_all(self): pass"),
                    models__sync__b=self._model("b", "def _read_all(self): pass"),
                )
            ),
            1,
        )

    def test_a_button_opens_a_window(self):
        window = self._model("a.window", "pass", "TransientModel")
        for text, count in (
            ('def f(self): return {"res_model": "a.window"}', 0),
            ('def f(self): return {"model": "a.window"}', 1),
            ('def f(self):\n    """a.window"""', 0),
        ):
            with self.subTest(text):
                found = self._found(models__time__x=text, wizards__a_window=window)
                self.assertEqual(len(found), count)

    def test_models_use_no_wizard(self):
        [found] = self._found(
            models__base__x='def f(env): env["a.window"]',
            wizards__a_window=self._model("a.window", "pass", "TransientModel"),
        )
        self.assertIn("base uses wizards: a.window", found)

    def test_a_mixin_with_one_user_is_seen(self):
        texts = {
            "models__ledger__a_mixin": self._model("a.mixin", "pass", "AbstractModel"),
            "models__ledger__one": self._model(
                "a.mixin", '_name = "one"', key="_inherit"
            ),
        }
        [found] = self._found(**texts)
        self.assertIn("a.mixin has 1 users", found)
        texts["models__work__two"] = self._model(
            "a.mixin", '_name = "two"', key="_inherit"
        )
        self.assertEqual(self._found(**texts), [])

    def test_scattered_declarations_are_seen(self):
        home = self._model("service.a", "pass")
        for body in (
            "x = fields.Char()",
            'x = models.Constraint("CHECK (TRUE)")',
            "def write(self, vals): pass",
            '@api.constrains("x")\n    def _check_x(self): pass',
            "@api.ondelete(at_uninstall=False)\n    def _unlink_x(self): pass",
        ):
            with self.subTest(body):
                more = self._model("service.a", body, key="_inherit")
                found = self._found(
                    models__ledger__service_a=home, models__ledger__service_a_x=more
                )
                self.assertEqual(len(found), 1)

    def test_passwords_are_seen(self):
        for text, count in (
            ('def f(vals): return "coverage" in vals', 1),
            ("a = m.current_test", 0),
            ("a = m.current_test\nb = m.current_test", 1),
            ('def f(vals): return "coverage" not in vals', 1),
            ('def f(self): self.env[f"service.{self.kind}"]', 1),
            ('def f(self): self.env["service." + self.kind]', 1),
            ('def f(self): getattr(self, f"_find_{self.kind}")()', 1),
        ):
            with self.subTest(text):
                self.assertEqual(len(self._found(models__ledger__x=text)), count)

    def test_a_compute_that_raises_is_seen(self):
        for body, count in (
            ("def _compute_x(self): raise UserError('x')", 1),
            ("def _check_x(self): raise UserError('x')", 0),
        ):
            with self.subTest(body):
                text = self._model("service.a", body)
                found = self._found(models__ledger__service_a=text)
                self.assertEqual(len(found), count)

    def test_a_field_that_follows_one_of_a_room_below_is_seen(self):
        low = self._model("res.partner", "x = fields.Char()", key="_inherit")
        for body in (
            '@api.depends("x.y")\n    def _compute_z(self): pass',
            'z = fields.Char(related="x.y")',
        ):
            with self.subTest(body):
                high = self._model("res.partner", body, key="_inherit")
                [found] = self._found(
                    models__ledger__res_partner=high, models__sync__res_partner=low
                )
                self.assertIn("res.partner.x is declared below", found)
