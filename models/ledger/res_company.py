# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools import refuse_uncountable
from .choices import RELEASES

DAYS = ("service_credit_grace_days", "service_credit_late_days")


class ResCompany(models.Model):
    """How the company sells service credits, and what day it is there."""

    _inherit = "res.company"

    service_credit_paid_follows_value = fields.Boolean(
        string="Amount Paid Follows Value",
        help="The amount paid per credit is always the value per credit.",
    )
    service_credit_release = fields.Selection(
        selection=RELEASES,
        string="Credits Usable When",
        required=True,
        default="order",
        help="When credits of new products can be used: as soon as the order is "
        "confirmed, once they are invoiced, or as far as they are paid.",
    )
    service_credit_draft_by_default = fields.Boolean(
        string="New Purchases Are Drafts",
        help="New purchases of service credits start as drafts.",
    )
    service_credit_allow_past_expiry = fields.Boolean(
        string="Allow Credits Past Their Expiry Date",
        help="Credits can pay for work after their expiry date, until someone expires "
        "them. Nothing expires automatically.",
    )
    service_credit_grace_days = fields.Integer(
        string="Grace Period",
        help="Credits can still pay for work done up to this many days after their "
        "expiry date.",
    )
    service_credit_late_days = fields.Integer(
        string="Days to Log Time Late",
        default=7,
        help="For this many days after their term, credits still pay for work of their"
        " term that is logged late. What is left afterwards expires.",
    )
    service_credit_manual_selection = fields.Boolean(
        string="Select Purchases by Hand",
        help="Milestones may be paid by purchases chosen by hand, also by those that "
        "start later.",
    )

    # Names what is kept in memory of who shares credits with whom.
    service_sharing_version = fields.Char(copy=False, export_string_translation=False)

    _service_credit_grace_days_positive = models.Constraint(
        "CHECK (service_credit_grace_days BETWEEN 0 AND 36500)",
        "The grace period of service credits is 0 to 36500 days.",
    )
    _service_credit_late_days_positive = models.Constraint(
        "CHECK (service_credit_late_days BETWEEN 0 AND 36500)",
        "The days to log time late can be 0 to 36500.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse numbers that nothing can count with."""
        refuse_uncountable(self, vals_list, DAYS)
        return super().create(vals_list)

    def write(self, vals):
        """Refuse numbers that nothing can count with."""
        refuse_uncountable(self, [vals], DAYS)
        return super().write(vals)

    def _get_time_zone(self):
        """Return the name of the time zone that decides what day it is here: that of
        the company's contact, or else of its working schedule."""
        company_sudo = self.sudo()
        return (
            company_sudo.partner_id.tz or company_sudo.resource_calendar_id.tz or "UTC"
        )

    def _get_today(self):
        """Return the date in the company's own time zone, for every user."""
        return fields.Date.context_today(self.with_context(tz=self._get_time_zone()))

    @api.model
    def _get_all_companies(self):
        """Return all companies, archived ones too, as superuser."""
        # sudo: it takes them all to tell what day it is for the records of each
        companies_sudo = self.env["res.company"].sudo()
        return companies_sudo.with_context(active_test=False).search(Domain.TRUE)

    def _get_credit_companies(self):
        """Return the companies whose service credits pay for work of this one: a
        branch draws from what the companies above it sold, too (superuser)."""
        # sudo: who works in a branch need not work in the company above it
        return self.sudo().parent_ids

    def _query_credit_companies(self):
        """Return SQL with one row ``(company_id, owner_id)`` for each company whose
        service credits pay for work of one of these companies."""
        rows = [
            SQL("(%s, %s)", company.id, owner.id)
            for company in self
            for owner in company._get_credit_companies()
        ]
        return SQL(
            "SELECT * FROM (VALUES %s) AS payer (company_id, owner_id)",
            SQL(", ").join(rows),
        )

    @api.model
    def _query_days(self):
        """Return SQL with one row ``(company_id, time_zone, today)`` per company, for
        reports over several companies."""
        rows = [
            SQL("(%s, %s, %s::date)", company.id, company._get_time_zone(), today)
            for company in self._get_all_companies()
            for today in [company._get_today()]
        ]
        return SQL(
            "SELECT company_id, time_zone, today "
            "FROM (VALUES %s) AS day (company_id, time_zone, today)",
            SQL(", ").join(rows),
        )

    def _get_service_credit_responsible(self):
        """Return who looks after the service credits of the company: a manager of
        them, who hears of what could not be done on its own."""
        self.ensure_one()
        group = self.env.ref("helpdesk_service_credit.group_service_credit_manager")
        managers = group.sudo().all_user_ids.filtered(
            lambda user: user._is_internal() and self in user.company_ids
        )
        return managers.sorted("id")[:1].sudo(False)
