# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.fields import Command, Domain
from odoo.tools import SQL

BY_ID = (Command.UPDATE, Command.DELETE, Command.UNLINK)
ENTRIES = "timesheet_ids"


class HelpdeskTicket(models.Model):
    """Keep a ticket with thousands of entries as quick as one with a hundred.

    Core loads every line of an embedded list to open a form and to follow each change
    of a field. No entry follows a ticket that is being edited, so only the page that is
    shown, and the entries a user touched, are needed.
    """

    _inherit = "helpdesk.ticket"

    @api.readonly
    def web_read(self, specification):
        """Read the shown page of the entries, and of the others their ids."""
        spec = specification.get(ENTRIES) or {}
        if (
            len(self) != 1
            or not self.id
            or not (spec.get("limit") and "fields" in spec)
        ):
            return super().web_read(specification)
        others = {name: spec for name, spec in specification.items() if name != ENTRIES}
        found = super().web_read(others)
        if not found:
            return found
        [values] = found
        field = self._fields[ENTRIES]
        domain = Domain(field.get_comodel_domain(self)) & Domain(
            field.inverse_name, "=", self.id
        )
        lines = self.env[field.comodel_name].with_context(active_test=False)
        query = lines._search(domain, order=spec.get("order") or lines._order)
        # One row of ids: thousands of rows take longer to receive than to find.
        [(ids,)] = self.env.execute_query(
            SQL("SELECT array_agg(id) FROM (%s) AS line", query.select())
        )
        ids = ids or []
        page = self.env[field.comodel_name].browse(ids[: spec["limit"]])
        page = page.with_context(**(spec.get("context") or {}))
        values[ENTRIES] = page.web_read(spec["fields"])
        values[ENTRIES] += [{"id": line_id} for line_id in ids[spec["limit"] :]]
        return [values]

    def onchange(self, values, field_names, fields_spec):
        """Follow a change with the touched entries alone."""
        commands = values.get(ENTRIES) or []
        is_known = isinstance(commands, list) and all(
            command[0] in (*BY_ID, Command.CREATE) for command in commands
        )
        if not self.id or ENTRIES not in fields_spec or not is_known:
            return super().onchange(values, field_names, fields_spec)
        touched = tuple(command[1] for command in commands if command[0] in BY_ID)
        field = self._fields[ENTRIES]
        self.check_access("read")
        field._update_cache(self, touched)
        try:
            return super().onchange(values, field_names, fields_spec | {ENTRIES: {}})
        finally:
            self.invalidate_recordset([ENTRIES], flush=False)
