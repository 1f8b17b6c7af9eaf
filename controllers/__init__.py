from . import portal
from . import service_credit_portal
from . import service_credit_statement
from . import ticket_portal
