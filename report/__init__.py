from . import service_credit_balance
from . import service_credit_forecast
from . import service_credit_movement
from . import timesheets_analysis_report
