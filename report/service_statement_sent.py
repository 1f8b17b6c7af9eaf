# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import date_utils, format_date

from ..tools import format_number

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

    @api.readonly
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
        """Have the statements of the month or quarter that ended made and mailed,
        once each: what takes time is done in the background."""
        self.env["service.statement.file"]._request_mails(self._get_due())

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

    def _queue(self, name, content):
        """Queue the mail with the link and this file."""
        self.ensure_one()
        self._portal_ensure_token()
        attachment = self.env["ir.attachment"].create(
            {
                "name": name,
                "raw": content,
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        self.env.ref(TEMPLATE).send_mail(
            self.id, email_values={"attachment_ids": attachment.ids}
        )

    def _get_attachment_sudo(self):
        """Return the file that was mailed."""
        # sudo: see _get_statement_sudo
        return (
            self.env["ir.attachment"]
            .sudo()
            .search([("res_model", "=", self._name), ("res_id", "=", self.id)], limit=1)
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

    def _new_statement_sudo(self):
        """Return the statement of the period as it is now; nothing is written."""
        self.ensure_one()
        # sudo: see _get_statement_sudo
        statement_sudo = self.env["service.credit.statement"].sudo()
        return statement_sudo.new(self._prepare_statement())

    def _is_short(self):
        """Tell whether its lines are shown, and printed, while people wait."""
        return self._new_statement_sudo()._is_short()

    def _get_sections(self):
        """Return the sections of the statement as it is now; without lines, if they
        are many."""
        statement_sudo = self._new_statement_sudo()
        if statement_sudo._is_short():
            return statement_sudo._get_sections()
        openings = statement_sudo._get_openings_sudo()
        return [
            {
                "currency": currency,
                "opening": openings.get(currency, {"credits": 0.0, "value": 0.0}),
                "lines": [],
                "closing": total,
            }
            for currency, total in statement_sudo._get_totals().items()
        ]

    def _get_figures(self):
        """Return ``{currency: [lines, closing credits, closing value]}`` of today."""
        return {
            currency.name: [total["lines"], total["credits"], total["value"]]
            for currency, total in self._new_statement_sudo()._get_totals().items()
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
