# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Renewing the service credits of a customer: what was used, which sizes fit, and the
draft quotation of one of them.

The window of a salesperson and the scheduled alerts use the same functions. Who may
know is for the caller to check. Nothing is sent.
"""

import math
from collections import Counter
from dataclasses import dataclass
from typing import Any

from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.exceptions import UserError

from ..ledger.service_credit_plan import MONTHS as PERIOD_MONTHS
from . import burn

MONTHS = 12


@dataclass(frozen=True)
class Renewal:
    """Whose credits are renewed, in which company and currency, with which product."""

    partner: Any
    company: Any
    currency: Any
    product: Any = None

    @property
    def env(self):
        return self.partner.env

    def get_use(self):
        """Return the credits used, and missed by overage, in the last months: of the
        work that the product is limited to, where the customer has such credits."""
        since = self.company._get_today() - relativedelta(months=MONTHS)
        # sudo: the entity is that of a contact whom the caller may read
        entity = self.partner.sudo().commercial_partner_id
        limits = None
        if self.product:
            template = self.product.product_tmpl_id
            limits = template._get_service_credit_scope(self.company)
        return burn.get_use(entity, self.company, self.currency, since, limits)

    def find_product(self):
        """Return the product that the customer buys most of, or bought last.

        Of those that still are for sale; the last months tell what is bought most.
        """
        # sudo: what a customer bought is no secret to those who may quote for it
        purchases_sudo = self.env["service.credit.purchase"].sudo()
        purchases_sudo = purchases_sudo.with_context(active_test=False).search(
            [
                (
                    "commercial_partner_id",
                    "=",
                    self.partner.sudo().commercial_partner_id.id,
                ),
                ("company_id", "=", self.company.id),
                ("currency_id", "=", self.currency.id),
                ("product_id.service_credits", ">", 0),
                # What goes on by itself needs no renewal yet.
                *("|", ("plan_id", "=", False), ("plan_id.next_start", "=", False)),
            ],
            order="date_start desc, id desc",
        )
        since = self.company._get_today() - relativedelta(months=MONTHS)
        credits = Counter()
        for purchase_sudo in purchases_sudo:
            if purchase_sudo.date_start >= since:
                credits[purchase_sudo.product_id] += purchase_sudo.credits
        for_sale_sudo = purchases_sudo.product_id.filtered(is_for_sale)
        # Of equals the first, which was bought last.
        usual_sudo = max(for_sale_sudo, key=credits.__getitem__, default=for_sale_sudo)
        return usual_sudo.sudo(False)

    def find_pricelist(self):
        """Return a pricelist in the currency of the credits, the customer's own first.

        None where the company's currency needs none: credits of another currency
        would not join those that are renewed.
        """
        own = self.partner.with_company(self.company).property_product_pricelist
        if own.currency_id == self.currency:
            return own
        return own.search(
            [
                ("currency_id", "=", self.currency.id),
                ("company_id", "in", (False, self.company.id)),
            ],
            limit=1,
        )

    def get_sizes(self, need):
        """Return the units of three sizes: below, at, and above what was needed; of
        one unit there is none below."""
        fitting = self.get_fitting(need)
        step = max(round(fitting / 4), 1)
        small = max(fitting - step, 1)
        middle = max(fitting, small + 1)
        return small, middle, middle + step

    def get_fitting(self, need):
        """Return the units that give what was needed, or last as long as before."""
        return self._get_periods() or self._get_packs(need)

    def _get_packs(self, need):
        # Rounded first: 30.000000000000004 credits are three tens, not four.
        return max(math.ceil(round(need / self.product.service_credits, 6)), 1)

    def _get_periods(self):
        """Return how many periods the customer's last allotment of the product had, or
        those of a year; 0 for a product that gives its credits once."""
        period = self.product.service_credit_period
        if period == "once":
            return 0
        # sudo: what a customer bought is no secret to those who may quote for it
        plans_sudo = self.env["service.credit.plan"].sudo()
        last_sudo = plans_sudo.with_context(active_test=False).search(
            [
                (
                    "commercial_partner_id",
                    "=",
                    self.partner.sudo().commercial_partner_id.id,
                ),
                ("company_id", "=", self.company.id),
                ("product_id", "=", self.product.id),
                ("state", "!=", "draft"),
            ],
            limit=1,
        )
        return last_sudo.periods or MONTHS // PERIOD_MONTHS[period]

    def get_price(self, units):
        """Return what the quotation of so many units would come to, untaxed."""
        if not is_for_sale(self.product):
            return 0.0
        order = self.env["sale.order"].new(self._prepare_order(units))
        return sum(order.order_line.mapped("price_subtotal"))

    def create_order(self, units):
        """Create the draft quotation.

        :raise UserError: without a product that is for sale, or without a pricelist
        :raise AccessError: without the right to create quotations
        """
        customer = self.partner.display_name
        if not is_for_sale(self.product):
            raise UserError(
                self.env._(
                    "No quotation can be made for %(customer)s: choose a product that "
                    "has service credits and is for sale.",
                    customer=customer,
                )
            )
        if self.company.currency_id != self.currency and not self.find_pricelist():
            raise UserError(
                self.env._(
                    "No quotation in %(currency)s can be made for %(customer)s: create "
                    "a pricelist in that currency.",
                    currency=self.currency.name,
                    customer=customer,
                )
            )
        return self.env["sale.order"].create(self._prepare_order(units))

    def _prepare_order(self, units):
        return {
            "partner_id": self.partner.id,
            "company_id": self.company.id,
            "pricelist_id": self.find_pricelist().id,
            "origin": self.env._("Renewal of service credits"),
            "order_line": [
                Command.create(
                    {"product_id": self.product.id, "product_uom_qty": units}
                )
            ],
        }


def is_for_sale(product):
    """Tell whether a product can be quoted for its service credits."""
    return bool(
        product and product.active and product.sale_ok and product.service_credits > 0
    )
