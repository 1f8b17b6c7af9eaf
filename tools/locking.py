# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tools import SQL


def lock_and_touch(records):
    """Make every other transaction that does the same with these rows wait, and replay.

    The rows are locked in ascending id, so that nobody waits in a circle, and
    *written*: under REPEATABLE READ a lock alone would let the other transaction go
    on with a sum it read before.

    :param records: records of one model, also none
    """
    if not records.ids:
        return
    table = SQL.identifier(records._table)
    records.env.cr.execute(
        SQL(
            """
            WITH locked AS (
                SELECT id FROM %(table)s WHERE id IN %(ids)s
                ORDER BY id FOR NO KEY UPDATE
            )
            UPDATE %(table)s SET write_date = %(table)s.write_date
            FROM locked WHERE %(table)s.id = locked.id
            """,
            table=table,
            ids=tuple(records.ids),
        )
    )
