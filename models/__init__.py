# A room uses only the rooms above it.
from . import ledger
from . import authorization
from . import work
from . import funding
from . import time
from . import selling
from . import accounting
from . import alert
from . import sync
from . import base
