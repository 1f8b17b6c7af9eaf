from . import test_ticket_sale_line
from . import test_ticket_time
