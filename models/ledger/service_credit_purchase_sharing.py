# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import uuid

from odoo import api, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from .choices import CHOSEN, GROUP

# A group is the owner, and every commercial entity below it.
CUSTOMERS = f"""
    WITH RECURSIVE member (owner_id, customer_id) AS (
        SELECT DISTINCT commercial_partner_id, commercial_partner_id
        FROM service_credit_purchase WHERE sharing = '{GROUP}'
        UNION
        SELECT above.owner_id, entity.id
        FROM member above
        JOIN res_partner contact ON contact.commercial_partner_id = above.customer_id
        JOIN res_partner entity ON entity.parent_id = contact.id
                               AND entity.commercial_partner_id = entity.id
    )
    SELECT id AS purchase_id, commercial_partner_id AS customer_id, FALSE AS is_shared
    FROM service_credit_purchase
    UNION ALL
    SELECT purchase.id, member.customer_id, TRUE
    FROM service_credit_purchase purchase
    JOIN member ON member.owner_id = purchase.commercial_partner_id
    WHERE purchase.sharing = '{GROUP}' AND member.customer_id <> member.owner_id
    UNION ALL
    SELECT purchase.id, chosen.res_partner_id, TRUE
    FROM service_credit_purchase purchase
    JOIN service_credit_purchase_shared_partner_rel chosen
      ON chosen.service_credit_purchase_id = purchase.id
    WHERE purchase.sharing = '{CHOSEN}'
      AND chosen.res_partner_id <> purchase.commercial_partner_id
"""


