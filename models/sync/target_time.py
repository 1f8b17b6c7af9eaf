# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Rows that become time entries, logged on their ticket like any other time."""

from odoo.fields import Domain

from ...connectors import ValueRefused
from ...connectors.errors import _lt, quote
from ...connectors.values import is_empty, short_text
from ...tools import DurationError, parse_duration
from .rows import explain
from .target import AMBIGUOUS, Target


class TimeTarget(Target):
    model = "account.analytic.line"
    label = "Time Entries"
    fields = (
        "ticket_id",
        "employee_id",
        "employee_email",
        "unit_amount",
        "date",
        "name",
        "internal_note",
        "service_type_id",
        "is_billable",
    )
    required = (("external_id",), ("unit_amount",), ("employee_id", "employee_email"))

    def prepare(self, item, tables):
        return {
            "ticket_id": self.pick_ticket(item, tables["ticket"]).id,
            "employee_id": self.pick_employee(item, tables["employee"]).id,
            "unit_amount": self.get_hours(item),
            **self.get_values(item),
            **self.pick_service_type(item, tables["type"]),
        }

    def update(self, item):
        """Write what differs; an entry that was cut is logged anew as a whole."""
        pieces = self.get_pieces(item)
        if len(pieces) == 1:
            return super().update(item)
        hours = sum(pieces.mapped("unit_amount"))
        others = {k: v for k, v in item.values.items() if k != "unit_amount"}
        if not self.differs(hours, item.values["unit_amount"]) and not any(
            self.differs(item.target[name], value) for name, value in others.items()
        ):
            return False
        pieces.unlink()
        item.target = self.env[self.model].create([item.values])
        return True

    def withdraw(self, item):
        """Delete the entry by its own rules: what it drew is given back."""
        self.get_pieces(item).unlink()
        return item.target.browse()

    def get_pieces(self, item):
        """The entry of a row, and the entries its funding cut off from it.

        Credits, sales order item and overage are entries of their own.
        """
        line = item.target
        return line | line.search([("split_from_id", "=", line.id)])

    # === Relations ===

    def find_relations(self, items):
        company = Domain("company_id", "=", self.source.company_id.id)
        shared = Domain("company_id", "in", [False, self.source.company_id.id])
        return {
            "ticket": self.look_up(
                self.env["helpdesk.ticket"], ["number"], items, ["ticket_id"], company
            ),
            "employee": self.look_up(
                self.env["hr.employee"],
                ["work_email", "name"],
                items,
                ["employee_id", "employee_email"],
                shared,
            ),
            "type": self.look_up(
                self.env["service.type"],
                ["name"],
                items,
                ["service_type_id"],
                Domain.TRUE,
            ),
        }

    def pick_ticket(self, item, table):
        value = item.raw.get("ticket_id")
        catch_all = self.source.catch_all_ticket_id
        if catch_all and (is_empty(value) or not table.get(str(value).strip().lower())):
            return catch_all
        if is_empty(value):
            raise ValueRefused(_lt("The row names no ticket."))
        return self.pick(
            table,
            str(value).strip(),
            _lt(
                "There is no ticket with the number or external ID “%(value)s”, and "
                "the connected system has no catch-all ticket."
            ),
            AMBIGUOUS,
        )

    def pick_employee(self, item, table):
        texts = [item.raw.get(name) for name in ("employee_id", "employee_email")]
        texts = [str(text).strip() for text in texts if not is_empty(text)]
        if not texts:
            raise ValueRefused(_lt("The row names no employee."))
        text = next((text for text in texts if table.get(text.lower())), texts[0])
        return self.pick(
            table,
            text,
            _lt("No employee has the external ID, e-mail or name “%(value)s”."),
            AMBIGUOUS,
        )

    def pick_service_type(self, item, table):
        value = item.raw.get("service_type_id")
        if is_empty(value):
            return {}
        found = self.pick(
            table,
            str(value).strip(),
            _lt("There is no service type “%(value)s”."),
            AMBIGUOUS,
        )
        return {"service_type_id": found.id}

    # === Values ===

    def get_values(self, item):
        day = self.parse(item, "date", "date")
        if day is None:
            raise ValueRefused(_lt("The row has no work date."))
        values = {"date": day}
        for name in ("name", "internal_note"):
            if name in item.raw:
                values[name] = self.parse(item, name, "text") or False
        if not values.get("name"):
            values.pop("name", None)
        billable = self.parse(item, "is_billable", "boolean")
        if billable is not None:
            values["is_billable"] = billable
        return values

    def get_hours(self, item):
        value = item.raw.get("unit_amount")
        if is_empty(value):
            raise ValueRefused(_lt("The row has no duration."))
        try:
            return parse_duration(short_text(value))
        except DurationError as error:
            text = str(value).strip()
            reason = error.args[0].replace(text, quote(text))
        except ValueRefused as error:
            reason = explain(self.env, error)
        raise self.named("unit_amount", reason)
