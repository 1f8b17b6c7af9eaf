# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ...connectors import ConnectorError
from ...connectors.guesses import (
    get_columns,
    get_texts,
    guess_billed,
    guess_fields,
    guess_service_type,
)
from ...connectors.headings import plain_name
from ...connectors.presets import PRESETS
from .rows import explain
from .service_sync_customer import MATCH_METHODS
from .styles import ASK, settle
from .target_time import get_numbers, turn_name

ROWS = 10
# What the columns are called that say in their ways who logged some time.
NAMES_OF_USERS = {
    "employee",
    "employee name",
    "full name",
    "user",
    "user name",
    "username",
}
# Values of a column that are looked up, to tell what the column names.
MAX_VALUES = 50


class ServiceSyncSource(models.Model):
    """What is known of a system beforehand, or recognized in its first rows."""

    _inherit = "service.sync.source"

    @api.model
    def _get_preset_values(self, preset):
        """The values that picking a preset sets; all of them can be changed."""
        data = PRESETS[preset]
        lines = [
            {
                "source_field": line[0],
                "target_field": line[1],
                "sequence": number,
                **({"unit": line[2]} if len(line) > 2 else {}),
            }
            for number, line in enumerate(data["fields"], 1)
        ]
        skips = [
            dict(zip(("source_field", "operator", "value"), skip, strict=True))
            for skip in data.get("skips", ())
        ]
        return {
            **data["values"],
            "mapping_ids": [Command.clear(), *map(Command.create, lines)],
            "skip_ids": [Command.clear(), *map(Command.create, skips)],
        }

    @api.onchange("preset")
    def _onchange_preset(self):
        if self.preset:
            self.update(self._get_preset_values(self.preset))

    def _guess_fields(self):
        """Map the fields of the source by their names and first values.

        :raise UserError: the system cannot be read
        """
        self.ensure_one()
        self.check_access("write")
        try:
            # Whatever is mapped by now may be wrong, and is recognized anew.
            rows = self._read_first(ROWS, is_bare=self.is_file)
        except ConnectorError as refusal:
            raise UserError(explain(self.env, refusal)) from None
        # Tables that people made name their customers.
        self.match_order = ", ".join(MATCH_METHODS)
        columns = get_columns([row.told for row in rows if not row.error])
        lines = guess_fields(columns, self.target)
        lines = self._prefer_people(columns, lines)
        by_records = self._guess_by_records(columns, lines)
        named = {name for name, _field in by_records}
        # What names our records is not what a row is known by.
        lines = [
            line for line in lines if line[1] != "external_id" or line[0] not in named
        ]
        lines += by_records
        self.write(
            {
                "price_basis": self._get_price_basis_with(lines),
                "mapping_ids": [
                    Command.clear(),
                    *(
                        Command.create({"source_field": name, "target_field": field})
                        for name, field in lines
                    ),
                ],
                "skip_ids": self._prepare_skips(columns),
                "row_is_key": bool(lines)
                and "external_id" not in {field for _name, field in lines},
            }
        )
        settle(self, rows)

    def _get_price_basis_with(self, lines):
        """What is known of prices, nothing if another column becomes the price."""
        price = self._get_mapping().get("price")
        is_other = price and (price.source_field, "price") not in lines
        return ASK if is_other else self.price_basis

    def _prepare_skips(self, columns):
        """Leave out time that another system bills, as long as nothing was chosen."""
        is_open = self.target == "time_entry" and not self.skip_ids
        return [
            Command.create({"source_field": name, "operator": "is", "value": "yes"})
            for name in guess_billed(columns)
            if is_open
        ]

    def _guess_by_records(self, columns, lines):
        """Recognize columns by the people, tickets and customers they name."""
        fields = {field for _name, field in lines}
        texts = {
            name: list(dict.fromkeys(get_texts(values)))[:MAX_VALUES]
            for name, values in columns.items()
        }
        people = self._find_people(texts)
        found = []
        if self.target == "time_entry":
            if not fields & {"employee_id", "employee_email"}:
                name = _find_column(texts, people)
                found += [(name, "employee_id")] if name else []
            if "ticket_id" not in fields:
                found += self._guess_ticket(texts)
            found += self._guess_service_type(columns, texts)
        if not fields & {"partner_id", "partner_email"}:
            named = {name for name, _field in lines + found}
            # Our own people are contacts, too.
            rest = {
                name: values
                for name, values in texts.items()
                if name not in named and not any(map(people, values))
            }
            found += self._guess_customer(rest)
        return found

    def _prefer_people(self, columns, lines):
        """Of a login and a name beside it, take the one that names our people."""
        fields = dict(reversed(line) for line in lines)
        if "employee_id" not in fields or "employee_email" in fields:
            return lines
        texts = {
            name: get_texts(values)
            for name, values in columns.items()
            if plain_name(name) in NAMES_OF_USERS
        }
        if fields["employee_id"] not in texts or len(texts) < 2:
            return lines
        people = self._find_people(texts)
        best = _find_column(texts, people)
        if not best or any(map(people, texts[fields["employee_id"]])):
            return lines
        rest = [line for line in lines if line[1] != "employee_id"]
        return [*rest, (best, "employee_id")]

    def _find_people(self, texts):
        """Return what tells whether a text names a person of the company."""
        wanted = {way for values in texts.values() for t in values for way in _turn(t)}
        ways = list(wanted | {text.lower() for text in wanted})
        # sudo: only whether a column names people of the company is told
        people_sudo = (
            self.env["hr.employee"]
            .sudo()
            .with_context(active_test=False)
            .search_fetch(
                Domain("name", "in", ways) | Domain("work_email", "in", ways),
                ["name", "work_email"],
            )
        )
        known = {
            text.lower()
            for person in people_sudo
            for text in (person.name, person.work_email)
            if text
        }
        return lambda text: any(way.lower() in known for way in _turn(text))

    def _guess_ticket(self, texts):
        """The column with numbers of tickets, which may stand in longer texts."""
        numbers = {
            part.upper()
            for values in texts.values()
            for text in values
            for part in get_numbers(text)
        }
        # sudo: only whether a column names tickets of the company is told
        tickets_sudo = (
            self.env["helpdesk.ticket"]
            .sudo()
            .search_fetch(
                [
                    ("number", "in", list(numbers)),
                    ("company_id", "=", self.company_id.id),
                ],
                ["number"],
            )
        )
        known = set(tickets_sudo.mapped("number"))
        name = _find_column(
            texts,
            lambda text: known & {part.upper() for part in get_numbers(text)},
            share=0,
        )
        return [(name, "ticket_id")] if name else []

    def _guess_service_type(self, columns, texts):
        """The column of a fitting name all values of which are service types."""
        names = guess_service_type(columns)
        wanted = {text for name in names for text in texts[name]}
        if not wanted:
            return []
        types = self.env["service.type"].search([("name", "in", list(wanted))])
        known = set(types.mapped("name"))
        found = [name for name in names if texts[name] and known >= set(texts[name])]
        return [(name, "service_type_id") for name in found[:1]]

    def _guess_customer(self, texts):
        # Bare numbers may be those of anything.
        wanted = {t for values in texts.values() for t in values if not t.isdecimal()}
        keys = {(text, "") for text in wanted}
        known = self.env["service.sync.customer"]._find(self, keys)
        name = _find_column(texts, lambda text: len(known.get((text, ""), ())) == 1)
        return [(name, "partner_id")] if name else []


def _turn(text):
    return (text, turn_name(text)) if "," in text else (text,)


def _find_column(texts, is_known, share=0.5):
    """The column of which most values are known, and more than a share of them."""
    hits = {
        name: sum(bool(is_known(text)) for text in values)
        for name, values in texts.items()
    }
    best = max(hits, key=hits.get, default=None)
    return best if best and hits[best] > share * len(texts[best]) else None
