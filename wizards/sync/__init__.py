from . import service_sync_preview
from . import service_sync_source
