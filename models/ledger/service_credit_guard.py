# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The ledger's lock inside the database.

No code path of Python can make a row change, not even raw SQL: the trigger lets
pass only the foreign key of a deleted time entry being emptied, so that the row
outlives the entry.
"""

INSTALL_GUARD = """
CREATE OR REPLACE FUNCTION service_credit_consumption_guard() RETURNS trigger AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND OLD.timesheet_id IS NOT NULL
       AND NEW.timesheet_id IS NULL
       AND to_jsonb(NEW) - 'timesheet_id' = to_jsonb(OLD) - 'timesheet_id'
       AND NOT EXISTS (
           SELECT FROM account_analytic_line WHERE id = OLD.timesheet_id
       )
    THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION
        'Ledger rows of service credits are never changed or deleted: % refused.',
        TG_OP
        USING ERRCODE = 'restrict_violation',
              HINT = 'Post a new row that gives the credits back.';
END
$$ LANGUAGE plpgsql;

CREATE OR REPLACE TRIGGER service_credit_consumption_guard_row
    BEFORE UPDATE OR DELETE ON service_credit_consumption
    FOR EACH ROW EXECUTE FUNCTION service_credit_consumption_guard();

CREATE OR REPLACE TRIGGER service_credit_consumption_guard_truncate
    BEFORE TRUNCATE ON service_credit_consumption
    FOR EACH STATEMENT EXECUTE FUNCTION service_credit_consumption_guard();
"""

# The triggers leave with the function; the table is dropped by the uninstallation.
REMOVE_GUARD = "DROP FUNCTION IF EXISTS service_credit_consumption_guard() CASCADE"
