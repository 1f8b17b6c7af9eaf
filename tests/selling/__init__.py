from . import test_selling_order
from . import test_selling_prices
from . import test_selling_races
from . import test_selling_renewal
from . import test_selling_rights
from . import test_selling_tour
from . import test_selling_window
