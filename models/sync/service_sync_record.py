# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...connectors import resolve
from ...tools import report_failure
from .service_sync_customer import CUSTOMER, EMPLOYEE, TICKET, check_chosen

IMPORTED = "imported"
ERROR = "error"
WITHDRAWN = "withdrawn"
REMOVED = "removed"

# What people choose for a row: how it is remembered, and for which name.
CHOICES = {
    "partner_id": (CUSTOMER, "customer_key"),
    "employee_id": (EMPLOYEE, "employee_key"),
    "ticket_id": (TICKET, "ticket_key"),
}
MISSING = object()  # None is a value of a row


class ServiceSyncRecord(models.Model):
    """One row of a connected system, known by its external id, and what it became.

    It outlives what it became: a row that was deleted here is remembered, so that
    it does not come back.
    """

    _name = "service.sync.record"
    _description = "Row of a Connected System"
    _order = "id desc"
    _rec_name = "external_id"

    source_id = fields.Many2one(
        comodel_name="service.sync.source",
        string="Connected System",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    external_id = fields.Char(string="External ID", readonly=True)
    # What a row of a file without one ID of its own says, in any spelling.
    likeness = fields.Char(
        readonly=True, index="btree_not_null", export_string_translation=False
    )
    state = fields.Selection(
        selection=[
            (IMPORTED, "Imported"),
            (ERROR, "Error"),
            (WITHDRAWN, "Withdrawn at the Source"),
            (REMOVED, "Deleted Here"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    is_draft = fields.Boolean(
        string="Imported as Draft",
        compute="_compute_is_draft",
        search="_search_is_draft",
    )
    result = fields.Char(compute="_compute_result")
    error = fields.Text(string="Reason", readonly=True)
    line_number = fields.Integer(string="Line", readonly=True, aggregator=None)
    changed_at = fields.Datetime(string="Changed at the Source", readonly=True)
    last_seen = fields.Datetime(readonly=True, index=True)
    removed_on = fields.Datetime(string="Deleted on", readonly=True)
    checksum = fields.Char(readonly=True, export_string_translation=False)
    pass_number = fields.Integer(readonly=True, export_string_translation=False)
    payload = fields.Json(readonly=True, export_string_translation=False)
    # What is kept of such a row is not what the source meant.
    is_unreadable = fields.Boolean(readonly=True, export_string_translation=False)
    payload_text = fields.Text(string="Row", compute="_compute_payload_text")
    res_model = fields.Char(string="Kind", readonly=True)
    res_id = fields.Many2oneReference(
        string="Record ID", model_field="res_model", readonly=True
    )
    res_name = fields.Char(string="Created Record", compute="_compute_res_name")
    hours = fields.Float(
        string="Hours at the Source",
        readonly=True,
        help="Of a time entry. Here they may be cut into entries by who pays.",
    )
    customer_key = fields.Char(string="Customer at the Source", readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Matched Customer",
        index="btree_not_null",
        ondelete="set null",
        help="Who the customer of this row is. Remembered for every row of the "
        "connected system that names the same customer.",
    )

    employee_key = fields.Char(string="Person at the Source", readonly=True)
    employee_id = fields.Many2one(
        comodel_name="hr.employee",
        string="Chosen Employee",
        ondelete="set null",
        help="Who did the work of this row. Remembered for every row of the connected "
        "system that names the same person.",
    )
    ticket_key = fields.Char(string="Ticket at the Source", readonly=True)
    ticket_id = fields.Many2one(
        comodel_name="helpdesk.ticket",
        string="Chosen Ticket",
        ondelete="set null",
        domain="[('allow_timesheet', '=', True)]",
        help="Where the time of this row belongs. Remembered for every row of the "
        "connected system that names the same ticket or customer.",
    )
    is_catch_all = fields.Boolean(string="On the Catch-all Ticket", readonly=True)
    # Its time is billable, but not for the customer of the catch-all ticket.
    is_billing_held = fields.Boolean(readonly=True, export_string_translation=False)

    _external_id_once = models.UniqueIndex(
        "(source_id, external_id) WHERE external_id IS NOT NULL",
        "An external ID must be unique within a connected system.",
    )
    _row_without_id_once = models.UniqueIndex(
        "(source_id, checksum) WHERE external_id IS NULL",
        "This row without an external ID is already known.",
    )
    # The list of systems counts them, again and again while a run goes on.
    _in_error = models.Index("(source_id) WHERE state = 'error'")
    _of_target = models.Index("(res_model, res_id) WHERE res_id IS NOT NULL")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("payload", "source_id.mapping_ids.source_field")
    def _compute_payload_text(self):
        """Show what is mapped; the rest of the row is kept for later mappings."""
        for record in self:
            names = record.source_id.mapping_ids.mapped("source_field")
            values = {name: resolve(record.payload, name, MISSING) for name in names}
            record.payload_text = "\n".join(
                f"{name}: {value}"
                for name, value in values.items()
                if value is not MISSING
            )

    @api.depends("state", "res_model", "res_id")
    def _compute_is_draft(self):
        # sudo: readers of the row may know whether its purchase is a draft
        lots_sudo = self.env["service.credit.purchase"].sudo()
        made = self.filtered(lambda r: r.res_model == lots_sudo._name and r.res_id)
        drafts = lots_sudo.search(
            [("id", "in", made.mapped("res_id")), ("is_draft", "=", True)]
        )
        found = set(drafts.ids)
        for record in self:
            is_imported = record.state == IMPORTED and record in made
            record.is_draft = is_imported and record.res_id in found

    def _search_is_draft(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: as above
        lots_sudo = self.env["service.credit.purchase"].sudo()
        found = (
            Domain("state", "=", IMPORTED)
            & Domain("res_model", "=", lots_sudo._name)
            & Domain("res_id", "in", lots_sudo._search([("is_draft", "=", True)]))
        )
        return found if True in value else ~found

    @api.depends("state", "is_draft")
    @api.depends_context("lang")
    def _compute_result(self):
        labels = dict(self._fields["state"]._description_selection(self.env))
        for record in self:
            draft = record.is_draft and self.env._("Imported as Draft")
            record.result = draft or labels.get(record.state)

    @api.depends("res_model", "res_id")
    def _compute_res_name(self):
        self.res_name = False
        linked = self.filtered(lambda r: r.res_id and r.res_model in self.env)
        for model, records in linked.grouped("res_model").items():
            targets = self.env[model].browse(records.mapped("res_id")).exists()
            names = {t.id: t.display_name for t in targets._filtered_access("read")}
            for record in records:
                record.res_name = names.get(record.res_id, False)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    def write(self, vals):
        """People only say who the customer is; the rest is what was read.

        What they choose is remembered, filled in on every row in error that names the
        same, and these rows are tried again at once.

        :raise UserError: for anything else
        :raise AccessError: for a choice that the user cannot read
        """
        if not self.env.su and set(vals) - set(CHOICES):
            raise UserError(
                self.env._(
                    "Rows of a connected system cannot be edited: only the customer, "
                    "the employee and the ticket can be chosen. Correct the row at the "
                    "source."
                )
            )
        result = super().write(vals)
        chosen = [name for name in CHOICES if vals.get(name)]
        if chosen and not self.env.su:
            check_chosen(self, chosen)
            self._follow_choice(chosen)
        return result

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_retry(self):
        """Try rows in error again, with what was decided about their customer.

        :return: the rows still in error, if one that was read again since is gone
        :raise UserError: a row is not in error, nor was imported when something was
            chosen for it; or it was kept without a field that is mapped now
        """
        sources = self.source_id
        self.source_id._check_may_act()
        failed = self.filtered(lambda record: record.state == ERROR)
        settled = (self - failed).filtered(lambda record: not record._is_chosen())
        if settled:
            raise UserError(
                self.env._(
                    "The row %(row)s is not in error: only rows in error can be "
                    "retried.",
                    row=settled[0].external_id or settled[0].line_number,
                )
            )
        # sudo: like a cycle, for the company and not for the user who pressed
        for source_sudo, records in failed.sudo().grouped("source_id").items():
            # What was remembered meanwhile is newer than what the rows hold.
            records._remember_choices(CHOICES, replace=False)
            source_sudo._retry(records)
        return None if self.exists() == self else sources[0].action_open_errors()

    def action_confirm_drafts(self):
        """Make the purchases usable that these rows were imported as.

        :raise UserError: when none of them is a draft
        """
        self.source_id._check_may_act()
        drafts = self.filtered("is_draft")
        if not drafts:
            raise UserError(
                self.env._("None of these rows was imported as a draft purchase.")
            )
        purchases = self.env["service.credit.purchase"].browse(drafts.mapped("res_id"))
        purchases.write({"is_draft": False})
        drafts.invalidate_recordset(["is_draft", "result"])

    def action_delete_target(self):
        """Delete here what the rows became; they will not be imported again.

        Purchases go to the archive and are removed after the days set on the system,
        unbilled time entries are deleted at once. Anything with ledger rows stays.

        :raise UserError: from the record itself, if it cannot be deleted
        """
        self.source_id._check_may_act()
        for record in self.filtered("res_id"):
            target = self.env[record.res_model].browse(record.res_id).exists()
            target.unlink()

    def action_move_to_ticket(self):
        """Move time that landed on the catch-all ticket to the chosen ticket.

        The choice is remembered for rows that name the same ticket or customer. Time
        that was not billable there only because nobody had asked for it is again.

        :raise UserError: no ticket was chosen, or from the entry itself
        """
        self.source_id._check_may_act()
        for record in self.filtered("is_catch_all"):
            if not record.ticket_id:
                raise UserError(
                    self.env._(
                        "Choose the ticket to which the row %(row)s belongs.",
                        row=record.external_id or record.line_number,
                    )
                )
            record.ticket_id.check_access("read")
            # sudo: like a cycle, for the company and not for the user who pressed
            record_sudo = record.sudo().with_company(record.source_id.company_id)
            record_sudo._remember_choices(["ticket_id"])
            record_sudo._move_entry(record_sudo.ticket_id)

    def _move_entry(self, ticket):
        entry = self.env[self.res_model].browse(self.res_id).exists()
        if entry:
            pieces = entry | entry.search([("split_from_id", "=", entry.id)])
            billed = {"is_billable": True} if self.is_billing_held else {}
            pieces.write({"ticket_id": ticket.id, **billed})
        self.write({"is_catch_all": False, "is_billing_held": False})

    @api.readonly
    def action_open_target(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _follow_choice(self, names):
        """Fill in what was chosen on the rows in error that name the same, and import
        as many of them as a request can.

        :param names: of what was chosen
        """
        self.source_id._check_may_act()
        # sudo: like a cycle, for the company and not for the user who chose
        for source_sudo, records in self.sudo().grouped("source_id").items():
            records = records.filtered(lambda record: record.state == ERROR)
            if not records:
                continue
            records._remember_choices(names)
            alike = records.browse().union(*map(records._fill_alike, names))
            # First the rows that were chosen for.
            source_sudo._retry_chosen(records & alike | alike)

    def _fill_alike(self, name):
        """Choose the same for the rows in error that name the same, and return all.

        :param name: of what was chosen for all of these rows
        """
        key = CHOICES[name][1]
        keys = set(self.mapped(key)) - {False}
        if not keys:
            return self.browse()
        alike = self.search(
            [
                ("source_id", "=", self.source_id.id),
                ("state", "=", ERROR),
                (key, "in", list(keys)),
            ]
        )
        (alike - self).write({name: self[name].id})
        return alike

    def _is_chosen(self):
        """Tell whether what was chosen imported the row, as Retry would."""
        return self.state == IMPORTED and any(self[name] for name in CHOICES)

    def _remember_choices(self, names, replace=True):
        """Keep what was decided about rows, for those that name the same.

        :param names: of what was chosen
        :param replace: whether it counts more than what is remembered
        """
        Choice = self.env["service.sync.customer"]
        for name in names:
            kind, key = CHOICES[name]
            chosen = {
                (r.source_id, r[key]): r[name] for r in self if r[name] and r[key]
            }
            for (source, text), record in chosen.items():
                Choice._remember(source, kind, text, record, replace)

    @api.model
    def _of(self, targets):
        """Return the rows that became these records."""
        if not targets:
            return self.sudo().browse()
        # sudo: who deletes a purchase need not see where it came from
        return self.sudo().search(
            [("res_model", "=", targets._name), ("res_id", "in", targets.ids)]
        )

    def _mark_removed(self, keep_target):
        """Remember that what the rows became was deleted here."""
        values = {"state": REMOVED, "removed_on": fields.Datetime.now()}
        if not keep_target:
            values["res_id"] = False
        self.write({**values, "error": False, "payload": False})

    def _mark_restored(self):
        """Go on with rows whose deleted record was taken out of the archive."""
        removed = self.filtered(lambda record: record.state == REMOVED)
        removed.write({"state": IMPORTED, "removed_on": False})

    @api.model
    def _drop_nameless(self, source, first_pass):
        """Forget rows without an external id that were not seen since a pass began."""
        self.search(
            [
                ("source_id", "=", source.id),
                ("state", "=", ERROR),
                ("external_id", "=", False),
                ("res_id", "=", False),
                ("pass_number", "<", first_pass),
            ]
        ).unlink()

    @api.autovacuum
    def _gc_removed(self, limit=500):
        """Remove archived records whose days are over; the row stays remembered.

        What cannot be deleted stays archived and is tried again after as many days,
        and does not keep the others; what was taken out of the archive stays.

        :return: ``(done, remaining)``
        """
        Source = self.env["service.sync.source"].with_context(active_test=False)
        left = limit
        for source in Source.search_fetch([]):
            before = fields.Datetime.now() - timedelta(days=source.retention_days)
            records = self.search(
                [
                    ("source_id", "=", source.id),
                    ("state", "=", REMOVED),
                    ("removed_on", "<", before),
                    ("res_id", "!=", False),
                ],
                limit=left,
            )
            for record in records:
                record._remove_target()
            left -= len(records)
            if not left:
                return limit, 1
        return limit - left, 0

    def _remove_target(self):
        self.ensure_one()
        target = self.env[self.res_model].browse(self.res_id).exists()
        if target and target.active:
            self._mark_restored()
            return
        try:
            with self.env.cr.savepoint():
                target.unlink()
        except UserError:
            self.removed_on = fields.Datetime.now()  # it has history by now
            return
        except Exception as error:
            self.removed_on = fields.Datetime.now()
            report_failure(
                self.source_id,
                self.source_id._get_responsible(),
                self.env._("An archived record could not be deleted"),
                error,
            )
            return
        self.res_id = False
