-- License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
-- What a provider of this size has, with the ids of everything. Read by bulk.py, which
-- fills in the figures. `chance(a, b)` is a number that looks random and is not.

CREATE FUNCTION pg_temp.chance(a bigint, b bigint) RETURNS int
    LANGUAGE sql IMMUTABLE AS 'SELECT hashint8(a * 1000003 + b) & 2147483647';

CREATE INDEX ON size_template (kind, place);

CREATE FUNCTION pg_temp.first(k varchar, p int) RETURNS int
    LANGUAGE sql STABLE AS 'SELECT id FROM size_template WHERE kind = k AND place = p';

-- Customers, each with three contacts; all work for one is done by one company
CREATE TABLE size_customer AS
SELECT idx, idx %% 5 AS company, company.id AS company_id,
       COALESCE(known.id, last.id + 1 + (idx - 50) * 4) AS id,
       COALESCE(contact.id, last.id + 2 + (idx - 50) * 4) AS contact_id,
       known.id IS NOT NULL AS is_known,
       CASE idx WHEN 0 THEN 'Biggest Customer' ELSE 'Customer ' || idx END AS name
FROM generate_series(0, %(customers)s - 1) AS idx
JOIN size_template company ON company.kind = 'company' AND company.place = idx %% 5
LEFT JOIN size_template known ON known.kind = 'customer' AND known.place = idx
LEFT JOIN size_template contact ON contact.kind = 'contact' AND contact.place = idx
CROSS JOIN (SELECT MAX(id) AS id FROM res_partner) last;

-- partners
CREATE TABLE size_partner AS
SELECT id + place AS id,
       CASE place WHEN 0 THEN pg_temp.first('customer', 1)
                  ELSE pg_temp.first('contact', 1) END AS first,
       CASE place WHEN 0 THEN name ELSE format('Contact %%s of %%s', place, idx) END
           AS name,
       CASE place WHEN 0 THEN name
                  ELSE format('%%s, Contact %%s of %%s', name, place, idx) END
           AS complete_name,
       name AS company_name,
       CASE WHEN place > 0 THEN id END AS parent_id,
       id AS commercial_id,
       format('%%s%%s@customer%%s.example.com',
              CASE place WHEN 0 THEN 'office' ELSE 'contact' END, place, idx) AS email,
       'City ' || idx %% 97 AS city
FROM size_customer CROSS JOIN generate_series(0, 3) AS place
WHERE NOT is_known;

-- Purchases over four years; the biggest customer's latest are those of its one ticket
CREATE TABLE size_lot AS
SELECT row_number() OVER (ORDER BY date_start, idx, n) AS place, lot.*,
       date_start + 364 AS date_expiry,
       CASE WHEN is_draft THEN 'draft'
            WHEN date_start + 364 >= current_date THEN 'open'
            WHEN chance %% 2 = 0 OR is_giant THEN 'used' ELSE 'expired' END AS kind,
       80 + 10 * (chance / 56 %% 5) AS price,
       CASE WHEN is_draft THEN 0 WHEN is_giant THEN %(giant_each)s
            WHEN idx = 0 THEN 38 ELSE 4 + chance / 7 %% 5 END AS entries,
       idx %% 10 = 3 AND NOT is_draft AND chance %% 6 <> 1
           AND row_number() OVER (PARTITION BY idx, date_start, is_draft, chance %% 6 = 1
                                  ORDER BY n) = 1 AS plan
FROM (
    SELECT customer.*, n, pg_temp.chance(idx, n) AS chance,
           n >= count - %(giant_purchases)s AND idx = 0 AS is_giant,
           pg_temp.chance(idx, n) %% 56 = 0
               AND NOT (n >= count - %(giant_purchases)s AND idx = 0) AS is_draft,
           current_date - 1460 + (1460 * (n + pg_temp.chance(n, idx) %% 100 / 100.0)
               / count)::int AS date_start
    FROM (
        SELECT *, CASE idx WHEN 0 THEN %(big_purchases)s
                           ELSE 22 + (idx %% 3 = 0)::int END AS count
        FROM size_customer
    ) customer
    CROSS JOIN LATERAL generate_series(0, count - 1) AS n
) lot;

-- Allotments of one customer in ten
CREATE TABLE size_plan AS
SELECT row_number() OVER (ORDER BY idx) + (SELECT MAX(id) FROM service_credit_plan) AS id,
       pg_temp.first('plan', company) AS first, id AS customer_id, count,
       'SCA/S/' || lpad(idx::text, 6, '0') AS name, start AS date_start
