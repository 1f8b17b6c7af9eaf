# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Pictures of a running demo: the front part, which finds what the camera needs."""

import argparse
import json
import os
import subprocess
from pathlib import Path

from . import browser, commands, demo, logins, python_env
from .say import Problem

STEPS = """
steps, done in the order given:
  /odoo/tickets           go to an address, and wait until the client is quiet
  click:SELECTOR          click the first visible match of a CSS selector;
                          SELECTOR@@TEXT asks for one that contains TEXT
  wait:SELECTOR           wait until there is a visible match
  fill:SELECTOR=VALUE     type a value into a field
  press:KEY               press Enter, Tab, Escape, ArrowDown, …
  scroll:SELECTOR         bring an element into view
  eval:JAVASCRIPT         run JavaScript in the page
  sleep:SECONDS           wait
  login:NAME              go on as somebody else
  shot:NAME               take a picture, written to OUT/NAME.png
Without any shot:, a picture is taken at the end.

example:
  dev/shot --login agent /odoo/tickets shot:tickets \\
      'click:.o_data_row .o_data_cell@@Printer' shot:ticket
"""


def main(arguments):
    options = _options(arguments)
    url = options.url or _demo_url()
    environment = python_env.get()
    passwords = {login: password for login, password, _what in logins.LOGINS}
    task = {
        "browser": str(browser.folder_for_path() / "google-chrome"),
        "url": url.rstrip("/"),
        "login": options.login,
        "password": options.password,
        "passwords": passwords,
        "width": options.width,
        "height": options.height,
        "scale": options.scale,
        "timeout": options.timeout,
        "language": options.language,
        "out": os.path.abspath(options.out),
        "steps": options.steps,
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
    parser.add_argument("--width", type=int, default=1400)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--scale", type=float, default=1, help="2 for fine print")
    parser.add_argument("--language", default="en-US", help="the browser's language")
    parser.add_argument(
        "--timeout", type=float, default=30, help="seconds to wait for anything"
    )
    return parser.parse_args(arguments)
