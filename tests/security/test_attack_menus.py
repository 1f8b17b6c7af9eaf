# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from lxml import etree

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..support.client import Client
from ..support.played import LONG, played
from ..support.roles import create_roles
from ..support.screens import ScreensCommon

# Those who see most and least; dev/test --long plays all of them.
EVERY_RUN = (
    "agent_own",
    "seller_own",
    "invoicing",
)


@tagged("post_install", "-at_install")
class TestAttackMenus(ScreensCommon):
    """Nobody meets an access error, or a crash, behind something they were offered."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.roles = create_roles(cls)
        cls.ticket.user_id = cls.roles["agent_own"]
        cls.other_ticket.user_id = cls.roles["agent_team"]
        cls.env.flush_all()
        cls.played = (
            cls.roles if LONG else {name: cls.roles[name] for name in EVERY_RUN}
        )

    def _get_records(self):
        """Return a record of each model whose form has buttons of the addon."""
        return (
            self.ticket,
            self.other_ticket,
            self.team,
            self.customer,
            self.contact,
            self.project,
            self.milestone,
            self.item.order_id,
            self.quotation,
            self.lead,
            self.entry,
            self.submitted,
            self.purchase,
            self.request,
            self.source,
            self.row,
        )

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_menus(self):
        faults = []
        for name, user in self.played.items():
            client = Client(user)
            client.walk_menus()
            faults += [f"{name}: {fault}" for fault in client.faults]
            played("attacks", "menus", windows=client.opened, buttons=client.pressed)
        self.assertEqual(faults, [])

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_forms(self):
        faults, pressed = [], 0
        for name, user in self.played.items():
            client = Client(user)
            for record in self._get_records():
                record = record.with_env(client.env)
                if not record._filtered_access("read"):
                    continue
                view = client.call(record, "get_views", [[False, "form"]])
                arch = etree.fromstring(view["views"]["form"]["arch"])
                client.open_form(name, record, arch, only_own=True)
            faults += client.faults
            pressed += client.pressed
        self.assertEqual(faults, [])
        self.assertGreater(pressed, len(self.played))
