from . import service_credit_alert
from . import service_credit_alert_activity
from . import service_credit_alert_company
from . import service_credit_alert_cron
from . import service_credit_alert_level
from . import service_credit_alert_notice
from . import service_credit_alert_partner
from . import service_credit_alert_settings
