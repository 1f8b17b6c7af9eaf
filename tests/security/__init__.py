from . import test_attack_connectors
from . import test_attack_defaults
from . import test_attack_entry
from . import test_attack_links
from . import test_attack_portal
from . import test_fuzz
from . import test_attack_menus
from . import test_attack_windows
