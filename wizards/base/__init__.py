from . import service_window_mixin
