# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Opening a ticket: what the web client reads for the form."""

import functools

from measure import OFTEN, Row
from world import world

from odoo import Command

FEW, MANY = 100, 10_000
OTHERS = 20  # more tickets with entries, where a row says so
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


def form(env):
    """Return what the client asks for, to show a ticket in its form."""
    view = env["helpdesk.ticket"].get_views([(False, "form")])
    names = view["models"]["helpdesk.ticket"]["fields"]
    spec = specification(env, "helpdesk.ticket", names)
    if "timesheet_ids" in spec:
        lines = view["models"].get("account.analytic.line", {}).get("fields", {})
        spec["timesheet_ids"]["fields"] = specification(
            env, "account.analytic.line", lines
        )
    return spec


@functools.cache
def prepare(env):
    place = world(env)
    few, many = place.ticket(), place.ticket()
    others = dict.fromkeys((place.ticket() for _ in range(OTHERS)), MANY // 2)
    place.log_among_others({few: FEW, many: MANY, **others})
    return form(env), few, many


def open_ticket(side):
    return lambda env, data: data[side].web_read(data[0])


def save_entry(side):
    """Add one more entry in the form: the save, and what the client reads then."""
    values = {"name": "One more", "unit_amount": 0.25}

    def save(env, data):
        spec = data[0]
        data[side].web_save({"timesheet_ids": [Command.create(dict(values))]}, spec)

    return save


ROWS = [
    Row(
        name="ticket-save-10000",
        what="saving one more entry on a ticket with 10,000 against one with 100, with"
        " 100,000 of other tickets in between, committed and vacuumed",
        prepare=prepare,
        stock=save_entry(1),
        ours=save_entry(2),
        target="<= 1.15x",
        holds=lambda result: result.ratio <= 1.15,
        repeat=OFTEN,
    ),
    Row(
        name="ticket-open-10000",
        what="opening a ticket with 10,000 entries against one with 100, in that"
        " database",
        prepare=prepare,
        stock=open_ticket(1),
        ours=open_ticket(2),
        target="<= 1.5x",
        holds=lambda result: result.ratio <= 1.5,
    ),
]
