# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Tests beside other addons, which `dev/test --beside` installs and runs.

The name keeps them out of runs without those addons.
"""

import json

from odoo import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ...tools import add_days
from .accounting import AccountingCommon
from .credit import get_differences
from .funding import FundingCommon
from .peers import http_peer


@tagged("post_install", "-at_install")
class TestBesideMerge(FundingCommon):
    """The window of `helpdesk_mgmt_merge` takes unbilled time along."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.target = cls._create_ticket(name="Smoke everywhere")
        # That addon moves messages, which takes an administrator.
        cls.admin = new_test_user(
            cls.env, "ada", "base.group_system,helpdesk_mgmt.group_helpdesk_manager"
        )

    def _merge(self, **values):
        wizards = self.env["helpdesk.ticket.merge"].with_user(self.admin)
        wizard = wizards.with_context(
            active_ids=(self.target + self.ticket).ids, active_model="helpdesk.ticket"
        ).create(values)
        wizard.merge_tickets()
        return wizard.dst_ticket_id.sudo()

    def test_unbilled_time_goes_along(self):
        """Colleagues' too; what is invoiced stays where it was billed."""
        item = self._sell(self.time_product)
        self.ticket.sale_line_id = self.target.sale_line_id = item
        billed = self._log(self.ticket, 1, date="2026-01-05")
        item.order_id._create_invoices().action_post()
        entry = self._log(self.ticket, 2, date="2026-01-06")
        unpaid = self._log(self.ticket, 3, date="2026-01-07", is_billable=False)
        self.assertEqual(self._merge(), self.target)
        self.assertEqual(self.target.timesheet_ids, entry + unpaid)
        self.assertEqual(entry.so_line, item)
        self.assertEqual(unpaid.coverage, "non_billable")
        self.assertEqual(billed.ticket_id, self.ticket)
        self.assertEqual((self.ticket.total_hours, self.target.total_hours), (1, 5))
        self.assertEqual((item.qty_delivered, item.qty_invoiced), (3, 1))
        self.assertFalse(self.ticket.active)

    def test_credits_go_along(self):
        """The time is paid as before, and the ledger adds up."""
        purchase = self._buy(5)
        entry = self._work(2)
        self._merge()
        self.assertEqual(entry.ticket_id, self.target)
        self.assertEqual((entry.coverage, entry.credits), ("credits", 2))
        self.assertEqual(purchase.credits_available, 3)
        self.assertEqual(self.target.service_credits_used, 2)
        self.assertEqual(self.ticket.service_credits_used, 0)
        self.assertFalse(get_differences(self.env))

    def test_into_a_new_ticket(self):
        item = self._sell()
        self.ticket.sale_line_id = item
        entry = self._log(self.ticket, 2)
        merged = self._merge(
            create_new_ticket=True,
            dst_ticket_name="Both",
            dst_helpdesk_team_id=self.team.id,
        )
        self.assertEqual(entry.ticket_id, merged)
        self.assertEqual(merged.sale_line_id, item)
        self.assertEqual(entry.so_line, item)

    def test_timers_go_along(self):
        """Time that is not logged yet is unbilled time too."""
        ticket = self.ticket.with_user(self.agent)
        ticket.action_timer_start()
        theirs = self.ticket.with_user(self.helpdesk_manager)
        theirs.action_timer_start()
        target = self.target.with_user(self.helpdesk_manager)
        target.action_timer_start()
        self.env["service.timer"].sudo().search([]).seconds_before = 600
        self._merge()
        self.assertEqual(ticket.timer_state, "stopped")
        self.assertEqual(self.target.with_user(self.agent).timer_state, "running")
        self.assertEqual(target.timer_state, "running")
        timers = (
            self.env["service.timer"].sudo().search([("ticket_id", "=", target.id)])
        )
        self.assertEqual(sorted(timers.mapped("seconds_before")), [600, 1200])

    def test_time_that_is_excluded_from_sale_orders(self):
        """The tick of `sale_timesheet_line_exclude` holds on tickets."""
        item = self._sell()
        self.ticket.sale_line_id = item
        entry = self._log(self.ticket, 1, exclude_from_sale_order=True)
        self.assertFalse(entry.so_line)
        self.assertEqual(item.qty_delivered, 0)

    def test_forms_open(self):
        """Views of several addons on one form."""
        with Form(self.env["helpdesk.ticket"].with_user(self.agent)) as form:
            form.name = "Printer on fire"
            form.description = "Smoke"
            form.team_id = self.team
            form.partner_id = self.customer
            with form.timesheet_ids.new() as line:
                line.name = "Call"
                line.unit_amount = 1
        self.assertEqual(form.record.total_hours, 1)


