from . import authorization_portal
from . import credit_portal
from . import shop_portal
from . import statement_portal
from . import ticket_portal
from . import timesheet_portal
