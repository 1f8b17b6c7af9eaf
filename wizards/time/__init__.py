from . import service_funding_panel
from . import service_timer_close
from . import service_approval_reject
from . import service_log
from . import service_log_check
from . import service_log_post
