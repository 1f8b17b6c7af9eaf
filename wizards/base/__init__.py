from . import service_number_mixin
from . import service_window_mixin
