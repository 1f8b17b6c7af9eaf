# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from contextlib import closing
from functools import partial

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ...connectors import ColumnsRefused, ConnectorError, resolve
from ...connectors.durations import AUTO
from ...connectors.guesses import get_columns, guess_fields
from ...connectors.values import NO_END, is_empty, is_nothing, storable
from ...models.sync.rows import Item, explain
from ...models.sync.service_sync_customer import (
    CUSTOMER,
    EMPLOYEE,
    FIELDS,
    TICKET,
    check_chosen,
)
from ...models.sync.service_sync_source_connection import MAP_FIELD
from ...models.sync.store import Store
from ...models.sync.styles import ASK, DURATIONS, settle
from ...models.sync.targets import TARGETS
from ...tools import format_number

ROWS = 10
MOST_OTHERS = 30  # columns that are not mapped
DAY = "d MMM y"
# Settings that answer a question; the unit is one of a field.
ANSWERS = ("decimal_separator", "date_order", "price_basis", "no_expiry", "unit")
TYPED = ("choice_ids", *ANSWERS)
# Fields that tell what a credit is worth.
VALUES = {"value_per_credit", "amount_total", "price"}
# Fields that only help to find a record: what was found is shown.
FOUND_BY = {"partner_email": "partner_id", "employee_email": "employee_id"}


def _readings_of(model, name):
    """The readings of a setting, without the one that leaves it open."""

    def get_selection(wizard):
        field = wizard.env[model]._fields[name]
        labels = field._description_selection(wizard.env)
        return [label for label in labels if label[0] not in (AUTO, ASK)]

    return get_selection


