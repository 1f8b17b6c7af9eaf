from . import test_report_balance
from . import test_customer_rates
from . import test_report_forecast
from . import test_report_rights
from . import test_report_statement
from . import test_revenue_risk
from . import test_statement_sent
from . import test_goodwill