FROM size_customer
JOIN (
    SELECT idx, COUNT(*) AS count, MIN(date_start) AS start FROM size_lot
    WHERE plan GROUP BY idx
) lots USING (idx);

-- Orders: two or three of three items each, every other one prepaid; of credits, one each
CREATE TABLE size_deal AS
SELECT row_number() OVER (ORDER BY date, idx, n) + (SELECT MAX(id) FROM sale_order) AS id,
       deal.*, pg_temp.first('seller', company * 4 + pg_temp.chance(idx, n) %% 4)
           AS user_id
FROM (
    SELECT idx, company, id AS customer_id, n,
           CASE n %% 2 WHEN 0 THEN 'time' ELSE 'prepaid' END AS kind,
           current_date - 1460 + 400 * (n %% 3) + pg_temp.chance(idx, n) %% 300 AS date,
           NULL::bigint AS lot, 3 AS items, FALSE AS is_unbilled
    FROM size_customer
    CROSS JOIN LATERAL generate_series(
        0, CASE idx WHEN 0 THEN %(big_orders)s ELSE 2 + (idx %% 5 = 0)::int END - 1
    ) AS n
    UNION ALL
    SELECT idx, company, id, -1, 'time', current_date - 300, NULL, 1, TRUE
    FROM size_customer WHERE idx = 0
    UNION ALL
    SELECT idx, company, id, 1000 + n, 'pack', date_start, place, 1, FALSE
    FROM size_lot WHERE chance %% 6 = 1 AND NOT is_draft
) deal;

-- items
CREATE TABLE size_thing AS
SELECT row_number() OVER (ORDER BY deal.id, place)
           + (SELECT MAX(id) FROM sale_order_line) AS id,
       deal.id AS order_id, deal.idx, deal.company, customer_id, user_id, kind, date, lot,
       is_unbilled, row_number() OVER (PARTITION BY deal.idx, kind = 'pack', is_unbilled
                                       ORDER BY deal.id, place) - 1 AS place
FROM size_deal deal CROSS JOIN LATERAL generate_series(1, items) AS place;

-- Tickets: of purchases, of items, not billable
CREATE TABLE size_case AS
SELECT row_number() OVER (ORDER BY created, idx, work.kind, n)
           + (SELECT MAX(id) FROM helpdesk_ticket) AS id,
       work.*, team.place AS team, agent.user_id, agent.employee_id
FROM (
    SELECT idx, company, id AS customer_id, contact_id, 'credits' AS kind,
           place * 8 + part AS n, place AS lot, part, NULL::bigint AS item_id,
           NULL::bigint AS order_id, least(date_start + part * 50, current_date)::timestamp
               AS created, 0 AS entries
    FROM size_lot
    CROSS JOIN LATERAL generate_series(0, CASE idx WHEN 0 THEN 5 ELSE 0 END) AS part
    WHERE NOT is_draft AND NOT is_giant
    UNION ALL
    SELECT idx, company, id, contact_id, 'credits', -1, -1, 0, NULL, NULL,
           current_date - interval '400 days', 0
    FROM size_customer WHERE idx = 0
    UNION ALL
    SELECT customer.idx, customer.company, customer.id, contact_id, item.kind, n, NULL,
           0, item.id, item.order_id,
           item.date + (least(current_date - item.date, 600)
               * (pg_temp.chance(customer.idx, n) %% 80) / 100.0) * interval '1 day',
           CASE customer.idx WHEN 0 THEN 8
                             ELSE 5 + pg_temp.chance(n, customer.idx) %% 8 END
    FROM size_customer customer
    CROSS JOIN LATERAL generate_series(
        0, CASE customer.idx WHEN 0 THEN %(big_item_tickets)s
                             ELSE 12 + customer.idx %% 2 END - 1
    ) AS n
    JOIN (
        SELECT idx, COUNT(*) AS count FROM size_thing
        WHERE kind <> 'pack' AND NOT is_unbilled GROUP BY idx
    ) things ON things.idx = customer.idx
    JOIN size_thing item ON item.idx = customer.idx AND item.kind <> 'pack'
         AND NOT item.is_unbilled AND item.place = n %% things.count
    UNION ALL
    SELECT customer.idx, customer.company, customer.id, contact_id, 'time', 100000 + n,
           NULL, 0, item.id, item.order_id, item.date + n * interval '5 days', 100
    FROM size_customer customer
    CROSS JOIN LATERAL generate_series(1, %(unbilled_tickets)s) AS n
    JOIN size_thing item ON item.is_unbilled
    WHERE customer.idx = 0
    UNION ALL
    SELECT idx, company, id, contact_id, 'free', 200000 + n, NULL, 0, NULL, NULL,
           current_date - 1460 + pg_temp.chance(idx, n + 7) %% 1455,
           8 + pg_temp.chance(n, idx) %% 10
    FROM size_customer
    CROSS JOIN LATERAL generate_series(
        0, CASE idx WHEN 0 THEN %(big_free_tickets)s
                    ELSE 3 + (idx %% 5 < 2)::int END - 1
    ) AS n
) work
JOIN size_template team ON team.kind = 'team'
     AND team.place = company * 10 + pg_temp.chance(idx, n) %% 10
