# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from contextlib import suppress

from odoo import Command, fields, models
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.helpdesk_service_credit.tools import guarded_fields

from ..support.funding import MAY, FundingCommon

MODULE = "helpdesk_service_credit"
TYPED = {
    "boolean": True,
    "char": "typed",
    "text": "typed",
    "html": "typed",
    "integer": 7,
    "float": 7.0,
    "monetary": 7.0,
    "date": "2026-01-31",
    "datetime": "2026-01-31 12:00:00",
    "json": {"typed": True},
    "many2one": 1,
    "many2one_reference": 1,
    "binary": b"dHlwZWQ=",
}
# Nothing follows from these: what a form shows read-only, and a program may give.
FREE = {
    # Windows are filled by their own defaults, for the user who opens them, and check
    # what they do when a button is pressed.
    # Core's own, which has one choice more here; starting a plan sets it.
    ("sale.order.line", "qty_delivered_method"),
}


@tagged("post_install", "-at_install")
class TestAttackDefaults(FundingCommon):
    """`default_*` of a context, and defaults users save, type nothing that is derived,
    decided or locked: by create, web_save, load, one2many, window and onchange."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ticket.user_id = cls.agent
        cls.other_item = cls._sell(partner=cls.other_customer)
        cls.invoice = cls.env["account.move"].search([], limit=1)
        cls.lines = cls.env["account.analytic.line"].with_user(cls.agent)

        groups = cls.env["res.groups"].search(
            [("id", "not in", cls.env.ref("base.group_portal").ids)]
        )
        cls.admin = new_test_user(cls.env, "everything", "base.group_system")
        for group in groups - cls.env.ref("base.group_public"):
            if not group.disjoint_ids & cls.admin.all_group_ids:
                cls.admin.group_ids += group

    def setUp(self):
        super().setUp()
        self._buy(10)

    # ------------------------------------------------------------------
    # Every field of every model
    # ------------------------------------------------------------------

    def _get_decided_fields(self, model):
        """Return the stored fields of ours that a form only ever shows."""
        return [
            field
            for name, field in model._fields.items()
            if field.store
            and field.readonly
            and name not in models.MAGIC_COLUMNS
            and MODULE in field._modules
            and field.type not in ("one2many", "many2many")
            and (model._name, name) not in FREE
        ]

    def _get_typed(self, model, field):
        if field.type in ("selection", "reference"):
            values = field.get_values(self.env)
            own = field.default(model) if field.default else None
            return next((value for value in values if value != own), None)
        return TYPED[field.type]

    def test_every_decided_field_of_every_model(self):
        tried = 0
        for model in self.env.values():
            # What nobody creates takes no defaults either.
            if model._abstract or model._transient or not model._auto:
                continue
            if not model.with_user(self.admin).has_access("create"):
                continue
            guarded = guarded_fields(model)
            for field in self._get_decided_fields(model):
                with self.subTest(model=model._name, field=field.name):
                    tried += 1
                    self.assertIn(field.name, guarded)
                    self._assert_no_default(model, field)
        self.assertGreater(tried, 20)

    def test_every_guarded_field_of_every_model(self):
        for model in self.env.values():
            if model._abstract:
                continue
            for name in sorted(guarded_fields(model) & model._fields.keys()):
                field = model._fields[name]
                if field.type in ("one2many", "many2many"):
                    continue
                with self.subTest(model=model._name, field=name):
                    self._assert_no_default(model, field)

    def _assert_no_default(self, model, field):
        """Neither the context nor a saved default gives the field a value."""
        name, typed = field.name, self._get_typed(model, field)
        own = model.default_get([name]).get(name)
        model.invalidate_model()
        in_context = model.with_context(**{f"default_{name}": typed})
        self.assertEqual(in_context.default_get([name]).get(name), own)
        if field.type in ("many2one", "json", "binary"):
            return
        with self.cr.savepoint() as savepoint:
            self.env["ir.default"].set(model._name, name, typed, user_id=True)
            self.assertEqual(model.default_get([name]).get(name), own)
            savepoint.rollback()

    # ------------------------------------------------------------------
    # Time entries, by every way in
    # ------------------------------------------------------------------

    def _get_contexts(self):
        return [
            {"default_coverage": "non_billable"},
            {
                "default_coverage": "credits",
                "default_hours_billed": 100,
                "default_credits_per_hour": 3,
            },
            {
                "default_coverage": "sale_line",
                "default_so_line": self.other_item.id,
            },
            {"default_so_line": self.other_item.id},
            {"default_hours_billed": 15},
            {"default_hours_billed": 0},
            {"default_hours_billed": -5},
            {"default_overage_decision": "goodwill"},
            {"default_timesheet_invoice_id": self.invoice.id},
            {"default_was_invoiced": True},
            {"default_approval_state": "approved"},
            {"default_period_date": "2026-01-01", "default_is_late": True},
            {"default_partner_id": self.other_customer.id},
            {"default_product_uom_id": self.env.ref("uom.product_uom_day").id},
            {"default_credits": 9, "default_split_from_id": 1},
        ]

    def _get_ways(self):
        """Return what creates an entry of 2 h on the ticket, by name."""
        values = {
            "ticket_id": self.ticket.id,
            "unit_amount": 2,
            "name": "Call",
            "date": MAY,
        }
        o2m = {key: value for key, value in values.items() if key != "ticket_id"}
        ticket = self.ticket.with_user(self.agent)

        def load(context):
            result = self.lines.with_context(**context).load(
                ["ticket_id/.id", "unit_amount", "name", "date"],
                [[str(self.ticket.id), "2", "Call", MAY]],
            )
            self.assertFalse(result["messages"])

        return {
            "create": lambda c: self.lines.with_context(**c).create(dict(values)),
            "web_save": lambda c: self.lines.with_context(**c).web_save(
                dict(values), {"coverage": {}}
            ),
            "load": load,
            "one2many": lambda c: ticket.with_context(**c).write(
                {"timesheet_ids": [Command.create(dict(o2m))]}
            ),
        }

    def _get_figures(self, entry):
        return {
            name: entry[name]
            for name in (
                "coverage",
                "hours_billed",
                "credits",
                "credits_per_hour",
                "so_line",
                "overage_decision",
                "timesheet_invoice_id",
                "was_invoiced",
                "approval_state",
                "period_date",
                "is_late",
                "partner_id",
                "product_uom_id",
                "amount",
                "category",
                "split_from_id",
            )
        }

    def test_contexts_change_nothing_of_an_entry(self):
        expected = self._get_figures(
            self.lines.create(
                {"ticket_id": self.ticket.id, "unit_amount": 2, "date": MAY}
            ).sudo()
        )
        self.assertEqual((expected["coverage"], expected["credits"]), ("credits", 2))
        for context in self._get_contexts():
            for name, make in self._get_ways().items():
                with self.subTest(way=name, context=context):
                    with self.cr.savepoint() as savepoint:
                        before = self.ticket.timesheet_ids
                        make(context)
                        self.env.flush_all()
                        self.env.invalidate_all()
                        entry = self.ticket.timesheet_ids - before
                        self.assertEqual(self._get_figures(entry), expected)
                        savepoint.rollback()
                    self.env.invalidate_all()

    def test_the_cost_is_refused_to_who_may_not_see_it(self):
        for make in self._get_ways().values():
            # Import says it in its messages.
            with suppress(AccessError, AssertionError), self.cr.savepoint():
                make({"default_amount": -12345})
        self.assertFalse(self.ticket.timesheet_ids)

    def test_saved_defaults_change_nothing_of_an_entry(self):
        defaults = self.env["ir.default"].with_user(self.agent)
        defaults.set("account.analytic.line", "coverage", "non_billable", user_id=True)
        defaults.set("account.analytic.line", "hours_billed", 100.0, user_id=True)
        entry = self.lines.create(
            {"ticket_id": self.ticket.id, "unit_amount": 2, "date": MAY}
        )
        self.assertEqual((entry.coverage, entry.hours_billed), ("credits", 2))

    def test_the_form_shows_no_context_either(self):
        for context in self._get_contexts()[:3]:
            lines = self.lines.with_context(default_ticket_id=self.ticket.id, **context)
            result = lines.onchange(
                {}, [], {"coverage": {}, "hours_billed": {}, "credits_per_hour": {}}
            )
            self.assertFalse(result["value"].get("coverage"))
            self.assertFalse(result["value"].get("hours_billed"))

    def test_typed_values_are_refused(self):
        values = {"ticket_id": self.ticket.id, "unit_amount": 1, "date": MAY}
        entry = self.lines.create(dict(values))
        for name in sorted(guarded_fields(self.lines)):
            field = self.lines._fields[name]
            typed = self._get_typed(self.lines, field)
            with self.subTest(name):
                with self.assertRaises(AccessError):
                    self.lines.create({**values, name: typed})
                with self.assertRaises(AccessError):
                    entry.write({name: typed})

    def test_windows_log_what_they_show(self):
        """Log Service creates by the same rules, whatever the context says."""
        operator = self._create_person(
            "operator_olga",
            f"{MODULE}.group_service_operator,helpdesk_mgmt.group_helpdesk_user",
        )
        today = fields.Date.context_today(self.env.user)
        self._buy(10, start=today, expiry=fields.Date.add(today, days=9))
        for context in self._get_contexts()[:6]:
            window = (
                self.env["service.log"]
                .with_user(operator)
                .create(
                    {
                        "ticket_id": self.ticket.id,
                        "title": "Call",
                        "hours": 1,
                        "service_type_id": self.env["service.type"]
                        .search([], limit=1)
                        .id,
                    }
                )
            )
            window.with_context(**context).action_log_hours()
            entry = window.sudo().entry_id
            with self.subTest(context):
                self.assertEqual(
                    (entry.coverage, entry.hours_billed, entry.credits),
                    ("credits", 1, 1),
                )
