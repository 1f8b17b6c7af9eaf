# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a sale that was undone, or made smaller, took back was an expiry before, and is
a withdrawal now. No figure of a row changes: only its type, and with it the sums of
the purchase.
"""

from odoo.tools.sql import add_index, column_exists, create_column, index_exists

CHECKS = """
    ALTER TABLE service_credit_purchase
    DROP CONSTRAINT IF EXISTS service_credit_purchase_balance_adds_up;
    ALTER TABLE service_credit_allocation
    DROP CONSTRAINT IF EXISTS service_credit_allocation_one_work
"""
# Written off within the term, or because the whole sale was undone.
WITHDRAWN = """
    SELECT line.id, line.allocation_id, line.purchase_id
    FROM service_credit_consumption line
    JOIN service_credit_purchase purchase ON purchase.id = line.purchase_id
    WHERE line.consumption_type = 'expiry'
      AND (line.date < purchase.date_expiry OR purchase.is_withdrawn)
"""
SUMS = f"""
    CREATE TEMPORARY TABLE service_credit_withdrawn ON COMMIT DROP AS ({WITHDRAWN})
"""
TYPES = """
    UPDATE service_credit_consumption SET consumption_type = 'withdrawal'
    WHERE id IN (SELECT id FROM service_credit_withdrawn);
    UPDATE service_credit_allocation SET allocation_type = 'withdrawal'
    WHERE id IN (SELECT allocation_id FROM service_credit_withdrawn)
"""
BALANCES = """
    UPDATE service_credit_purchase purchase
    SET credits_expired = sums.expired, credits_withdrawn = sums.withdrawn
    FROM (
        SELECT purchase_id,
               COALESCE(SUM(credits) FILTER (WHERE consumption_type = 'expiry'), 0)
                   AS expired,
               COALESCE(SUM(credits) FILTER (WHERE consumption_type = 'withdrawal'), 0)
                   AS withdrawn
        FROM service_credit_consumption
        WHERE purchase_id IN (SELECT purchase_id FROM service_credit_withdrawn)
        GROUP BY purchase_id
    ) sums
    WHERE sums.purchase_id = purchase.id
"""
STATES = """
    UPDATE service_credit_purchase
    SET state = CASE WHEN is_withdrawn THEN 'withdrawn'
                     WHEN credits_expired > 0 THEN 'expired'
                     WHEN credits_allocated > 0 THEN 'used'
                     ELSE 'withdrawn' END
    WHERE credits_withdrawn > 0 AND credits_available = 0 AND is_draft IS NOT TRUE
"""
# A comma without a space separated levels, and might as well be a decimal comma.
LEVELS = """
    UPDATE res_company SET
        service_credit_alert_percents =
            regexp_replace(service_credit_alert_percents, ',(?=\\d)', ', ', 'g'),
        service_credit_alert_credits =
            regexp_replace(service_credit_alert_credits, ',(?=\\d)', ', ', 'g'),
        service_credit_alert_days =
            regexp_replace(service_credit_alert_days, ',(?=\\d)', ', ', 'g')
"""
# After the rows have their types.
EXPIRED = """
    ALTER TABLE service_credit_purchase
        ADD COLUMN value_expired numeric DEFAULT 0,
        ADD COLUMN paid_expired numeric DEFAULT 0,
        ADD COLUMN rows_since date,
        ADD COLUMN used_until date,
        ADD COLUMN expired_since date;
    ALTER TABLE service_credit_purchase
        ALTER COLUMN value_expired DROP DEFAULT,
        ALTER COLUMN paid_expired DROP DEFAULT;
    UPDATE service_credit_purchase purchase
    SET value_expired = sums.value, paid_expired = sums.paid, rows_since = sums.since,
        used_until = sums.used_until, expired_since = sums.expired_since
    FROM (
        SELECT purchase_id, MIN(date) AS since,
               MAX(date) FILTER (WHERE consumption_type IN ('consumption', 'adjustment')
               ) AS used_until,
               MIN(date) FILTER (WHERE consumption_type = 'expiry') AS expired_since,
               COALESCE(SUM(value) FILTER (WHERE consumption_type = 'expiry'), 0)
                   AS value,
               COALESCE(SUM(paid) FILTER (WHERE consumption_type = 'expiry'), 0)
                   AS paid
        FROM service_credit_consumption GROUP BY purchase_id
    ) sums
    WHERE sums.purchase_id = purchase.id
