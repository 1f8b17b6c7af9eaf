# A mixin stands before the models that inherit it.
from . import service_time_mixin
from . import account_analytic_line
from . import helpdesk_ticket
from . import helpdesk_ticket_stage
from . import helpdesk_ticket_team
from . import res_users
from . import sale_order_line
from . import service_ticket_merge
from . import service_time
