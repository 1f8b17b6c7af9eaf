from . import ticket_portal
