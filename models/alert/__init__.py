from . import helpdesk_ticket
from . import res_company
from . import res_config_settings
from . import res_partner
from . import service_credit_alert
from . import service_credit_alert_activity
from . import service_credit_alert_cron
from . import service_credit_alert_notice
