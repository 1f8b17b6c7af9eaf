from . import service_credit_balance
from . import service_credit_books
from . import service_credit_forecast
from . import service_credit_movement
from . import service_goodwill
from . import service_revenue_risk
from . import service_revenue_risk_notice
from . import timesheets_analysis_report
