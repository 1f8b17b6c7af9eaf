# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Numbers that can be counted: finite, not astronomic, and not all but zero."""

from odoo.exceptions import ValidationError

LEAST = 1e-6
MOST = 1e9
NUMBER_TYPES = ("float", "monetary", "integer")


def is_countable(value) -> bool:
    """Tell whether a value is 0, or a number between a millionth and a billion."""
    try:
        size = abs(float(value))
    except (TypeError, ValueError, OverflowError):
        return False
    # Not a number is in no range.
    return size == 0 or LEAST <= size <= MOST


def refuse_uncountable(records, vals_list, names=None):
    """Refuse numbers in `vals_list` that nothing can count with.

    For `create` and `write`, before anything is computed of the values; `default_*` of
    the context come in below `create`, and are refused with them.

    :param records: records of the model, also none
    :param list vals_list: what was passed to `create` or `write`
    :param names: names of fields, by default all fields that hold numbers
    :raise ValidationError: naming the field and the value
    """
    defaults = {
        key.removeprefix("default_"): value
        for key, value in records.env.context.items()
        if key.startswith("default_")
    }
    for vals in [*vals_list, defaults]:
        for name, value in vals.items():
            field = records._fields.get(name)
            if (
                not value
                or field is None
                or field.type not in NUMBER_TYPES
                or (names is not None and name not in names)
                or is_countable(value)
            ):
                continue
            label = records.fields_get([name], ["string"])[name]["string"]
            raise ValidationError(
                records.env._(
                    "%(field)s can't be “%(value)s”. Enter 0, or a number between "
                    "0.000001 and 1,000,000,000.",
                    field=label,
                    value=str(value)[:40],
                )
            )
