# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Values that a field can take, where a model looks at them before core does."""

from odoo.exceptions import ValidationError
from odoo.models import BaseModel
from odoo.orm.identifiers import NewId

TO_MANY = ("one2many", "many2many")


def _names_record(value):
    """Tell whether core takes a value for one record: of others it makes none, or a
    new one."""
    is_id = isinstance(value, (int, tuple, BaseModel, NewId)) and value is not True
    return not value or is_id


def refuse_no_records(records, vals_list):
    """Refuse values that name no record, where a field links to one.

    For models that core, or another addon, lets look at them first: texts, lists and
    fractions are no ids.
    """
    links = {
        name
        for vals in vals_list
        for name in vals
        if name in records._fields and records._fields[name].type == "many2one"
    }
    refuse_unreadable(records, vals_list, links)


def refuse_unreadable(records, vals_list, names=None):
    """Refuse values that their fields cannot take.

    For `create` and `write` that read the values first.

    :param records: records of the model, also none
    :param list vals_list: what was passed to `create` or `write`
    :param names: names of fields, by default all that hold one value
    :raise ValidationError: naming the field and the value
    """
    for vals in vals_list:
        for name, value in vals.items():
            field = records._fields.get(name)
            if field is None or field.type in TO_MANY:
                continue
            if names is not None and name not in names:
                continue
            try:
                if field.type == "many2one" and not _names_record(value):
                    raise TypeError(value)
                field.convert_to_cache(value, records)
            except (TypeError, ValueError, OverflowError) as error:
                # The label is no secret, where the field's values are.
                label = field.get_description(records.env, ["string"])["string"]
                raise ValidationError(
                    records.env._(
                        "%(field)s can't be “%(value)s”.",
                        field=label,
                        value=str(value)[:40],
                    )
                ) from error
