from . import test_entry_walk
from . import test_funding
from . import test_funding_change
from . import test_funding_input
from . import test_funding_overage
from . import test_funding_panel
from . import test_funding_storm
from . import test_funding_tour
