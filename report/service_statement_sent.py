# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import base64
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import date_utils, format_date

from ..tools import format_number, report_failure

REPORT = "helpdesk_service_credit.service_credit_statement_report"
TEMPLATE = "helpdesk_service_credit.mail_template_service_statement"
PERIODS = ("month", "quarter")


class ServiceStatementSent(models.Model):
    """A statement that was mailed to a customer by itself, and what it said.

    Its page computes the same period again: entries may have come later.
    """

    _name = "service.statement.sent"
    _inherit = ["portal.mixin"]
    _description = "Statement Sent to a Customer"
    _order = "date_to desc, id desc"

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Recipient",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id",
        string="Customer",
        store=True,
        index=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="To", required=True, readonly=True)
    figures = fields.Json(readonly=True, export_string_translation=False)
    access_token = fields.Char(groups=fields.NO_ACCESS)

    _once = models.UniqueIndex(
        "(commercial_partner_id, company_id, date_from, date_to)"
    )

    def _compute_access_url(self):
        super()._compute_access_url()
        for sent in self:
            sent.access_url = f"/my/service-credits/statements/{sent.id}"

    @api.depends("date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for sent in self:
            sent.display_name = (
                f"{format_date(self.env, sent.date_from)} – "
                f"{format_date(self.env, sent.date_to)}"
            )

    def action_preview_as_customer(self):
        """Open the page that the customer got the link to."""
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "url": self.access_url, "target": "new"}

    # ------------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------------

    @api.model
    def _cron_send(self):
        """Queue the statements of the month or quarter that ended, once each."""
        cron = self.env["ir.cron"]
        due = self._get_due()
        cron._commit_progress(remaining=len(due))
        for company, customer, period in due:
            try:
                with self.env.cr.savepoint():
                    self._send(company, customer, *period)
            except Exception as error:
                report_failure(
                    customer,
                    company._get_service_credit_responsible(),
                    self.env._("The statement could not be sent"),
                    error,
                )
            if not cron._commit_progress(1):
                break

    @api.model
    def _get_due(self):
        """Return ``(company, customer, (first day, last day))`` of what is due."""
        domain = Domain(
            "commercial_partner_id.service_statement_frequency", "in", PERIODS
        )
        pairs = self.env["service.credit.purchase"]._read_group(
            domain, ["company_id", "commercial_partner_id"]
        )
        sent = {
            (sent.company_id, sent.commercial_partner_id, sent.date_from, sent.date_to)
            for sent in self.search(
                [("commercial_partner_id", "in", [pair[1].id for pair in pairs])]
            )
        }
        due = [(*pair, self._get_period(*pair)) for pair in pairs]
        return [row for row in due if (row[0], row[1], *row[2]) not in sent]

    @api.model
    def _get_period(self, company, customer):
        """Return the first and the last day of the period that ended last."""
        frequency = customer.service_statement_frequency
        start = date_utils.start_of(company._get_today(), frequency)
        end = start - timedelta(days=1)
        return date_utils.start_of(end, frequency), end

    @api.model
    def _send(self, company, customer, date_from, date_to):
        """Queue one statement, if it tells anything and there is an address."""
        contacts = self.env["res.partner"].browse(
            customer.address_get(["invoice"])["invoice"]
        )
        recipient = (contacts | customer).filtered("email")[:1]
        if not recipient:
            return
        values = {
            "partner_id": recipient.id,
            "company_id": company.id,
            "date_from": date_from,
            "date_to": date_to,
        }
        figures = self.new(values)._get_figures()
        if figures:
            self.create({**values, "figures": figures})._queue()

    def _queue(self):
        """Queue the mail with the PDF and the link."""
        self.ensure_one()
        lang = self.partner_id.lang
        statement = self.with_context(lang=lang)._get_statement_sudo()
        report = self.env["ir.actions.report"].with_context(lang=lang)
        # A page that can be printed where PDF cannot be made.
        can_print = report.get_wkhtmltopdf_state() in ("ok", "workers", "upgrade")
        render = report._render_qweb_pdf if can_print else report._render_qweb_html
        content, kind = render(REPORT, statement.ids)
        self._portal_ensure_token()
        attachment = self.env["ir.attachment"].create(
            {
                "name": f"{statement._get_report_base_filename()}.{kind}",
                "datas": base64.b64encode(content),
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        self.env.ref(TEMPLATE).send_mail(
            self.id, email_values={"attachment_ids": attachment.ids}
        )

    # ------------------------------------------------------------------
    # Figures
    # ------------------------------------------------------------------

    def _prepare_statement(self):
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "date_from": self.date_from,
            "date_to": self.date_to,
        }

    def _get_statement_sudo(self):
        """Return the statement of the period as it is now, to be printed."""
        self.ensure_one()
        # sudo: who may see this one may see what it is made of
        statement_sudo = self.env["service.credit.statement"].sudo()
        return statement_sudo.create(self._prepare_statement())

    def _get_sections(self):
        """Return the sections of the statement as it is now; nothing is written."""
        self.ensure_one()
        # sudo: see _get_statement_sudo
        statement_sudo = self.env["service.credit.statement"].sudo()
        return statement_sudo.new(self._prepare_statement())._get_sections()

    def _get_figures(self):
        """Return ``{currency: [lines, closing credits, closing value]}`` of today."""
        return {
            section["currency"].name: [
                len(section["lines"]),
                section["closing"]["credits"],
                section["closing"]["value"],
            ]
            for section in self._get_sections()
        }

    def _get_change_texts(self):
        """Return what changed since it was sent, a sentence for each currency."""
        self.ensure_one()
        before, now = self.figures or {}, self._get_figures()
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        texts = []
        for currency in sorted(before | now):
            old = before.get(currency, [0, 0.0, 0.0])
            new = now.get(currency, [0, 0.0, 0.0])
            if old == new:
                continue
            texts.append(
                self.env._(
                    "The balance on %(date)s was %(old)s credits (%(currency)s) when "
                    "we sent this statement and is %(new)s now: lines of the period "
                    "were added or changed since.",
                    date=format_date(self.env, self.date_to),
                    old=format_number(self.env, old[1], digits),
                    new=format_number(self.env, new[1], digits),
                    currency=currency,
                )
            )
        return texts or [
            self.env._(
                "Nothing changed since we sent it on %(date)s.",
                date=format_date(self.env, self.create_date),
            )
        ]