class ServiceSyncPreview(models.TransientModel):
    """What the first rows of a connected system would become, before any import.

    The values are made by the code that imports; nothing is stored.
    """

    _name = "service.sync.preview"
    _description = "Preview of a Connected System"

    source_id = fields.Many2one(
        comodel_name="service.sync.source",
        string="Connected System",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    target = fields.Selection(related="source_id.target", related_sudo=False)
    error_count = fields.Integer(readonly=True)
    row_count = fields.Integer(readonly=True)
    # Whether some of the rows would be imported.
    can_sync = fields.Boolean(readonly=True, export_string_translation=False)
    summary = fields.Char(compute="_compute_summary")
    choice_ids = fields.One2many(
        comodel_name="service.sync.preview.choice",
        inverse_name="preview_id",
        help="What the first rows name and was not found.",
    )
    # === What the values leave open, answered for the whole system ===
    # The names of the settings below that are asked for.
    asked = fields.Char(readonly=True, export_string_translation=False)
    decimal_separator = fields.Selection(
        selection=_readings_of("service.sync.source", "decimal_separator"),
        string="Numbers",
    )
    date_order = fields.Selection(
        selection=_readings_of("service.sync.source", "date_order"), string="Dates"
    )
    price_basis = fields.Selection(
        selection=_readings_of("service.sync.source", "price_basis"), string="Prices"
    )
    no_expiry = fields.Selection(
        selection=_readings_of("service.sync.source", "no_expiry"),
        string="A Missing Expiry Date",
    )
    unit = fields.Selection(selection=_readings_of("service.sync.mapping", "unit"))
    unit_mapping_id = fields.Many2one(
        comodel_name="service.sync.mapping",
        string="Field of the Unit",
        readonly=True,
        ondelete="cascade",
    )
    # Escaped by the template; nobody can write it.
    table = fields.Html(readonly=True, sanitize=False)

    @api.depends("row_count", "error_count")
    def _compute_summary(self):
        for preview in self:
            preview.summary = self.env._(
                "The first rows as they would be imported: %(rows)s, %(errors)s with "
                "an error. The preview itself imports nothing.",
                rows=preview.row_count,
                errors=preview.error_count,
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Only the system may be given: what is shown was read, not typed."""
        previews = super().create(
            [{"source_id": v.get("source_id")} for v in vals_list]
        )
        for preview in previews:
            preview._read()
        return previews

    def write(self, vals):
        """People only choose what was not found, and answer what is asked."""
        if not self.env.su:
            vals = {name: vals[name] for name in vals if name in TYPED}
        return super().write(vals)

    def action_remember(self):
        """Remember what was chosen, and show what the rows would become with it.

        :raise UserError: when nothing was chosen
        """
        self.ensure_one()
        self.source_id._check_may_act()
        chosen = self.choice_ids.filtered(lambda choice: choice._get_record())
        asked = (self.asked or "").split()
        answers = {name: self[name] for name in asked if self[name]}
        if not chosen and not answers:
            raise UserError(
                self.env._("Choose at least one answer, customer, person or ticket.")
            )
        unit = answers.pop("unit", None)
        if unit:
            self.unit_mapping_id.unit = unit
        if answers:
            self.source_id.write(answers)
        for choice in chosen:
            self.env["service.sync.customer"]._remember(
                self.source_id, choice.kind, choice.key, choice._get_record()
            )
        return self.source_id.action_preview()

    def action_sync_now(self):
        """Import the rows that were looked at, and close the window."""
        self.ensure_one()
        action = self.source_id.action_sync_now()
        action["params"]["next"] = {"type": "ir.actions.act_window_close"}
        return action

    def _read(self):
        self.ensure_one()
        source = self.source_id
        source._check_may_act()
        source_sudo = source._for_import()
        error, rows, items, questions, units = "", [], [], [], {}
        try:
            rows = source_sudo._read_first(ROWS)
            with closing(self.env.cr.savepoint()):
                # What all values tell is kept by the import, not by a look at it.
                questions = settle(source_sudo, rows)
                items = _first_of(Store(source_sudo).try_out(rows[: 2 * ROWS]))
                units = {m.id: m._get_unit() for m in source_sudo.mapping_ids}
                table = self._render(source_sudo, items, rows, questions, units)
        except ColumnsRefused as refusal:
            # The rows can be read, and tell which of their columns to map instead.
            bare = self._read_bare(source_sudo)
            table = self._render_bare(source_sudo, bare, explain(self.env, refusal))
        except ConnectorError as refusal:
            error = explain(self.env, refusal)
            if refusal.private and self.env.user.has_group("base.group_system"):
                error = f"{error} ({refusal.private})"
            table = self._render_bare(source_sudo, rows, error)
        told = [item for item in items if not item.is_skipped]
        is_ready = not source_sudo._get_missing(is_trial=True)
        units_asked = [q.mapping.id for q in questions if q.setting == "unit"]
        self.sudo().write(
            {
                "row_count": len(told),
                "can_sync": is_ready and not all(item.error for item in told),
                "error_count": sum(bool(item.error) for item in told),
                "table": table,
                "asked": self._get_asked(questions, told),
                "unit_mapping_id": next(iter(units_asked), False),
                "choice_ids": [
                    Command.create({"kind": kind, "key": key})
                    for kind, key in self._get_unknown(told)
                ],
            }
        )

    def _read_bare(self, source_sudo):
        """The first rows as they are, none if the system does not give them twice."""
        try:
            return source_sudo._read_first(ROWS, is_bare=True)[:ROWS]
        except ConnectorError:
            return []

    def _get_asked(self, questions, items):
        """Return the settings to ask for, if the user may answer."""
        source = self.source_id
        if not source.has_access("write"):
            return ""
        names = dict.fromkeys(question.setting for question in questions)
        is_open = source.target == "purchase" and source.no_expiry == ASK
        if is_open and any(is_nothing(item.raw.get("date_expiry")) for item in items):
            names["no_expiry"] = True
        return " ".join(names)

    def _get_unknown(self, items):
        """Return what has to be chosen, ``(kind, name at the source)``, each once."""
        unknown = {}
        for item in items:
            if item.customer_key:
                unknown[CUSTOMER, item.customer_key] = True
            elif item.ticket_key and not item.values.keys() & {"ticket_id", "task_id"}:
                unknown[TICKET, item.ticket_key] = True
            if item.employee_key:
                unknown[EMPLOYEE, item.employee_key] = True
        return list(unknown)

    def _render(self, source_sudo, items, rows, questions, units):
        """Return the page of the rows that were read."""
        mappings_sudo = source_sudo.mapping_ids
        keys = list(dict.fromkeys(key for row in rows for key in row.values))
        missing = source_sudo._get_missing(is_trial=True)
        used = set(mappings_sudo.mapped("source_field"))
        return self._render_table(
            source_sudo,
            items=items,
            mappings=mappings_sudo,
            keys=keys,
            # Where something is missing, one of the other columns may be it.
            others=[key for key in keys if missing and key not in used][:MOST_OTHERS],
            missing=[self.env._(MAP_FIELD, field=field) for field in missing],
            unused="" if missing else ", ".join(self._get_unused(source_sudo, keys)),
            notes=self._get_notes(source_sudo, keys) + self._get_notes_of_counts(rows),
            whole_rows=source_sudo.row_is_key,
            worthless=source_sudo.target == "purchase"
            and not VALUES & {m.target_field for m in mappings_sudo if _counts(m)},
            questions=[self._ask(question) for question in questions],
            understood=self._get_understood(units),
            show=partial(self._show_cell, questions),
            open_ids={question.mapping.id for question in questions},
        )

    def _render_bare(self, source_sudo, rows, error):
        """Return the page of an error, and of the rows as they are if there are any."""
        keys = list(dict.fromkeys(key for row in rows for key in row.values))
        return self._render_table(
            source_sudo,
            items=[Item(row) for row in rows],
            mappings=(),
            keys=keys,
            others=keys[:MOST_OTHERS],
            error=error,
        )

    def _render_table(self, source_sudo, **values):
        target_field = source_sudo.mapping_ids._fields["target_field"]
        return self.env["ir.qweb"]._render(
            "helpdesk_service_credit.service_sync_preview_table",
            {
                "labels": dict(target_field._description_selection(self.env)),
                "raw": lambda item, key: _short(resolve(item.row.told, key)),
                **values,
                "keys": ", ".join(values["keys"]),
            },
        )

    def _get_unused(self, source_sudo, keys):
        """The columns that nothing reads; dots lead into nested ones."""
        read = source_sudo.mapping_ids.mapped("source_field")
        read += source_sudo.skip_ids.mapped("source_field")
        tops = {name.split(".")[0] for name in read}
        return [key for key in keys if key not in read and key not in tops]

    def _get_notes(self, source_sudo, keys):
        """What to look at before the import, a sentence each."""
        notes = []
        if source_sudo.target == "purchase" and not self._tells_start(source_sudo):
            notes.append(
                self.env._(
                    "No field says when the credits start: they start on the day of "
                    "the import, and pay for no earlier work."
                )
            )
        target_field = source_sudo.mapping_ids._fields["target_field"]
        labels = dict(target_field._description_selection(self.env))
        for mapping in source_sudo.mapping_ids:
            column, field = mapping.source_field, mapping.target_field
            if source_sudo.is_file and keys and column not in keys:
                notes.append(
                    self.env._(
                        "The file has no column “%(column)s”, which is mapped to "
                        "“%(field)s”.",
                        column=column,
                        field=labels[field],
                    )
                )
        return notes

    def _tells_start(self, source_sudo):
        is_mapped = "date_start" in source_sudo._get_mapping()
        return is_mapped or bool(source_sudo._get_missing(is_trial=True))

    def _get_notes_of_counts(self, rows):
        """Columns that may be credits too: a size and a quantity are not multiplied."""
        source = self.source_id
        mapped = source._get_mapping()
        if source.target != "purchase" or "credits" not in mapped:
            return []
        used = set(source.mapping_ids.mapped("source_field"))
        columns = get_columns([row.told for row in rows])
        return [
            self.env._(
                "“%(other)s” may be a number of credits, too: only “%(column)s” is "
                "imported, and the two are not multiplied.",
                other=name,
                column=mapped["credits"].source_field,
            )
            for name, values in columns.items()
            if name not in used
            and {str(value).strip() for value in values} - {"", "1", "1.0", "None"}
            and (name, "credits") in guess_fields({name: values}, "purchase")
        ]

    def _get_understood(self, units):
        """How durations that are bare numbers were understood, by mapping."""
        Mapping = self.env["service.sync.mapping"]
        labels = dict(Mapping._fields["unit"]._description_selection(self.env))
        return {
            mapping.id: labels[units[mapping.id]]
            for mapping in self.source_id.mapping_ids
            if mapping.target_field in DURATIONS and units.get(mapping.id, AUTO) != AUTO
        }

    def _ask(self, question):
        """A question of the values as a sentence with every reading."""
        field = self._get_setting(question.setting)
        labels = dict(field._description_selection(self.env))
        readings = " / ".join(
            f"{labels[value]}: {text}" for value, text in question.readings
        )
        return self.env._(
            "“%(value)s” in %(field)s can mean: %(readings)s. Choose it under "
            "“%(setting)s”.",
            value=question.value,
            field=question.mapping.source_field,
            readings=readings,
            setting=field._description_string(self.env),
        )

    def _get_setting(self, name):
        source = self.source_id
        return source._fields.get(name) or source.mapping_ids._fields[name]

    def _show_cell(self, questions, item, mapping):
        """What is understood of a value, or all that it can mean."""
        text = self._show(item, mapping.target_field)
        if text and mapping.target_field in item.marks:
            text = f"{text} {item.marks[mapping.target_field]}"
        value = resolve(item.row.values, mapping.source_field)
        is_open = mapping.target_field not in item.values
        for question in questions if is_open else ():
            readings = question.read_also(mapping, value, item.row.values)
            if readings:
                return f"{text}: {' / '.join(reading for _value, reading in readings)}"
        each = self._get_each(item, mapping.target_field)
        if each and text:
            return self.env._(
                "%(amount)s = %(each)s per credit",
                amount=text,
                each=format_number(self.env, each),
            )
        return text

    def _get_each(self, item, name):
        """What a price or an amount makes of one credit, if that comes from it."""
        if name not in ("price", "amount_total"):
            return None
        basis = self.source_id.price_basis if name == "price" else "all"
        # What goes before it, and what it becomes.
        others, found = {
            "each": (("value_per_credit",), "value_per_credit"),
            "all": (("paid_per_credit",), "paid_per_credit"),
        }.get(basis, ((), None))
        if name == "price" and basis == "all":
            others = (*others, "amount_total")
        is_other = any(not is_empty(item.raw.get(other)) for other in others)
        return None if is_other or not found else item.values.get(found)

    def _show_used(self, item, name):
        """The credits used or left as they were understood, if the row tells them."""
        if is_empty(item.raw.get(name)):
            return ""
        used = item.values["opening_used"]
        left = item.values["credits"] - used
        return format_number(self.env, used if name == "credits_used" else left)

    def _show(self, item, name):
        """The value a field of the target gets, as a person reads it."""
        model = self.env[TARGETS[self.source_id.target].model]
        found = FOUND_BY.get(name)
        name = found if found in item.values else name
        value = item.values.get(name)
        field = model._fields.get(name)
        if name in ("credits_used", "credits_left") and "opening_used" in item.values:
            return self._show_used(item, name)
        if name == "changed_at" and item.changed_at:
            return self.source_id._format_moment(item.changed_at)
        if name not in item.values or field is None:
            text = _short(item.raw.get(name))
            hours = item.values.get("unit_amount")
            is_computed = name == "time_end" and is_empty(item.raw.get("unit_amount"))
            return f"{text} = {_clock(hours)}" if hours and is_computed else text
        if field.type == "many2one":
            # sudo: the import may use records that the reader may not open
            return model.env[field.comodel_name].sudo().browse(value).display_name
        if field.type == "boolean":
            return self.env._("Yes") if value else self.env._("No")
        if name in ("unit_amount", "time_start"):
            return _clock(value)
        if field.type in ("float", "monetary"):
            return format_number(self.env, value)
        if value == NO_END:
            return self.env._("No end")
        if field.type == "date":
            # The name of the month leaves no doubt which day was understood.
            return format_date(self.env, value, date_format=DAY)
        return "" if value in (None, False) else str(value)[:60]


class ServiceSyncPreviewChoice(models.TransientModel):
    """A name of a connected system that was not found, and what it means here."""

    _name = "service.sync.preview.choice"
    _description = "Preview of a Connected System: Choice"

    preview_id = fields.Many2one(
        comodel_name="service.sync.preview", required=True, ondelete="cascade"
    )
    kind = fields.Selection(
        selection=[(CUSTOMER, "Customer"), (EMPLOYEE, "Employee"), (TICKET, "Ticket")],
        required=True,
        readonly=True,
    )
    key = fields.Char(string="At the Source", required=True, readonly=True)
    partner_id = fields.Many2one(comodel_name="res.partner", string="Customer")
    employee_id = fields.Many2one(comodel_name="hr.employee")
    ticket_id = fields.Many2one(
        comodel_name="helpdesk.ticket", domain="[('allow_timesheet', '=', True)]"
    )

    @api.model_create_multi
    def create(self, vals_list):
        choices = super().create(vals_list)
        check_chosen(choices, FIELDS.values())
        return choices

    def write(self, vals):
        result = super().write(vals)
        check_chosen(self, vals)
        return result

    def _get_record(self):
        return self[FIELDS[self.kind]]


def _counts(mapping):
    """Whether what a field says is imported."""
    return mapping.target_field != "price" or mapping.source_id.price_basis != "gross"


def _first_of(items):
    """As many items as are shown, and before them those that are left out."""
    told = [index for index, item in enumerate(items) if not item.is_skipped]
    return items[: told[ROWS - 1] + 1] if len(told) >= ROWS else items


def _short(value):
    raw = storable(value)
    return "" if raw in (None, False) else str(raw)[:60]


def _clock(hours):
    minutes = round(hours * 60)
    return f"{minutes // 60}:{minutes % 60:02}"
