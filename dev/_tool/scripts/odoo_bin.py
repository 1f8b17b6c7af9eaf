# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Start Odoo, by a file that it can start again by its name.

`python -m odoo` cannot be: Odoo's own reload, and the process for websockets that it
starts beside workers, run `sys.argv[0]`, and a file inside a package is no program.
"""

import sys

sys.path.pop(0)  # the folder of this file

from odoo.cli import main  # noqa: E402

main()