"""
# As the model declares it.
OF_SALES = """(purchase_id) INCLUDE (credits, value, paid, date) \
WHERE consumption_type IN ('opening', 'transfer', 'withdrawal')"""


def before(cr):
    _note_limits(cr)
    _note_transfers(cr)
    _note_withdrawals(cr)
    if not column_exists(cr, "service_credit_purchase", "expired_since"):
        cr.execute(EXPIRED)
    _make_index(cr)


def _make_index(cr):
    """Writers wait for the new index alone: made with everything else, it would keep
    them out until the upgrade ends."""
    name, table = "service_credit_consumption_of_sales", "service_credit_consumption"
    if not index_exists(cr, name):
        comment = f"INDEX {OF_SALES}"
        add_index(cr, name, table, OF_SALES, unique=False, comment=comment)
        cr.commit()  # pylint: disable=invalid-commit


def _note_withdrawals(cr):
    if column_exists(cr, "service_credit_purchase", "credits_withdrawn"):
        return
    create_column(cr, "service_credit_purchase", "credits_withdrawn", "numeric")
    # The new checks come with the new code.
    cr.execute(CHECKS)
    cr.execute("UPDATE service_credit_purchase SET credits_withdrawn = 0")
    cr.execute("ALTER TABLE service_credit_consumption DISABLE TRIGGER USER")
    cr.execute(SUMS)
    cr.execute(TYPES)
    cr.execute(BALANCES)
    cr.execute(STATES)
    cr.execute("ALTER TABLE service_credit_consumption ENABLE TRIGGER USER")
    cr.execute(LEVELS)


def _note_limits(cr):
    """Purchases of the last release pay for any work: nothing has to be computed."""
    if not column_exists(cr, "service_credit_purchase", "is_limited"):
        create_column(cr, "service_credit_purchase", "is_limited", "boolean")
        create_column(cr, "service_credit_purchase", "priority", "int4")
        create_column(cr, "service_credit_purchase", "sharing", "varchar")
        cr.execute(
            "UPDATE service_credit_purchase "
            "SET is_limited = FALSE, priority = 50, sharing = 'customer'"
        )


def _note_transfers(cr):
    """Nothing was transferred in the last release: nothing has to be computed."""
    if not column_exists(cr, "service_credit_purchase", "credits_transferred"):
        create_column(cr, "service_credit_purchase", "credits_transferred", "numeric")
        # The new check comes with the new code.
        cr.execute(CHECKS)
        cr.execute("UPDATE service_credit_purchase SET credits_transferred = 0")


def after(env):
    _show_branches(env)
    _hide_rows_of_others(env)


def _show_branches(env):
    """Show branches what the companies above them sold: rules are never updated, and
    one that was changed here is left alone."""
    old = '[("company_id", "in", company_ids)]'
    for name, vals in {
        "purchase": {"perm_read": False},
        "consumption": {"domain_force": '[("company_id", "parent_of", company_ids)]'},
    }.items():
        rule = env.ref(
            f"helpdesk_service_credit.service_credit_{name}_rule_company", False
        )
        if rule and rule.domain_force == old:
            rule.write(vals)


def _hide_rows_of_others(env):
    """Customers read their own rows on purchases that they share: rules are never
    updated, and one that was changed here is left alone."""
    rule = env.ref("helpdesk_service_credit.service_credit_consumption_rule_portal", 0)
    own = '("purchase_id.commercial_partner_id", "=", user.commercial_partner_id.id)'
    if rule and rule.domain_force == f"[{own}]":
        rule.domain_force = f'[{own}, ("is_shared", "=", False)]'
