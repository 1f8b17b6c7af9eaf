# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .service_sync_record import ERROR
from .service_sync_source import _raw
from .targets import TARGETS

COMMON_FIELDS = ("external_id", "changed_at", "deleted")

# What a row is known by, and what tells where it is read from.
KEY = "external_id"
KEY_FIELDS = ("source_field", "target_field", "source_id")


class ServiceSyncMapping(models.Model):
    """One field of a connected system and what it becomes here."""

    _name = "service.sync.mapping"
    _description = "Field of a Connected System"
    _order = "source_id, sequence, id"
    _rec_name = "source_field"

    source_id = fields.Many2one(
        comodel_name="service.sync.source",
        string="Connected System",
        required=True,
        index=True,
        ondelete="cascade",
    )
    sequence = fields.Integer(default=10)
    source_field = fields.Char(
        string="Field at the Source",
        required=True,
        help="The column or key; dots lead into nested values: customer.email.",
    )
    target_field = fields.Selection(
        selection=[
            ("external_id", "External ID"),
            ("changed_at", "Change Date"),
            ("deleted", "Deleted or Void"),
            ("partner_id", "Customer (external ID, VAT or reference)"),
            ("partner_email", "Customer's E-mail"),
            ("credits", "Number of Credits"),
            ("value_per_credit", "Value per Credit"),
            ("paid_per_credit", "Amount Paid per Credit"),
            ("currency_id", "Currency"),
            ("date_start", "Start Date"),
            ("date_expiry", "Expiry Date"),
            ("description", "Description"),
            ("ticket_id", "Ticket (number or external ID)"),
            ("employee_id", "Employee (external ID or name)"),
            ("employee_email", "Employee's E-mail"),
            ("unit_amount", "Duration"),
            ("date", "Work Date"),
            ("name", "Title"),
            ("internal_note", "Internal Note"),
            ("service_type_id", "Service Type"),
            ("is_billable", "Billable"),
        ],
        required=True,
    )
    default_value = fields.Char(
        string="Default", help="Taken for rows that leave the field empty."
    )

    _target_field_once = models.UniqueIndex(
        "(source_id, target_field)",
        "A field can be filled from one field of the source only.",
    )

    @api.constrains("target_field", "source_id")
    def _check_target_field(self):
        labels = dict(self._fields["target_field"]._description_selection(self.env))
        targets = self.env["service.sync.source"]._fields["target"]
        names = dict(targets._description_selection(self.env))
        for mapping in self:
            fields_here = COMMON_FIELDS + TARGETS[mapping.source_id.target].fields
            if mapping.target_field not in fields_here:
                raise ValidationError(
                    self.env._(
                        "“%(field)s” does not belong to %(target)s, which the "
                        "connected system %(system)s imports.",
                        field=labels[mapping.target_field],
                        target=names[mapping.source_id.target],
                        system=mapping.source_id.name,
                    )
                )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    def write(self, vals):
        """Refuse to read external IDs of imported rows from elsewhere.

        :raise ValidationError: naming the system
        """
        self.check_access("write")
        for line in self:
            changed = any(
                name in vals and vals[name] != _raw(line[name]) for name in KEY_FIELDS
            )
            if changed and KEY in (line.target_field, vals.get("target_field")):
                line._forget_keys()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_key_of_imported(self):
        self.filtered(lambda line: line.target_field == KEY)._forget_keys()

    def _forget_keys(self):
        """Rows are known by external IDs of this field, which is about to change.

        Those that were never anything but errors may be known by another one.

        :raise ValidationError: rows were imported
        """
        # sudo: people may not edit what rows are known by; it follows the mapping
        Record = self.env["service.sync.record"].sudo()
        mine = Domain("source_id", "in", self.source_id.ids)
        imported = Record.search(
            mine & (Domain("state", "!=", ERROR) | Domain("res_id", "!=", False)),
            limit=1,
        )
        if imported:
            raise ValidationError(
                self.env._(
                    "The connected system %(system)s already imported rows, which it "
                    "knows by their external ID: the field of the external ID cannot "
                    "change, connect the system a second time instead.",
                    system=imported.source_id.name,
                )
            )
        Record.search(mine & Domain("external_id", "!=", False)).external_id = False
