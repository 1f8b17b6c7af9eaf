from . import ticket_portal
from . import portal
