from . import service_sync_preview
