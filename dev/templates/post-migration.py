# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Template of a migration: copy to migrations/<new version>/post-migration.py.

Odoo runs it once, after the new code has changed the tables (pre-migration.py runs
before). Rules: plain SQL or ORM in batches; repeatable; never a row of the ledger.
Try it with ``dev/test --lifecycle``.
"""

import logging

_logger = logging.getLogger(__name__)


def migrate(cr, version):
    """Bring data written by ``version`` up to the new version.

    :param version: the version the database comes from; empty on a new installation
    """
    if not version:
        return
    cr.execute(
        "INSERT INTO ir_config_parameter (key, value)"
        " VALUES ('helpdesk_service_credit.migrated_from', %s)"
        " ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value",
        [version],
    )
    _logger.info("Service credits: migrated from %s", version)
