from .duration import DurationError, parse_duration
