from .background import has_queue, in_background
from .dates import FIRST_DAY, LAST_DAY, add_days, add_months, clip_day
from .duration import DurationError, format_hours, parse_duration
from .exported import export_shown
from .failure import report_failure
from .fetching import fetch_along
from .locking import lock_and_touch
from .moved import check_moved
from .steps import is_multiple
from .text import clean_text, format_number
from .numbers import is_countable, refuse_uncountable
from .readable import refuse_no_records, refuse_unreadable
from .typed import guarded_fields, refuse_typed, untyped_defaults
