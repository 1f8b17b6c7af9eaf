# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Opening a ticket: what the web client reads for the form."""

from measure import Row
from world import world

LIST_LIMIT = 40  # rows of an embedded list the client asks for


def specification(env, model, view_fields):
    """Return what the client asks for, from a view's fields."""
    result = {}
    for name in view_fields:
        field = env[model]._fields[name]
        result[name] = {}
        if field.type in ("many2one", "reference"):
            result[name] = {"fields": {"display_name": {}}}
        elif field.type in ("one2many", "many2many"):
            result[name] = {"fields": {"display_name": {}}, "limit": LIST_LIMIT}
    return result


def prepare(env):
    view = env["helpdesk.ticket"].get_views([(False, "form")])
    names = view["models"]["helpdesk.ticket"]["fields"]
    spec = specification(env, "helpdesk.ticket", names)
    if "timesheet_ids" in spec:
        lines = view["models"].get("account.analytic.line", {}).get("fields", {})
        spec["timesheet_ids"]["fields"] = specification(
            env, "account.analytic.line", lines
        )
    place = world(env)
    return spec, place.ticket(100), place.ticket(10_000)


def open_ticket(side):
    return lambda env, data: data[side].web_read(data[0])


ROWS = [
    Row(
        name="ticket-open-10000",
        what="opening a ticket with 10,000 entries against one with 100",
        prepare=prepare,
        stock=open_ticket(1),
        ours=open_ticket(2),
        target="<= 1.5x",
        holds=lambda result: result.ratio <= 1.5,
    ),
]
