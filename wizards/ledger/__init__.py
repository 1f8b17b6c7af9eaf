from . import service_credit_extend
from . import service_credit_manage
from . import service_credit_manage_project
from . import service_credit_owed
from . import service_credit_reconciliation
from . import service_credit_statement
from . import service_credit_transfer