JOIN size_agent agent ON agent.team = team.place
     AND agent.place = pg_temp.chance(n, idx) %% 6;

CREATE UNIQUE INDEX ON size_case (kind, lot, part) WHERE lot IS NOT NULL;

-- Invoices: of time, one up to a year ago and one since; of credits, most of them
CREATE TABLE size_bill AS
SELECT row_number() OVER (ORDER BY date, order_id) + (SELECT MAX(id) FROM account_move)
           AS id, bill.*
FROM (
    SELECT id AS order_id, company, idx, customer_id, user_id, part, 'invoice' AS kind,
           CASE part WHEN 0 THEN current_date - 400 ELSE current_date - 30 END AS date
    FROM size_deal CROSS JOIN generate_series(0, 1) AS part
    WHERE kind = 'time' AND NOT is_unbilled
    UNION ALL
    SELECT id, company, idx, customer_id, user_id, 2, 'bill', date
    FROM size_deal WHERE kind = 'pack' AND id %% 10 <> 0
) bill;

-- Entries, in the order of their days
CREATE TABLE size_time AS
SELECT row_number() OVER (ORDER BY date, entry.ticket_id, n)
           + (SELECT MAX(id) FROM account_analytic_line) AS id,
       entry.*, (1 + chance %% 8) * 0.5 AS hours, chance / 8 %% 4 AS type
FROM (
    SELECT ticket.id AS ticket_id, lot.idx, lot.company, ticket.team, lot.id AS customer_id,
           'credits' AS kind, number AS n, lot.place AS lot, NULL::bigint AS item_id,
           NULL::bigint AS order_id,
           ticket.user_id, ticket.employee_id, pg_temp.chance(lot.place, number) AS chance,
           lot.date_start + ((least(lot.date_expiry, current_date) - lot.date_start)
               * (number - 0.5) / lot.entries)::int AS date
    FROM size_lot lot
    CROSS JOIN LATERAL generate_series(1, lot.entries) AS number
    JOIN size_case ticket ON ticket.kind = 'credits'
         AND ticket.lot = CASE WHEN lot.is_giant THEN -1 ELSE lot.place END
         AND ticket.part = CASE WHEN lot.idx = 0 AND NOT lot.is_giant THEN number %% 6
                                ELSE 0 END
    UNION ALL
    SELECT ticket.id, idx, company, team, customer_id, kind, number, NULL, item_id,
           ticket.order_id, user_id, employee_id, pg_temp.chance(ticket.id, number),
           created::date + ((current_date - created::date) * (number - 0.5)
               / entries / CASE WHEN entries > 50 THEN 1 ELSE 8 END)::int
    FROM size_case ticket
    CROSS JOIN LATERAL generate_series(1, ticket.entries) AS number
    UNION ALL
    SELECT ticket.id, idx, company, team, customer_id, 'overage', 0, NULL, NULL, NULL,
           user_id, employee_id, pg_temp.chance(ticket.id, 0),
           least(created::date + 60, current_date)
    FROM size_case ticket
    WHERE kind = 'credits' AND ticket.id %% 4 = 0
) entry;

