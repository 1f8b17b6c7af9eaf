from . import test_authorization
from . import test_authorization_portal
from . import test_authorization_ways
from . import test_authorized_hours
from . import test_authorized_order
from . import test_authorized_storm
from . import test_authorized_tour
from . import test_service_type
