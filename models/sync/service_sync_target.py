# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.fields import Domain

from ...connectors import ValueRefused
from ...connectors.errors import _lt
from ...connectors.values import (
    is_empty,
    parse_boolean,
    parse_date,
    parse_decimal,
    parse_text,
)


class ServiceSyncTarget(models.AbstractModel):
    """What rows of connected systems become: the part every target shares."""

    _name = "service.sync.target"
    _description = "Target of Connected Systems"

    _target_model = ""
    # Groups of fields of which at least one must be mapped.
    _required = ()

    def _convert(self, source, items):
        """Turn the raw values of the items into values of the target.

        Relations of all items are looked up together; an item that cannot be turned
        gets its ``error``.
        """
        raise NotImplementedError

    def _create(self, source, items):
        """Create the targets of the items, in their order."""
        return self.env[self._target_model].create([item.values for item in items])

    def _update(self, item):
        """Write what differs, through the rules of the target.

        :return: whether anything differed
        :raise UserError: the target is locked
        """
        changed = {
            name: value
            for name, value in item.values.items()
            if self._differs(item.target[name], value)
        }
        if changed:
            item.target.write(changed)
        return bool(changed)

    def _withdraw(self, item):
        """Take back what is unused because the source says deleted or void.

        :return: what is left of the target, empty if it is gone
        """
        raise NotImplementedError

    def _browse(self, record):
        """The target of a ``service.sync.record``, archived ones included."""
        model = self.env[self._target_model].with_context(active_test=False)
        return model.browse(record.res_id if record else False).exists()

    # ------------------------------------------------------------------
    # Helpers
    # ------------------------------------------------------------------

    def _differs(self, old, new):
        if isinstance(old, models.BaseModel):
            return old.id != (new or False)
        if isinstance(old, float):
            return abs(old - (new or 0.0)) > 1e-9
        return (old or False) != (new or False)

    def _parse(self, source, item, name, kind):
        """Read one raw value of an item as a text, decimal, date or boolean.

        :raise ValueRefused: it is none; named by the field of the source
        """
        value = item.raw.get(name)
        try:
            if kind == "decimal":
                return parse_decimal(value, source.decimal_separator)
            if kind == "date":
                return parse_date(value, source.date_order, source.timezone)
            return {"text": parse_text, "boolean": parse_boolean}[kind](value)
        except ValueRefused as error:
            reason = source._explain_refusal(error)
            field = source._get_mapping()[name].source_field
            raise ValueRefused(
                "%(field)s: %(reason)s", field=field, reason=reason
            ) from None

    def _lookup(self, model, names, items, raw_names, domain):
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
            rows = model.search(Domain(name, "in", self._spell(texts)) & domain)
            for key, found in rows.grouped(lambda r, n=name: r[n].lower()).items():
                table[key] = table.get(key) or found
        return table

    def _spell(self, texts):
        return list({way for text in texts for way in (text, text.lower())})

    def _pick(self, table, text, missing, ambiguous):
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


AMBIGUOUS = _lt("“%(value)s” can be %(count)s records: %(names)s.")
