# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from werkzeug.urls import url_encode

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..tools import clean_text

AUTHORIZATION = "service.authorization"
AUTHORIZATION_URL = "/my/authorizations/<int:authorization_id>"
# PostgreSQL knows no greater id.
MOST_ID = 2**31 - 1
# A refusal is shown once, on the page that the answer leads to.
ERROR_KEY = "service_authorization_error"
# What was refused is shown again, to be corrected.
MOST_KEPT = 10_000
MOST_ENTRIES = 10


class AuthorizationPortal(CustomerPortal):
    """Requests of hours in the portal: the list, one request, its answers."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        model = request.env[AUTHORIZATION]
        for name, extra in (
            ("authorization_count", Domain.TRUE),
            ("authorization_open_count", Domain("state", "=", "requested")),
        ):
            # The page fails over a figure that it did not ask for.
            if name in counters:
                domain = self._get_authorization_domain() & extra
                may_read = model.has_access("read")
                values[name] = model.search_count(domain) if may_read else 0
        return values

    @http.route(
        ["/my/authorizations", "/my/authorizations/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def portal_my_authorizations(self, page=1, **kwargs):
        """List the authorizations of the customer, those to answer first."""
        model = request.env[AUTHORIZATION]
        if not model.has_access("read"):
            return request.redirect("/my")
        domain = self._get_authorization_domain()
        pager = portal_pager(
            url="/my/authorizations",
            total=model.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        authorizations = model.search(
            domain,
            order="state desc, id desc",
            limit=self._items_per_page,
            offset=pager["offset"],
        )
        values = self._prepare_portal_layout_values() | {
            # sudo: the page names the item, of records found with the user's rights
            "authorizations": authorizations.sudo(),
            "page_name": "authorization",
            "pager": pager,
            "default_url": "/my/authorizations",
        }
        return request.render(
            "helpdesk_service_credit.portal_my_authorizations", values
        )

    @http.route(AUTHORIZATION_URL, type="http", auth="public", website=True)
    def portal_authorization(
        self, authorization_id, access_token=None, message=None, **kwargs
    ):
        """Show one request, with the ways to answer it while it is open."""
        access_token = clean_text(access_token)
        try:
            authorization_sudo = self._get_authorization(authorization_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        values = {
            "authorization": authorization_sudo,
            "page_name": "authorization",
            "message": message,
            "refused": request.session.pop(ERROR_KEY, None) or {},
            **self._get_authorization_rights(authorization_sudo),
            **self._get_authorization_work(authorization_sudo),
        }
        values = self._get_page_view_values(
            authorization_sudo,
            access_token,
            values,
            "my_authorizations_history",
            False,
        )
        return request.render(
            "helpdesk_service_credit.portal_authorization_page", values
        )

    @http.route(
        f"{AUTHORIZATION_URL}/approve", type="jsonrpc", auth="public", website=True
    )
    def portal_authorization_approve(
        self,
        authorization_id,
        access_token=None,
        name=None,
        signature=None,
        hours=None,
        **kwargs,
    ):
        """Approve all the hours or less; the signature form of the page calls it."""
        access_token = clean_text(
            access_token or request.httprequest.args.get("access_token")
        )
        try:
            authorization_sudo = self._get_authorization(authorization_id, access_token)
            with request.env.cr.savepoint():
                authorization_sudo._approve_in_portal(
                    request.env.user, hours, name, signature, self._get_address()
                )
        except (AccessError, MissingError):
            return {"error": request.env._("This link does not open a request.")}
        except UserError as error:
            return {"error": str(error)}
        return {
            "redirect_url": self._get_authorization_url(
                authorization_sudo, access_token, "approved"
            )
        }

    @http.route(
        f"{AUTHORIZATION_URL}/decline",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
    )
    def portal_authorization_decline(
        self, authorization_id, access_token=None, message=None, **kwargs
    ):
        """Decline the request, with the reason if the customer wrote one."""

        def decline(authorization_sudo):
            authorization_sudo._decline_in_portal(
                request.env.user, message, self._get_address()
            )

        return self._answer_authorization(
            authorization_id, access_token, decline, "declined", message
        )

    @http.route(
        f"{AUTHORIZATION_URL}/ask",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
    )
    def portal_authorization_ask(
        self, authorization_id, access_token=None, message=None, **kwargs
    ):
        """Send a question about the request; it stays open."""

        def ask(authorization_sudo):
            authorization_sudo._ask_in_portal(request.env.user, message)

        return self._answer_authorization(
            authorization_id, access_token, ask, "asked", message
        )

    def _answer_authorization(self, authorization_id, token, answer, done, message):
        """Give an answer and go back to the page, which shows a refusal once."""
        token = clean_text(token)
        try:
            authorization_sudo = self._get_authorization(authorization_id, token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        try:
            with request.env.cr.savepoint():
                answer(authorization_sudo)
        except UserError as error:
            request.session[ERROR_KEY] = {
                "error": str(error),
                done: clean_text(message)[:MOST_KEPT],
            }
            done = None
        return request.redirect(
            self._get_authorization_url(authorization_sudo, token, done)
        )

    def _get_address(self):
        return request.httprequest.remote_addr

    def _get_authorization_rights(self, authorization_sudo):
        """Return what the session may see and answer, and why not."""
        user = request.env.user
        is_customer = authorization_sudo._is_customer_user(user)
        is_open = authorization_sudo.state == "requested"
        is_open = is_customer and is_open and not authorization_sudo.is_lapsed
        hours = authorization_sudo.hours
        may_all = authorization_sudo._get_answering_contact(user)._may_approve_hours(
            hours
        )
        limit = None if may_all else authorization_sudo._get_answer_limit(user)
        # The customer sees the price; of those who look in, only who sees prices.
        is_reader = authorization_sudo.with_user(user)._may_read_estimate()
        return {
            "shows_price": is_reader or not user._is_internal(),
            "may_ask": is_open,
            "may_approve": is_open and limit != 0,
            "may_decline": is_open and limit is None,
            "approve_limit": limit,
            "authority_note": is_open
            and limit is not None
            and authorization_sudo._get_authority_text(user, hours),
        }

    def _get_authorization_work(self, authorization_sudo):
        """Return the last work on the item, and which of its documents may be opened.

        The time of tickets and tasks is shown where their pages show it.
        """
        # sudo: customers may not read time; it is the time for them, on their item
        entries_sudo = request.env["account.analytic.line"].sudo()
        domain = (
            Domain("so_line", "=", authorization_sudo.sale_line_id.id)
            & Domain("project_id", "!=", False)
            & entries_sudo._domain_shown_to_customers()
            & entries_sudo._domain_of_customer(authorization_sudo.commercial_partner_id)
        )
        ticket_sudo = authorization_sudo._get_portal_ticket()
        return {
            "entries": entries_sudo.search(
                domain, order="date desc, id desc", limit=MOST_ENTRIES
            ),
            "portal_ticket": ticket_sudo,
            "ticket_url": self._get_readable_url(ticket_sudo, "/my/ticket"),
            "order_url": self._get_readable_url(
                authorization_sudo.order_id, "/my/orders"
            ),
        }

    def _get_readable_url(self, record_sudo, path):
        """Return the page of a record if the user may open it without a link."""
        user = request.env.user
        is_readable = (
            record_sudo
            and not user._is_public()
            and record_sudo.with_user(user).has_access("read")
        )
        return f"{path}/{record_sudo.id}" if is_readable else None

    def _get_authorization(self, authorization_id, access_token):
        """Return the request as superuser, for its customer and users who may read it.

        The token opens nothing to users who are logged in for another customer.

        :raise AccessError, MissingError: for anybody else
        """
        if authorization_id > MOST_ID:
            raise MissingError(
                request.env._("This request doesn't exist or was deleted.")
            )
        authorization_sudo = self._document_check_access(
            AUTHORIZATION, authorization_id, access_token
        )
        user = request.env.user
        if user._is_portal() and not authorization_sudo._is_customer_user(user):
            raise AccessError(
                request.env._("This request for hours is for another customer.")
            )
        return authorization_sudo

    def _get_authorization_url(self, authorization_sudo, token, message):
        """Return the page to go on to; it keeps the token it was opened with."""
        parameters = {"access_token": token, "message": message}
        query = {name: value for name, value in parameters.items() if value}
        return f"{authorization_sudo.access_url}?{url_encode(query)}"

    def _get_authorization_domain(self):
        """Return the own customer's authorizations, but for withdrawn requests."""
        partner = request.env.user.commercial_partner_id
        return Domain("commercial_partner_id", "=", partner.id) & Domain(
            "state", "!=", "cancelled"
        )
