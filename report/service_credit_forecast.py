# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..models.ledger.drawing import query_drawing_order, query_limits
from ..models.ledger.movements import query_excess
from ..models.ledger.planned import query_planned
from ..models.selling import burn
from .service_credit_forecast_query import FORECAST


class ServiceCreditForecast(models.Model):
    """When the credits of a customer run out at the pace they were drawn, and what
    lapses unused before.

    One line per customer, company and currency, and one more for credits that pay for
    some work only: these are used at the pace at which such credits were. Counted are
    the credits that can be used today, in the order of drawing; what starts later is
    told beside them. Pace is
    what was drawn per month in the last three months, or else in the last twelve; a
    customer who bought later is measured since the first purchase started.
    """

    _name = "service.credit.forecast"
    _inherit = "service.lines.mixin"
    _description = "Services Credits Forecast"
    _auto = False
    _order = "date_empty, id"
    _rec_name = "commercial_partner_id"
    _depends = {
        "service.credit.movement": ["date"],
        "service.credit.purchase": [
            "credits_available",
            "credits_waiting",
            "date_received",
            "is_limited",
            "opportunity_id",
            "origin_id",
            "paid_available",
            "priority",
            "sale_order_id",
            "state",
            "value_available",
        ],
        "account.analytic.line": [
            "company_id",
            "coverage",
            "date",
            "hours_billed",
            "partner_id",
            "service_type_id",
            "ticket_id",
        ],
        "service.credit.plan": ["next_start", "state"],
        "crm.lead": ["user_id"],
        "helpdesk.ticket": ["commercial_partner_id"],
        "res.partner": ["user_id"],
        "sale.order": ["user_id"],
        "service.type": ["credits_per_hour"],
    }

    purchase_id = fields.Many2one(
        comodel_name="service.credit.purchase",
        string="Latest Purchase",
        readonly=True,
    )
    commercial_partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    limits = fields.Char(
        string="Only For",
        compute="_compute_limits",
        help="The work that the credits pay for; empty for any work.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Salesperson",
        readonly=True,
        help="Of the latest purchase's order or opportunity, or else of the customer.",
    )
    credits_available = fields.Float(
        string="Available", digits="Service Credits", readonly=True
    )
    credits_waiting = fields.Float(
        string="Waiting",
        digits="Service Credits",
        readonly=True,
        help="Credits that wait for their invoice or payment; not in the forecast.",
    )
    credits_later = fields.Float(
        string="Starting Later",
        digits="Service Credits",
        readonly=True,
        help="Credits that are bought already and start later, and those that "
        "allotments give in the next twelve months; not in the forecast.",
    )
    value_available = fields.Monetary(readonly=True)
    paid_available = fields.Monetary(string="Paid for Available", readonly=True)
    date_expiry = fields.Date(string="Next Expiry", readonly=True)
    pace_3 = fields.Float(
        string="Used per Month (3 Months)",
        digits="Service Credits",
        readonly=True,
        aggregator=None,
        help="Credits drawn per month in the last three months.",
    )
    pace_12 = fields.Float(
        string="Used per Month (12 Months)",
        digits="Service Credits",
        readonly=True,
        aggregator=None,
        help="Credits drawn per month in the last twelve months.",
    )
    pace = fields.Float(
        string="Pace per Month",
        digits="Service Credits",
        readonly=True,
        aggregator=None,
        help="What the forecast counts with: the last three months, or the last "
        "twelve when nothing was drawn in those.",
    )
    credits_overage = fields.Float(
        string="Overage in Twelve Months",
        digits="Service Credits",
        readonly=True,
        help="Credits that the overage of the last twelve months would have taken.",
    )
    credits_lapsing = fields.Float(
        string="Will Lapse",
        digits="Service Credits",
        readonly=True,
        help="Credits that will not have been used when their term ends. Credits for "
        "some work are counted at the pace at which such credits were used: the first "
        "ones have none yet.",
    )
    date_lapse = fields.Date(
        string="First Lapse",
        readonly=True,
        help="The last day on which credits that will lapse can be used.",
    )
    date_empty = fields.Date(
        string="Runs Out",
        readonly=True,
        help="The day on which nothing is left. Empty when it never comes.",
    )
    outlook = fields.Selection(
        selection=[
            ("empty", "No Credits Left"),
            ("lapses", "Will Lapse"),
            ("runs_out", "Runs Out"),
            ("idle", "Not Used"),
        ],
        readonly=True,
    )

    @property
    def _table_query(self):
        purchases = self.env["service.credit.purchase"]
        year_ago = self.env.company._get_today() - relativedelta(months=12)
        return SQL(
            FORECAST,
            since=year_ago,
            limits=query_limits(purchases, "purchase"),
            missing=burn.query_missing(self.env, year_ago),
            days=self.env["res.company"]._query_days(),
            planned=query_planned(self.env),
            excess=query_excess(self.env),
            drawing=query_drawing_order(purchases, "lots"),
            order=SQL(" ").join(
                SQL("%s,", SQL.identifier(name))
                for name in purchases._get_drawing_order()
                if name not in ("id", "date_start", "date_expiry")
            ),
            digits=purchases._get_credit_digits(),
        )

    @api.depends("purchase_id")
    def _compute_limits(self):
        for line in self:
            line.limits = line.purchase_id._get_limits_text()

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @api.readonly
    def action_view_purchases(self):
        """Open the purchases behind the line."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_purchase_action"
        )
        action["domain"] = [
            ("commercial_partner_id", "=", self.commercial_partner_id.id),
            ("company_id", "=", self.company_id.id),
            ("currency_id", "=", self.currency_id.id),
        ]
        action["domain"] += self._get_domain_of_limits(action["domain"])
        return action

    def _get_domain_of_limits(self, domain):
        """Narrow the customer's purchases to those limited to the same work."""
        # sudo: what the latest purchase is for is shown on the line
        latest_sudo = self.purchase_id.sudo()
        if not latest_sudo.is_limited:
            return [("is_limited", "=", False)]
        found = self.purchase_id.with_context(active_test=False).search(
            [*domain, ("is_limited", "=", True)]
        )
        same = latest_sudo._get_limits()
        alike = [lot.id for lot in found.sudo() if lot._get_limits() == same]
        return [("id", "in", alike)]

    def action_create_renewal(self):
        """Open the window that quotes the customer's next credits."""
        self.ensure_one()
        self.check_access("read")
        # sudo: whom and what the latest purchase was for is shown on the line
        latest_sudo = self.purchase_id.sudo()
        return self.env["service.credit.renewal"]._open(
            latest_sudo.partner_id.sudo(False),
            self.company_id,
            self.currency_id,
            latest_sudo.product_id.sudo(False),
        )
