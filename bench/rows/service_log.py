# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Log Service against the same entry typed in the ticket's tab."""

from measure import Row
from world import world


def prepared(env):
    place = world(env)
    ticket = place.ticket()
    service_type = env.ref("helpdesk_service_credit.service_type_reports")
    entry = {**place.ticket_entry(ticket), "service_type_id": service_type.id}
    window = {
        "partner_id": place.customer.id,
        "ticket_id": ticket.id,
        "service_type_id": service_type.id,
        "title": entry["name"],
        "description": "- one\n- two",
        "hours": entry["unit_amount"],
        "employee_id": entry["employee_id"],
    }
    return entry, window


def typed(env, data):
    return env["account.analytic.line"].create([dict(data[0])])


def logged(env, data):
    return env["service.log"].create([dict(data[1])]).action_log_hours()


ROWS = [
    Row(
        name="service-log",
        what="one service logged in the window against the same entry in the tab",
        prepare=prepared,
        stock=typed,
        ours=logged,
        target="<= 1.3x",
        holds=lambda result: result.ratio <= 1.3,
    ),
]
