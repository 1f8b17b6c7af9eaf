# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import ast
import base64

import pytz

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ...connectors import CONNECTORS
from .service_sync_customer import MATCH_METHODS

ACTIVE = "active"
CANCELLED = "cancelled"
STOPPED = "stopped"

# What may not change any more once rows were imported: an external id never comes
# to mean another kind of record.
KIND_FIELDS = ("target", "company_id")
SECRETS = {"api_key", "header_secret", "password"}


class ServiceSyncSource(models.Model):
    """A system whose purchases or time entries arrive by themselves (design §9)."""

    _name = "service.sync.source"
    _description = "Connected System"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        check_company=True,
        help="Is told when the synchronization has stopped.",
    )
    connector = fields.Selection(
        selection=[
            ("odoo", "Odoo"),
            ("json", "JSON Endpoint"),
            ("csv", "CSV File"),
            ("postgresql", "PostgreSQL Query"),
        ],
        required=True,
        default="csv",
    )
    target = fields.Selection(
        selection=[("purchase", "Customer Purchases"), ("time_entry", "Time Entries")],
        required=True,
        default="purchase",
    )
    mapping_ids = fields.One2many(
        comodel_name="service.sync.mapping",
        inverse_name="source_id",
        string="Fields",
        copy=True,
    )

    # === Connection; secrets are for Settings administrators only ===
    url = fields.Char(string="Address")
    allow_insecure = fields.Boolean(
        string="Connection May Be Insecure",
        help="Accepts an address without encryption, or a database whose identity "
        "cannot be verified. Everybody on the way can then read what is sent.",
    )
    api_key = fields.Char(
        string="API Key", groups="base.group_system", copy=False, exportable=False
    )
    database = fields.Char()
    model_name = fields.Char(string="Model", help="Technical name: sale.order.line")
    domain = fields.Char(
        help="Rows that stop matching are never seen again: better read everything "
        "and map a field to “Deleted or Void”.",
    )
    header_name = fields.Char(string="Header", help="Sent with every request.")
    header_secret = fields.Char(
        groups="base.group_system", copy=False, exportable=False
    )
    rows_path = fields.Char(
        string="Path to the Rows", help="data.items; empty if the answer is the list."
    )
    cursor_parameter = fields.Char(
        help="Carries the last change (2026-01-31T10:00:00Z); the answer must hold "
        "every row changed at that moment or later, oldest first."
    )
    page_parameter = fields.Char(help="Carries the number of the page, from 1 on.")
    file = fields.Binary(attachment=True, copy=False)
    file_name = fields.Char(copy=False)
    delimiter = fields.Char(help="Empty: found in the first line.")
    encoding = fields.Char(help="Empty: UTF-8, UTF-16 or Windows-1252, as found.")
    host = fields.Char()
    port = fields.Integer(default=5432)
    user = fields.Char()
    password = fields.Char(groups="base.group_system", copy=False, exportable=False)
    query = fields.Text(
        groups="base.group_system",
        help="One SELECT. Give the user of the database the right to read only.",
    )

    # === How values are written at the source ===
    decimal_separator = fields.Selection(
        selection=[("auto", "As found"), (".", "1,234.56"), (",", "1.234,56")],
        string="Numbers",
        required=True,
        default="auto",
    )
    date_order = fields.Selection(
        selection=[
            ("auto", "As found"),
            ("dmy", "Day, month, year"),
            ("mdy", "Month, day, year"),
            ("ymd", "Year, month, day"),
        ],
        string="Dates",
        required=True,
        default="auto",
    )
    timezone = fields.Selection(
        selection=lambda self: [(name, name) for name in pytz.common_timezones],
        string="Time Zone",
        required=True,
        default="UTC",
        help="Of dates and times that do not tell their own.",
    )

    # === What rows become ===
    match_order = fields.Char(
        string="Customers Found by",
        required=True,
        default=", ".join(MATCH_METHODS),
        help="In this order: external_id, vat, reference, email. Leave out what must "
        "not be used.",
    )
    create_as_draft = fields.Boolean(string="Purchases as Drafts", default=True)
    catch_all_ticket_id = fields.Many2one(
        comodel_name="helpdesk.ticket",
        string="Catch-all Ticket",
        check_company=True,
        domain="[('allow_timesheet', '=', True)]",
        help="Takes the time whose ticket is not found. Empty: such rows are errors.",
    )
    retention_days = fields.Integer(
        default=30,
        help="Imported records that were deleted here stay in the archive this long.",
    )

    _interval_positive = models.Constraint(
        "CHECK (interval_minutes > 0)", "The interval needs at least one minute."
    )
    _windows_positive = models.Constraint(
        "CHECK (recent_hours > 0 AND overlap_minutes >= 0 AND retention_days >= 0)",
        "Hours, minutes and days of a connected system cannot be negative.",
    )
    # Beyond these, moments fall out of the calendar.
    _interval_bounded = models.Constraint(
        "CHECK (interval_minutes <= 525600)",
        "The interval of a connected system is at most 525600 minutes, a year.",
    )
    _overlap_bounded = models.Constraint(
        "CHECK (overlap_minutes <= 525600)",
        "A connected system can read again at most 525600 minutes, a year.",
    )
    _retention_bounded = models.Constraint(
        "CHECK (retention_days <= 36500)",
        "What was deleted stays in the archive at most 36500 days, a century.",
    )

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------

    @api.constrains("match_order")
    def _check_match_order(self):
        for source in self:
            methods = source._get_match_methods()
            unknown = [method for method in methods if method not in MATCH_METHODS]
            if unknown or not methods or len(set(methods)) < len(methods):
                raise ValidationError(
                    self.env._(
                        "“%(order)s” is no order of finding customers: write each of "
                        "%(methods)s at most once, separated by commas.",
                        order=source.match_order,
                        methods=", ".join(MATCH_METHODS),
                    )
                )

    @api.constrains("domain")
    def _check_domain(self):
        for source in self:
            try:
                domain = ast.literal_eval(source.domain or "[]")
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                domain = None
            if not isinstance(domain, list):
                raise ValidationError(
                    self.env._(
                        "“%(domain)s” is no domain: write it like "
                        "[('state', '=', 'sale')].",
                        domain=source.domain,
                    )
                )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    def write(self, vals):
        """Refuse to change what imported rows are.

        :raise ValidationError: naming the system
        """
        for source in self:
            changed = [
                name
                for name in KIND_FIELDS
                if name in vals and vals[name] != _raw(source[name])
            ]
            if changed and source.record_count:
                raise ValidationError(
                    self.env._(
                        "The connected system %(system)s already imported rows: its "
                        "target and company cannot change. Connect it a second time "
                        "instead.",
                        system=source.name,
                    )
                )
        return super().write(vals)

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        """Refuse to export secrets, also to who may read them (design §9).

        :raise AccessError: naming the fields
        """
        secrets = {path[0] for path in fields if path} & SECRETS
        if secrets:
            labels = self.fields_get(secrets, ["string"]).values()
            raise AccessError(
                self.env._(
                    "%(fields)s of a connected system are never exported: leave them "
                    "out.",
                    fields=", ".join(sorted(label["string"] for label in labels)),
                )
            )
        return super()._export_rows(fields, _is_toplevel_call=_is_toplevel_call)

    # ------------------------------------------------------------------
    # Connection
    # ------------------------------------------------------------------

    def _get_match_methods(self):
        return [part.strip() for part in (self.match_order or "").split(",")]

    def _get_mapping(self):
        """Return ``{target field: mapping}``."""
        self.ensure_one()
        return {mapping.target_field: mapping for mapping in self.mapping_ids}

    def _get_connector(self):
        """Return a connector that is ready to fetch; whoever gets it closes it."""
        self.ensure_one()
        # sudo: the worker uses the secrets, which its user may not read
        source_sudo = self.sudo()
        names = (
            *("url", "allow_insecure", "api_key", "database", "model_name", "domain"),
            *("header_name", "header_secret", "rows_path", "cursor_parameter"),
            *("page_parameter", "delimiter", "encoding", "host", "port", "user"),
            *("password", "query", "timezone"),
        )
        settings = {name: source_sudo[name] or "" for name in names}
        if self.connector == "csv" and not self.url:
            # The size would be read instead of the content with bin_size.
            content = source_sudo.with_context(bin_size=False).file
            settings["file"] = base64.b64decode(content or b"")
        mapping = self._get_mapping()
        changed_at = mapping.get("changed_at")
        return CONNECTORS[self.connector](
            settings,
            fields=[line.source_field for line in mapping.values()],
            id_field=mapping["external_id"].source_field,
            changed_field=changed_at.source_field if changed_at else "",
            parse_date=self._parse_moment,
        )


def _raw(value):
    return value.id if isinstance(value, models.BaseModel) else value
