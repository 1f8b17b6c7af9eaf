# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.fields import Domain

from ...connectors import ValueRefused
from ...connectors.errors import _lt, quote
from ...connectors.values import is_empty
from ...tools import DurationError, parse_duration
from .service_sync_target import AMBIGUOUS

SAME_HOURS = 1 / 3600  # a second


class ServiceSyncTargetTimeEntry(models.AbstractModel):
    """Rows that become time entries, logged on their ticket like any other time."""

    _name = "service.sync.target.time_entry"
    _description = "Time Entries from Connected Systems"
    _inherit = "service.sync.target"

    _target_model = "account.analytic.line"
    _required = (("external_id",), ("unit_amount",), ("employee_id", "employee_email"))

    def _convert(self, source, items):
        tables = self._find_relations(source, items)
        for item in items:
            try:
                item.values = {
                    "ticket_id": self._pick_ticket(source, item, tables["ticket"]).id,
                    "employee_id": self._pick_employee(item, tables["employee"]).id,
                    "unit_amount": self._get_hours(source, item),
                    **self._get_values(source, item),
                    **self._pick_service_type(item, tables["type"]),
                }
            except ValueRefused as error:
                item.error = source._explain_refusal(error)

    def _update(self, item):
        """Write what differs; an entry that was cut is logged anew as a whole."""
        pieces = self._get_pieces(item)
        if len(pieces) == 1:
            return super()._update(item)
        hours = sum(pieces.mapped("unit_amount"))
        others = {k: v for k, v in item.values.items() if k != "unit_amount"}
        if not self._differs(hours, item.values["unit_amount"]) and not any(
            self._differs(item.target[name], value) for name, value in others.items()
        ):
            return False
        pieces.unlink()
        item.target = self.env[self._target_model].create([item.values])
        return True

    def _withdraw(self, item):
        """Delete the entry by its own rules: what it drew is given back."""
        self._get_pieces(item).unlink()
        return item.target.browse()

    def _get_pieces(self, item):
        """The entry of a row, and the entries its funding cut off from it.

        Credits, sales order item and overage are entries of their own, made in the
        same transaction and alike but for the hours.

        :raise ValueRefused: the pieces were edited, so that they do not add up
        """
        line = item.target
        rest = item.record.hours - line.unit_amount
        if rest < SAME_HOURS:
            return line
        others = line.search(
            [
                ("ticket_id", "=", line.ticket_id.id),
                ("employee_id", "=", line.employee_id.id),
                ("date", "=", line.date),
                ("name", "=", line.name),
                ("create_date", "=", line.create_date),
                ("id", ">", line.id),
            ]
        )
        tracked = self.env["service.sync.record"]._of(others).mapped("res_id")
        others = others.filtered(lambda other: other.id not in tracked)
        if others and abs(sum(others.mapped("unit_amount")) - rest) > SAME_HOURS:
            raise ValueRefused(
                _lt(
                    "The time of this row was cut into several entries, which were "
                    "edited since: correct them on the ticket %(ticket)s."
                ),
                ticket=line.ticket_id.display_name,
            )
        return line | others

    # ------------------------------------------------------------------
    # Relations
    # ------------------------------------------------------------------

    def _find_relations(self, source, items):
        company = Domain("company_id", "=", source.company_id.id)
        shared = Domain("company_id", "in", [False, source.company_id.id])
        tables = {
            "ticket": self._lookup(
                self.env["helpdesk.ticket"], ["number"], items, ["ticket_id"], company
            ),
            "employee": self._lookup(
                self.env["hr.employee"],
                ["work_email", "name"],
                items,
                ["employee_id", "employee_email"],
                shared,
            ),
            "type": {},
        }
        if "service.type" in self.env:
            tables["type"] = self._lookup(
                self.env["service.type"],
                ["name"],
                items,
                ["service_type_id"],
                Domain.TRUE,
            )
        return tables

    def _pick_ticket(self, source, item, table):
        value = item.raw.get("ticket_id")
        catch_all = source.catch_all_ticket_id
        if catch_all and (is_empty(value) or not table.get(str(value).strip().lower())):
            return catch_all
        if is_empty(value):
            raise ValueRefused(_lt("The row names no ticket."))
        return self._pick(
            table,
            str(value).strip(),
            _lt(
                "There is no ticket with the number or external ID “%(value)s”, and "
                "the connected system has no catch-all ticket."
            ),
            AMBIGUOUS,
        )

    def _pick_employee(self, item, table):
        texts = [item.raw.get(name) for name in ("employee_id", "employee_email")]
        texts = [str(text).strip() for text in texts if not is_empty(text)]
        if not texts:
            raise ValueRefused(_lt("The row names no employee."))
        text = next((text for text in texts if table.get(text.lower())), texts[0])
        return self._pick(
            table,
            text,
            _lt("No employee has the external ID, e-mail or name “%(value)s”."),
            AMBIGUOUS,
        )

    def _pick_service_type(self, item, table):
        value = item.raw.get("service_type_id")
        if is_empty(value):
            return {}
        found = self._pick(
            table,
            str(value).strip(),
            _lt("There is no service type “%(value)s”."),
            AMBIGUOUS,
        )
        return {"service_type_id": found.id}

    # ------------------------------------------------------------------
    # Values
    # ------------------------------------------------------------------

    def _get_values(self, source, item):
        day = self._parse(source, item, "date", "date")
        if day is None:
            raise ValueRefused(_lt("The row has no work date."))
        values = {"date": day}
        for name in ("name", "internal_note"):
            if name in item.raw:
                values[name] = self._parse(source, item, name, "text") or False
        if not values.get("name"):
            values.pop("name", None)
        billable = self._parse(source, item, "is_billable", "boolean")
        if billable is not None:
            values["is_billable"] = billable
        return values

    def _get_hours(self, source, item):
        value = item.raw.get("unit_amount")
        if is_empty(value):
            raise ValueRefused(_lt("The row has no duration."))
        try:
            return parse_duration(value)
        except DurationError as error:
            field = source._get_mapping()["unit_amount"].source_field
            text = str(value).strip()
            reason = error.args[0].replace(text, quote(text))
            raise ValueRefused(
                "%(field)s: %(reason)s", field=field, reason=reason
            ) from None
