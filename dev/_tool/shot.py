# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Pictures of a running demo: the front part, which finds what the camera needs."""

import argparse
import json
import os
import subprocess
from pathlib import Path

from . import browser, commands, demo, logins, paths, python_env
from .say import Problem

DEFAULTS = {
    "password": None,
    "width": 1400,
    "height": 900,
    "scale": 1,
    "language": "en-US",
    "timeout": 30,
    "style": "",
    "phone": False,
    "speak": None,
}
# A common phone: what does not fit here does not fit anywhere.
PHONE = {"width": 390, "height": 844}
FAULTS = "static/tests/screens/faults.js"
STEPS = """
steps, done in the order given:
  /odoo/helpdesk-tickets  go to an address, and wait until the client is quiet
  click:SELECTOR          click the first visible match of a CSS selector;
                          SELECTOR@@TEXT asks for one that contains TEXT
  wait:SELECTOR           wait until there is a visible match
  fill:SELECTOR=VALUE     type a value into a field
  press:KEY               press Enter, Tab, Escape, ArrowDown, …
  scroll:SELECTOR         bring an element into view
  eval:JAVASCRIPT         run JavaScript in the page
  sleep:SECONDS           wait
  faults                  say what scrolls sideways or has no name
  login:NAME              go on as another user
  shot:NAME               take a picture, written to OUT/NAME.png
Without any shot:, a picture is taken at the end.

examples:
  dev/shot --login agent /odoo/helpdesk-tickets shot:tickets \\
      'click:.o_data_row .o_data_cell@@Printer' shot:ticket
  dev/shot --phone --speak ro_RO /odoo/service-credits faults
"""


def main(arguments):
    options = vars(_options(arguments))
    if options["phone"]:
        options |= PHONE
    options["url"] = (options["url"] or _demo_url()).rstrip("/")
    return take(python_env.get(), **options)


def take(environment, url, login, steps, out, **options):
    """Let the camera do the steps, and return its exit code.

    :param environment: the Python environment it runs in
    :param out: folder for the pictures
    :param options: what else :func:`_options` has
    """
    task = {
        **DEFAULTS,
        **options,
        "browser": str(browser.folder_for_path() / "google-chrome"),
        "url": url,
        "login": login,
        "passwords": {name: password for name, password, _what in logins.LOGINS},
        "faults": (paths.CHECKOUT / FAULTS).read_text(),
        "speech": Path(__file__).with_name("scripts").joinpath("speak.js").read_text(),
        "out": os.path.abspath(out),
        "steps": steps,
    }
    Path(task["out"]).mkdir(parents=True, exist_ok=True)
    camera = Path(__file__).with_name("camera.py")
    command = [str(environment.python), str(camera), json.dumps(task)]
    return subprocess.run(command, env=commands.environment()).returncode


def _demo_url():
    port = demo.running_port()
    if not port:
        raise Problem("The demo of this checkout is not running: start dev/demo.")
    return f"http://localhost:{port}"


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="dev/shot",
        description="Take pictures of the running demo in a headless Chromium.",
        epilog=STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("steps", nargs="+", metavar="STEP")
    parser.add_argument("--login", default="admin", help="default admin")
    parser.add_argument("--password", help="default: the demo's, else the login")
    parser.add_argument("--url", help="default: this checkout's running demo")
    parser.add_argument("--out", default=".", help="folder for the pictures")
    parser.add_argument("--width", type=int)
    parser.add_argument("--height", type=int)
    parser.add_argument("--scale", type=float, help="2 for fine print")
    parser.add_argument("--language", help="the browser's language")
    parser.add_argument(
        "--speak", metavar="CODE", help="ro_RO, …: set as the user's language"
    )
    parser.add_argument("--phone", action="store_true", help="390 px wide, touched")
    parser.add_argument("--timeout", type=float, help="seconds to wait for anything")
    parser.set_defaults(**DEFAULTS)
    return parser.parse_args(arguments)