class ServiceCreditPurchase(models.Model):
    """Which customers draw from a purchase besides the one that owns it."""

    _inherit = "service.credit.purchase"

    def _refuse_contacts(self, partners_sudo):
        for contact in partners_sudo:
            customer = contact.commercial_partner_id
            if customer != contact:
                raise ValidationError(
                    self.env._(
                        "%(purchase)s can't be shared with %(contact)s, who "
                        "belongs to %(customer)s: choose %(customer)s instead.",
                        purchase=self._get_label(),
                        contact=contact.name,
                        customer=customer.display_name,
                    )
                )

    @api.model
    def _forget_sharing(self):
        """Give what is kept in memory another name, for those who see the change.

        A cache that is cleared would be filled again by transactions that do not see
        the change yet, and keep what they see.
        """
        # sudo: who shares credits need not administer companies
        companies_sudo = self.env["res.company"].sudo()
        companies_sudo = companies_sudo.with_context(active_test=False).search(
            Domain.TRUE
        )
        companies_sudo.service_sharing_version = uuid.uuid4().hex

    def _forget_own_sharing(self):
        """Forget it where these purchases are shared: no others are kept in memory."""
        if any(purchase.sharing != "customer" for purchase in self.sudo()):
            self._forget_sharing()

    @api.model
    def _search_shared_by(self, partners):
        """Return which purchases customers share, or others with them."""
        return self.with_context(active_test=False).search(
            Domain("sharing", "!=", "customer")
            & (
                Domain("commercial_partner_id", "in", partners.ids)
                | Domain("shared_partner_ids", "in", partners.ids)
            )
        )

    @api.model
    def _get_sharing(self):
        """Return the ids of owners that share with their group, and of customers that
        people chose to share with: customers without pools cost no query."""
        # sudo: of whichever company, all are told of a change
        company_sudo = self.env.company.sudo()
        version = company_sudo.service_sharing_version
        return self._get_sharing_of(company_sudo.id, version)

    @api.model
    def _get_planned(self, companies):
        """Return the ids of customers who have or had allotments of companies: others
        cost no query."""
        planned_ids = frozenset()
        # sudo: which customers have some does not depend on who looks
        for company_sudo in companies.sudo():
            version = company_sudo.service_sharing_version
            planned_ids |= self._get_planned_of(company_sudo.id, version)
        return planned_ids

    @api.model
    def _forget_planned(self, companies):
        """Forget who has allotments of companies, as above: of two customers of one
        company who get their first ones at the same moment, one waits."""
        # sudo: who starts an allotment need not administer companies
        for company_sudo in companies.sudo():
            company_sudo.service_sharing_version = uuid.uuid4().hex

    @api.model
    @tools.ormcache("company_id", "version")
    def _get_planned_of(self, company_id, version):
        # sudo: as above
        plans_sudo = self.env["service.credit.plan"].sudo()
        groups = plans_sudo.with_context(active_test=False)._read_group(
            [("state", "!=", "draft"), ("company_id", "=", company_id)],
            ["commercial_partner_id"],
        )
        return frozenset(partner.id for (partner,) in groups)

    @api.model
    @tools.ormcache("company_id", "version")
    def _get_sharing_of(self, company_id, version):
        # sudo: who pays does not depend on who looks
        purchases_sudo = self.sudo().with_context(active_test=False)
        groups = purchases_sudo._read_group(
            [("sharing", "=", GROUP)], ["commercial_partner_id"]
        )
        chosen = purchases_sudo._read_group(
            [("sharing", "=", CHOSEN)], ["shared_partner_ids"]
        )
        return tuple(
            frozenset(partner.id for (partner,) in found) for found in (groups, chosen)
        )

    @api.model
    def _domain_shared(self, partner):
        """Return which purchases of others a customer draws from.

        :param partner: commercial entity
        """
        owner_ids, member_ids = self._get_sharing()
        domain = Domain.FALSE
        # Where no group shares, nothing is read of the partner.
        above = partner._get_entities_above() if owner_ids else partner.browse()
        if found := owner_ids.intersection(above.ids):
            domain |= Domain("sharing", "=", GROUP) & Domain(
                "commercial_partner_id", "in", list(found)
            )
        if partner.id in member_ids:
            domain |= (
                Domain("sharing", "=", CHOSEN)
                & Domain("shared_partner_ids", "in", partner.ids)
                & Domain("commercial_partner_id", "!=", partner.id)
            )
        return domain

    @api.model
    def _query_customers(self):
        """Return SQL with one row ``(purchase_id, customer_id, is_shared)`` for each
        customer who draws from a purchase: the owner, and as `_domain_shared` tells."""
        return SQL(CUSTOMERS)

    def _get_shares_left(self, partners):
        """Return how many credits customers may still draw from purchases of others
        that limit their shares, by the ids of purchase and customer.

        :param partners: commercial entities
        """
        others = self.filtered(
            lambda lot: lot.commercial_partner_id.ids != partners.ids
        )
        if not others:
            return {}
        # sudo: who pays does not depend on who looks
        shares_sudo = self.env["service.credit.share"].sudo()
        shares_sudo = shares_sudo.search(
            [("purchase_id", "in", others.ids), ("partner_id", "in", partners.ids)]
        )
        return {
            (share.purchase_id.id, share.partner_id.id): share._get_left()
            for share in shares_sudo
            if share.partner_id != share.purchase_id.commercial_partner_id
        }

    def _get_credits_used_by(self, partners):
        """Return how much customers drew from the purchase of another one.

        :param partners: commercial entities
        """
        self.ensure_one()
        # sudo: what may be drawn does not depend on who looks
        [(credits,)] = (
            self.env["service.credit.consumption"]
            .sudo()
            ._read_group(
                [
                    ("purchase_id", "=", self.id),
                    ("is_shared", "=", True),
                    ("used_by_id", "in", partners.ids),
                ],
                aggregates=["credits:sum"],
            )
        )
        return credits or 0.0

    def _is_shared_with(self, partner):
        """Tell whether a customer draws from the purchase of another one.

        :param partner: commercial entity
        """
        self.ensure_one()
        # sudo: who pays does not depend on who looks
        lot_sudo = self.sudo()._with_archived()
        owner = lot_sudo.commercial_partner_id
        if owner.id == partner.id:
            return False
        if lot_sudo.sharing == GROUP:
            return owner in partner._get_entities_above()
        return lot_sudo.sharing == CHOSEN and partner.id in (
            lot_sudo.shared_partner_ids.ids
        )
