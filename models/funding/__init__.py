from . import service_funding
from . import service_funding_change
from . import service_funding_overage
from . import service_funding_preview
from . import service_funding_text
from . import service_authorization
