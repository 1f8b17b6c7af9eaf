# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..models.selling.shop import get_prices
from ..tools import clean_text
from .authorization_portal import MOST_ID
from .left import get_credit_texts, get_left

PURCHASE = "service.credit.purchase"
STATEMENT = "service.statement.sent"
FILE = "service.statement.file"
MOST_STATEMENTS = 12


class CreditPortal(CustomerPortal):
    """What the customer bought, what is left of it, and every row behind that."""

    @http.route()
    def home(self, **kw):
        """Show customers first what is left."""
        response = super().home(**kw)
        user = request.env.user
        if user._is_portal():
            response.qcontext |= {
                "service_left": get_left(request.env, user.commercial_partner_id),
                "service_prices": get_prices(user.partner_id, request.env.company),
            }
        return response

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "service_credit_count" in counters:
            purchases = request.env[PURCHASE]
            values["service_credit_count"] = (
                purchases.search_count(self._get_service_credit_domain())
                if purchases.has_access("read")
                else 0
            )
        return values

    def _get_service_credit_domain(self):
        """Own commercial entity only, also for users who may read more."""
        customer = request.env.user.partner_id.commercial_partner_id
        return [
            ("commercial_partner_id", "=", customer.id),
            ("is_draft", "=", False),
        ]

    def _get_service_credit_state(self, purchase):
        """Tell how a purchase stands today, also why open credits cannot be used."""
        today = purchase.company_id.sudo()._get_today()
        if purchase.state == "open" and purchase.date_start > today:
            return request.env._("Starts Later")
        if purchase.state == "open" and purchase._is_past_grace(today):
            return request.env._("Past Expiry Date")
        states = purchase._fields["state"]._description_selection(request.env)
        return dict(states)[purchase.state]

    def _get_row_text(self, row):
        """Tell what became of the credits of a row, in the customer's words."""
        if row.consumption_type == "transfer" and row.credits < 0:
            return request.env._("Received")
        if row.credits < 0:
            return request.env._("Given back")
        return {
            "expiry": request.env._("Expired"),
            "withdrawal": request.env._("Withdrawn"),
            "opening": request.env._("Used before"),
            "transfer": request.env._("Transferred"),
        }.get(row.consumption_type) or request.env._("Used")

    @http.route(
        ["/my/service-credits", "/my/service-credits/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def portal_my_service_credits(self, page=1, **kwargs):
        """Show the balance per currency and the purchases."""
        purchases = request.env[PURCHASE]
        if not purchases.has_access("read"):
            return request.redirect("/my")
        domain = self._get_service_credit_domain()
        pager = portal_pager(
            url="/my/service-credits",
            total=purchases.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        customer = request.env.user.partner_id.commercial_partner_id
        company = request.env.company
        found = purchases.search(
            domain,
            order="date_expiry desc, id desc",
            limit=self._items_per_page,
            offset=pager["offset"],
        )
        # sudo: customers read of shared credits what is for them
        shared_sudo = customer.sudo()._get_shared_credits(company)
        values = self._prepare_portal_layout_values() | {
            "service_prices": get_prices(request.env.user.partner_id, company),
            "shared": [(lot, credits) for _customer, lot, credits in shared_sudo],
            "balances": get_credit_texts(request.env, customer),
            "purchases": found,
            "statements": self._get_service_statements(STATEMENT, customer),
            "statement_files": self._get_service_statements(FILE, customer),
            "states": {lot: self._get_service_credit_state(lot) for lot in found},
            "page_name": "service_credit",
            "pager": pager,
            "default_url": "/my/service-credits",
        }
        return request.render(
            "helpdesk_service_credit.portal_my_service_credits", values
        )

    def _get_service_statements(self, model, customer):
        """Return the latest statements, sent or asked for, that the user may read."""
        statements = request.env[model]
        if not statements.has_access("read"):
            return []
        return statements.search(
            [("commercial_partner_id", "=", customer.id)], limit=MOST_STATEMENTS
        )

    @http.route(
        [
            "/my/service-credits/<int:purchase_id>",
            "/my/service-credits/<int:purchase_id>/page/<int:page>",
        ],
        type="http",
        auth="public",
        website=True,
        readonly=True,
    )
    def portal_service_credit(self, purchase_id, access_token=None, page=1, **kwargs):
        """Show one purchase with the rows that drew on it, page by page."""
        access_token = clean_text(access_token)
        try:
            purchase_sudo = self._get_service_credit_purchase(purchase_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        reader = self._get_service_credit_reader(purchase_sudo)
        values = self._get_page_view_values(
            purchase_sudo,
            access_token,
            {
                "purchase": purchase_sudo,
                "state": self._get_service_credit_state(purchase_sudo),
                "page_name": "service_credit",
                "limits": purchase_sudo._get_limits_text(reader),
                "member": self._get_service_credit_share(purchase_sudo, reader),
                **self._get_service_credit_rows(
                    purchase_sudo, access_token, page, reader
                ),
            },
            "my_service_credits_history",
            False,
        )
        return request.render(
            "helpdesk_service_credit.portal_service_credit_page", values
        )

    def _get_service_credit_reader(self, purchase_sudo):
        """Return for which customer the page of a purchase is: its owner, unless
        another contact is logged in."""
        user = request.env.user
        owner = purchase_sudo.commercial_partner_id
        return user.sudo().commercial_partner_id if user._is_portal() else owner

    def _get_service_credit_domain_of_rows(self, purchase_sudo, reader):
        domain = [("purchase_id", "=", purchase_sudo.id)]
        if reader != purchase_sudo.commercial_partner_id:
            # What a customer gave to another one is no use of that one's credits.
            domain.append(("is_shared", "=", True))
            domain.append(("allocation_id.commercial_partner_id", "=", reader.id))
        return domain

    def _get_service_credit_share(self, purchase_sudo, reader):
        """Return what another customer than the owner used, and has left of it."""
        if reader == purchase_sudo.commercial_partner_id:
            return None
        domain = self._get_service_credit_domain_of_rows(purchase_sudo, reader)
        [(used,)] = purchase_sudo.consumption_ids._read_group(
            domain, aggregates=["credits:sum"]
        )
        left = {
            lot.id: credits
            for _customer, lot, credits in reader._get_shared_credits(
                purchase_sudo.company_id
            )
        }
        return {"used": used or 0.0, "left": left.get(purchase_sudo.id, 0.0)}

    def _get_service_credit_work(self, row_sudo, reader):
        """Name the work of a row; to the owner of shared credits, whose it was."""
        allocation = row_sudo.allocation_id
        if row_sudo.is_shared and allocation.commercial_partner_id != reader:
            return allocation.commercial_partner_id.name
        return allocation.name

    def _get_service_credit_rows(self, purchase_sudo, access_token, page, reader):
        """Return one page of the rows of a purchase, oldest first."""
        rows_sudo = purchase_sudo.consumption_ids.browse()
        domain = self._get_service_credit_domain_of_rows(purchase_sudo, reader)
        pager = portal_pager(
            url=f"/my/service-credits/{purchase_sudo.id}",
            url_args={"access_token": access_token} if access_token else None,
            total=rows_sudo.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        rows_sudo = rows_sudo.search(
            domain,
            order="id",
            limit=self._items_per_page,
            offset=pager["offset"],
        )
        return {
            "rows": rows_sudo,
            "row_texts": {row: self._get_row_text(row) for row in rows_sudo},
            "works": {
                row: self._get_service_credit_work(row, reader) for row in rows_sudo
            },
            "pager": pager,
        }

    def _get_service_credit_purchase(self, purchase_id, access_token):
        """Return the purchase as superuser, for its customer and users who may read it.

        The link opens no draft to customers, and nothing to users who are logged in
        for another customer.

        :raise AccessError, MissingError: for anybody else
        """
        if purchase_id > MOST_ID:
            raise MissingError(
                request.env._("This purchase doesn't exist or was deleted.")
            )
        user = request.env.user
        customer = user.partner_id.commercial_partner_id
        if user._is_portal():
            # sudo: the page tells of it what is for this customer
            shared_sudo = request.env[PURCHASE].sudo().browse(purchase_id).exists()
            if shared_sudo and self._is_service_credit_member(shared_sudo, customer):
                return shared_sudo
        purchase_sudo = self._document_check_access(PURCHASE, purchase_id, access_token)
        is_foreign = (
            user._is_portal() and purchase_sudo.commercial_partner_id != customer
        )
        if is_foreign or (purchase_sudo.is_draft and not user._is_internal()):
            raise AccessError(
                request.env._("You can't see this purchase of service credits.")
            )
        return purchase_sudo

    def _is_service_credit_member(self, purchase_sudo, customer):
        """Tell whether a purchase is, or was, shared with a customer who used it."""
        if purchase_sudo.is_draft or purchase_sudo.commercial_partner_id == customer:
            return False
        rows_sudo = purchase_sudo.consumption_ids
        domain = self._get_service_credit_domain_of_rows(purchase_sudo, customer)
        return purchase_sudo._is_shared_with(customer) or bool(
            rows_sudo.search_count(domain, limit=1)
        )
