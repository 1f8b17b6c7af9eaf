# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .choices import MAY_SEE_PURCHASES


class ResPartner(models.Model):
    _inherit = "res.partner"

    service_credit_balance = fields.Char(
        string="Service Credits Available",
        compute="_compute_service_credit_balance",
        help="Empty for users who can't see the credits of this customer.",
    )
    service_credit_plan_count = fields.Integer(
        compute="_compute_service_credit_plan_count",
        groups=MAY_SEE_PURCHASES,
        export_string_translation=False,
    )
    service_statement_frequency = fields.Selection(
        selection=[
            ("none", "Never"),
            ("month", "Every Month"),
            ("quarter", "Every Quarter"),
        ],
        string="Mail Statements",
        default="none",
        groups="base.group_user",
        help="Mail the statement of service credits when a month or quarter has ended, "
        "with a link to the same period as it stands later.",
    )

    def _compute_service_credit_plan_count(self):
        plans = self.env["service.credit.plan"]
        entities = self.commercial_partner_id
        groups = plans._read_group(
            [("commercial_partner_id", "in", entities.ids)],
            ["commercial_partner_id"],
            ["__count"],
        )
        counts = {entity.id: count for entity, count in groups}
        for partner in self:
            partner.service_credit_plan_count = counts.get(
                partner.commercial_partner_id.id, 0
            )

    @api.depends_context("company", "lang", "uid")
    def _compute_service_credit_balance(self):
        visible = self._get_visible_credit_customers()
        balances = visible._get_service_credit_balances()
        purchases = self.env["service.credit.purchase"]
        for partner in self:
            # sudo: whose credits they are; which of them are shown is decided above
            lines = balances.get(partner.sudo().commercial_partner_id.id)
            partner.service_credit_balance = lines is not None and " + ".join(
                f"{purchases._format_credits(line['credits_available'])} "
                f"{line['currency']}"
                for line in lines
            )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    def write(self, vals):
        """A customer that becomes part of another entity takes its credits along;
        a contact that merely changes employer leaves them where they are."""
        if not {"parent_id", "is_company"} & vals.keys():
            return super().write(vals)
        owners = self.filtered(lambda p: p.commercial_partner_id == p)
        result = super().write(vals)
        for partner in owners:
            if partner.commercial_partner_id != partner:
                partner._hand_over_service_credits(partner.commercial_partner_id)
        return result

    def _hand_over_service_credits(self, entity):
        """Give purchases and allocations of these customers to ``entity``, and what
        they may draw from purchases of others."""
        # sudo: those who edit contacts need not see the ledger.
        shares_sudo = self.env["service.credit.share"].sudo()
        shares_sudo = shares_sudo._join_customers(self, entity)
        domain = [("commercial_partner_id", "in", self.ids)]
        for model in (
            "service.credit.purchase",
            "service.credit.allocation",
            "service.credit.plan",
        ):
            records_sudo = self.env[model].sudo().with_context(active_test=False)
            records_sudo.search(domain)._follow_customer(entity)
        purchases_sudo = self.env["service.credit.purchase"].sudo()
        purchases_sudo = purchases_sudo.with_context(active_test=False)
        for purchase_sudo in purchases_sudo.search(
            [("shared_partner_ids", "in", self.ids)]
        ):
            members = purchase_sudo.shared_partner_ids
            purchase_sudo.shared_partner_ids = members - self | entity
        for share_sudo in shares_sudo.filtered(lambda one: one.partner_id != entity):
            share_sudo.partner_id = entity

    def _get_entities_above(self):
        """Return the commercial entities that these belong to (superuser)."""
        # sudo: whose credits pay does not depend on who looks
        entities_sudo = self.sudo().commercial_partner_id
        above_sudo = entities_sudo.browse()
        found_sudo = entities_sudo.parent_id.commercial_partner_id
        while found_sudo := found_sudo - above_sudo - entities_sudo:
            above_sudo |= found_sudo
            found_sudo = found_sudo.parent_id.commercial_partner_id
        return above_sudo

    def _get_group_top(self):
        """Return the company that all of the customer's group belong to (superuser)."""
        self.ensure_one()
        # sudo: of whichever companies, who may see some of them or not
        entity_sudo = self.sudo().commercial_partner_id
        while entity_sudo.parent_id:
            entity_sudo = entity_sudo.parent_id.commercial_partner_id
        return entity_sudo

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_view_service_credit_purchases(self):
        """Open the customer's purchases, or what they would pay where the user may not
        read purchases."""
        self.ensure_one()
        if not self.env["service.credit.purchase"].has_access("read"):
            action = self.env["ir.actions.act_window"]._for_xml_id(
                "helpdesk_service_credit.service_funding_panel_action"
            )
            return {**action, "context": {"default_partner_id": self.id}}
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_purchase_action"
        )
        entity = self.commercial_partner_id
        action["domain"] = [("commercial_partner_id", "=", entity.id)]
        action["context"] = {"default_partner_id": entity.id}
        return action

    def action_view_service_credit_plans(self):
        """Open the customer's allotments."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_plan_action"
        )
        entity = self.commercial_partner_id
        action["domain"] = [("commercial_partner_id", "=", entity.id)]
        action["context"] = {"default_partner_id": entity.id}
        return action

    # ------------------------------------------------------------------
    # Balance
    # ------------------------------------------------------------------

    @api.readonly
    def get_service_credit_balance(self, date=None, company_id=None):
        """Return what the customer can use on a date, one entry per currency.

        :param date: a date or its ISO text, default today
        :param company_id: where the work would be, default the current company; a
            branch uses what the companies above it sold, too
        :return: list of dicts with ``currency`` (ISO code), ``credits_available``,
            ``value_available``, ``paid_available`` (in that currency),
            ``next_expiry`` (date or False) and ``credits_next_expiry`` (credits that
            expire on it, or lapse then with a period they do not outlast); without the
            amounts for those who may see no purchases
        :raise AccessError: unless the user may see service credits, works on tickets,
            may read a purchase of the customer, or belongs to the customer
        :raise UserError: when the date isn't one
        """
        self._check_service_credit_balance_access()
        day = self._read_balance_date(date)
        company = self._get_balance_company(company_id)
        return self._leave_out_amounts(self._get_service_credit_balance(day, company))

    @api.readonly
    def get_service_credit_balances(self, date=None, company_id=None):
        """Return ``{id: balance}`` of many customers in one call; see
        :meth:`get_service_credit_balance`, which adds several up.

        The ids are text: XML-RPC refuses other keys, and JSON makes them so.
        """
        self._check_service_credit_balance_access()
        day = self._read_balance_date(date)
        company = self._get_balance_company(company_id)
        # sudo: who may see the balances was checked
        owners = {partner.id: partner.sudo().commercial_partner_id for partner in self}
        lines = {owner: [] for owner in owners.values()}
        for owner, *amounts in self._get_service_credit_lines(day, company):
            lines[owner].append(amounts)
        return {
            str(key): self._leave_out_amounts(self._prepare_balance(lines[owner]))
            for key, owner in owners.items()
        }

    @api.model
    def _read_balance_date(self, date):
        """Return the day of a balance, None for today.

        :raise UserError: when it isn't one
        """
        try:
            return fields.Date.to_date(date)
        except (TypeError, ValueError) as error:
            raise UserError(
                self.env._(
                    "“%(date)s” isn't a valid date. Write it like %(example)s.",
                    date=date,
                    example=fields.Date.to_string(self.env.company._get_today()),
                )
            ) from error

    @api.model
    def _leave_out_amounts(self, balance):
        """Return a balance as the user may read it."""
        if not self.env["service.credit.purchase"].has_access("read"):
            # Hours, not prices: a value divided by its credits is one.
            for line in balance:
                del line["value_available"], line["paid_available"]
        return balance

    @api.model
    def _get_balance_company(self, company_id):
        """Return the company of a balance, by default the current one.

        :raise AccessError: unless the user works in it
        """
        company_id = company_id or self.env.company.id
        # True is a number for Python, and no company.
        if isinstance(company_id, int) and company_id is not True:
            company = self.env["res.company"].browse(company_id)
            if self.env.su or company in self.env.user.company_ids:
                return company
        raise AccessError(
            self.env._("You can't see the service credits of that company.")
        )

    def _check_service_credit_balance_access(self):
        """Raise unless the user may see the balance of all these customers."""
        visible = self._get_visible_credit_customers()
        if self.sudo().commercial_partner_id - visible:
            raise AccessError(
                self.env._(
                    "You can only see the service credits of your own company, or of "
                    "customers whose purchases you see."
                )
            )

    def _get_visible_credit_customers(self):
        """Return those of these customers whose balance the user may see.

        All for users of service credits, and for agents, who may write a ticket for any
        of them and see no amounts; else the user's own entity, and the customers of
        purchases they may read: who may see one purchase has to know what there is
        altogether before selling more.
        """
        entities = self.sudo().commercial_partner_id
        user = self.env.user
        if self.env.su:
            return entities
        purchases = self.env["service.credit.purchase"]
        reads_purchases = purchases.has_access("read")
        if user.has_group("helpdesk_service_credit.group_service_credit_user") or (
            user.has_group("helpdesk_mgmt.group_helpdesk_user_own")
            and not reads_purchases
        ):
            return (
                self.filtered("id")
                ._filtered_access("read")
                .sudo()
                .mapped("commercial_partner_id")
            )
        visible = user.sudo().commercial_partner_id
        if reads_purchases:
            groups = purchases._read_group(
                [("commercial_partner_id", "in", entities.ids)],
                ["commercial_partner_id"],
            )
            visible |= entities.browse(entity.id for (entity,) in groups)
        return entities & visible
