# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal

from ..tools import clean_text
from .authorization_portal import MOST_ID

REPORT = "helpdesk_service_credit.service_credit_statement_report"
SENT = "service.statement.sent"
FILE = "service.statement.file"
YEARS = range(1970, 10000)


def is_page(controller, rule, args):
    """Tell whether a statement is only shown: what is printed is a record first."""
    return "download" not in request.httprequest.args


class StatementPortal(CustomerPortal):
    """The customer's statement: of their own commercial entity alone."""

    @http.route("/my/service-credits/statement", type="http", auth="user", website=True)
    def portal_service_credit_statement(self, date_from=None, date_to=None, **kwargs):
        """Download the own statement; without dates, of the year until today."""
        if not request.env["service.credit.purchase"].has_access("read"):
            return request.redirect("/my")
        period = self._get_statement_period(clean_text(date_from), clean_text(date_to))
        if not period:
            return request.redirect("/my/service-credits?message=statement_period")
        # sudo: it is about the user who asks for it, who may see their own credits
        statements_sudo = request.env["service.credit.statement"].sudo()
        values = {"partner_id": request.env.user.partner_id.id, **period}
        statement_sudo = statements_sudo.new(values)
        if not statement_sudo._is_short():
            return self._request_statement_file(statement_sudo)
        return self._show_report(
            model=statements_sudo.create(values),
            report_type=self._get_statement_type(),
            report_ref=REPORT,
            download=True,
        )

    def _request_statement_file(self, statement_sudo):
        """Have a long statement made in the background, and say so."""
        # sudo: customers ask for files, and write none
        files_sudo = request.env[FILE].sudo()
        try:
            files_sudo._request(statement_sudo, request.env.user)
        except UserError:
            return request.redirect("/my/service-credits?message=statement_many")
        return request.redirect("/my/service-credits?message=statement_made")

    @http.route(
        "/my/service-credits/statements/files/<int:file_id>",
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def portal_service_statement_file(self, file_id, **kwargs):
        """Download the file of a long statement."""
        file = request.env[FILE].browse(min(file_id, MOST_ID))
        try:
            if not file.exists():
                raise MissingError(request.env._("This statement was deleted."))
            file.check_access("read")
            file._check_may_see()
        except (AccessError, MissingError):
            return request.redirect("/my")
        # sudo: who may see the statement may have its file
        attachment_sudo = file.sudo().attachment_id
        if not attachment_sudo:
            return request.redirect("/my/service-credits")
        return self._get_statement_response(attachment_sudo)

    def _get_statement_response(self, attachment_sudo):
        stream = request.env["ir.binary"]._get_stream_from(attachment_sudo, "raw")
        return stream.get_response(as_attachment=True)

    @http.route(
        "/my/service-credits/statements/<int:statement_id>",
        type="http",
        auth="public",
        website=True,
        readonly=is_page,
    )
    def portal_service_statement_sent(
        self, statement_id, access_token=None, download=None, **kwargs
    ):
        """Show the period of a mailed statement as it stands now, or download it."""
        access_token = clean_text(access_token)
        try:
            sent_sudo = self._get_statement_sent(statement_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        if download and not sent_sudo._is_short():
            # Long ones as they were sent: making one takes more than a moment.
            attachment_sudo = sent_sudo._get_attachment_sudo()
            if attachment_sudo:
                return self._get_statement_response(attachment_sudo)
        if download and sent_sudo._is_short():
            return self._show_report(
                model=sent_sudo._get_statement_sudo(),
                report_type=self._get_statement_type(),
                report_ref=REPORT,
                download=True,
            )
        values = self._get_page_view_values(
            sent_sudo,
            access_token,
            {
                "page_name": "service_credit",
                "sent": sent_sudo,
                "sections": sent_sudo._get_sections(),
                "is_short": sent_sudo._is_short(),
                "changes": sent_sudo._get_change_texts(),
            },
            "my_service_statements_history",
            False,
        )
        return request.render(
            "helpdesk_service_credit.portal_service_statement_sent", values
        )

    def _get_statement_sent(self, statement_id, access_token):
        """Return the statement as superuser, for its customer and users with access.

        The link opens nothing to users who are logged in for another customer.

        :raise AccessError, MissingError: for anybody else
        """
        if statement_id > MOST_ID:
            raise MissingError(
                request.env._("This statement doesn't exist or was deleted.")
            )
        sent_sudo = self._document_check_access(SENT, statement_id, access_token)
        user = request.env.user
        customer = user.commercial_partner_id
        if user._is_portal() and sent_sudo.commercial_partner_id != customer:
            raise AccessError(request.env._("You can't see this statement."))
        return sent_sudo

    def _get_statement_period(self, date_from, date_to):
        """Return the values of a period, or nothing for dates that make none."""
        try:
            period = {
                name: fields.Date.to_date(text)
                for name, text in (("date_from", date_from), ("date_to", date_to))
                if text
            }
        except ValueError:
            return None
        if any(day.year not in YEARS for day in period.values()):
            return None
        today = request.env.company._get_today()
        period.setdefault("date_to", today)
        period.setdefault("date_from", period["date_to"].replace(month=1, day=1))
        return period if period["date_from"] <= period["date_to"] else None

    def _get_statement_type(self):
        """Return PDF, or a page that can be printed where PDF cannot be made."""
        # sudo: customers may not read reports; this tells what is installed
        state = request.env["ir.actions.report"].sudo().get_wkhtmltopdf_state()
        return "pdf" if state in ("ok", "workers", "upgrade") else "html"
