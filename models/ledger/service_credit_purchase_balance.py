# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import float_round

DRAFT = "draft"
OPEN = "open"
USED = "used"
EXPIRED = "expired"


class ServiceCreditPurchase(models.Model):
    """What is left of a purchase: sums over the ledger, never written by hand."""

    _inherit = "service.credit.purchase"

    credits_allocated = fields.Float(
        string="Allocated",
        digits="Service Credits",
        compute="_compute_balance",
        store=True,
        precompute=True,
    )
    credits_expired = fields.Float(
        string="Expired",
        digits="Service Credits",
        compute="_compute_balance",
        store=True,
        precompute=True,
    )
    credits_available = fields.Float(
        string="Available",
        digits="Service Credits",
        compute="_compute_balance",
        store=True,
        precompute=True,
        help="Credits less what is allocated and what has expired.",
    )
    value_available = fields.Monetary(
        compute="_compute_balance", store=True, precompute=True
    )
    paid_available = fields.Monetary(
        string="Paid for Available",
        compute="_compute_balance",
        store=True,
        precompute=True,
    )
    state = fields.Selection(
        selection=[
            (DRAFT, "Draft"),
            (OPEN, "Open"),
            (USED, "Used"),
            (EXPIRED, "Expired"),
        ],
        compute="_compute_state",
        store=True,
        precompute=True,
        help="Open as long as credits are available, even past the expiry date: "
        "they are expired once they have been written off.",
    )

    _balance_adds_up = models.Constraint(
        # IS TRUE: a check that cannot be decided, for want of a figure, would pass.
        "CHECK ((credits = credits_available + credits_allocated + credits_expired "
        "AND credits_available >= 0 AND credits_allocated >= 0 "
        "AND credits_expired >= 0) IS TRUE)",
        "A purchase cannot give more service credits than it has.",
    )
    # The order of drawing: the ledger reads the first few entries only.
    _drawing_order = models.Index(
        "(commercial_partner_id, company_id, currency_id, date_expiry, date_start, id) "
        "WHERE state = 'open'"
    )
    _to_expire = models.Index("(date_expiry, id) WHERE state = 'open'")

    @api.depends("credits", "value_total", "paid_total", "consumption_ids.credits")
    def _compute_balance(self):
        digits = self._get_credit_digits()
        sums = self._get_ledger_sums([("purchase_id", "in", self._origin.ids)])
        alike = defaultdict(list)
        for purchase in self:
            allocated, expired, value, paid = sums.get(
                purchase._origin.id, (0.0, 0.0, 0.0, 0.0)
            )
            available = float_round(purchase.credits - allocated - expired, digits)
            alike["credits_allocated", allocated].append(purchase.id)
            alike["credits_expired", expired].append(purchase.id)
            alike["credits_available", available].append(purchase.id)
            alike["value_available", purchase.value_total - value].append(purchase.id)
            alike["paid_available", purchase.paid_total - paid].append(purchase.id)
        # Thousands that expire together are left with the same.
        for (name, figure), ids in alike.items():
            self.browse(ids)[name] = figure

    @api.depends(
        "is_draft", "credits_available", "credits_allocated", "credits_expired"
    )
    def _compute_state(self):
        for state, purchases in self.grouped(self._derive_state).items():
            purchases.state = state

    @api.model
    def _derive_state(self, purchase):
        if purchase.is_draft:
            return DRAFT
        if purchase.credits_available > 0:
            return OPEN
        if purchase.credits_expired > 0:
            return EXPIRED
        return USED if purchase.credits_allocated > 0 else OPEN

    # ------------------------------------------------------------------
    # Ledger: what the door needs from its purchases
    # ------------------------------------------------------------------

    @api.model
    def _get_credit_digits(self):
        return self.env["decimal.precision"].precision_get("Service Credits")

    @api.model
    def _get_ledger_sums(self, domain):
        """Return ``{purchase id: (allocated, expired, value, paid)}`` over the rows of
        ``domain``; net credits, and the value and amount paid of all of them."""
        sums = {}
        for purchase, kind, credits, value, paid in self.env[
            "service.credit.consumption"
        ]._read_group(
            domain,
            ["purchase_id", "consumption_type"],
            ["credits:sum", "value:sum", "paid:sum"],
        ):
            allocated, expired, *money = sums.get(purchase.id, (0.0, 0.0, 0.0, 0.0))
            if kind == "expiry":
                expired += credits
            else:
                allocated += credits
            sums[purchase.id] = (allocated, expired, money[0] + value, money[1] + paid)
        return sums

    def _reactivate(self):
        """Credits given back to an archived purchase bring it back into sight."""
        hidden = self.filtered(lambda lot: not lot.active and lot.credits_available > 0)
        if hidden:
            hidden.write({"active": True})
