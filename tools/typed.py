# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Values that nobody types: they follow from other records or from a decision.

A model names them in `_guarded_fields`, in each class that adds some. `refuse_typed`
answers for values in `create` and `write`; `untyped_defaults` keeps `default_*` of a
context, and defaults that users saved for themselves, from doing the same.
"""

from functools import lru_cache

from odoo.exceptions import AccessError


def guarded_fields(records):
    """Return the names of the fields of a model that only the addon writes."""
    return _guarded_in(type(records).__mro__)


@lru_cache(maxsize=256)
def _guarded_in(classes):
    """Return them by the classes a model is made of, which change with its addons."""
    return frozenset().union(
        *(vars(base).get("_guarded_fields", ()) for base in classes)
    )


def refuse_typed(
    records, vals_list, names=None, sentence=None, even_superuser=False, kind=None
):
    """Refuse values for fields that only the addon writes.

    The addon itself writes them as superuser, or below `write`.

    :param records: records of the model, also none
    :param list vals_list: what was passed to `create` or `write`
    :param names: names of fields, by default all that are guarded
    :param str sentence: the refusal, where a better one than the ordinary is known
    :param bool even_superuser: for what the addon writes below `write` alone
    :param str kind: what the records are in the refusal, instead of their model
    :raise AccessError: naming the fields
    """
    env = records.env
    if env.su and not even_superuser:
        return
    names = guarded_fields(records) if names is None else names
    typed = {name for vals in vals_list for name in vals if name in names}
    if typed:
        labels = records.fields_get(sorted(typed), ["string"]).values()
        raise AccessError(
            sentence
            or env._(
                "You can't set %(fields)s on %(model)s, because Odoo computes it.",
                fields=", ".join(sorted(label["string"] for label in labels)),
                model=kind or env["ir.model"]._get(records._name).name,
            )
        )


def untyped_defaults(records, fields, default_get):
    """Return default values, those of guarded fields from the model alone.

    For an override of `default_get`:
    `return untyped_defaults(self, fields, super().default_get)`

    :param list fields: names of the fields asked for
    :param default_get: the method of the parent class
    """
    guarded = guarded_fields(records)
    values = default_get([name for name in fields if name not in guarded])
    for name in guarded.intersection(fields):
        field = records._fields[name]
        if field.default:
            value = field.convert_to_cache(field.default(records), records, False)
            values[name] = field.convert_to_write(
                field.convert_to_record(value, records), records
            )
    return values