-- entries as they are stored
CREATE TABLE size_entry AS
SELECT entry.id, size_template.id AS first, entry.ticket_id, entry.kind,
       entry.customer_id, entry.user_id, entry.employee_id, entry.item_id,
       entry.order_id, entry.date, entry.hours, entry.lot, entry.idx, entry.company,
       entry.team, entry.chance,
       CASE entry.kind WHEN 'credits' THEN entry.hours * rate.rate ELSE 0 END::numeric
           AS credits,
       rate.rate, rate.type_id,
       (ARRAY['Looked into it', 'Called the customer', 'Changed the configuration',
              'Tested the change', 'Wrote the documentation', 'Meeting'])
           [1 + entry.chance / 32 %% 6] || ' (' || entry.id %% 997 || ')' AS name,
       CASE WHEN entry.team %% 10 <> 9 THEN NULL
            WHEN entry.date < current_date - 7 THEN 'approved'
            ELSE 'submitted' END AS approval_state,
       CASE entry.kind
           WHEN 'credits' THEN jsonb_build_object(
               'rest', NULL, 'hours', entry.hours, 'passed', '[]'::jsonb,
               'parts', jsonb_build_array(jsonb_build_object(
                   'rule', 'only', 'payer', 'credits', 'expiry', lot.date_expiry,
                   'credits', entry.hours * rate.rate,
                   'purchase', 'SCP/S/' || lpad(lot.place::text, 6, '0')
               ))
           )
           WHEN 'time' THEN jsonb_build_object(
               'rest', NULL, 'hours', entry.hours, 'passed', '[]'::jsonb,
               'parts', jsonb_build_array(jsonb_build_object(
                   'payer', 'sale_line', 'hours', entry.hours,
                   'item', 'S' || lpad(entry.order_id::text, 6, '0')
               ))
           )
           WHEN 'prepaid' THEN jsonb_build_object(
               'rest', NULL, 'hours', entry.hours, 'passed', '[]'::jsonb,
               'parts', jsonb_build_array(jsonb_build_object(
                   'payer', 'sale_line', 'hours', entry.hours,
                   'item', 'S' || lpad(entry.order_id::text, 6, '0')
               ))
           )
           ELSE jsonb_build_object(
               'rest', NULL, 'hours', entry.hours, 'passed', '[]'::jsonb,
               'parts', jsonb_build_array(jsonb_build_object(
                   'payer', CASE entry.kind WHEN 'free' THEN 'non_billable'
                                            ELSE 'overage' END,
                   'hours', entry.hours
               ))
           )
       END AS facts,
       bill.id AS invoice_id
FROM size_time entry
JOIN size_template ON size_template.kind = 'entry_' || entry.kind
     AND size_template.place = entry.team
JOIN (
    SELECT place, id AS type_id, (ARRAY[1, 1, 1.5, 2])[place + 1] AS rate
    FROM size_template WHERE kind = 'type'
) rate ON rate.place = entry.type
LEFT JOIN size_lot lot ON lot.place = entry.lot
LEFT JOIN size_bill bill ON bill.order_id = entry.order_id AND entry.kind = 'time'
     AND entry.date <= current_date - 30
     AND bill.part = CASE WHEN entry.date <= current_date - 400 THEN 0 ELSE 1 END
     AND (entry.team %% 10 <> 9 OR entry.date < current_date - 7);

DROP TABLE size_time;

-- Milestones, each paid by one of its customer's purchases
CREATE TABLE size_stone AS
SELECT row_number() OVER (ORDER BY project.place, n)
           + (SELECT MAX(id) FROM project_milestone) AS id,
       project.id AS project_id, project.place AS idx, n, lot.place AS lot,
       lot.date_start + 10 AS date
FROM size_template project
CROSS JOIN generate_series(1, %(milestones)s) AS n
JOIN (
    SELECT idx, place, date_start,
           row_number() OVER (PARTITION BY idx ORDER BY place) - 1 AS number,
           COUNT(*) OVER (PARTITION BY idx) AS count
    FROM size_lot WHERE NOT is_draft AND date_start < current_date - 10
) lot ON lot.idx = project.place AND lot.number = n %% lot.count
WHERE project.kind = 'rollout';

CREATE TABLE size_milestone AS
SELECT id, pg_temp.first('milestone', idx) AS first, 'Step ' || n AS name, date,
       project_id
FROM size_stone;

-- Rows of the ledger: of entries, one in eight changed once; milestones; expiries
CREATE TABLE size_move AS
SELECT row_number() OVER (ORDER BY date, entry_id, lot, place)
           + (SELECT MAX(id) FROM service_credit_consumption) AS id, move.*
