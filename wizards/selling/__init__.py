from . import service_credit_purchase_create
from . import service_credit_purchase_create_line
from . import service_credit_renewal
from . import service_credit_renewal_size
