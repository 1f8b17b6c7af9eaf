# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..models.funding import change
from ..models.time.account_analytic_line import PRICE_GROUPS
from ..models.time.account_analytic_line_overage import DECIDERS
from ..tools import format_number
from .service_revenue_risk_query import query_risks

SELLERS = ("sales_team.group_sale_salesman",)
BILLERS = ("sales_team.group_sale_salesman", "account.group_account_invoice")
CREDIT_MANAGERS = ("helpdesk_service_credit.group_service_credit_manager",)
# Who may settle a finding of each kind.
SETTLERS = {
    "negative_item": SELLERS,
    "not_invoiced": BILLERS,
    "billed_nowhere": DECIDERS,
    "non_billable": DECIDERS,
    "overage": DECIDERS,
    "draft_purchase": CREDIT_MANAGERS,
    "different_amount": CREDIT_MANAGERS,
    "used_unpaid": BILLERS,
    "catch_all": DECIDERS,
}
RECORDS = ("purchase_id", "timesheet_id", "sale_line_id", "ticket_id")


class ServiceRevenueRisk(models.Model):
    """Work and credits whose money may never come in, each with its way out.

    Nothing is stored: a finding is gone as soon as what it tells of is put right.
    """

    _name = "service.revenue.risk"
    _inherit = "service.lines.mixin"
    _description = "Revenue at Risk"
    _auto = False
    _order = "date, id"
    _depends = {
        "account.analytic.line": [
            "approval_state",
            "company_id",
            "coverage",
            "coverage_facts",
            "credits_per_hour",
            "date",
            "hours_billed",
            "overage_decided_on",
            "overage_decision",
            "partner_id",
            "service_type_id",
            "so_line",
            "task_id",
            "ticket_id",
            "timesheet_invoice_id",
            "timesheet_invoice_type",
            "unit_amount",
        ],
        "account.move": ["invoice_date", "move_type", "payment_state", "state"],
        "account.move.line": ["product_uom_id", "quantity"],
        "helpdesk.ticket": ["partner_id", "project_id", "sale_line_id", "team_id"],
        "helpdesk.ticket.team": ["allow_billable", "use_service_credits"],
        "product.template": ["invoice_policy", "service_credits"],
        "project.task": ["project_id", "sale_line_id"],
        "res.partner": ["commercial_partner_id", "parent_id"],
        "sale.order.line": [
            "price_subtotal",
            "price_total",
            "product_uom_qty",
            "qty_delivered_method",
            "remaining_hours",
            "state",
        ],
        "service.credit.consumption": [
            "consumption_type",
            "credits",
            "date",
            "purchase_id",
        ],
        "service.credit.purchase": [
            "active",
            "credits",
            "credited_total",
            "credits_available",
            "credits_unpaid",
            "credits_waiting",
            "credits_withdrawn",
            "date_expiry",
            "date_rollover",
            "date_start",
            "invoiced_total",
            "is_draft",
            "is_withdrawn",
            "paid_per_credit",
            "priority",
            "project_ids",
            "rollover_credits",
            "sale_line_id",
            "service_type_ids",
            "shared_partner_ids",
            "sharing",
            "state",
            "team_ids",
            "value_per_credit",
            "value_total",
        ],
        "service.credit.share": ["credits", "partner_id", "purchase_id"],
        "service.sync.source": ["catch_all_ticket_id"],
    }

    kind = fields.Selection(
        selection=[
            ("negative_item", "Prepaid hours overdrawn"),
            ("not_invoiced", "Delivered, not invoiced"),
            ("billed_nowhere", "Billed, not on an invoice"),
            ("non_billable", "Not billed, though prepaid"),
            ("overage", "Overage not decided"),
            ("draft_purchase", "Paid, credits in draft"),
            ("different_amount", "Invoice and ledger differ"),
            ("used_unpaid", "Credits used, not paid"),
            ("catch_all", "Time on a catch-all ticket"),
        ],
        readonly=True,
    )
    commercial_partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    hours = fields.Float(readonly=True)
    value = fields.Monetary(
        readonly=True,
        groups=PRICE_GROUPS,
        help="Untaxed, in the company's currency at today's rate.",
    )
    date = fields.Date(string="Since", readonly=True)
    sale_line_id = fields.Many2one(
        comodel_name="sale.order.line", string="Sales Order Item", readonly=True
    )
    timesheet_id = fields.Many2one(
        comodel_name="account.analytic.line", string="Time Entry", readonly=True
    )
    ticket_id = fields.Many2one(comodel_name="helpdesk.ticket", readonly=True)
    purchase_id = fields.Many2one(comodel_name="service.credit.purchase", readonly=True)
    about = fields.Char(
        compute="_compute_about",
        compute_sudo=True,
        help="What the finding is about.",
    )
    can_settle = fields.Boolean(compute="_compute_can_settle")
    way_out = fields.Char(compute="_compute_way_out", export_string_translation=False)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT risk.*, company.currency_id
            FROM (%s) risk JOIN res_company company ON company.id = risk.company_id
            """,
            query_risks(self.env),
        )

    @api.depends("kind")
    @api.depends_context("lang")
    def _compute_display_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for risk in self:
            risk.display_name = f"{kinds.get(risk.kind, '')}: {risk.about}"

    @api.depends("kind", *RECORDS)
    def _compute_about(self):
        for risk in self:
            record = risk._get_record()
            if risk.timesheet_id:
                record = risk.ticket_id or risk.timesheet_id.task_id or record
            risk.about = record.display_name

    @api.depends("kind")
    @api.depends_context("uid")
    def _compute_can_settle(self):
        for risk in self:
            risk.can_settle = risk._may_settle()

    @api.depends("kind")
    @api.depends_context("lang")
    def _compute_way_out(self):
        """Name what settles the finding, where there is one button for all of them."""
        ways = {
            "negative_item": self.env._("Raise the Order"),
            "not_invoiced": self.env._("Create Invoice"),
            "billed_nowhere": self.env._("Decide Again"),
            "non_billable": self.env._("Charge"),
            "overage": self.env._("Bill"),
            "draft_purchase": self.env._("Make Usable"),
            "different_amount": self.env._("Follow the Invoice"),
            "used_unpaid": self.env._("Invoices"),
            "catch_all": self.env._("Move the Time"),
        }
        for risk in self:
            risk.way_out = ways.get(risk.kind)

    def _get_record(self):
        """Return the record that the finding is about."""
        self.ensure_one()
        if self.kind == "catch_all":
            return self.ticket_id
        return next(self[name] for name in RECORDS if self[name])

    def _may_settle(self):
        self.ensure_one()
        return self.env.su or any(
            self.env.user.has_group(group) for group in SETTLERS.get(self.kind, ())
        )

    def _check_may_settle(self):
        self.ensure_one()
        self.check_access("read")
        if not self._may_settle():
            groups = self.env["res.groups"].browse(
                self.env.ref(group).id for group in SETTLERS[self.kind]
            )
            raise AccessError(
                self.env._(
                    "You can't settle %(risk)s. Ask a user with one of these rights: "
                    "%(groups)s.",
                    risk=self.display_name,
                    groups=", ".join(groups.sudo().mapped("full_name")),
                )
            )

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    @api.readonly
    def action_open(self):
        """Open what the finding is about."""
        self.ensure_one()
        self.check_access("read")
        record = self._get_record()
        if self.timesheet_id and self.ticket_id:
            record = self.ticket_id
        elif self.sale_line_id and record == self.sale_line_id:
            # sudo: the number of the order; the order itself checks who opens it
            record = self.sale_line_id.sudo().order_id.sudo(False)
        return record.get_formview_action()

    def action_settle(self):
        """Do, or open, what puts the finding right.

        :raise AccessError: for those who may not decide about it
        """
        self._check_may_settle()
        settle = {
            "negative_item": self._order_what_was_delivered,
            "not_invoiced": self._invoice,
            "billed_nowhere": self._decide_again,
            "non_billable": self._ask_again_who_pays,
            "overage": self._bill_overage,
            "draft_purchase": self._open_purchase,
            "different_amount": self._follow_invoice,
            "used_unpaid": self._show_invoices,
            "catch_all": self._move_time,
        }[self.kind]
        return settle() or {"type": "ir.actions.client", "tag": "soft_reload"}

    def action_goodwill(self):
        """Bill the time never, and count it as goodwill.

        :raise AccessError: for those who may not decide about it
        :raise UserError: for findings that are no such time
        """
        self._check_may_settle()
        if self.kind == "overage":
            self.timesheet_id.action_goodwill_overage()
        elif self.kind == "non_billable":
            # sudo: the decision is the manager's, the entry is its author's
            self.timesheet_id.sudo()._note_decision("goodwill")
        else:
            raise UserError(
                self.env._(
                    "%(risk)s can't be marked as goodwill: settle it or open it.",
                    risk=self.display_name,
                )
            )
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _order_what_was_delivered(self):
        """Raise the order to the hours delivered, so that they can be invoiced."""
        item = self.sale_line_id
        item.check_access("write")
        hour = self.env.ref("uom.product_uom_hour")
        missing = self.hours
        if item.product_uom_id._has_common_reference(hour):
            missing = hour._compute_quantity(
                missing, item.product_uom_id, rounding_method="UP"
            )
        item.product_uom_qty += missing
        return item.order_id.get_formview_action()

    def _invoice(self):
        """Open core's window, which bills the time that is not billed yet."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "sale.action_view_sale_advance_payment_inv"
        )
        order_id = self.sale_line_id.sudo().order_id.id
        context = {
            "active_model": "sale.order",
            "active_id": order_id,
            "active_ids": [order_id],
        }
        return action | {"context": context}

    def _decide_again(self):
        """Make the time overage again, which waits for a decision."""
        # sudo: the decision is the manager's, the entry is its author's
        self.timesheet_id.sudo()._forget_quotation()
        return self._show_overage()

    def _ask_again_who_pays(self):
        """Let what the customer has left pay, as for time that is logged now.

        :raise UserError: when the ticket still leaves nobody who pays
        """
        entry = self.timesheet_id
        risk = self.display_name
        # sudo: the decision is the manager's, the entry is its author's
        entry_sudo = entry.sudo()
        if entry_sudo.is_billable:
            entry_sudo._check_can_write({"so_line": False})
            change.fund_again(entry_sudo)
        else:
            entry_sudo.is_billable = True
        if entry_sudo.coverage == "non_billable":
            raise UserError(
                self.env._(
                    "%(risk)s: nothing pays, because the ticket uses no service "
                    "credits and has no sales order item. Choose the item on the "
                    "ticket, or mark the time as goodwill.",
                    risk=risk,
                )
            )

    def _bill_overage(self):
        """Bill the overage; where it waits on a quotation, open that."""
        # sudo: the quotation itself checks who opens it
        quotation = self.timesheet_id.sudo().overage_line_id.order_id.sudo(False)
        if quotation:
            return quotation.get_formview_action()
        self.timesheet_id.action_bill_overage()
        return False

    def _open_purchase(self):
        """Make the credits usable that the customer has paid.

        :raise UserError: when the item is not invoiced and paid in full (any more)
        """
        # sudo: managers of credits need no right on sales
        purchase_sudo = self.purchase_id.sudo()
        if not purchase_sudo._is_paid_in_full():
            raise UserError(
                self.env._(
                    "%(purchase)s can't be made usable, because its item on %(order)s "
                    "is not invoiced and paid in full: register the payment first.",
                    purchase=purchase_sudo.name,
                    order=purchase_sudo.sale_order_id.name,
                )
            )
        if self.purchase_id.is_draft:
            self.purchase_id.is_draft = False
        else:
            self.purchase_id.release = "order"
        return False

    def _show_invoices(self):
        """Show what is to be paid."""
        return self.purchase_id.action_view_sale_invoices()

    def _follow_invoice(self):
        """Take the amount paid from the invoices while nothing was used; afterwards
        show them, because what was used keeps its price."""
        # sudo: managers of credits need no right on sales
        purchase_sudo = self.purchase_id.sudo()
        if (
            purchase_sudo.credits_allocated
            or purchase_sudo.credits_expired
            or purchase_sudo.credits_transferred
        ):
            return self.purchase_id.action_view_sale_invoices()
        purchase_sudo._follow_documents()
        return False

    def _move_time(self):
        """Open the time of the catch-all ticket, to move it where it belongs."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.account_analytic_line_action_ticket"
        )
        return action | {
            "name": self.about,
            "domain": [("ticket_id", "=", self.ticket_id.id)],
        }

    def _show_overage(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.account_analytic_line_action_overage"
        )
        return action | {
            "domain": [("id", "=", self.timesheet_id.id)],
            "context": {"is_timesheet": 1},
        }

    # ------------------------------------------------------------------
    # The weekly note
    # ------------------------------------------------------------------

    def _note_new(self, company, user):
        """Give a user a to-do about these findings: how many of each kind, in hours
        alone, since they may not know prices."""
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        lines = [
            self.env._(
                "%(kind)s: %(count)s (%(hours)s h)",
                kind=kinds[kind],
                count=len(risks),
                hours=format_number(self.env, round(sum(risks.mapped("hours")), 2)),
            )
            for kind, risks in self.grouped("kind").items()
        ]
        note = Markup("<ul>%s</ul>") % Markup().join(
            Markup("<li>%s</li>") % line for line in lines
        )
        link = Markup('<p><a href="/odoo/revenue-at-risk">%s</a></p>')
        # sudo: the scheduled action sees to it, as any user
        company.partner_id.sudo().activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=user.id,
            date_deadline=company._get_today(),
            summary=self.env._("Revenue at risk: %(count)s new", count=len(self)),
            note=note + link % self.env._("Open Revenue at Risk"),
        )