FROM (
    SELECT id AS entry_id, lot, place, date, user_id, company, team, ticket_id,
           NULL::bigint AS milestone_id,
           CASE place WHEN 1 THEN 'adjustment' ELSE 'consumption' END AS type,
           CASE place WHEN 0 THEN CASE WHEN is_changed THEN credits + 0.5 ELSE credits END
                      WHEN 1 THEN -credits - 0.5 ELSE credits END AS credits
    FROM (
        SELECT *, chance / 1000 %% 8 = 0 AS is_changed FROM size_entry
        WHERE kind = 'credits'
    ) entry
    CROSS JOIN LATERAL generate_series(0, CASE WHEN is_changed THEN 2 ELSE 0 END) AS place
    UNION ALL
    SELECT NULL, lot, 0, date, 1, idx %% 5, NULL, NULL, id, 'consumption', 2
    FROM size_stone
    UNION ALL
    SELECT NULL, place, 3, date_expiry + 1, 1, company, NULL, NULL, NULL, 'expiry',
           1 + chance / 3 %% 6
    FROM size_lot WHERE kind = 'expired'
) move;

-- What the purchases sold, and what is left of it
CREATE TABLE size_purchase AS
SELECT lot.place + (SELECT MAX(id) FROM service_credit_purchase) AS id,
       pg_temp.first(CASE WHEN item.id IS NOT NULL THEN 'pack'
                          WHEN lot.plan THEN 'period' ELSE 'purchase' END,
                     lot.company) AS first,
       'SCP/S/' || lpad(lot.place::text, 6, '0') AS name, lot.id AS customer_id,
       lot.place, lot.kind, lot.date_start, lot.date_expiry, lot.price,
       CASE WHEN item.id IS NULL THEN lot.price * 9 / 10 ELSE lot.price END AS paid,
       COALESCE(used.credits, 0) AS allocated,
       COALESCE(used.expired, 0) AS expired, used.since, used.used_until,
       used.expired_since,
       COALESCE(used.credits, 0) + COALESCE(used.expired, 0) + rest.rest AS credits,
       rest.rest AS available, item.id AS item_id, item.order_id, bill.id AS bill_id,
       CASE WHEN item.id IS NULL AND lot.plan THEN plan.id END AS plan_id
FROM size_lot lot
LEFT JOIN (
    SELECT lot, SUM(credits) FILTER (WHERE type <> 'expiry') AS credits,
           SUM(credits) FILTER (WHERE type = 'expiry') AS expired, MIN(date) AS since,
           MAX(date) FILTER (WHERE type <> 'expiry') AS used_until,
           MIN(date) FILTER (WHERE type = 'expiry') AS expired_since
    FROM size_move GROUP BY lot
) used ON used.lot = lot.place
CROSS JOIN LATERAL (
    SELECT CASE lot.kind WHEN 'open' THEN 2 + lot.chance / 3 %% 20
                         WHEN 'draft' THEN 10 ELSE 0 END AS rest
) rest
LEFT JOIN size_thing item ON item.lot = lot.place
LEFT JOIN size_bill bill ON bill.order_id = item.order_id
LEFT JOIN size_plan plan ON plan.customer_id = lot.id;

CREATE UNIQUE INDEX ON size_purchase (place);

-- Allocations: of a ticket, a milestone, an expiry
CREATE TABLE size_share AS
SELECT row_number() OVER (ORDER BY date, ticket_id, milestone_id, lot)
           + (SELECT MAX(id) FROM service_credit_allocation) AS id, share.*
FROM (
    SELECT move.ticket_id, move.milestone_id,
           CASE WHEN move.ticket_id IS NULL AND move.milestone_id IS NULL
                THEN move.lot END AS lot,
           MIN(move.date) AS date, MIN(move.lot) AS first_lot, MIN(company) AS company,
           MIN(team) AS team, SUM(move.credits) AS credits,
           SUM(move.credits * purchase.price::numeric) AS value,
           SUM(move.credits * purchase.paid::numeric) AS paid
    FROM size_move move JOIN size_purchase purchase ON purchase.place = move.lot
    GROUP BY 1, 2, 3
) share;

