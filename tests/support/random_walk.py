# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Random steps on the database and on a plain model: always the same answer."""

import json
import os
import random
from decimal import Decimal

from odoo.exceptions import UserError

from ...models.alert.books import find_differences
from .credit_model import Refused
from .played import played

WALKS = int(os.environ.get("HELPDESK_WALKS", 6))
STEPS = 50
# The same walks in every run; `dev/test --long` chooses others each time.
SEED = int(os.environ.get("HELPDESK_SEED", 19))


def figures(lot):
    """Return what the database keeps of a purchase."""
    money = lot.left("value"), lot.left("paid")
    lost = (lot.allocated, lot.expired, lot.withdrawn)
    return (*lost, lot.available, *money, lot.state)


def total(rows):
    """Return credits, value and amount paid of rows of the model."""
    return tuple(
        sum((getattr(row, name) for row in rows), Decimal())
        for name in ("credits", "value", "paid")
    )


class RandomWalk:
    """For test cases: makes the steps, walks, compares, and shrinks what failed.

    A case has `KINDS`, the kinds of steps as often as they are wanted, and per kind
    `_model_<kind>` and `_ledger_<kind>`, which take the same arguments and do the same
    on the model and on the database; `_make_settings` and `_make_args` draw arguments,
    `_begin` starts anew with the settings, `_compare` tells what differs.
    """

    KINDS = ()

    def _run_walks(self, walks=WALKS):
        for walk in range(walks):
            steps = self._make_steps(random.Random(SEED + walk))
            if self._try(steps):
                steps = self._shrink(steps)
                self.fail(
                    f"Seed {SEED + walk}: {self._try(steps)}\n"
                    + "\n".join(map(repr, steps))
                )
        played("walks", type(self).__name__, walks=walks, steps=walks * STEPS)

    def _make_steps(self, dice):
        kinds = [dice.choice(self.KINDS) for _ in range(STEPS)]
        steps = [(kind, *self._make_args(kind, dice)) for kind in kinds]
        return [self._make_settings(dice), *steps]

    def _try(self, steps):
        """Walk and return what went wrong, or False; the database is left as it was."""
        savepoint = self.env.cr.savepoint()
        try:
            return self._walk(steps)
        finally:
            savepoint.rollback()
            savepoint.close(rollback=False)
            self.env.invalidate_all()

    def _shrink(self, steps):
        """Leave out every step the failure does not need."""
        position = 1
        while position < len(steps):
            shorter = steps[:position] + steps[position + 1 :]
            if self._try(shorter):
                steps = shorter
            else:
                position += 1
        return steps

    def _walk(self, steps):
        self._begin(*steps[0])
        for number, (kind, *args) in enumerate(steps[1:], 1):
            refused = self._is_refused(Refused, getattr(self, f"_model_{kind}"), args)
            difference = self._step(kind, args, refused) or self._compare(number)
            if difference:
                return f"step {number} {kind} {args}: {difference}"
        return next(iter(find_differences(self.env, self.company)), False)

    def _step(self, kind, args, refused):
        """Take the step on the database; tell if it is refused and should not be."""
        step = getattr(self, f"_ledger_{kind}")
        if not refused:
            try:
                step(*args)
            except UserError as error:
                return f"refused: {error}"
            return False
        with self.env.cr.savepoint() as savepoint:
            done = not self._is_refused(UserError, step, args)
            savepoint.rollback()
        return done and "not refused"

    def _is_refused(self, error, method, args):
        try:
            method(*args)
        except error:
            return True
        return False

    def _set_company(self, grace, past, late=0):
        """Write what differs only: companies are slow to write."""
        if grace != self.company.service_credit_grace_days:
            self.company.service_credit_grace_days = grace
        if past != self.company.service_credit_allow_past_expiry:
            self.company.service_credit_allow_past_expiry = past
        if late != self.company.service_credit_late_days:
            self.company.service_credit_late_days = late

    def _get_queries(self, purchases):
        """Return what to read of purchases, of their rows, and of who drew them."""
        ids = f"ANY(ARRAY{purchases.ids}::int[])"
        return {
            "purchases": "SELECT credits_allocated, credits_expired, "
            "credits_withdrawn, credits_available, value_available, paid_available, "
            f"state FROM service_credit_purchase WHERE id = {ids} ORDER BY id",
            # Tasks with a sign of their own: ids of two tables may be the same.
            "allocations": "SELECT coalesce(ticket_id, milestone_id, -task_id), "
            "credits, value, paid FROM service_credit_allocation allocation "
            "WHERE allocation_type = 'allocation' AND EXISTS (SELECT FROM "
            "service_credit_consumption WHERE allocation_id = allocation.id "
            f"AND purchase_id = {ids}) ORDER BY 1, 2, 3, 4",
            "rows": "SELECT purchase_id, consumption_type, credits, value, paid "
            f"FROM service_credit_consumption WHERE purchase_id = {ids} ORDER BY id",
        }

    def _read(self, queries):
        """Read lists of rows in one statement, as JSON with exact decimals.

        :param dict queries: by name, a query without parameters
        """
        self.env.flush_all()
        columns = ", ".join(
            f"(SELECT json_agg(to_json(row)) FROM ({query}) AS row) AS {name}"
            for name, query in queries.items()
        )
        # As text: the driver would turn exact decimals into floats.
        self.env.cr.execute(
            f"SELECT to_json(found)::text FROM (SELECT {columns}) found"
        )
        found = json.loads(self.env.cr.fetchone()[0], parse_float=Decimal)
        return {
            name: [tuple(row.values()) for row in rows or ()]
            for name, rows in found.items()
        }

    def _differ(self, expected, actual):
        """Tell which of the named lists differ."""
        for name, rows in expected.items():
            if actual[name] != rows:
                return f"{name} are {actual[name]}, not {rows}"
        return False
