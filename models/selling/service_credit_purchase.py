# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import float_compare

from ...tools import format_number
from ..ledger.drawing import SCOPES
from .billing import get_billing

# What of documents and payments changes what they say about a purchase. The lines of
# a document do not change once it is posted.
DOCUMENTS = "sale_line_id.order_id.order_line.invoice_lines.move_id"


class ServiceCreditPurchase(models.Model):
    """A purchase that was sold: how it follows its sales order item, and the invoices,
    credit notes and payments of it."""

    _inherit = "service.credit.purchase"
    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends(
        "currency_id",
        "is_withdrawn",
        "sale_line_id.service_credit_purchase_ids.is_withdrawn",
        f"{DOCUMENTS}.state",
    )
    def _compute_billed_totals(self):
        sold = self.filtered("sale_line_id")
        super(ServiceCreditPurchase, self - sold)._compute_billed_totals()
        for purchase, billing in get_billing(sold).items():
            purchase.invoiced_total = billing.invoiced_total
            purchase.credited_total = billing.credited_total

    @api.depends(
        "sale_credits",
        "service_credits_per_unit",
        f"{DOCUMENTS}.state",
        f"{DOCUMENTS}.amount_residual",
        f"{DOCUMENTS}.payment_state",
        f"{DOCUMENTS}.matched_payment_ids.state",
    )
    def _compute_waiting(self):
        """Depend on what releases credits of orders, see `_get_released_shares`."""
        return super()._compute_waiting()

    def _get_released_shares(self):
        shares = super()._get_released_shares()
        asked = self.filtered(lambda lot: lot.release != "order" and lot.sale_line_id)
        for purchase, billing in get_billing(asked).items():
            shares[purchase] = billing.get_released_share(purchase.release)
        return shares

    @api.depends(
        "paid_total",
        "credits_refunded",
        "credits_withdrawn",
        "sale_line_id.price_subtotal",
        f"{DOCUMENTS}.state",
    )
    @api.depends_context("lang")
    def _compute_billing_note(self):
        for purchase, billing in get_billing(self).items():
            purchase.billing_note = "\n".join(purchase._get_billing_notes(billing))

    def _note_origin(self):
        """Note what the sales order item stands for, whatever the way in."""
        super()._note_origin()
        # sudo: those who record purchases need not see the order.
        for purchase in self.sudo().filtered("sale_line_id"):
            if not purchase.service_credits_per_unit:
                purchase._note_sale()

    @api.model
    def _get_product_terms(self, product, company):
        terms = super()._get_product_terms(product, company)
        template = product.product_tmpl_id
        scope = template._get_service_credit_scope(company)
        return {
            **terms,
            "sharing": template.service_credit_sharing,
            "priority": template.service_credit_priority,
            **{
                name: [Command.set(limits.ids)]
                for name, limits in scope.items()
                if limits
            },
        }

    @api.onchange("product_id")
    def _onchange_product_id(self):
        """Propose what the product says of its credits, as an order would."""
        if self.product_id and self.is_draft:
            # sudo: the terms of a product hold for everyone who records its purchase
            product_sudo = self.product_id.sudo()
            nothing = dict.fromkeys(SCOPES, [Command.clear()])
            self.update(
                nothing | self._get_product_terms(product_sudo, self.company_id)
            )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @api.model
    def _get_purchase_action(self, domain, purchases=None):
        """Return the action that shows purchases: one as a form, several as a list."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_purchase_action"
        )
        action["domain"] = domain
        action["context"] = {"create": False}
        if purchases is not None and len(purchases) == 1:
            action["view_mode"] = "form"
            action["views"] = [(False, "form")]
            action["res_id"] = purchases.id
        return action

    def action_view_sale_invoices(self):
        """Open the invoices and credit notes of the sales order items."""
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "account.action_move_out_invoice_type"
        )
        action["domain"] = [("id", "in", self._get_sale_invoices().ids)]
        action["context"] = {"create": False}
        return action

    # ------------------------------------------------------------------
    # Following the order
    # ------------------------------------------------------------------

    def _get_sold_units(self):
        """Return how many units of its product the purchase stands for."""
        per_unit = self.service_credits_per_unit
        return self.sale_credits / per_unit if per_unit else 0.0

    def _note_sale(self):
        """Remember what the sales order item stands for from now on.

        The credits of one unit stay those of the day of the sale.
        """
        self.ensure_one()
        line = self.sale_line_id
        self.write(
            {
                "sale_credits": line.service_credits,
                "service_credits_per_unit": line._get_service_credits_per_unit(),
            }
        )

    def _follow_owner(self, order):
        """Take over whose the order is now.

        :raise UserError: credits that can be used stay with their customer and company
        """
        owner = order._prepare_purchase_owner()
        drafts = self.filtered(lambda lot: lot.is_draft and not lot.has_rows)
        drafts.write(owner)
        rest = self - drafts
        rest.write({"opportunity_id": owner["opportunity_id"]})
        customer = order.partner_id.commercial_partner_id
        for purchase in rest:
            if (
                purchase.commercial_partner_id != customer
                or purchase.company_id != order.company_id
            ):
                raise UserError(
                    self.env._(
                        "%(order)s can't move to another customer or company, because "
                        "the service credits of its purchase %(purchase)s belong to "
                        "%(customer)s in %(company)s. Create a new order instead.",
                        order=order.name,
                        purchase=purchase.name,
                        customer=purchase.commercial_partner_id.display_name,
                        company=purchase.company_id.name,
                    )
                )

    def _open_ordered(self):
        """Make the drafts usable that waited for their order to be confirmed."""
        waiting = self.filtered(lambda lot: lot.is_draft and lot.open_on_confirmation)
        waiting.write({"is_draft": False})

    def _withdraw(self):
        """Take the purchases back because their sale is undone.

        Drafts without history are deleted; of the others, what is available is
        withdrawn through the ledger.

        :raise UserError: when credits of one of them are used
        """
        unused = self.filtered(lambda lot: lot.is_draft and not lot.has_rows)
        rest = self - unused
        rest._check_unused()
        unused.unlink()
        rest.filtered("is_draft").write({"is_draft": False})
        for purchase in rest:
            purchase._note_withdrawal(purchase.credits_available)
        rest._write_off()
        rest._write_past_the_lock({"is_withdrawn": True})

    def _note_withdrawal(self, credits):
        """Leave a note on the purchase about what its order took back."""
        if credits > 0:
            self.message_post(
                body=self.env._(
                    "The order %(order)s withdrew %(credits)s credits.",
                    order=self.sale_order_id.name,
                    credits=self._format_credits(credits),
                )
            )

    def _get_kept_in_archive(self):
        """Drafts of which credit notes left nothing come back with a new invoice."""
        kept = self.filtered(
            lambda lot: lot.is_draft and lot.sale_line_id and not lot.sale_credits
        )
        return super()._get_kept_in_archive() | kept

    def _check_unused(self):
        for purchase in self:
            purchase._check_not_transferred()
            if purchase.credits_allocated > 0:
                raise UserError(
                    self.env._(
                        "The sale of %(item)s can't be undone, because %(used)s of the "
                        "%(credits)s credits of its purchase %(purchase)s are used. "
                        "Give them back first, or reduce the order to what was used.",
                        item=purchase.sale_line_id.display_name,
                        used=purchase._format_credits(purchase.credits_allocated),
                        credits=purchase._format_credits(purchase.credits),
                        purchase=purchase.name,
                    )
                )

    def _check_not_transferred(self):
        if self.credits_transferred > 0:
            raise UserError(
                self.env._(
                    "The sale of %(item)s can't be undone, because %(credits)s credits "
                    "of its purchase %(purchase)s were transferred to another "
                    "customer. Transfer them back first.",
                    item=self.sale_line_id.display_name,
                    credits=self._format_credits(self.credits_transferred),
                    purchase=self.name,
                )
            )

    def _follow_sale(self, line, before):
        """Bring one purchase in line with its changed sales order item.

        A draft follows, keeping what was amended by hand. Of an open purchase, what
        the order no longer holds is withdrawn through the ledger as far as it is
        available; an open purchase never grows, for its terms are frozen.

        :param before: the terms of the item before the change
        :raise UserError: when the order would hold fewer credits than are used
        """
        self.ensure_one()
        credits = line.service_credits
        change = credits - self.sale_credits
        self._check_not_below_used(line, credits)
        if float_compare(credits, 0.0, self._get_credit_digits()) <= 0:
            self._withdraw()
        elif self.is_draft:
            self._follow_as_draft(line, before, change)
        elif change < 0:
            self._note_sale()
            # What a credit note had withdrawn already is not withdrawn twice.
            self._follow_documents()
            withdrawn = min(-change, self.credits_available)
            self._write_off(withdrawn)
            self._note_withdrawal(withdrawn)

    def _check_not_below_used(self, line, credits):
        digits = self._get_credit_digits()
        used = self.credits_allocated + self.credits_transferred
        is_less = float_compare(credits, self.sale_credits, digits) < 0
        if is_less and float_compare(credits, used, digits) < 0:
            raise UserError(
                self.env._(
                    "%(item)s can't be reduced to %(credits)s credits, because "
                    "%(used)s credits of its purchase %(purchase)s are used or were "
                    "transferred. Keep at least %(units)s %(unit)s on the order.",
                    item=line.display_name,
                    credits=self._format_credits(credits),
                    used=self._format_credits(used),
                    purchase=self.name,
                    units=format_number(self.env, line._get_units_for_credits(used)),
                    unit=line.product_uom_id.name,
                )
            )

    def _follow_as_draft(self, line, before, change):
        terms = line._get_service_credit_terms()
        vals = {
            name: terms[name]
            for name in ("value_per_credit", "paid_per_credit", "description")
            if self._is_same_term(self[name], before[name])
        }
        if self.product_id != line.product_id and not self.has_rows:
            vals["product_id"] = line.product_id.id
            vals["service_credits_per_unit"] = line.product_id.service_credits
        digits = self._get_credit_digits()
        credits = self.credits + change
        if float_compare(credits, 0.0, digits) > 0:
            vals["credits"] = round(credits, digits)
        self.write(vals)
        self._note_sale()

    @api.model
    def _is_same_term(self, ours, theirs):
        if isinstance(theirs, float):
            return float_compare(ours, theirs, precision_digits=6) == 0
        return (ours or "") == (theirs or "")

    # ------------------------------------------------------------------
    # Whose sale it is
    # ------------------------------------------------------------------

    @api.model
    def _query_sold(self, own=False):
        """Return a query of the purchases that were sold with an order or opportunity,
        and of those whose credits came from one of these, for rules.

        :param bool own: by the user: with orders of theirs, or of nobody
        """
        # sudo: what a rule is about does not depend on other rules
        purchases_sudo = self.sudo().with_context(active_test=False)
        sold = self._domain_sold(own)
        received = Domain("origin_id", "in", purchases_sudo._search(sold))
        return purchases_sudo._search(sold | received)

    def _filter_sold(self, own=False):
        """Return those of these purchases that :meth:`_query_sold` tells."""
        sold = self._domain_sold(own)
        alike_sudo = (self | self.origin_id).sudo().with_context(active_test=False)
        found_sudo = alike_sudo.search(Domain("id", "in", alike_sudo.ids) & sold)
        return self.filtered(
            lambda lot: lot in found_sudo or lot.origin_id in found_sudo
        )

    @api.model
    def _domain_sold(self, own):
        if not own:
            return Domain("sale_order_id", "!=", False) | Domain(
                "opportunity_id", "!=", False
            )
        # sudo: see _query_sold
        orders_sudo = self.env["sale.order"].sudo().with_context(active_test=False)
        leads_sudo = self.env["crm.lead"].sudo().with_context(active_test=False)
        orders = orders_sudo._search([("user_id", "in", [self.env.uid, False])])
        leads = leads_sudo._search([("user_id", "=", self.env.uid)])
        return Domain("sale_order_id", "in", orders) | Domain(
            "opportunity_id", "in", leads
        )
