# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What rows of connected systems become: the part every target shares."""

from odoo import models
from odoo.fields import Domain

from ...connectors import ValueRefused
from ...connectors.durations import read_count
from ...connectors.errors import _lt
from ...connectors.values import (
    is_empty,
    parse_billable,
    parse_date,
    parse_decimal,
    parse_end,
    parse_text,
)
from .rows import MAX_KEY, attempt, explain

AMBIGUOUS = _lt("“%(value)s” can be %(count)s records: %(names)s.")


class Target:
    """Makes records of one model from the rows of one source.

    A new one is a class in a file of its own and a line in `targets.py`.
    """

    model = ""
    label = ""
    # What rows may fill, beside `external_id`, `changed_at` and `deleted`.
    fields: tuple[str, ...] = ()
    # Groups of fields of which at least one must be mapped.
    required: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def get_wanted(cls, source):
        """Return more such groups, without which each row is an error."""
        return ()

    def __init__(self, source):
        self.env = source.env
        self.source = source
        # Source fields by target field, to name the one a value came from.
        self.names = {m.target_field: m.source_field for m in source.mapping_ids}
        # Whether what is created will be undone: a preview.
        self.is_trial = False

    def convert(self, items):
        """Turn the raw values of the items into values of the target.

        Relations of all items are looked up together; an item that cannot be turned
        gets its ``error``, with all the reasons there are.
        """
        tables = self.find_relations(items)
        for item in items:
            item.values = self.prepare(item, tables)

    def find_relations(self, items):
        """Look up the records that the raw values of the items name."""
        raise NotImplementedError

    def prepare(self, item, tables):
        """Return the values of the target for one item, as far as they can be read.

        The parts go through :meth:`collect`, so that the row tells all its faults.
        """
        raise NotImplementedError

    def collect(self, item, *parts):
        """Put together what each part of a row gives, or tell why it gives nothing.

        :param parts: functions that return values or raise ``ValueRefused``
        """
        values = {}
        for part in parts:
            values |= attempt(self.env, item, part) or {}
        return values

    def why_left_out(self, item):
        """The reason why a row means nothing that is to be imported, "" if it does."""
        return ""

    def create(self, items):
        """Create the targets of the items, in their order."""
        return self.env[self.model].create([item.values for item in items])

    def update(self, item):
        """Write what differs, through the rules of the target.

        :return: whether anything differed
        :raise UserError: the target is locked
        """
        changed = {
            name: value
            for name, value in item.values.items()
            if self.differs(item.target[name], value)
        }
        if changed:
            item.target.write(changed)
        return bool(changed)

    def withdraw(self, item):
        """Take back what is unused because the source says deleted or void.

        :return: what is left of the target, empty if it is gone
        """
        raise NotImplementedError

    def browse(self, record):
        """The target of a ``service.sync.record``, archived ones included."""
        model = self.env[self.model].with_context(active_test=False)
        return model.browse(record.res_id if record else False).exists()

    def lacks(self, *names):
        """Whether none of the fields is mapped, which a preview says once for all."""
        return self.is_trial and not self.names.keys() & set(names)

    # === Customers ===

    def find_customers(self, items):
        keys = {self.get_customer_key(item) for item in items}
        return self.env["service.sync.customer"]._find(self.source, keys)

    def get_customer_key(self, item):
        texts = (item.raw.get("partner_id"), item.raw.get("partner_email"))
        return tuple("" if is_empty(text) else str(text).strip() for text in texts)

    def pick_customer(self, item, customers):
        """The one customer a row names.

        :raise ValueRefused: there is none, or there are several
        """
        key = self.get_customer_key(item)
        text = key[0] or key[1]
        if not text:
            raise ValueRefused(_lt("The row names no customer."))
        if len(text) > MAX_KEY:
            raise ValueRefused(
                _lt("“%(value)s…” is too long for a customer."), value=text
            )
        found = customers[key]
        if len(found) == 1:
            return found
        item.customer_key = text
        if not found:
            raise ValueRefused(
                _lt(
                    "No customer was found for “%(value)s”: choose the customer, and "
                    "it is remembered."
                ),
                value=text,
            )
        raise ValueRefused(
            _lt(
                "“%(value)s” can be %(count)s customers (%(names)s): choose the "
                "customer, and it is remembered."
            ),
            value=text,
            count=len(found),
            names=", ".join(found[:3].mapped("display_name")),
        )

    # === Helpers ===

    def differs(self, old, new):
        if isinstance(new, list):  # one command, which sets all
            return set(old.ids) != set(new[0][2])
        if isinstance(old, models.BaseModel):
            return old.id != (new or False)
        if isinstance(old, float):
            return abs(old - (new or 0.0)) > 1e-9
        return (old or False) != (new or False)

    def parse(self, item, name, kind):
        """Read one raw value of an item as a text, decimal, date, end or tick,
        or as a count of credits, which may be written as hours.

        :raise ValueRefused: it is none; named by the field of the source
        """
        value = item.raw.get(name)
        try:
            if kind == "decimal":
                return parse_decimal(value, self.source.decimal_separator)
            if kind == "count":
                return read_count(value, self.source.decimal_separator)
            if kind in ("date", "end"):
                read = parse_date if kind == "date" else parse_end
                return read(value, self.source.date_order, self.source.timezone)
            return {"text": parse_text, "tick": parse_billable}[kind](value)
        except ValueRefused as error:
            raise self.named(name, explain(self.env, error)) from None

    def named(self, name, reason):
        """The refusal of a value, with the field of the source before it."""
        return ValueRefused(
            "%(field)s: %(reason)s", field=self.names[name], reason=reason
        )

    def look_up(self, model, names, items, raw_names, domain):
        """Find records for the texts of many items in a flat number of queries.

        :param names: fields of the model that may hold the text, in order; the
            external id counts before them
        :param raw_names: raw values that may hold it
        :return: ``{text in lower case: records}``
        """
        texts = {
            str(item.raw.get(raw_name)).strip()
            for item in items
            for raw_name in raw_names
            if not is_empty(item.raw.get(raw_name))
        }
        return self.look_up_texts(model, names, texts, domain)

    def look_up_texts(self, model, names, texts, domain):
        """As above, for texts."""
        table = {}
        for line in self.env["ir.model.data"].search_fetch(
            [
                ("model", "=", model._name),
                ("name", "in", [part for t in texts for part in (t, t.split(".")[-1])]),
            ],
            ["module", "name", "res_id"],
        ):
            found = model.browse(line.res_id)
            for text in {line.name, f"{line.module}.{line.name}"} & texts:
                key = text.lower()
                table[key] = table.get(key, model.browse()) | found
        if table:
            ids = [record.id for found in table.values() for record in found]
            valid = model.search(Domain("id", "in", ids) & domain)
            table = {text: found & valid for text, found in table.items()}
        for name in names:
            ways = {way for text in texts for way in (text, text.lower())}
            rows = model.search(Domain(name, "in", list(ways)) & domain)
            for key, found in rows.grouped(lambda r, n=name: r[n].lower()).items():
                table[key] = table.get(key) or found
        return table

    def pick(self, table, text, missing, ambiguous):
        """The one record a text means.

        :raise ValueRefused: there is none, or there are several
        """
        found = table.get(text.lower())
        if not found:
            raise ValueRefused(missing, value=text)
        if len(found) > 1:
            names = ", ".join(found[:3].mapped("display_name"))
            raise ValueRefused(ambiguous, value=text, count=len(found), names=names)
        return found
