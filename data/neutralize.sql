-- A copy for tests must not talk to the connected systems of the original. Without
-- address and secret, resuming a connected system by hand cannot reach it either.
UPDATE service_sync_source
   SET state = 'cancelled',
       next_sync = NULL,
       url = CASE WHEN url IS NOT NULL THEN 'https://neutralized.invalid' END,
       host = CASE WHEN host IS NOT NULL THEN 'neutralized.invalid' END,
       api_key = NULL,
       header_secret = NULL,
       password = NULL;

UPDATE service_sync_header
   SET secret = NULL;

-- Nobody outside is told of alerts, and no quotation is prepared.
UPDATE res_company
   SET service_credit_alert_customer = FALSE,
       service_credit_alert_quotation = FALSE;
UPDATE res_partner
   SET service_credit_alert_mail = 'never'
 WHERE service_credit_alert_mail = 'always';

-- What was queued for customers when the copy was made is never sent from it. The mail
-- with the link of a request is about no record: its text alone tells what it is.
UPDATE mail_mail
   SET state = 'cancel'
  FROM mail_message message
 WHERE message.id = mail_mail.mail_message_id
   AND (message.model IN ('service.credit.alert', 'service.authorization')
        OR mail_mail.body_html LIKE '%/my/authorizations/%')
   AND mail_mail.state IN ('outgoing', 'exception');

-- Base stops every scheduled action; this holds where one was added by hand.
UPDATE ir_cron
   SET active = FALSE
  FROM ir_act_server action
  JOIN ir_model model ON model.id = action.model_id
 WHERE action.id = ir_cron.ir_actions_server_id
   AND model.model LIKE 'service.%';
