# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from ..support.selling import SellingCommon


@tagged("post_install", "-at_install")
class TestSellingCompanies(SellingCommon):
    """Customers and companies never mix: purchases, orders, renewals."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.branch = cls.env["res.company"].create({"name": "Elsewhere Ltd"})
        cls.env.user.company_ids |= cls.branch
        cls.foreign_manager = new_test_user(
            cls.env,
            "manager_elsewhere",
            "sales_team.group_sale_manager,"
            "helpdesk_service_credit.group_service_credit_manager",
            company_id=cls.branch.id,
            company_ids=[Command.set(cls.branch.ids)],
        )
        cls.lead.user_id = cls.colleague

    def _renewals(self, user):
        return self.env["service.credit.renewal"].with_user(user)

    def _values(self, **values):
        return {
            "partner_id": self.customer.id,
            "company_id": self.company.id,
            "currency_id": self.company.currency_id.id,
            **values,
        }

    def _used_by_a_colleague(self):
        """Return a purchase that a colleague sold, and of which 8 credits are used."""
        lot = self._ordered(user_id=self.colleague.id)
        self._use(8)
        self.env.flush_all()
        self.env.invalidate_all()
        return lot

    # ------------------------------------------------------------------
    # Renewal
    # ------------------------------------------------------------------

    def test_renewal_of_another_company(self):
        """The use in a company is for its people only, whatever way is tried."""
        lot = self._used_by_a_colleague()
        renewals = self._renewals(self.foreign_manager)
        with self.assertRaises(AccessError):
            renewals.create(self._values())
        own = renewals.create(self._values(company_id=self.branch.id))
        self.assertEqual((own.credits_used, own.product_id.id), (0, False))
        with self.assertRaises(AccessError):
            own.write({"company_id": self.company.id})
        with self.assertRaises(AccessError):
            lot.with_user(self.foreign_manager).action_create_renewal()
        self._check_onchange_tells_nothing(renewals)

    def test_renewal_of_a_colleague_s_customer(self):
        """Salespeople with own documents quote the customers they look after."""
        self._used_by_a_colleague()
        renewals = self._renewals(self.salesman)
        with self.assertRaises(AccessError):
            renewals.create(self._values())
        with self.assertRaises(AccessError):
            self.customer.with_user(
                self.salesman
            ).action_create_service_credit_renewal()
        self._check_onchange_tells_nothing(renewals)
        self.other_customer.user_id = self.salesman
        own = renewals.create(self._values(partner_id=self.other_customer.id))
        with self.assertRaises(AccessError):
            own.write({"partner_id": self.customer.id})
        self.customer.user_id = self.salesman
        self.assertEqual(renewals.create(self._values()).credits_used, 8)

    def test_renewal_for_all_documents(self):
        self._used_by_a_colleague()
        self.assertEqual(
            self._renewals(self.seller).create(self._values()).credits_used, 8
        )

    def _check_onchange_tells_nothing(self, renewals):
        spec = {
            "partner_id": {},
            "product_id": {},
            "credits_used": {},
            "credits_overage": {},
            "size_ids": {"fields": {"units": {}}},
        }
        told = renewals.onchange(self._values(), ["partner_id"], spec)["value"]
        self.assertFalse(told.get("credits_used"))
        self.assertFalse(told.get("credits_overage"))
        self.assertFalse(told.get("product_id"))

    def test_renewal_without_customer(self):
        """A window without a customer is empty, not broken."""
        spec = {"partner_id": {}, "credits_used": {}, "size_ids": {"fields": {}}}
        for user in (self.salesman, self.seller):
            told = self._renewals(user).onchange({}, [], spec)["value"]
            self.assertFalse(told.get("credits_used"))

    # ------------------------------------------------------------------
    # The window of an order
    # ------------------------------------------------------------------

    def test_window_on_items_of_others(self):
        """An item that the user may not read is refused before anything is shown."""
        order = self._quote(user_id=self.colleague.id)
        lines = self.env["service.credit.purchase.create.line"].with_user(self.salesman)
        window = self.env["service.credit.purchase.create"].with_user(self.salesman)
        window = window.create({"order_ids": [], "opportunity_ids": []})
        self.env.invalidate_all()
        with self.assertRaises(AccessError):
            lines.create({"wizard_id": window.id, "sale_line_id": order.order_line.id})
        with self.assertRaises(AccessError):
            window.write(
                {"line_ids": [Command.create({"sale_line_id": order.order_line.id})]}
            )
        told = lines.onchange(
            {"sale_line_id": order.order_line.id},
            ["sale_line_id"],
            {"sale_line_id": {}, "paid_per_credit": {}, "description": {}},
        )["value"]
        self.assertFalse(told.get("paid_per_credit") or told.get("description"))
        with self.assertRaises(AccessError):
            window.create({"order_ids": order.ids})

    # ------------------------------------------------------------------
    # Items of other customers
    # ------------------------------------------------------------------

    def test_purchase_on_the_item_of_another_customer(self):
        """Neither typed nor by a default of the context."""
        item = self._quote().order_line
        manager = new_test_user(
            self.env,
            "manager_mo",
            "helpdesk_service_credit.group_service_credit_manager",
        )
        values = {"partner_id": self.other_customer.id, "credits": 5, "is_draft": True}
        purchases = self.env["service.credit.purchase"].with_user(manager)
        with self.assertRaises(ValidationError):
            purchases.create({**values, "sale_line_id": item.id})
        with self.assertRaises(ValidationError):
            purchases.with_context(default_sale_line_id=item.id).create(values)
        own = purchases.create(values)
        with self.assertRaises(ValidationError):
            own.write({"sale_line_id": item.id})
        fitting = purchases.create(
            {**values, "partner_id": self.contact.id, "sale_line_id": item.id}
        )
        self.assertEqual(fitting.sale_line_id, item)
        with self.assertRaises(ValidationError):
            fitting.write({"partner_id": self.other_customer.id})

    # ------------------------------------------------------------------
    # What a purchase copied from its order
    # ------------------------------------------------------------------

    def test_draft_follows_the_company_of_the_quotation(self):
        order = self._quote(opportunity_id=False)
        lot = self._buy(order)
        order.company_id = self.branch
        self.assertEqual(lot.company_id, self.branch)
        self.assertEqual(lot.currency_id, order.currency_id)
        order.action_confirm()
        self.assertEqual((lot.state, lot.company_id), ("open", self.branch))

    def test_order_with_open_purchase_keeps_company_and_customer(self):
        """An open purchase is frozen, so the order it came from cannot leave it."""
        lot = self._ordered(opportunity_id=False)
        order = lot.sale_order_id
        with self.assertRefused(UserError, lot, order):
            order.company_id = self.branch
        with self.assertRefused(UserError, lot, order):
            order.partner_id = self.other_customer
        order.partner_id = self.contact
        self.assertEqual(lot.commercial_partner_id, self.customer)

    def test_draft_follows_the_taxes_of_another_company(self):
        """Prices that include a tax in one company are worth more in another."""
        tax = self.env["account.tax"].create(
            {
                "name": "VAT 25 included",
                "amount": 25,
                "price_include_override": "tax_included",
            }
        )
        self.pack.taxes_id = tax
        order = self._quote(opportunity_id=False)
        lot = self._buy(order)
        self.assertEqual(lot.paid_per_credit, 8)
        order.company_id = self.branch
        self.assertEqual(
            lot.paid_per_credit, order.order_line.price_subtotal / lot.credits
        )

    def test_draft_follows_the_description(self):
        order = self._quote()
        lot = self._buy(order)
        order.order_line.name = "Support in spring"
        self.assertEqual(lot.description, "Support in spring")
        lot.description = "As agreed by phone"
        order.order_line.name = "Support in autumn"
        self.assertEqual(lot.description, "As agreed by phone")

    def test_draft_follows_its_item_to_another_order(self):
        order = self._quote()
        lot = self._buy(order)
        other = self._quote(partner_id=self.other_customer.id, opportunity_id=False)
        order.order_line.order_id = other
        self.assertEqual(lot.commercial_partner_id, self.other_customer)
        self.assertEqual(lot.sale_order_id, other)
        self.assertFalse(lot.opportunity_id)

    # ------------------------------------------------------------------
    # Two currencies
    # ------------------------------------------------------------------

    def test_overage_counts_once(self):
        """Overage has no currency: it counts in that of the latest purchase."""
        euro = self.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        self.env["res.currency.rate"].create({"currency_id": euro.id, "rate": 2})
        buy = self.env["service.credit.purchase"].create
        values = {"partner_id": self.customer.id, "credits": 1}
        buy({**values, "date_start": "2020-01-01", "date_expiry": "2099-01-01"})
        buy({**values, "currency_id": euro.id, "date_expiry": "2099-01-01"})
        self.team.over_limit_policy = "overage"
        self._use(8)
        self.env.flush_all()
        entries = self.env["account.analytic.line"].search(
            [("partner_id", "=", self.customer.id), ("coverage", "=", "overage")]
        )
        missing = sum(entries.mapped("hours_billed"))
        overage = {}
        for currency in (self.company.currency_id, euro):
            renewal = self.env["service.credit.renewal"].create(
                self._values(currency_id=currency.id)
            )
            overage[currency] = renewal.credits_overage
        self.assertEqual(list(overage.values()), [0, missing])
        lines = self.env["service.credit.forecast"].search(
            [("commercial_partner_id", "=", self.customer.id)]
        )
        self.assertEqual(len(lines), 2)
        self.assertEqual(sum(lines.mapped("credits_overage")), missing)

    # ------------------------------------------------------------------
    # Deleting
    # ------------------------------------------------------------------

    def test_delete_a_cancelled_order(self):
        """What a customer answered, and time that was billed, is never lost with it."""
        item = self._sell()
        self._authorize(item, 5)
        entry = self._log(self._create_ticket(sale_line_id=item.id), 1)
        order = item.order_id
        order._action_cancel()
        for records in (order, item):
            with self.assertRaises(UserError):
                records.unlink()
        entry.unlink()
        for records in (order, item):
            with self.assertRaises(UserError):
                records.unlink()
        self.assertTrue(item.authorization_ids)
        free = self._quote(self.plain)
        free.action_cancel()
        free.unlink()
        self.assertFalse(free.exists())
