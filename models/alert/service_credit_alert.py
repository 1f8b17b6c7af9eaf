# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.tools import format_date

from ...tools import format_number
from .levels import CREDITS, EXPIRY, OPEN, OVER, PERCENT


class ServiceCreditAlert(models.Model):
    """A level that the service credits of a customer have reached.

    Kept per customer (commercial entity), company and currency, over all purchases
    that can be used. A level fires once a cycle: until something new is bought, or
    credits come back above it. The index of the database sees to that.
    """

    _name = "service.credit.alert"
    _description = "Service Credits Alert"
    _order = "date desc, id desc"
    _check_company_auto = True

    commercial_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Contact",
        required=True,
        readonly=True,
        ondelete="cascade",
        help="The contact of the purchase, who gets the e-mail if customers get one.",
    )
    recipient_id = fields.Many2one(
        comodel_name="res.partner",
        compute="_compute_recipient_id",
        export_string_translation=False,
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True, ondelete="cascade"
    )
    purchase_id = fields.Many2one(
        comodel_name="service.credit.purchase",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        check_company=True,
        help="The latest purchase, which began the cycle; or the one that expires.",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="The salesperson of the purchase's order or opportunity, or else of the "
        "customer, or else who is responsible for alerts in the company.",
    )
    kind = fields.Selection(
        selection=[
            (PERCENT, "Percent Left"),
            (CREDITS, "Credits Left"),
            (EXPIRY, "Days before Expiry"),
        ],
        required=True,
        readonly=True,
    )
    level = fields.Float(
        digits=(16, 2),
        required=True,
        readonly=True,
        aggregator=None,
        help="Percent, credits or days.",
    )
    cycle = fields.Date(
        required=True,
        readonly=True,
        help="When the latest purchase started; or when the credits expire.",
    )
    threshold = fields.Float(
        digits="Service Credits",
        readonly=True,
        aggregator=None,
        help="The level in credits. With more than that, the alert is resolved.",
    )
    credits_available = fields.Float(
        string="Remaining",
        digits="Service Credits",
        readonly=True,
        help="What was left when the alert was triggered.",
    )
    credits_base = fields.Float(
        string="Starting Balance",
        digits="Service Credits",
        readonly=True,
        help="What the customer had after the latest purchase; or what was bought with "
        "the purchase that expires.",
    )
    date = fields.Date(string="Triggered", required=True, readonly=True)
    date_told = fields.Date(
        string="Notified",
        readonly=True,
        help="When the responsible user was notified, once per customer and day.",
    )
    date_over = fields.Date(string="Resolved On", readonly=True)
    is_customer_told = fields.Boolean(string="Customer Notified", readonly=True)
    order_id = fields.Many2one(
        comodel_name="sale.order",
        string="Quotation",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    state = fields.Selection(
        selection=[(OPEN, "Open"), (OVER, "Resolved")],
        required=True,
        readonly=True,
        default=OPEN,
    )

    _fires_once = models.UniqueIndex(
        "(commercial_partner_id, company_id, currency_id, kind, level, purchase_id, "
        "cycle) WHERE state = 'open'",
        "This alert was triggered already and is not resolved.",
    )

    @api.depends("partner_id.email", "commercial_partner_id.email")
    def _compute_recipient_id(self):
        """The contact, or else the customer; empty without an address."""
        for alert in self:
            candidates = alert.partner_id | alert.commercial_partner_id
            alert.recipient_id = candidates.filtered("email")[:1]

    @api.depends("commercial_partner_id", "kind", "level")
    def _compute_display_name(self):
        for alert in self:
            customer = alert.commercial_partner_id.display_name
            alert.display_name = f"{customer}: {alert._get_level_text()}"

    def _get_level_text(self):
        """Return the level as people say it."""
        level = format_number(self.env, self.level)
        if self.kind == PERCENT:
            return self.env._("%(level)s%% left", level=level)
        if self.kind == CREDITS:
            return self.env._("%(level)s credits left", level=level)
        return self.env._("%(level)s days before expiry", level=level)

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @api.readonly
    def action_view_purchases(self):
        """Open the purchases of the customer."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_purchase_action"
        )
        action["domain"] = [
            ("commercial_partner_id", "=", self.commercial_partner_id.id),
            ("company_id", "=", self.company_id.id),
        ]
        return action

    # ------------------------------------------------------------------
    # Texts of notifications
    # ------------------------------------------------------------------

    def _get_lines(self):
        """Return what these alerts of one customer come to: one sentence per currency
        and per purchase that expires, however many levels were reached."""
        lines = []
        levels = self.filtered(lambda alert: alert.kind != EXPIRY)
        for alerts in levels.grouped("currency_id").values():
            lines.append(alerts.sorted("id")[-1]._get_level_line())
        for alerts in (self - levels).grouped("purchase_id").values():
            lines.append(alerts.sorted("id")[-1]._get_expiry_line())
        return lines

    def _get_suggestions(self):
        """Return what the team suggests where credits are about to expire."""
        expiring = self.filtered(lambda alert: alert.kind == EXPIRY)
        company = expiring.company_id
        return company._get_service_suggestions() if len(company) == 1 else ""

    def _get_level_line(self):
        values = {
            "base": self._format_credits(self.credits_base),
            "left": self._format_credits(self.credits_available),
            "currency": self.currency_id.name,
        }
        if self.credits_available <= 0:
            return self.env._(
                "None of the %(base)s service credits (%(currency)s) are left.",
                **values,
            )
        return self.env._(
            "%(left)s of %(base)s service credits (%(currency)s) are left.", **values
        )

    def _get_expiry_line(self):
        # sudo: whom the line is for may not read purchases
        purchase_sudo = self.purchase_id.sudo()
        return self.env._(
            "%(credits)s service credits of %(purchase)s expire on %(date)s.",
            credits=self._format_credits(self.credits_available),
            purchase=purchase_sudo.name,
            date=format_date(self.env, self.cycle),
        )

    def _format_credits(self, credits):
        return self.env["service.credit.purchase"]._format_credits(credits)

    def _get_digest(self):
        """Return the alerts that share a message with this one."""
        self.ensure_one()
        return self.search(
            [
                ("commercial_partner_id", "=", self.commercial_partner_id.id),
                ("company_id", "=", self.company_id.id),
                ("date_told", "=", self.date_told),
            ]
        )
