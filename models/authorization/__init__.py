from . import service_type
from . import service_authorization
from . import service_authorization_answer
from . import service_authorization_portal
from . import service_authorization_ticket_mixin
from . import res_company
from . import sale_order_line
