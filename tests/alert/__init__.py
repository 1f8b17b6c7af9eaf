from . import test_alert
from . import test_alert_cron
from . import test_alert_notice
from . import test_alert_race
from . import test_alert_rights
from . import test_books
from . import test_moving_clock
