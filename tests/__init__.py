from . import test_funding
from . import test_ticket_channels
from . import test_ticket_invoicing
from . import test_ticket_rights
from . import test_ticket_sale_line
from . import test_ticket_time
from . import test_web_client
from . import test_authorized_hours
