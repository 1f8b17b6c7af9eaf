# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Time from before the addon, which is more than ordered; runs in Odoo's shell.

Nothing of it is refused, now or when its hours are limited: only new time is.
"""

from odoo.exceptions import ValidationError

env = globals()["env"]
entries = env["account.analytic.line"].search([("name", "like", "of before")])
assert len(entries) == 3, entries
item = entries.so_line
assert item.product_uom_qty == 1 and item.qty_delivered == 4.5, item.qty_delivered
assert entries.mapped("hours_billed") == [1.5] * 3, entries.mapped("hours_billed")
assert not item.limit_hours and not item.authorization_ids


def is_refused(change):
    """Tell whether a change is refused with the sentence of the cap."""
    try:
        with env.cr.savepoint():
            change()
            env.flush_all()
    except ValidationError as error:
        assert "do not fit on" in str(error), error
        return True
    return False


def log():
    values = {"name": "New", "unit_amount": 0.5, "task_id": entries.task_id.id}
    entries[0].create({**values, "employee_id": entries.employee_id.id})


assert not is_refused(log), "an item without a limit takes time"
entries.task_id.timesheet_ids.filtered(lambda entry: entry.name == "New").unlink()

item.limit_hours = True
authorization = env["service.authorization"].create(
    {"sale_line_id": item.id, "hours": 2, "reason": "From now on"}
)
authorization.action_approve()
env.flush_all()
env.invalidate_all()
assert item.authorized_hours_used == 4.5 and item.authorized_hours_left == -2.5
assert not is_refused(lambda: entries[0].write({"name": "Renamed"}))
assert is_refused(log), "new time is refused"
assert is_refused(lambda: entries[0].write({"unit_amount": 2}))
assert not is_refused(lambda: entries.write({"unit_amount": 0.5}))
assert not is_refused(log), "within the limit again"
assert is_refused(log), "and at it"
env.cr.rollback()