@tagged("post_install", "-at_install")
class TestBesideLoyalty(AccountingCommon):
    """Coupons and promotions of `sale_loyalty` lower what was paid for the credits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = cls.env["loyalty.program"].create(
            {
                "name": "Ten percent",
                "program_type": "promo_code",
                "applies_on": "current",
                "trigger": "with_code",
                "rule_ids": [
                    Command.create(
                        {"mode": "with_code", "code": "TEN", "minimum_amount": 0}
                    )
                ],
                "reward_ids": [
                    Command.create(
                        {
                            "reward_type": "discount",
                            "discount_mode": "percent",
                            "discount": 10,
                            "discount_applicability": "order",
                        }
                    )
                ],
            }
        )

    def _apply_code(self, order):
        for coupon, rewards in order._try_apply_code("TEN").items():
            order._apply_program_reward(rewards, coupon)

    def test_the_price_per_credit_after_a_coupon(self):
        order = self._quote({"product_id": self.pack.id, "price_unit": 1000})
        draft = self._buy(order)
        self._apply_code(order)
        self.assertEqual(order.amount_untaxed, 900)
        self.assertEqual((draft.value_per_credit, draft.paid_per_credit), (100, 90))
        order.action_confirm()
        purchase = order.order_line.service_credit_purchase_ids
        self.assertEqual(purchase, draft)
        draft.is_draft = False
        self._invoice(purchase)
        self.assertEqual((purchase.paid_total, purchase.invoiced_total), (900, 900))
        self.assertFalse(purchase.billing_note)
        self._spend(4)
        self._recognize()
        # The coupon lowered income at once: it is given back, 360 were used.
        self.assertEqual(self._balance(self.liability), 540)
        self._spend(6)
        self._recognize()
        self.assertEqual(self._balance(self.liability), 0)

    def test_a_coupon_that_is_taken_back(self):
        order = self._quote({"product_id": self.pack.id, "price_unit": 1000})
        self._apply_code(order)
        draft = self._buy(order)
        self.assertEqual(draft.paid_per_credit, 90)
        order.order_line.filtered("is_reward_line").unlink()
        self.assertEqual(draft.paid_per_credit, 100)


@tagged("post_install", "-at_install")
class TestBesideAutomation(FundingCommon):
    """The events of docs/integrators.md, which core's automation rules send."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(mute_logger("odoo.addons.base.models.ir_actions"))
        cls.peer = cls.enterClassContext(
            http_peer(lambda handler, request: handler.send({}))
        )

    def _watch(self, model, trigger, field, **values):
        """Make the rule of the page: on this event, send this field."""
        fields = self.env["ir.model.fields"]
        model_id = self.env["ir.model"]._get_id(model)
        rule = self.env["base.automation"].create(
            {
                "name": "Tell the other program",
                "model_id": model_id,
                "trigger": trigger,
                "action_server_ids": [
                    Command.create(
                        {
                            "name": "Send",
                            "model_id": model_id,
                            "state": "webhook",
                            "webhook_url": self.peer.url,
                            "webhook_field_ids": [
                                Command.set(fields._get(model, field).ids)
                            ],
                        }
                    )
                ],
                **values,
            }
        )
        self.addCleanup(rule.unlink)
        self.env.cr.postcommit.clear()
        self.peer.requests.clear()
        return rule

    def _select(self, model, value):
        """Return the option of `state` that a rule waits for."""
        return self.env["ir.model.fields.selection"].search(
            [
                ("field_id", "=", self.env["ir.model.fields"]._get(model, "state").id),
                ("value", "=", value),
            ]
        )

    def _get_sent(self):
        """Commit, as far as other programs are concerned; return what they got."""
        self.env.flush_all()
        self.env.cr.postcommit.run()
        self.env.cr.postrollback.clear()
        return [json.loads(request.body) for request in self.peer.requests]

    def _fire(self):
        alerts = self.env["service.credit.alert"]
        alerts._fire(self.company, alerts._get_due_customers(self.company))

    def test_credits_low_and_expiring(self):
        today = self.company._get_today()
        self.company.write(
            {
                "service_credit_alert_percents": "20",
                "service_credit_alert_credits": False,
                "service_credit_alert_days": "30",
            }
        )
        self._buy(10, start=today, expiry=add_days(today, 20))
        self._log(self.ticket, 9, date=today)
        self._watch("service.credit.alert", "on_create", "kind")
        self._fire()
        sent = self._get_sent()
        self.assertEqual(
            {(one["_model"], one["kind"]) for one in sent},
            {
                ("service.credit.alert", "percent"),
                ("service.credit.alert", "expiry"),
            },
        )
        self._fire()
        self.assertEqual(self._get_sent(), sent, "once each")

    def test_credits_used_up(self):
        name = "service.credit.purchase"
        purchase = self._buy(2)
        state = self._select(name, "used")
        self._watch(
            name, "on_state_set", "credits_available", trg_selection_field_id=state.id
        )
        self._work(1)
        self.assertEqual(self._get_sent(), [])
        self._work(1)
        [sent] = self._get_sent()
        self.assertEqual((sent["_id"], sent["credits_available"]), (purchase.id, 0))

    def test_credits_drawn(self):
        name = "service.credit.purchase"
        purchase = self._buy(10)
        field = self.env["ir.model.fields"]._get(name, "credits_available")
        self._watch(
            name,
            "on_create_or_write",
            "credits_available",
            trigger_field_ids=[Command.set(field.ids)],
            filter_pre_domain=f"[('id', '=', {purchase.id})]",
        )
        self._work(3)
        self.assertEqual([one["credits_available"] for one in self._get_sent()], [7])

    def test_hours_authorized(self):
        name = "service.authorization"
        item = self._sell(self.time_product)
        item.limit_hours = True
        request = self.env[name].create(
            {"sale_line_id": item.id, "hours": 3, "reason": "More"}
        )
        self._watch(
            name,
            "on_state_set",
            "hours",
            trg_selection_field_id=self._select(name, "approved").id,
        )
        request.action_approve()
        [sent] = self._get_sent()
        self.assertEqual((sent["_id"], sent["hours"]), (request.id, 3))