CREATE TABLE size_allocation AS
SELECT share.id,
       CASE WHEN share.lot IS NOT NULL THEN pg_temp.first('expiry', company)
            ELSE pg_temp.first('allocation', COALESCE(team, company * 10)) END AS first,
       CASE WHEN share.lot IS NOT NULL THEN 'Expiry of ' || purchase.name
            WHEN milestone_id IS NOT NULL THEN 'Step ' || milestone_id
            ELSE 'HT' || lpad(ticket_id::text, 6, '0') || ' - Question' END AS name,
       purchase.customer_id, ticket_id, milestone_id, share.credits, share.value,
       share.paid, share.date
FROM size_share share JOIN size_purchase purchase ON purchase.place = share.first_lot;

-- rows as they are stored
CREATE TABLE size_row AS
SELECT move.id,
       CASE WHEN move.type = 'expiry' THEN pg_temp.first('lapse', move.company)
            ELSE pg_temp.first('row', COALESCE(move.team, move.company * 10)) END
           AS first,
       share.id AS allocation_id, purchase.id AS purchase_id, move.entry_id,
       CASE move.type WHEN 'adjustment' THEN move.id - 1 END AS reversed_id,
       move.type, move.credits, purchase.price, purchase.paid, move.date, move.user_id
FROM size_move move
JOIN size_purchase purchase ON purchase.place = move.lot
JOIN size_share share
     ON (COALESCE(share.ticket_id, 0), COALESCE(share.milestone_id, 0),
         COALESCE(share.lot, 0))
      = (COALESCE(move.ticket_id, 0), COALESCE(move.milestone_id, 0),
         CASE WHEN move.ticket_id IS NULL AND move.milestone_id IS NULL
              THEN move.lot ELSE 0 END);

-- What the items delivered and what was invoiced
CREATE TABLE size_item AS
SELECT thing.id, pg_temp.first('item_' || thing.kind, thing.company) AS first,
       thing.order_id, thing.customer_id, thing.user_id, thing.kind, thing.date,
       COALESCE(purchase.price, 100) AS price,
       COALESCE(purchase.credits, CEIL(COALESCE(work.hours, 0) * 1.1) + 10) AS quantity,
       COALESCE(work.hours, 0) AS delivered,
       CASE WHEN purchase.bill_id IS NULL THEN COALESCE(work.invoiced, 0)
            ELSE purchase.credits END AS invoiced,
       CASE WHEN thing.kind = 'time' THEN COALESCE(work.hours - work.invoiced, 0)
            WHEN purchase.bill_id IS NOT NULL THEN 0
            ELSE COALESCE(purchase.credits, CEIL(COALESCE(work.hours, 0) * 1.1) + 10)
       END AS to_invoice
FROM size_thing thing
LEFT JOIN size_purchase purchase ON purchase.place = thing.lot
LEFT JOIN (
    SELECT item_id,
           SUM(hours) FILTER (WHERE approval_state IS NULL OR approval_state = 'approved')
               AS hours,
           COALESCE(SUM(hours) FILTER (WHERE invoice_id IS NOT NULL), 0) AS invoiced
    FROM size_entry WHERE item_id IS NOT NULL GROUP BY item_id
) work ON work.item_id = thing.id;

CREATE TABLE size_order AS
SELECT deal.id, pg_temp.first('order_' || deal.kind, deal.company) AS first,
       deal.customer_id, deal.user_id, deal.date, item.amount,
       CASE WHEN item.open > 0 THEN 'to invoice' ELSE 'no' END AS status
FROM size_deal deal
JOIN (
    SELECT order_id, SUM(quantity * price) AS amount, SUM(to_invoice) AS open
    FROM size_item GROUP BY order_id
) item ON item.order_id = deal.id;

CREATE TABLE size_invoice_line AS
SELECT invoice_id AS move_id, item_id, SUM(hours) AS quantity, 100 AS price
FROM size_entry WHERE invoice_id IS NOT NULL GROUP BY invoice_id, item_id
UNION ALL
SELECT bill_id, item_id, credits, price FROM size_purchase WHERE bill_id IS NOT NULL;

CREATE TABLE size_invoice AS
SELECT bill.id, pg_temp.first(bill.kind, bill.company) AS first, bill.customer_id,
       customer.name AS customer_name, bill.user_id, bill.date, bill.company, bill.kind,
       'INV/S/' || lpad(bill.id::text, 6, '0') AS name, bill.id AS number,
       'S' || lpad(bill.order_id::text, 6, '0') AS origin, line.amount
