# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""People, work and a connected system for two servers; prints how to reach them."""

import base64
import json
from datetime import timedelta

from odoo import Command, fields

env = globals()["env"]
PURCHASES = 1_200  # a line of the statement each: more than is made at once
ROWS = 400
today = fields.Date.context_today(env.user)


def create_user(login, groups, **values):
    return env["res.users"].create(
        {
            "name": login,
            "login": login,
            "password": login,
            "email": f"{login}@example.test",
            "group_ids": [Command.set([env.ref(name).id for name in groups])],
            **values,
        }
    )


def create_key(user):
    until = fields.Datetime.now() + timedelta(days=1)
    return env["res.users.apikeys"].with_user(user)._generate("rpc", "play", until)


agent = create_user(
    "cluster_agent", ("base.group_user", "helpdesk_mgmt.group_helpdesk_user")
)
env["hr.employee"].create({"name": agent.name, "user_id": agent.id})
boss = create_user(
    "cluster_boss", ("base.group_user", "base.group_system", "base.group_erp_manager")
)
customer = env["res.partner"].create(
    {"name": "Cluster", "is_company": True, "ref": "C-1"}
)
contact = env["res.partner"].create({"name": "Clara", "parent_id": customer.id})
create_user("cluster_clara", ("base.group_portal",), partner_id=contact.id)
team = env["helpdesk.ticket.team"].create(
    {
        "name": "Cluster",
        "allow_timesheet": True,
        "allow_billable": True,
        "use_service_credits": True,
        "user_ids": [Command.link(agent.id)],
    }
)
tickets = env["helpdesk.ticket"].create(
    [
        {
            "name": f"Ticket {number}",
            "description": "Cluster",
            "partner_id": contact.id,
            "team_id": team.id,
            "user_id": agent.id,
        }
        for number in range(2)
    ]
)
env["service.credit.purchase"].create(
    [
        {
            "partner_id": customer.id,
            "credits": 1,
            "value_per_credit": 100,
            "date_start": today - timedelta(days=1),
            "date_expiry": today + timedelta(days=400),
            "is_draft": False,
        }
        for _number in range(PURCHASES)
    ]
)
rows = [f"{number},C-1,2" for number in range(ROWS)]
source = env["service.sync.source"].create(
    {
        "name": "Cluster",
        "connector": "csv",
        "file": base64.b64encode("\n".join(["id,customer,credits", *rows]).encode()),
        "no_expiry": "validity",
        "mapping_ids": [
            Command.create({"source_field": name, "target_field": target})
            for name, target in (
                ("id", "external_id"),
                ("customer", "partner_id"),
                ("credits", "credits"),
            )
        ],
    }
)
env.cr.commit()
print(
    json.dumps(
        {
            "customer": customer.id,
            "tickets": tickets.ids,
            "source": source.id,
            "rows": ROWS,
            "purchases": PURCHASES,
            "agent_key": create_key(agent),
            "boss_key": create_key(boss),
            "portal": "cluster_clara",
        }
    )
)
env.cr.commit()
