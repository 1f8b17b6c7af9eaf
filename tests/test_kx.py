from odoo.tests import HttpCase, tagged
from .common_language import LanguageCommon
from .common_screens import ScreensCommon, Screen
from .keyboard import played_by
READY = "!!document.querySelector('.o_form_view')"

@tagged("post_install", "-at_install")
class TestKX(ScreensCommon, LanguageCommon, HttpCase):
    browser_size = "1366x768"
    def _where(self, k):
        return k._run("(() => { const a = document.activeElement; return a.tagName + '.' + a.className.slice(0, 40) + ' ' + (a.closest('[name]')?.getAttribute('name')) + ' ' + a.textContent.slice(0,20)})()")
    def test_manage(self):
        boss = self._create_boss()
        self._buy(50); self.env.company.service_credit_manual_selection = True
        print(self.milestone.project_id.partner_id, self.customer)
        def play(kb):
            k = Screen(kb.browser)
            k.press_button(self.milestone, "action_manage_service_credits")
            k.wait("document.querySelector('.modal .o_field_widget[name=credits_needed]')")
            for i in range(8):
                print("MANAGE", self._where(k)); k.press("Tab")
            k.go_to("[name=is_manual] input"); k.press(" ")
            import time; time.sleep(1)
            for i in range(8):
                print("MANUAL", self._where(k)); k.press("Tab")
            k.go_to("td[name=purchase_id]")
            for key in ("Enter",):
                k.press(key); time.sleep(1); print("MANUAL", key, self._where(k))
            k.type("1"); k.press("Tab"); time.sleep(0.5); print("MANUAL", self._where(k))
            for i in range(3):
                k.press("Tab"); time.sleep(0.5); print("MANUAL", self._where(k))
            print("MANUAL", k._run("document.querySelector('.modal').innerText"))
            k.close()
            k.open_form(self.entry.consumption_ids.allocation_id)
            k.go_to("td[name=date]"); k.press("Enter"); time.sleep(1)
            print("MANUAL ", k._run("document.querySelector('.modal').innerText"))
            k.close()
            k.open_action("service_sync_record_action")
            k.go_to(".o_searchview_input"); k.press("ArrowDown"); k.go_to("button[name=get_formview_action]"); k.press(" "); time.sleep(2)
            print("MANUAL ", k._run("document.querySelector('.o_form_view').innerText"))
            k.press_button(self.lead, "action_create_service_credit_purchases")
            for i in range(6):
                print("CREATE", self._where(k)); k.press("Tab")
            for key in ("ArrowRight", "ArrowRight", "Enter"):
                k.press(key); time.sleep(1); print("CREATE", key, self._where(k))
        with played_by(play):
            self.browser_js("/odoo/service-types", "", ready="!!document.querySelector('.o_list_view')", login=boss.login)
