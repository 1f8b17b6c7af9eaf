-- Multiply what a small database has: lines, items, customers and tickets.
DO $$
DECLARE
    size integer := {lines};
    names text;
    kept record;
BEGIN
    FOR kept IN
        SELECT * FROM (VALUES
            ('account_analytic_line', size, 'date'),
            ('sale_order_line', size / 30, 'create_date'),
            ('res_partner', size / 75, 'create_date'),
            ('helpdesk_ticket', size / 7, 'create_date')
        ) AS tables (name, count, day)
    LOOP
        SELECT string_agg(quote_ident(column_name), ', ') INTO names
        FROM information_schema.columns
        WHERE table_name = kept.name
          AND column_name NOT IN ('id', 'access_token', kept.day);
        EXECUTE format(
            'INSERT INTO %1$I (%2$s, %3$I)
             SELECT %2$s, %3$I - copy_no %% 1000 * interval ''1 day''
             FROM (SELECT *, row_number() OVER (ORDER BY id DESC) FROM %1$I) AS first
             JOIN generate_series(1, %4$s) AS series (copy_no)
               ON row_number = 1 + copy_no %% (SELECT least(count(*), 3) FROM %1$I)',
            kept.name, names, kept.day, kept.count
        );
    END LOOP;
END
$$
