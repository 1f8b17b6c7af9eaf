# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.tests import tagged

from ..support.selling import SellingCommon


@tagged("post_install", "-at_install")
class TestSellingPrices(SellingCommon):
    """Credits, value and amount paid of one purchase, case by case."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.included = cls._create_tax(21, "tax_included")
        cls.excluded = cls._create_tax(21, "tax_excluded")

    @classmethod
    def _create_tax(cls, amount, price_include):
        return cls.env["account.tax"].create(
            {
                "name": f"VAT {amount} {price_include}",
                "amount": amount,
                "price_include_override": price_include,
            }
        )

    def _check(self, line, credits, value, paid):
        item = {"product_id": self.pack.id, "product_uom_qty": 1, **line}
        lot = self._buy(self._quote(item))
        self.assertEqual(lot.credits, credits)
        self.assertAlmostEqual(lot.value_per_credit, value, places=6)
        self.assertAlmostEqual(lot.paid_per_credit, paid, places=6)
        return lot

    def test_table(self):
        """quantity, price, discount → credits, value and paid per credit."""
        table = [
            ("plain", {}, (10, 10, 10)),
            ("quantity", {"product_uom_qty": 3}, (30, 10, 10)),
            ("half a unit", {"product_uom_qty": 0.5}, (5, 10, 10)),
            ("price", {"price_unit": 250}, (10, 25, 25)),
            ("discount", {"discount": 20}, (10, 10, 8)),
            ("discount of all", {"discount": 100}, (10, 10, 0)),
            ("gift", {"price_unit": 0}, (10, 0, 0)),
            ("more than all off", {"discount": 120}, (10, 10, 0)),
            ("odd", {"price_unit": 100, "discount": 33.33}, (10, 10, 6.667)),
        ]
        for name, line, expected in table:
            with self.subTest(name):
                self._check(line, *expected)

    def test_taxes(self):
        """Both figures are untaxed, whatever the price says."""
        table = [
            ("included", self.included, 121, 0, 10, 10),
            ("included, discount", self.included, 121, 50, 10, 5),
            ("included, all off", self.included, 121, 100, 10, 0),
            ("excluded", self.excluded, 100, 0, 10, 10),
            ("excluded, discount", self.excluded, 100, 25, 10, 7.5),
        ]
        for name, tax, price, discount, value, paid in table:
            with self.subTest(name):
                self._check(
                    {
                        "price_unit": price,
                        "discount": discount,
                        "tax_ids": [Command.set(tax.ids)],
                    },
                    10,
                    value,
                    paid,
                )

    def test_unit_of_measure(self):
        """A dozen is twelve times the credits at a twelfth of the price."""
        dozen = self.env.ref("uom.product_uom_dozen")
        lot = self._check(
            {"product_uom_id": dozen.id, "product_uom_qty": 2, "price_unit": 1200},
            240,
            10,
            10,
        )
        self.assertEqual(lot.paid_total, 2400)

    def test_hours(self):
        """A product sold by the day carries the credits of its hours."""
        hours = self._create_credit_product("Hours", 1.0, uom_id=self.hour.id)
        day = self.env.ref("uom.product_uom_day")
        self._check(
            {
                "product_id": hours.id,
                "product_uom_id": day.id,
                "product_uom_qty": 1,
                "price_unit": 640,
            },
            8,
            80,
            80,
        )

    def test_indivisible_price(self):
        """Thirds of a cent per credit add up to what was paid."""
        pack = self._create_credit_product("Three", 3.0, list_price=100)
        lot = self._buy(self._quote(pack))
        self.assertEqual(lot.value_total, 100)
        self.assertEqual(lot.paid_total, 100)

    def test_foreign_currency(self):
        """The purchase is in the currency of the order, without conversion."""
        currency = self.env.ref("base.GBP")
        if currency == self.company.currency_id:
            currency = self.env.ref("base.CHF")
        currency.active = True
        pricelist = self.env["product.pricelist"].create(
            {"name": "Abroad", "currency_id": currency.id}
        )
        order = self._quote(
            {"product_id": self.pack.id, "product_uom_qty": 1, "price_unit": 77},
            pricelist_id=pricelist.id,
        )
        lot = self._buy(order)
        self.assertEqual(lot.currency_id, currency)
        self.assertAlmostEqual(lot.paid_per_credit, 7.7)

    def test_paid_follows_value(self):
        """The company's setting holds here as well."""
        self.company.service_credit_paid_follows_value = True
        self._check({"discount": 20}, 10, 10, 10)

    def test_validity(self):
        """Expiry is the product's months after the start, else a year."""
        for months, expected in ((12, 12), (3, 3), (0, 12), (36, 36)):
            with self.subTest(months=months):
                self.pack.service_credit_validity = months
                lot = self._buy(self._quote())
                self.assertEqual(lot.date_start, self.today)
                self.assertEqual(
                    lot.date_expiry, self.today + relativedelta(months=expected)
                )

    def test_what_the_purchase_says(self):
        """Everything else comes from the order."""
        order = self._quote(partner_id=self.contact.id)
        lot = self._buy(self.lead)
        self.assertEqual(lot.partner_id, self.contact)
        self.assertEqual(lot.commercial_partner_id, self.customer)
        self.assertEqual(lot.company_id, order.company_id)
        self.assertEqual(lot.product_id, self.pack)
        self.assertEqual(lot.sale_line_id, order.order_line)
        self.assertEqual(lot.sale_order_id, order)
        self.assertEqual(lot.opportunity_id, self.lead)
        self.assertEqual(lot.description, order.order_line.name)
