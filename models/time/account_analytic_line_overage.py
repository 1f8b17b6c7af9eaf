# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools import format_hours
from ..funding import apply, text
from ..funding.payers import NON_BILLABLE, OVERAGE

DECIDERS = (
    "helpdesk_mgmt.group_helpdesk_manager",
    "helpdesk_service_credit.group_service_credit_manager",
)
# The latest purchase that a customer draws from, its own before those of others.
LATEST_LOTS = """
    SELECT DISTINCT ON (customer.customer_id, payer.company_id)
           customer.customer_id, payer.company_id, lot.id
    FROM (%s) customer
    JOIN service_credit_purchase lot ON lot.id = customer.purchase_id
    JOIN (%s) payer ON payer.owner_id = lot.company_id
    WHERE customer.customer_id IN %s AND lot.active AND lot.is_draft IS NOT TRUE
    ORDER BY customer.customer_id, payer.company_id, customer.is_shared,
             lot.date_start DESC, lot.id DESC
"""


class AccountAnalyticLine(models.Model):
    """What a manager decides about time that nobody covers, with who and when."""

    _inherit = "account.analytic.line"

    @api.depends(
        "hours_billed",
        "coverage",
        "date",
        "ticket_id.sale_line_id.price_subtotal",
        "ticket_id.sale_line_id.product_uom_qty",
        "ticket_id.sale_line_id.currency_id",
        "task_id.sale_line_id.price_subtotal",
        "task_id.sale_line_id.product_uom_qty",
        "task_id.sale_line_id.currency_id",
    )
    def _compute_overage_value(self):
        """Price the hours untaxed, in the company's currency of the work date."""
        prices = self._get_credit_prices()
        for line in self:
            item = line._get_work().sale_line_id
            if item:
                amount = self._get_hours_price(item, line.hours_billed)
                currency = item.currency_id
            else:
                price, currency = prices.get(
                    (line.partner_id.commercial_partner_id, line.company_id),
                    (0.0, line.currency_id),
                )
                credits = line.hours_billed * (line.credits_per_hour or 1.0)
                amount = credits * price
            line.overage_value = currency._convert(
                amount,
                line.company_id.currency_id,
                line.company_id,
                line.date or fields.Date.context_today(line),
            )

    @api.depends("overage_decision", "coverage", "hours_billed")
    def _compute_goodwill_value(self):
        """Keep the price of the day: later prices do not change what was given."""
        given = self.filtered(lambda line: line._is_goodwill())
        (self - given).goodwill_value = 0.0
        for line in given:
            line.goodwill_value = line.overage_value

    def _is_goodwill(self):
        self.ensure_one()
        return self.overage_decision == "goodwill" and self.coverage == NON_BILLABLE

    @api.model
    def _domain_goodwill(self):
        """Return the time that was given away; `_is_goodwill` for one entry."""
        return Domain("overage_decision", "=", "goodwill") & Domain(
            "coverage", "=", NON_BILLABLE
        )

    @api.model
    def _get_hours_price(self, item, hours):
        """Return what hours cost on an item, untaxed, in the currency of its order."""
        hour = self.env.ref("uom.product_uom_hour")
        quantity = hours
        if item.product_uom_id._has_common_reference(hour):
            quantity = hour._compute_quantity(hours, item.product_uom_id, round=False)
        if item.product_uom_qty:
            return quantity * item.price_subtotal / item.product_uom_qty
        return item.tax_ids.compute_all(
            item.price_unit * (1 - (item.discount or 0.0) / 100),
            currency=item.currency_id,
            quantity=quantity,
            product=item.product_id,
            partner=item.order_partner_id,
        )["total_excluded"]

    def _get_credit_prices(self):
        """Return what a credit costs in the latest purchase of each customer, or else
        in the latest that others share with it.

        :return: value and currency by customer and company
        """
        unsold = self.filtered(lambda line: not line._get_work().sale_line_id)
        customers = unsold.partner_id.commercial_partner_id
        # sudo: the field is shown to those who may see prices
        purchases_sudo = self.env["service.credit.purchase"].sudo()
        if not customers:
            return {}
        purchases_sudo.flush_model()
        customers.flush_model(["commercial_partner_id", "parent_id"])
        rows = self.env.execute_query(
            SQL(
                LATEST_LOTS,
                purchases_sudo._query_customers(),
                unsold.company_id._query_credit_companies(),
                tuple(customers.ids),
            )
        )
        found = zip(*rows, strict=True) if rows else ((),) * 3
        customer_ids, company_ids, lot_ids = found
        lots = purchases_sudo.browse(lot_ids)
        keys = zip(
            customers.browse(customer_ids),
            self.env["res.company"].browse(company_ids),
            strict=True,
        )
        return {
            key: (lot.value_per_credit, lot.currency_id)
            for key, lot in zip(keys, lots, strict=True)
        }

    def action_cover_overage(self):
        """Let credits bought meanwhile, then the item, pay; the rest goes on waiting.

        :raise UserError: when nothing could be covered
        """
        waiting = self._get_waiting_overage()
        covered = apply.cover(waiting)
        if not covered:
            raise UserError(
                self.env._(
                    "Nothing covers the overage of %(works)s yet: sell credits or "
                    "hours to the customer first, bill it, or mark it as goodwill.",
                    works=waiting._get_names_of_works(),
                )
            )
        return covered._note_decision("covered")

    def action_bill_overage(self):
        """Bill the overage to the time-based items of its work, within their caps;
        where there is none, put it on a draft quotation of the customer.

        A prepaid item that was invoiced would never bill it.

        :raise UserError: when there is no product to quote
        :raise ValidationError: when the authorized hours of an item do not suffice
        """
        waiting = self._get_waiting_overage()
        unquoted = waiting.filtered(lambda line: line.overage_decision != "to_bill")
        if not unquoted:
            raise UserError(
                self.env._(
                    "The overage of %(works)s is on %(orders)s already: confirm the "
                    "quotation to bill it.",
                    works=waiting._get_names_of_works(),
                    orders=", ".join(waiting.overage_line_id.order_id.mapped("name")),
                )
            )
        billed = unquoted.browse()
        for item, entries in unquoted.grouped(
            lambda line: line._get_work().sale_line_id
        ).items():
            # What was logged for another customer is quoted to that one.
            own = entries.filtered(
                lambda line, item=item: line._is_of_customer_of(item)
            )
            if own and item._takes_overage():
                apply.cover(own, item, policy="refuse")
                apply.write_funding(dict.fromkeys(own, {"overage_line_id": item.id}))
                billed |= own
        billed._note_decision("billed")
        (unquoted - billed)._quote_overage()
        return True

    def _quote_overage(self):
        """Put overage on draft quotations, one for each customer and company
        (superuser)."""
        lines = self.env["sale.order.line"].sudo()
        for (customer, company), entries in self.grouped(
            lambda line: (line.partner_id.commercial_partner_id, line.company_id)
        ).items():
            order = entries._get_overage_quotation(customer, company)
            for product, alike in entries.grouped(
                lambda entry: entry._get_overage_product()
            ).items():
                line = order.order_line.filtered(
                    lambda line, product=product: (
                        line.product_id == product and line.overage_ids
                    )
                )[:1] or lines.create({"order_id": order.id, "product_id": product.id})
                apply.write_funding(dict.fromkeys(alike, {"overage_line_id": line.id}))
        if self:
            self._note_decision("to_bill")

    @api.model
    def _get_overage_quotation(self, customer, company):
        """Return the draft quotation of overage of a customer, or a new one."""
        quoted = self.search(
            [
                ("overage_decision", "=", "to_bill"),
                ("overage_line_id.order_id.state", "=", "draft"),
                (
                    "overage_line_id.order_id.partner_id.commercial_partner_id",
                    "=",
                    customer.id,
                ),
                ("overage_line_id.order_id.company_id", "=", company.id),
            ],
            limit=1,
        )
        order = quoted.overage_line_id.order_id
        return order or order.with_company(company).create(
            {"partner_id": customer.id, "company_id": company.id}
        )

    def _get_overage_product(self):
        """Return what the overage of the entry is sold as.

        :raise UserError: naming where to choose it
        """
        self.ensure_one()
        product = (
            self.service_type_id.product_id
            or self.company_id.service_overage_product_id
        )
        if not product:
            values = {
                "work": self._get_work()._get_work_name(),
                "type": self.service_type_id.name,
                "company": self.company_id.name,
            }
            raise UserError(
                self.env._(
                    "The overage of %(work)s cannot be billed: choose a time-based "
                    "sales order item there, a product on service type %(type)s, or "
                    "the Overage Product in the settings of %(company)s.",
                    **values,
                )
                if self.service_type_id
                else self.env._(
                    "The overage of %(work)s cannot be billed: choose a time-based "
                    "sales order item there, or the Overage Product in the settings "
                    "of %(company)s.",
                    **values,
                )
            )
        return product

    def _bill_quoted(self):
        """Put quoted overage on its item, which was confirmed (superuser).

        A quotation that was made another customer's bills nothing of this one: the
        time is overage again.
        """
        for item, entries in self.grouped("overage_line_id").items():
            own = entries.filtered(
                lambda line, item=item: line._is_of_customer_of(item)
            )
            (entries - own)._forget_quotation()
            for entry in apply.cover(own, item):
                apply.write_funding({entry: {"overage_decision": "billed"}})
        self._land_in_open_period()

    def _forget_quotation(self):
        """Make what no item bills overage again, that waits for a decision
        (superuser)."""
        undecided = {
            "coverage": OVERAGE,
            "so_line": False,
            "overage_line_id": False,
            "overage_decision": False,
            "overage_decided_by_id": False,
            "overage_decided_on": False,
        }
        apply.write_funding(dict.fromkeys(self, undecided))
        facts = text.get_facts_now(self)
        apply.write_funding({line: {"coverage_facts": facts[line]} for line in self})

    def _follow_funding(self):
        """Let the quotation of overage follow what became of it."""
        result = super()._follow_funding()
        quoted = self.filtered("overage_line_id")
        if quoted:
            lines = quoted.overage_line_id
            left = quoted.filtered(
                lambda line: (
                    line.coverage != OVERAGE and line.so_line != line.overage_line_id
                )
            )
            nothing = {"overage_line_id": False, "overage_decision": False}
            apply.write_funding(dict.fromkeys(left, nothing))
            lines._follow_overage()
        return result

    def action_goodwill_overage(self):
        """Never bill the overage; its value stays shown."""
        waiting = self._get_waiting_overage()
        apply.write_funding(
            {
                entry: {
                    "coverage": NON_BILLABLE,
                    "coverage_facts": {
                        "goodwill_by": self.env.user.name,
                        "hours": entry.hours_billed,
                    },
                }
                for entry in waiting
            }
        )
        return waiting._note_decision("goodwill")

    def _get_waiting_overage(self):
        """Return the overage among these entries, oldest first, as superuser.

        :raise AccessError: when the user may not decide
        :raise UserError: when none of the entries is overage
        """
        self.check_access("read")
        if not self.env.su and not any(map(self.env.user.has_group, DECIDERS)):
            raise AccessError(
                self.env._(
                    "Only Helpdesk or Service Credits managers can decide on overage."
                )
            )
        # sudo: the decision is the manager's, the entries are their authors'
        waiting = self.sudo().filtered(lambda line: line.coverage == OVERAGE)
        if not waiting:
            raise UserError(
                self.env._("None of the selected entries is pending overage.")
            )
        return waiting.sorted(lambda line: (line.date, line.id))

    def _get_names_of_works(self):
        works = dict.fromkeys(entry._get_work() for entry in self)
        return ", ".join(work.display_name for work in works)

    def _note_decision(self, decision):
        """Note who decided what, on the entries and in the chatter of the works."""
        values = {
            "overage_decision": decision,
            "overage_decided_by_id": self.env.uid,
            "overage_decided_on": fields.Datetime.now(),
        }
        apply.write_funding(dict.fromkeys(self, values))
        if decision in ("covered", "billed"):
            self._land_in_open_period()
        labels = dict(self._fields["overage_decision"]._description_selection(self.env))
        for work, entries in self.grouped(lambda line: line._get_work()).items():
            work._message_log(
                body=self.env._(
                    "Overage of %(hours)s h: %(decision)s.",
                    hours=format_hours(sum(entries.mapped("hours_billed"))),
                    decision=labels[decision],
                )
            )
        return True
