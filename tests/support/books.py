# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import SUPERUSER_ID, api
from odoo.sql_db import BaseCursor

from ...models.alert.books import find_differences


def assert_books(case, env):
    """Assert that every stored figure and every rule of the books holds.

    For the end of every race, crash and walk.

    :param case: the test case
    :param env: an environment, or a cursor
    """
    if isinstance(env, BaseCursor):
        env = api.Environment(env, SUPERUSER_ID, {})
    companies = env["res.company"]._get_all_companies()
    case.assertEqual(find_differences(env, companies), [])
