# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The cost of new entries. Core writes it entry by entry, which takes a sixth of the
time of a batch; here those of one cost are written together."""

CONTEXT_KEY = "service_credit_costs"
COST = {"amount"}


class Costs:
    """Costs of entries that are being created, until all of them are known.

    It stands in the context of the creation: nobody can send one.
    """

    def __init__(self):
        self._ids_by_amount = {}

    def add(self, entries, amount):
        self._ids_by_amount.setdefault(amount, []).extend(entries.ids)

    def write(self, entries):
        """Write what was collected.

        :param entries: the new entries (superuser)
        """
        for amount, ids in self._ids_by_amount.items():
            entries.browse(ids).write({"amount": amount})


def get_costs(env, vals):
    """Return what collects these values, None where they have to be written."""
    costs = env.context.get(CONTEXT_KEY) if vals.keys() == COST else None
    return costs if isinstance(costs, Costs) else None
