# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...connectors.durations import AUTO, unit_of_name
from ...tools import check_moved
from .styles import DURATIONS
from .targets import TARGETS

COMMON_FIELDS = ("external_id", "changed_at", "deleted")

# What a row is known by, and what tells where it is read from.
KEY = "external_id"
# What another column may mean in another way than the one that was asked about.
PRICE = "price"
KEY_FIELDS = ("source_field", "target_field", "source_id", "sequence")


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
            ("amount_total", "Net Amount for All Credits"),
            ("price", "Price or Amount (you are asked which)"),
            ("credits_used", "Credits Already Used"),
            ("credits_left", "Credits Left"),
            ("currency_id", "Currency"),
            ("date_start", "Start Date"),
            ("date_expiry", "Expiry Date"),
            ("description", "Description"),
            ("sharing", "Credits Used By"),
            ("shared_partner_ids", "Shared With (customers)"),
            ("priority", "Priority of Credits"),
            ("service_type_ids", "Credits Only for Service Types"),
            ("team_ids", "Credits Only for Helpdesk Teams"),
            ("project_ids", "Credits Only for Projects"),
            ("ticket_id", "Ticket (number or external ID)"),
            ("task_id", "Task (title or external ID)"),
            ("employee_id", "Employee (external ID or name)"),
            ("employee_email", "Employee's E-mail"),
            ("unit_amount", "Duration"),
            ("time_start", "Start of the Work"),
            ("time_end", "End of the Work"),
            ("time_break", "Break"),
            ("date", "Work Date"),
            ("name", "Title"),
            ("internal_note", "Internal Note"),
            ("service_type_id", "Service Type"),
            ("is_billable", "Billable"),
        ],
        required=True,
    )
    target_fields = fields.Json(
        compute="_compute_target_fields",
        export_string_translation=False,
        help="What a field can become in this system.",
    )
    default_value = fields.Char(
        string="Default", help="Used for rows that leave the field empty."
    )

    unit = fields.Selection(
        selection=[
            (AUTO, "As found"),
            ("hours", "Hours"),
            ("minutes", "Minutes"),
            ("seconds", "Seconds"),
            ("milliseconds", "Milliseconds"),
            ("days", "Fraction of a day"),
        ],
        required=True,
        default=AUTO,
        help="For durations that are plain numbers. As found: decided by the name of "
        "the field or all of its values; otherwise you are asked.",
    )

    _target_field_once = models.UniqueIndex(
        "(source_id, target_field) "
        "WHERE target_field NOT IN "
        "('external_id', 'employee_id', 'time_start', 'time_end')",
        "A field can be filled from one field of the source only.",
    )
    _joined_field_once = models.UniqueIndex(
        "(source_id, target_field, source_field) "
        "WHERE target_field IN "
        "('external_id', 'employee_id', 'time_start', 'time_end')",
        "A field of the source can be used only once in an ID, a name or a date and "
        "time.",
    )

    @api.depends("source_id.target")
    def _compute_target_fields(self):
        """Offer what :meth:`_check_target_field` accepts."""
        for line in self:
            target = TARGETS.get(line.source_id.target)
            line.target_fields = [*COMMON_FIELDS, *(target.fields if target else ())]

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

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered(lambda line: line.target_field == KEY).source_id._forget_keys()
        return lines

    def write(self, vals):
        """Refuse to read external IDs of imported rows from elsewhere.

        :raise ValidationError: naming the system
        """
        self.check_access("write")
        for line in self:
            changed = {
                name
                for name in KEY_FIELDS
                if name in vals and vals[name] != _raw(line[name])
            }
            if len(line.source_id._get_key_lines()) < 2:
                changed.discard("sequence")
            fields_of = (line.target_field, vals.get("target_field"))
            if changed and KEY in fields_of:
                line.source_id._forget_keys()
            if changed - {"sequence"} and PRICE in fields_of:
                line.source_id._ask_price_basis()
        result = super().write(vals)
        check_moved(self, vals, ("source_id",))
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_key_of_imported(self):
        self.filtered(lambda line: line.target_field == KEY).source_id._forget_keys()

    def unlink(self):
        priced = self.filtered(lambda line: line.target_field == PRICE).source_id
        result = super().unlink()
        priced._ask_price_basis()
        return result

    def _get_unit(self):
        """The unit of bare numbers, as far as it was chosen or the name tells it."""
        self.ensure_one()
        is_open = self.unit == AUTO and self.target_field in DURATIONS
        return is_open and unit_of_name(self.source_field) or self.unit


def _raw(value):
    return value.id if isinstance(value, models.BaseModel) else value