FROM size_bill bill
JOIN size_customer customer ON customer.idx = bill.idx
JOIN (
    SELECT move_id, SUM(quantity * price) AS amount FROM size_invoice_line
    GROUP BY move_id
) line ON line.move_id = bill.id;

CREATE TABLE size_invoice_item AS
SELECT row_number() OVER (ORDER BY move_id, is_term, item_id)
           + (SELECT MAX(id) FROM account_move_line) AS id, line.*
FROM (
    SELECT pg_temp.first(bill.kind || '_item', company) AS first, line.move_id,
           bill.name AS move_name, bill.customer_id, bill.date, line.quantity,
           line.price, line.quantity * line.price AS amount, FALSE AS is_term,
           line.item_id
    FROM size_invoice_line line JOIN size_invoice bill ON bill.id = line.move_id
    UNION ALL
    SELECT pg_temp.first(kind || '_term', company), id, name, customer_id, date, 0, 0,
           amount, TRUE, NULL
    FROM size_invoice
) line;

INSERT INTO sale_order_line_invoice_rel (invoice_line_id, order_line_id)
SELECT id, item_id FROM size_invoice_item WHERE item_id IS NOT NULL;

-- tickets as they are stored
CREATE TABLE size_ticket AS
SELECT ticket.id, pg_temp.first('ticket_' || ticket.kind, ticket.team) AS first,
       CASE WHEN ticket.n = -1 THEN 'The longest ticket'
            ELSE (ARRAY['Question', 'Printer', 'Access', 'Report', 'Error in the form',
                        'Slow page', 'Training'])[1 + ticket.n %% 7]
                 || ' ' || ticket.id %% 9973 END AS name,
       ticket.customer_id, ticket.contact_id, ticket.user_id, ticket.created,
       ticket.item_id, ticket.order_id, COALESCE(work.hours, 0) AS hours,
       CASE WHEN ticket.created < current_date - 60 AND ticket.id %% 50 <> 0 THEN 4
            ELSE 1 + ticket.id %% 3 END AS stage_id
FROM size_case ticket
LEFT JOIN (
    SELECT ticket_id, SUM(hours) AS hours FROM size_entry GROUP BY ticket_id
) work ON work.ticket_id = ticket.id;

-- One message and two followers for every ticket
CREATE TABLE size_message AS
SELECT row_number() OVER (ORDER BY ticket.id) + (SELECT MAX(id) FROM mail_message) AS id,
       pg_temp.first('message', 0) AS first,
       ticket.id AS ticket_id, ticket.contact_id AS author_id,
       CASE WHEN ticket.id %% 2 = 0 THEN 'email' ELSE 'comment' END AS type,
       '<p>It does not work as described. Please call back.</p>' AS body,
       ticket.created AS date
FROM size_case ticket;

CREATE TABLE size_follower AS
SELECT row_number() OVER (ORDER BY ticket.id, who.partner_id)
           + (SELECT MAX(id) FROM mail_followers) AS id,
       pg_temp.first('follower', 0) AS first,
       ticket.id AS ticket_id, who.partner_id
FROM size_case ticket
JOIN size_agent agent ON agent.user_id = ticket.user_id
CROSS JOIN LATERAL (VALUES (ticket.contact_id), (agent.partner_id)) AS who (partner_id);

-- Rows of connected systems: one in five became a purchase
CREATE TABLE size_sync AS
SELECT number + record.id AS id, record.id AS first, source.id AS source_id,
       'EXT-' || number AS external_id, md5(number::text) AS checksum,
       CASE WHEN number %% 500 = 0 THEN 'error' ELSE 'imported' END AS state,
       CASE WHEN number %% 500 = 0 THEN 'No customer has this name.' END AS error,
       CASE WHEN number %% 5 = 1 THEN 'service.credit.purchase' END AS res_model,
       CASE WHEN number %% 5 = 1 THEN purchase.first_id + number / 5 %% purchase.count
       END AS res_id,
       jsonb_build_object('id', 'EXT-' || number, 'who', 'Customer ' || number %% 997,
                          'credits', number %% 50) AS payload,
       current_date - (number %% 1000)::int AS date
FROM generate_series(1, %(sync_rows)s) AS number
JOIN size_template source ON source.kind = 'system' AND source.place = number %% 30
CROSS JOIN (SELECT pg_temp.first('record', 0) AS id) record
CROSS JOIN (SELECT MIN(id) AS first_id, COUNT(*) AS count FROM size_purchase) purchase;
