from . import service_type
from . import service_authorization
from . import service_authorization_answer
from . import service_authorization_portal
from . import helpdesk_ticket
from . import res_company
from . import sale_order_line
from . import res_config_settings
