# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The cost of new entries. Core writes it entry by entry, which takes a sixth of the
time of a batch; here entries of one cost are written together."""

CONTEXT_KEY = "service_credit_costs"
COST = {"amount"}


class Costs(dict):
    """Ids of new entries by their cost, in the context of their creation: nobody can
    send one, as programs send plain values."""


def collect(entries):
    """Return the entries with a context that collects costs."""
    return entries.with_context(**{CONTEXT_KEY: Costs()})


def takes(entries, vals):
    """Tell whether values are a cost that is collected, to be written later."""
    costs = vals.keys() == COST and entries.env.context.get(CONTEXT_KEY)
    if not isinstance(costs, Costs):
        return False
    costs.setdefault(vals["amount"], []).extend(entries.ids)
    return True


def write(collecting, entries):
    """Write the costs that were collected while entries were created.

    :param collecting: what :func:`collect` returned
    :return: the entries
    """
    costs = collecting.env.context[CONTEXT_KEY]
    for amount, ids in costs.items():
        # sudo: the cost follows from the hours, for every user
        entries.sudo().browse(ids).write({"amount": amount})
    return entries
