# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Users of tests. A user costs a third of a second, and many at once not much more."""

from odoo import Command


def create_users(env, groups_by_login, **values):
    """Return users with the values that Odoo's `new_test_user` gives each of them.

    :param groups_by_login: external ids of the groups of each, separated by commas
    :param values: further values of all of them
    """
    users = env["res.users"].create(
        [
            {
                "login": login,
                "name": f"{login} ({groups})",
                "password": login.ljust(8, "x"),
                "email": f"{login[0]}.{login[0]}@example.com",
                "group_ids": [
                    Command.set(
                        [env.ref(name.strip()).id for name in groups.split(",")]
                    )
                ],
                **values,
            }
            for login, groups in groups_by_login.items()
        ]
    )
    return [users.browse(user_id) for user_id in users.ids]


def create_employees(users):
    users.env["hr.employee"].create(
        [{"name": user.name, "user_id": user.id} for user in users]
    )
