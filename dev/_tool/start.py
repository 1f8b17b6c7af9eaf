# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What every command begins and ends with."""

import sys

from . import say, workshop


def run(main):
    """Run a command and leave with its exit code, a problem as one sentence."""
    workshop.stop_politely()
    try:
        code = main(sys.argv[1:])
    except say.Problem as problem:
        say.tell(f"Error: {problem}")
        code = 1
    except KeyboardInterrupt:
        say.tell("Stopped.")
        code = 130
    sys.exit(code)
