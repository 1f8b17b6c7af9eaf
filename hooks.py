# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from .models.service_credit_guard import REMOVE_GUARD


def uninstall_hook(env):
    """Take the ledger's trigger function along; tables are dropped by core."""
    env.cr.execute(REMOVE_GUARD)
