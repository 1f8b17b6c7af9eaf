# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import json

from odoo import Command, fields
from odoo.tools.misc import file_path

from .funding import FundingCommon
from .keyboard import Keyboard
from .language import ADDON
from .sync import SyncMixin

SERVICES = "odoo.__WOWL_DEBUG__.root.env.services"
QUIET = "!document.querySelector('.o_loading_indicator, .o_blockUI')"
# What is read or heard: texts, and attributes that stand for one.
TEXTS = """
[
    ...[...document.querySelectorAll("body *")].flatMap((el) =>
        el.matches("script, style")
            ? []
            : [...el.childNodes].filter((node) => node.nodeType === 3)
    ).map((node) => node.textContent),
    ...[...document.querySelectorAll("[title], [placeholder], [aria-label]")].flatMap(
        (el) => ["title", "placeholder", "aria-label"].map((n) => el.getAttribute(n))
    ),
].filter(Boolean).map((text) => text.replace(/\\s+/g, " ").trim())
"""


class Screen(Keyboard):
    """The screen of a phone."""

    def __init__(self, browser):
        super().__init__(browser)
        with open(file_path(f"{ADDON}/static/tests/screens/faults.js")) as script:
            self.script = script.read()

    def do(self, script):
        """Run a JavaScript promise, and wait until it and the page are done."""
        self._run(
            "window.told = ''; Promise.resolve().then(async () => {"
            f"const {{action}} = {SERVICES}; {script}"
            "}).then(() => (window.told = 'done'), (ev) => (window.told = `${ev}`))"
        )
        self.wait("window.told")
        told = self._run("window.told")
        assert told == "done", f"{script}: {told}"
        self.wait(QUIET)

    def click(self, selector):
        self.do(f"document.querySelector('{selector}').click();")

    def open_form(self, record, target="current"):
        action = {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [[False, "form"]],
            "target": target,
        }
        self.do(f"await action.doAction({json.dumps(action)});")

    def open_action(self, name, **context):
        options = json.dumps({"additionalContext": context, "clearBreadcrumbs": True})
        self.do(f"await action.doAction('{ADDON}.{name}', {options});")

    def press_button(self, record, method):
        """Do what a button of a record does, and open the window it answers with."""
        button = {
            "type": "object",
            "name": method,
            "resModel": record._name,
            "resId": record.id,
            "resIds": record.ids,
        }
        self.do(
            "const {user} = odoo.loader.modules.get('@web/core/user');"
            f"const button = {json.dumps(button)};"
            "await action.doActionButton({...button, context: user.context});"
        )

    def go(self, path):
        """Open a page of the portal."""
        place = json.dumps(path)
        self._run(f"window.isLeft = true; location.href = {place}")
        self.wait("!window.isLeft")
        # Other languages than the first have a prefix: /ro/my.
        self.wait(f"location.pathname.endsWith({place})")
        self.wait("document.readyState === 'complete'")
        components = "[...document.querySelectorAll('owl-component')]"
        self.wait(f"{components}.every((el) => el.childElementCount)")
        self.wait("!document.querySelector('.o_portal_doc_spinner')")

    def close(self):
        self.do(f"{SERVICES}.dialog.closeAll();")
        self.wait("!document.querySelector('.modal')")

    def get_faults(self):
        return self._run(self.script)

    def get_texts(self):
        return set(self._run(TEXTS))


class ScreensCommon(SyncMixin, FundingCommon):
    """Something to show on every screen of the addon."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.context_today(cls.env.user)
        cls.team.write({"over_limit_policy": "overage", "show_timesheet_portal": True})
        cls._prepare_sales()
        cls._prepare_time()
        cls._prepare_system()
        cls.env.flush_all()

    @classmethod
    def _prepare_sales(cls):
        cls.credit_product = cls._create_service("Credit Pack", "ordered_prepaid")
        cls.credit_product.service_credits = 10
        cls.purchase = cls.env["service.credit.purchase"].create(
            {
                "partner_id": cls.customer.id,
                "credits": 5,
                "value_per_credit": 100,
                "paid_per_credit": 80,
                "product_id": cls.credit_product.id,
                "is_draft": False,
            }
        )
        cls.time_product.limit_hours = True
        cls.item = cls._sell(cls.time_product)
        cls.lead = cls.env["crm.lead"].create(
            {"name": "Support", "type": "opportunity", "partner_id": cls.customer.id}
        )
        cls.quotation = cls._sell(
            cls.credit_product, 1, confirm=False, opportunity_id=cls.lead.id
        ).order_id
        cls.project.write({"partner_id": cls.customer.id, "allow_milestones": True})
        cls.milestone = cls.env["project.milestone"].create(
            {"name": "Go live", "project_id": cls.project.id, "service_credits": 1}
        )

    @classmethod
    def _prepare_time(cls):
        cls.request = cls.env["service.authorization"].create(
            {"sale_line_id": cls.item.id, "hours": 5, "reason": "More reports"}
        )
        cls.entry = cls._log(cls.ticket, 4, date=cls.today, name="Cable")
        cls._log(cls.ticket, 3, date=cls.today, name="Switch")
        cls.other_ticket = cls._create_ticket(sale_line_id=cls.item.id)
        cls.other_ticket.use_service_credits = False
        cls._log(cls.other_ticket, 2, date=cls.today, name="Router")
        # The boss has time of others to approve, and a timer of their own.
        cls.team.require_approval = True
        cls.submitted = cls._log(
            cls.other_ticket,
            date=cls.today,
            name="Socket",
            employee_id=cls.agent_employee.id,
        )
        cls.submitted.action_submit()

    @classmethod
    def _prepare_system(cls):
        cls.source = cls.csv_source("id,customer,credits\n1,Azure Mills,ten\n")
        cls.row = cls.env["service.sync.record"].create(
            {
                "source_id": cls.source.id,
                "external_id": "1",
                "state": "error",
                "error": "?",
            }
        )
        cls.env["service.sync.run"].create(
            {
                "source_id": cls.source.id,
                "state": "done",
                "finished": cls.source.create_date,
            }
        )

    @classmethod
    def _create_boss(cls):
        """Return a user who sees every screen."""
        boss = cls._create_person("boss_bea", "base.group_system")
        groups = (
            "account.group_account_manager",
            "helpdesk_mgmt.group_helpdesk_manager",
            f"{ADDON}.group_service_credit_manager",
            f"{ADDON}.group_service_operator",
            "hr_timesheet.group_timesheet_manager",
            "project.group_project_manager",
            "sales_team.group_sale_manager",
        )
        boss.group_ids = [Command.link(cls.env.ref(name).id) for name in groups]
        cls._speak(boss)
        return boss
