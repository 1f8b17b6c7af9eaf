# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The cost of new entries. Core writes it entry by entry, which takes a sixth of the
time of a batch; here entries of one cost are written together."""

CONTEXT_KEY = "service_credit_costs"
COST = {"amount"}


class Costs:
    """Costs of entries that are being created, in the context of their creation.

    Nobody can send one, as programs send plain values; and one is never taken for
    another, as equal values would be.
    """

    def __init__(self):
        self.ids_by_amount = {}


def collect(entries, vals_list):
    """Return the entries with a context that collects the costs of a batch of tickets.

    Others are returned as they are: core writes the cost of one entry at once.
    """
    if len(vals_list) < 2 or not any(vals.get("ticket_id") for vals in vals_list):
        return entries
    return entries.with_context(**{CONTEXT_KEY: Costs()})


def takes(entries, vals):
    """Tell whether values are a cost that is collected, to be written later."""
    costs = entries.env.context.get(CONTEXT_KEY)
    # Core writes costs as superuser, and nothing else with them.
    if not isinstance(costs, Costs) or not entries.env.su or vals.keys() != COST:
        return False
    costs.ids_by_amount.setdefault(vals["amount"], []).extend(entries.ids)
    return True


def write(collecting, entries):
    """Write the costs that were collected while entries were created, if any were.

    :param collecting: what :func:`collect` returned
    :return: the entries
    """
    if collecting.env is entries.env:
        return entries
    for amount, ids in collecting.env.context[CONTEXT_KEY].ids_by_amount.items():
        # sudo: the cost follows from the hours, for every user
        entries.sudo().browse(ids).write({"amount": amount})
    return entries
