from . import base
from . import ledger
from . import authorization
from . import funding
from . import time
from . import selling
from . import sync
