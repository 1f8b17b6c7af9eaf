from .dates import LAST_DAY, add_months
from .duration import DurationError, parse_duration
from .text import format_number
from .typed import guarded_fields, refuse_typed, untyped_defaults
