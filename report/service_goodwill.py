# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models
from odoo.tools import SQL

from ..models.time.account_analytic_line import PRICE_GROUPS
from ..tools import export_shown


class ServiceGoodwill(models.Model):
    """The time that customers were given: never billed, by a manager's decision."""

    _name = "service.goodwill"
    _description = "Goodwill"
    _auto = False
    _order = "date desc, id desc"
    _depends = {
        "account.analytic.line": [
            "company_id",
            "coverage",
            "date",
            "goodwill_value",
            "hours_billed",
            "overage_decided_by_id",
            "overage_decided_on",
            "overage_decision",
            "partner_id",
            "task_id",
            "ticket_id",
        ]
    }

    date = fields.Date(readonly=True)
    commercial_partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True
    )
    company_id = fields.Many2one(comodel_name="res.company", readonly=True)
    currency_id = fields.Many2one(comodel_name="res.currency", readonly=True)
    ticket_id = fields.Many2one(comodel_name="helpdesk.ticket", readonly=True)
    task_id = fields.Many2one(comodel_name="project.task", readonly=True)
    timesheet_id = fields.Many2one(
        comodel_name="account.analytic.line", string="Time Entry", readonly=True
    )
    decided_by_id = fields.Many2one(comodel_name="res.users", readonly=True)
    hours = fields.Float(readonly=True)
    value = fields.Monetary(
        readonly=True,
        groups=PRICE_GROUPS,
        help="What the time would have cost, untaxed, in the company's currency.",
    )

    @property
    def _table_query(self):
        # sudo: the record rules of this model decide who reads what
        entries_sudo = self.env["account.analytic.line"].sudo()
        given = entries_sudo._search(entries_sudo._domain_goodwill())
        return SQL(
            """
            SELECT entry.id, entry.id AS timesheet_id, entry.date, entry.ticket_id,
                   entry.task_id,
                   partner.commercial_partner_id, entry.company_id,
                   company.currency_id, entry.overage_decided_by_id AS decided_by_id,
                   entry.hours_billed AS hours, entry.goodwill_value AS value
            FROM account_analytic_line entry
            JOIN res_company company ON company.id = entry.company_id
            LEFT JOIN res_partner partner ON partner.id = entry.partner_id
            WHERE entry.id IN (%s)
            """,
            given.select(),
        )

    def export_data(self, fields_to_export):
        """Export the names that the list shows, also to those who may not open the
        records."""
        return export_shown(self, fields_to_export, super().export_data)
