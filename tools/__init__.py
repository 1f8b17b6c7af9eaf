from .duration import DurationError, parse_duration
from .text import format_number
