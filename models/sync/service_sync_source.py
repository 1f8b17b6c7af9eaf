# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import ast

import pytz

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ...connectors import CONNECTORS
from ...connectors.presets import PRESETS
from ...tools import check_moved, refuse_typed, refuse_unreadable, untyped_defaults
from .service_sync_customer import DEFAULT_METHODS, MATCH_METHODS
from .targets import TARGETS

ACTIVE = "active"
CANCELLED = "cancelled"
STOPPED = "stopped"

GREY = "grey"
GREEN = "green"
ORANGE = "orange"
RED = "red"

SECRETS = {name for kind in CONNECTORS.values() for name in kind.secret_names}


class ServiceSyncSource(models.Model):
    """A system whose purchases or time entries arrive by themselves."""

    _name = "service.sync.source"
    _description = "Connected System"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "name, id"
    _check_company_auto = True
    # Written by cycles and buttons; people set when to run next, nothing else.
    _guarded_fields = (
        "state",
        "last_change",
        "last_sync",
        "error_count",
        "last_error",
        "cursor_moment",
        "cursor_external_id",
        "generation",
        "pass_number",
        "lease_key",
        "lease_until",
    )

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
        help="Gets an activity when the synchronization has stopped.",
    )
    preset = fields.Selection(
        selection=[(name, preset["label"]) for name, preset in PRESETS.items()],
        help="Sets the connector, the fields and how values are written as that system "
        "usually has them. Everything can be changed afterwards.",
    )
    connector = fields.Selection(
        selection=[(kind, reader.label) for kind, reader in CONNECTORS.items()],
        required=True,
        default="csv",
    )
    target = fields.Selection(
        selection=[(name, target.label) for name, target in TARGETS.items()],
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
    setting_names = fields.Char(
        compute="_compute_setting_names",
        export_string_translation=False,
        help="The fields the connector uses: the form shows those.",
    )
    required_names = fields.Char(
        compute="_compute_setting_names", export_string_translation=False
    )
    is_file = fields.Boolean(
        compute="_compute_is_file", export_string_translation=False
    )
    url = fields.Char(string="Address")
    http_method = fields.Selection(
        selection=[("get", "GET"), ("post", "POST")], required=True, default="get"
    )
    body = fields.Text(
        help="A JSON object sent with POST; parameters are put into it, dots lead into "
        "nested objects."
    )
    allow_insecure = fields.Boolean(
        string="Connection May Be Insecure",
        help="Accepts an address without encryption, or a database whose identity "
        "can't be verified. Anyone on the network can then read what is sent.",
    )
    api_key = fields.Char(
        string="API Key", groups="base.group_system", copy=False, exportable=False
    )
    database = fields.Char()
    model_name = fields.Char(string="Model", help="Technical name: sale.order.line")
    domain = fields.Char(
        help="Rows that stop matching are never seen again: it is better to read "
        "everything and map a field to “Deleted or Void”.",
    )
    header_name = fields.Char(string="Header", help="Sent with every request.")
    header_secret = fields.Char(
        groups="base.group_system", copy=False, exportable=False
    )
    header_ids = fields.One2many(
        comodel_name="service.sync.header",
        inverse_name="source_id",
        string="Further Headers",
        copy=True,
    )
    rows_path = fields.Char(
        string="Path to the Rows", help="data.items; empty if the answer is the list."
    )
    cursor_parameter = fields.Char(
        help="Carries the last change (2026-01-31T10:00:00Z); the answer must hold "
        "every row changed at that moment or later, oldest first."
    )
    cursor_format = fields.Selection(
        selection=[
            ("utc", "2026-01-31T10:00:00Z"),
            ("local", "2026-01-31T11:00:00 in the time zone below"),
            ("date", "2026-01-31"),
            ("seconds", "Seconds since 1970"),
            ("milliseconds", "Milliseconds since 1970"),
        ],
        string="Last Change Written as",
        required=True,
        default="utc",
    )
    paging = fields.Selection(
        selection=[
            ("none", "One answer holds everything"),
            ("page", "Page number"),
            ("offset", "Offset: how many rows to leave out"),
            ("next", "Next link or mark"),
        ],
        compute="_compute_paging",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
    )
    page_parameter = fields.Char(
        help="Carries the number of the page (from 1 on), the offset, or the mark of "
        "the next page."
    )
    next_path = fields.Char(
        string="Path to the Next Page",
        help="metadata.next; header:X-Next for a header; empty: the Link header.",
    )
    page_size = fields.Integer(
        help="The most rows the system sends in one answer. A single answer with that "
        "many rows is reported, because more may follow."
    )
    file = fields.Binary(attachment=True, copy=False)
    file_name = fields.Char(copy=False)
    header_line = fields.Integer(
        help="The line with the names of the columns. 0: found by those that are "
        "mapped."
    )
    delimiter = fields.Char(help="Empty: found in the first lines.")
    encoding = fields.Char(help="Empty: UTF-8, UTF-16 or Windows-1252, as found.")
    host = fields.Char()
    port = fields.Integer(default=5432)
    user = fields.Char()
    password = fields.Char(groups="base.group_system", copy=False, exportable=False)
    query = fields.Text(
        groups="base.group_system",
        help="A single SELECT. Give the database user read-only rights.",
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
        compute="_compute_timezone",
        store=True,
        readonly=False,
        required=True,
        precompute=True,
        help="For dates and times that do not name a time zone, and for the day to "
        "which a moment belongs.",
    )
    row_is_key = fields.Boolean(
        string="Rows Have No ID",
        help="A row is known by all its values together. If it changes at the source "
        "in any of them, it is imported a second time; and of two equal rows only one "
        "is.",
    )
    skip_ids = fields.One2many(
        comodel_name="service.sync.skip",
        inverse_name="source_id",
        string="Rows to Leave Out",
        copy=True,
    )

    # === What rows become ===
    match_order = fields.Char(
        string="Customers Found by",
        required=True,
        default=", ".join(DEFAULT_METHODS),
        help="In this order: external_id, vat, reference, email, full_name. Leave out "
        "what must not be used.",
    )
    no_expiry = fields.Selection(
        selection=[
            ("ask", "Is an error that asks"),
            ("validity", "Means a year, as for other purchases"),
            ("never", "Means no end"),
        ],
        string="A Missing Expiry Date",
        required=True,
        default="ask",
    )
    price_basis = fields.Selection(
        selection=[
            ("ask", "Not known yet"),
            ("each", "For one credit, without tax"),
            ("all", "For all credits of the row, without tax"),
            ("gross", "With tax: not imported"),
        ],
        string="Prices",
        required=True,
        default="ask",
        help="What a field means that is mapped to “Price or Amount (you are asked "
        "which)”.",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency",
        help="For prices whose row gives no currency, or only a symbol that several "
        "currencies share. Empty: the company's.",
    )
    create_as_draft = fields.Boolean(string="Purchases as Drafts", default=True)
    catch_all_ticket_id = fields.Many2one(
        comodel_name="helpdesk.ticket",
        string="Catch-all Ticket",
        check_company=True,
        domain="[('allow_timesheet', '=', True)]",
        help="Receives the time whose ticket is not found. Empty: such rows are "
        "errors.",
    )
    catch_all_is_billed = fields.Boolean(
        string="Bill the Customer of the Catch-all Ticket",
        help="Whether the customer of the catch-all ticket pays for what lands there. "
        "Otherwise it is not billable until it is moved to its own ticket.",
    )
    retention_days = fields.Integer(
        default=30,
        help="Imported records that were deleted here stay in the archive this long.",
    )

    # === Where it stands ===
    state = fields.Selection(
        selection=[
            (ACTIVE, "Active"),
            (CANCELLED, "Cancelled"),
            (STOPPED, "Stopped"),
        ],
        required=True,
        readonly=True,
        default=ACTIVE,
        copy=False,
        tracking=True,
    )
    interval_minutes = fields.Integer(string="Every (Minutes)", default=60)
    recent_hours = fields.Integer(
        string="Recent (Hours)",
        default=24,
        help="The dot is green as long as the last change is not older than this.",
    )
    overlap_minutes = fields.Integer(
        string="Read Again (Minutes)",
        compute="_compute_overlap_minutes",
        store=True,
        readonly=False,
        help="Rows changed this long before the last change are read once more. A "
        "database shows a row only when its transaction ends, which may be minutes "
        "after the change date it carries.",
    )
    last_change = fields.Datetime(
        readonly=True,
        copy=False,
        help="The most recent creation or update at the source.",
    )
    last_sync = fields.Datetime(
        readonly=True, copy=False, help="When the last complete run ended."
    )
    next_sync = fields.Datetime(copy=False, help="Empty: no run is planned.")
    status = fields.Selection(
        selection=[
            (GREY, "Grey"),
            (GREEN, "Green"),
            (ORANGE, "Orange"),
            (RED, "Red"),
        ],
        compute="_compute_status",
        search="_search_status",
    )
    status_label = fields.Char(compute="_compute_status")
    status_text = fields.Char(string="Status in Words", compute="_compute_status")
    is_running = fields.Boolean(compute="_compute_is_running")
    error_count = fields.Integer(string="Errors in a Row", readonly=True, copy=False)
    last_error = fields.Text(readonly=True, copy=False)
    run_ids = fields.One2many(
        comodel_name="service.sync.run", inverse_name="source_id", string="Runs"
    )
    record_ids = fields.One2many(
        comodel_name="service.sync.record", inverse_name="source_id", string="All Rows"
    )
    last_run_id = fields.Many2one(
        comodel_name="service.sync.run", compute="_compute_last_run"
    )
    created_count = fields.Integer(string="Created", compute="_compute_last_run")
    updated_count = fields.Integer(string="Updated", compute="_compute_last_run")
    unchanged_count = fields.Integer(string="Unchanged", compute="_compute_last_run")
    record_count = fields.Integer(string="Rows", compute="_compute_record_count")
    failed_count = fields.Integer(
        string="Rows in Error", compute="_compute_failed_count"
    )
    draft_count = fields.Integer(
        string="Drafts to Confirm", compute="_compute_draft_count"
    )

    # === How far it was read, and who reads it ===
    cursor_moment = fields.Char(
        string="Position",
        readonly=True,
        copy=False,
        help="Everything changed before this moment (UTC) was read and stored.",
    )
    cursor_external_id = fields.Char(readonly=True, copy=False)
    generation = fields.Integer(
        readonly=True, copy=False, export_string_translation=False
    )
    pass_number = fields.Integer(
        readonly=True, copy=False, export_string_translation=False
    )
    lease_key = fields.Char(readonly=True, copy=False, export_string_translation=False)
    lease_until = fields.Datetime(
        string="Reserved Until",
        readonly=True,
        copy=False,
        help="A run is reading the system, and no other run starts before this moment."
        " Every page extends it.",
    )

    _interval_positive = models.Constraint(
        "CHECK (interval_minutes > 0)", "The interval must be at least one minute."
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
        "A connected system can read again at most 525600 minutes, which is a year.",
    )
    _positions_positive = models.Constraint(
        "CHECK (header_line >= 0 AND page_size >= 0)",
        "The header line and the page size of a connected system cannot be negative.",
    )
    _retention_bounded = models.Constraint(
        "CHECK (retention_days <= 36500)",
        "Deleted records can stay in the archive for at most 36500 days, a century.",
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
                        "Invalid match order “%(order)s”. List each of %(methods)s at "
                        "most once, separated by commas.",
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
                        "“%(domain)s” isn't a valid domain. Write it like "
                        "[('state', '=', 'sale')].",
                        domain=source.domain,
                    )
                )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model
    def default_get(self, fields):
        return untyped_defaults(self, fields, super().default_get)

    @api.model_create_multi
    def create(self, vals_list):
        refuse_typed(self, vals_list)
        refuse_unreadable(self, vals_list, ("preset",))
        return super().create(
            [
                {**self._get_preset_values(vals["preset"]), **vals}
                if vals.get("preset") in PRESETS
                else vals
                for vals in vals_list
            ]
        )

    def write(self, vals):
        """Refuse to change what imported rows are.

        :raise ValidationError: naming the system
        """
        self.check_access("write")
        refuse_typed(self, [vals])
        refuse_unreadable(self, [vals], ("preset",))
        for source in self:
            source._check_kind(vals)
            if "row_is_key" in vals and vals["row_is_key"] != source.row_is_key:
                source._forget_keys()
        # Who picks a preset in the form sends what was changed of it.
        if vals.get("preset") in PRESETS and "mapping_ids" not in vals:
            vals = {**self._get_preset_values(vals["preset"]), **vals}
        result = super().write(vals)
        if "price_basis" in vals and "mapping_ids" in vals:
            # Fields that were mapped anew have asked again what is answered here.
            super().write({"price_basis": vals["price_basis"]})
        check_moved(self, vals)
        return result

    def _export_rows(self, fields, *, _is_toplevel_call=True):
        """Refuse to export secrets, also to people who may read them.

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
