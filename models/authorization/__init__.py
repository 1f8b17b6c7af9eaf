from . import service_authorization_answer
from . import service_authorization_history
from . import service_authorization_portal
from . import service_authorization_mixin
from . import service_authorization_ticket_mixin
from . import service_authorization
from . import service_type
