# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Settings of systems that many people have: data, picked and then changed at will.

The fields stand in ``presets.json`` as ``[source, target]`` or
``[source, target, unit]``, rows to leave out as ``[source, operator, value]``.
"""

import json
from pathlib import Path

PRESETS = json.loads(Path(__file__).with_name("presets.json").read_text("utf-8"))
