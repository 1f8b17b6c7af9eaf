# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Scripts in Odoo's shell."""

import subprocess
from pathlib import Path

from . import commands
from .say import Problem

SCRIPTS = Path(__file__).with_name("scripts")


def run_script(shop, databases, name, script, **options):
    """Run a script in Odoo's shell and return what it printed.

    :param options: further options of Odoo
    :raise Problem: with its last words when it fails
    """
    config = databases.logs / f"{name}.conf"
    shop.write_config(config, name, http_enable=False, **options)
    command = shop.odoo_command(config, "--log-level=error", command=["shell"])
    code = f"exec(compile({(SCRIPTS / script).read_text()!r}, {script!r}, 'exec'))\n"
    done = subprocess.run(
        [str(part) for part in command],
        env=shop.child_env(),
        input=code,
        capture_output=True,
        text=True,
    )
    if done.returncode or "Traceback" in done.stderr:
        words = commands.last_words(done.stderr)
        raise Problem(f"{script} failed in Odoo's shell: {words}")
    return done.stdout
