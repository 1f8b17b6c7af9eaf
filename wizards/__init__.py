from . import service_credit_extend
from . import service_credit_manage
from . import service_credit_manage_project
from . import service_credit_reconciliation
from . import service_timer_close
from . import service_authorization_record
from . import service_sync_preview
