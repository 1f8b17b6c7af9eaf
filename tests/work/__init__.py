from . import test_ticket_channels
from . import test_ticket_invoicing
from . import test_ticket_rights
from . import test_ticket_sale_line
from . import test_ticket_time
from . import test_track_and_bill_tours
