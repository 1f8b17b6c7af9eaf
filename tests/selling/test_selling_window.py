# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from dateutil.relativedelta import relativedelta
from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from ..support.selling import SellingCommon


@tagged("post_install", "-at_install")
class TestSellingWindow(SellingCommon):
    """Creating purchases from an opportunity or an order."""

    def _items(self, record):
        return self._open_window(record).line_ids.sale_line_id

    def test_eligible_items(self):
        """Items with credits only: no sections, notes, zero or negative quantities."""
        order = self._quote(
            {"display_type": "line_section", "name": "Support"},
            self.pack,
            {"display_type": "line_note", "name": "Thank you"},
            self.plain,
            {"product_id": self.pack.id, "product_uom_qty": 0},
            {"product_id": self.pack.id, "product_uom_qty": -1},
            {"product_id": self.pack.id, "product_uom_qty": 2},
        )
        expected = order.order_line[1] + order.order_line[6]
        self.assertEqual(self._items(order), expected)
        self.assertEqual(self._items(self.lead), expected)
        self.assertEqual(
            order.order_line.mapped("service_credits"), [0, 10, 0, 0, 0, 0, 20]
        )

    def test_options(self):
        """An option counts from the moment it is picked."""
        order = self._quote(
            {
                "display_type": "line_section",
                "name": "Options",
                "is_optional": True,
            },
            {"product_id": self.pack.id, "product_uom_qty": 0},
        )
        self.assertFalse(order.has_service_credits_to_buy)
        order.order_line[1].product_uom_qty = 1
        self.assertTrue(order.has_service_credits_to_buy)
        self.assertEqual(self._items(order), order.order_line[1])

    def test_alternative_quotations(self):
        """All quotations of the opportunity are offered, cancelled ones are not."""
        first, second, third = self._quote(), self._quote(), self._quote()
        third.action_cancel()
        self.assertEqual(self._items(self.lead), first.order_line + second.order_line)
        lots = self._buy(self.lead)
        self.assertEqual(set(lots.mapped("state")), {"draft"})
        first.action_confirm()
        self.assertEqual(first.order_line.service_credit_purchase_ids.state, "open")
        self.assertEqual(second.order_line.service_credit_purchase_ids.state, "draft")
        second.action_cancel()
        self.assertEqual(lots.exists(), first.order_line.service_credit_purchase_ids)

    def test_buttons_appear_while_there_is_something(self):
        """Visible before, gone after; the smart button counts."""
        order = self._quote()
        self.assertTrue(order.has_service_credits_to_buy)
        self.assertTrue(self.lead.has_service_credits_to_buy)
        self.assertEqual(self.lead.service_credit_purchase_count, 0)
        lot = self._buy(self.lead)
        (order + self.lead.order_ids).invalidate_recordset()
        self.lead.invalidate_recordset()
        self.assertFalse(order.has_service_credits_to_buy)
        self.assertFalse(self.lead.has_service_credits_to_buy)
        for record in (order, self.lead):
            self.assertEqual(record.service_credit_purchase_count, 1)
            action = record.action_view_service_credit_purchases()
            self.assertEqual(action["res_id"], lot.id)

    def test_every_figure_can_be_amended(self):
        """What was typed is what the purchase says."""
        order = self._quote(self.pack, self.pack)
        order.action_confirm()
        window = self._open_window(order)
        start = self.today + relativedelta(months=1)
        with Form(window) as form:
            with form.line_ids.edit(0) as line:
                self.assertEqual(line.credits, 10)
                self.assertEqual(line.value_per_credit, 10)
                line.description = "Ten for the price of eight"
                line.credits = 12
                line.value_per_credit = 9
                line.paid_per_credit = 8
                line.date_start = start
                self.assertEqual(line.date_expiry, start + relativedelta(years=1))
                line.date_expiry = start + relativedelta(months=6)
                line.is_draft = True
            with form.line_ids.edit(1) as line:
                line.is_included = False
        window.action_create()
        lot = order.order_line.service_credit_purchase_ids
        self.assertRecordValues(
            lot,
            [
                {
                    "sale_line_id": order.order_line[0].id,
                    "description": "Ten for the price of eight",
                    "credits": 12,
                    "value_per_credit": 9,
                    "paid_per_credit": 8,
                    "date_start": start,
                    "date_expiry": start + relativedelta(months=6),
                    "is_draft": True,
                }
            ],
        )

    def test_twice(self):
        """Pressing twice, opening twice: one purchase per item, and it is shown."""
        order = self._quote(self.pack, self.pack)
        window, other = self._open_window(order), self._open_window(self.lead)
        action = window.action_create()
        lots = order.order_line.service_credit_purchase_ids
        self.assertEqual(len(lots), 2)
        for again in (window, other, self._open_window(order)):
            shown = again.action_create()
            self.assertEqual(shown["domain"], action["domain"])
        self.assertEqual(order.order_line.service_credit_purchase_ids, lots)

    def test_shows_what_it_made(self):
        """One purchase opens as a form, several as a list."""
        action = self._open_window(self._quote()).action_create()
        self.assertTrue(action["res_id"])
        self.assertEqual(action["views"], [(False, "form")])
        action = self._open_window(self._quote(self.pack, self.pack)).action_create()
        self.assertFalse(action.get("res_id"))
        found = self.env["service.credit.purchase"].search(action["domain"])
        self.assertEqual(len(found), 2)

    def test_nothing_ticked(self):
        window = self._open_window(self._quote())
        window.line_ids.is_included = False
        with self.assertRefused(UserError, says="nothing to create"):
            window.action_create()

    def test_forged_item(self):
        """An item that is not eligible is refused by name, whatever the way in."""
        order = self._quote(self.plain)
        window = self.env["service.credit.purchase.create"].create(
            {
                "order_ids": order.ids,
                "line_ids": [
                    Command.create({"sale_line_id": order.order_line.id, "credits": 5})
                ],
            }
        )
        with self.assertRefused(UserError, "Advice"):
            window.action_create()

    def test_one_credit_is_the_database_s_rule(self):
        """Two purchases of one item cannot be recorded by any other way either."""
        lot = self._buy(self._quote())
        with self.assertRaises(UniqueViolation), self.cr.savepoint():
            self.env["service.credit.purchase"].create(
                {
                    "partner_id": self.customer.id,
                    "credits": 1,
                    "sale_line_id": lot.sale_line_id.id,
                    "is_draft": True,
                }
            )

    def test_draft_until_confirmed(self):
        """Of a quotation only drafts, whatever is asked, by whichever way."""
        order = self._quote()
        window = self._open_window(order)
        window.line_ids.is_draft = False
        window.action_create()
        lot = order.order_line.service_credit_purchase_ids
        self.assertEqual(lot.state, "draft")
        with self.assertRefused(ValidationError, order.name):
            lot.is_draft = False
        order.action_confirm()
        self.assertEqual(lot.state, "open")

    def test_draft_by_choice_stays_one(self):
        """Those who want to check first untick Open When Ordered."""
        order = self._quote()
        lot = self._buy(order)
        lot.open_on_confirmation = False
        order.action_confirm()
        self.assertEqual(lot.state, "draft")
        lot.is_draft = False
        self.assertEqual(lot.state, "open")

    def test_company_wants_drafts(self):
        self.company.service_credit_draft_by_default = True
        self.assertEqual(self._ordered().state, "draft")
        order = self._quote()
        lot = self._buy(order)
        order.action_confirm()
        self.assertEqual(lot.state, "draft")

    def test_product_changes_later(self):
        """A changed product leaves purchases, and what their items stand for, alone."""
        lot = self._ordered()
        self.pack.write({"service_credits": 25, "service_credit_validity": 1})
        self.assertEqual(lot.credits, 10)
        self.assertEqual(lot.date_expiry, self.today + relativedelta(years=1))
        self.assertEqual(lot.sale_line_id.service_credits, 10)
        self.assertEqual(self._quote().order_line.service_credits, 25)

    def test_only_services(self):
        goods = self.env["product.template"].create({"name": "Cable", "type": "consu"})
        with self.assertRefused(ValidationError, "Cable"):
            goods.service_credits = 5
        pack = self.pack.product_tmpl_id
        pack.type = "consu"
        self.assertEqual(pack.service_credits, 0)

    def test_constant_queries(self):
        """Fifty items cost the queries of five."""
        few = self._quote(*[self.pack] * 5)
        many = self._quote(*[self.pack] * 50)
        windows = [self._open_window(order) for order in (few, many)]
        warm = self._open_window(self._quote(*[self.pack] * 3))
        warm.action_create()
        counts = []
        for window in windows:
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            window.action_create()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2, counts)
