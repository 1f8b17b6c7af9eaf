# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from lxml import etree

from odoo.tests import TransactionCase, tagged

from ..support.language import ADDON
from ..support.screen_walk import ScreenWalkCommon

# Words of the addon that other addons say too, where they are not translated.
SHARED = {"Close", "Hours", "Quantity:", "Quotation"}
# Another addon's page: its stages and filters speak English.
OTHERS = ("/my/tickets",)


@tagged("post_install", "-at_install")
class TestScreens(ScreenWalkCommon):
    """Every own screen on a phone.

    Nothing scrolls sideways, every control and icon has a name, and no text of the
    addon is left in English.
    """

    browser_size = "390x844"
    touch_enabled = True

    def _look(self, screen, name):
        """Note what is wrong with the screen that is open."""
        self.wrong += [f"{name}: {fault}" for fault in screen.get_faults()]
        foreign = set() if name in OTHERS else self.foreign
        self.wrong += [
            f"{name} is not translated: {text}"
            for text in sorted(screen.get_texts() & foreign)
        ]

    def _get_foreign(self):
        """Return the texts of the addon that the language has other words for.

        Labels that other addons have too are left out: here they speak English.
        """
        common = SHARED | {
            str(field.string)
            for model in self.env.registry.values()
            for field in model._fields.values()
            if field._module != ADDON
        }
        menus = self.env["ir.ui.menu"].with_context(lang="en_US").search([])
        common |= set(menus.mapped("name"))
        return {
            " ".join(text.split())
            for text, said in self.words.items()
            if text != said and text not in common
        }

    def _walk(self, screen):
        super()._walk(screen)
        screen.open_form(self.credit_product.product_tmpl_id)
        self._look(screen, "a product with credits")
        # A sheet keeps the height that it opens with: the whole day is on it.
        screen.click(".o_service_timer_menu")
        day = "document.querySelector('.o_service_day')?.getBoundingClientRect()"
        screen.wait(f"{day}?.height && {day}.bottom <= innerHeight", 20)

    def _walk_tab(self, screen):
        screen.click(".tab-pane .o_kanban_record")
        screen.wait("document.querySelector('.modal .o_form_view')")
        self._look(screen, "an entry of the tab Timesheets")
        screen.close()

    def test_own_screens(self):
        self.foreign = self._get_foreign()
        self._play_own_screens()

    def test_portal(self):
        self.foreign = self._get_foreign()
        self._play_portal()


@tagged("post_install", "-at_install")
class TestIcons(TransactionCase):
    def test_every_button_has_a_name(self):
        """Where there is but an icon its title is its name, also in lists: see
        ``static/src/keyboard/view_button.xml``."""
        data = self.env["ir.model.data"].search(
            [("module", "=", ADDON), ("model", "=", "ir.ui.view")]
        )
        views = self.env["ir.ui.view"].browse(data.mapped("res_id"))
        self.assertGreater(len(views), 100)
        nameless = [
            f"{view.key or view.name}: {etree.tostring(node, encoding='unicode')[:100]}"
            for view in views
            for node in etree.fromstring(view.arch_db).iter("button", "a")
            if self._is_icon(node) and not self._has_name(node)
        ]
        self.assertEqual(nameless, [])

    def _is_icon(self, node):
        icons = node.xpath(".//i[contains(@class, 'fa-') or contains(@class, 'oi-')]")
        return bool(node.get("icon") or icons)

    def _has_name(self, node):
        names = ("string", "title", "aria-label", "t-att-title", "t-att-aria-label")
        texts = "".join(node.itertext()).strip() or node.xpath(
            ".//field | .//*[@t-out]"
        )
        return bool(texts) or any(map(node.get, names))
