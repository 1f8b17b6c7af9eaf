from . import service_rate_preview
