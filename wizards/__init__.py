from . import service_timer_close
