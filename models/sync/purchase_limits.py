# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What rows say about who draws from a purchase, before which, and for what work."""

import re

from odoo.fields import Command, Domain

from ...connectors import ValueRefused
from ...connectors.errors import _lt
from ...connectors.values import is_empty
from .rows import MAX_KEY
from .target import AMBIGUOUS

# The models whose records a purchase may be limited to, by its field.
LIMITS = {
    "service_type_ids": "service.type",
    "team_ids": "helpdesk.ticket.team",
    "project_ids": "project.project",
}
SHARED = "shared_partner_ids"
FIELDS = ("sharing", SHARED, "priority", *LIMITS)
# Between several names in one cell. A comma may also be part of a name.
BETWEEN = re.compile(r"[;|\n]")
COMMA = re.compile(",")
MISSING = _lt("No service type, team or project is called “%(value)s”.")


class PurchaseLimits:
    """Reads the fields of one target: names are looked up for all rows at once."""

    def __init__(self, target):
        self.target = target
        self.env = target.env
        self.names = [name for name in FIELDS if name in target.names]

    def find(self, items):
        """Return the records that rows may name, by field and text."""
        company = Domain("company_id", "in", [False, self.target.source.company_id.id])
        tables = {}
        for name in self.names:
            texts = {text for item in items for text in get_names(item.raw.get(name))}
            if name == SHARED:
                customers = self.env["service.sync.customer"]
                found = customers._find(
                    self.target.source, {(text, "") for text in texts}
                )
                tables[name] = {key.lower(): one for (key, _mail), one in found.items()}
            elif name in LIMITS:
                model = self.env[LIMITS[name]]
                domain = company if "company_id" in model._fields else Domain.TRUE
                tables[name] = self.target.look_up_texts(model, ["name"], texts, domain)
        return tables

    def get_readers(self, item, tables):
        """Return the functions that give the values of a row."""
        readers = {"sharing": self.get_sharing, "priority": self.get_priority}
        return [
            lambda name=name: (
                readers[name](item)
                if name in readers
                else self.get_records(item, name, tables[name])
            )
            for name in self.names
        ]

    def get_priority(self, item):
        value = self.target.parse(item, "priority", "decimal")
        if value is None:
            return {}
        if not 0 <= value <= 100 or value != int(value):
            raise self.target.named(
                "priority",
                self.env._("The priority of credits is a whole number from 0 to 100."),
            )
        return {"priority": int(value)}

    def get_sharing(self, item):
        """Who draws, by the name of the choice or the words for it."""
        value = item.raw.get("sharing")
        if is_empty(value):
            return {}
        field = self.env["service.credit.purchase"]._fields["sharing"]
        choices = field._description_selection(self.env)
        words = {word.lower(): key for key, label in choices for word in (key, label)}
        text = str(value).strip().lower()
        if text not in words:
            raise self.target.named(
                "sharing",
                self.env._(
                    "“%(value)s” isn't one of %(choices)s.",
                    value=text[:80],
                    choices=", ".join(label for _key, label in choices),
                ),
            )
        return {"sharing": words[text]}

    def get_records(self, item, name, table):
        """The records that a row names; those of none limit nothing.

        :raise ValueRefused: one of the names means no record, or several
        """
        texts = []
        for text in split(item.raw.get(name), BETWEEN):
            is_one = table.get(text.lower())
            texts += [text] if is_one else split(text, COMMA)
        ids = [self.pick(name, text, table).id for text in texts]
        values = {name: [Command.set(ids)]}
        if name == SHARED and "sharing" not in self.names:
            values["sharing"] = "chosen" if ids else "customer"
        return values

    def pick(self, name, text, table):
        missing = MISSING
        if name == SHARED:
            missing = _lt("No customer was found for “%(value)s”.")
        if len(text) > MAX_KEY:
            raise ValueRefused(missing, value=text[:80])
        return self.target.pick(table, text, missing, AMBIGUOUS)


def split(value, between):
    """The names in a cell."""
    texts = [] if is_empty(value) else between.split(str(value))
    return [text.strip() for text in texts if text.strip()]


def get_names(value):
    """What a cell may name: its parts, and theirs."""
    parts = split(value, BETWEEN)
    texts = parts + [text for part in parts for text in split(part, COMMA)]
    return {text for text in texts if len(text) <= MAX_KEY}
