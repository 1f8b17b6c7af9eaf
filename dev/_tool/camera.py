# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The part of dev/shot that drives the browser; runs in the virtual environment.

It talks to the browser over the websocket client that Odoo's own browser tests need.
Playwright would be 53 MB more, in an environment of its own: it wants a greenlet that
Odoo's gevent does not work with.
"""

import base64
import contextlib
import itertools
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import websocket

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-extensions",
    "--hide-scrollbars",
    "--no-first-run",
    # The same page, to the pixel, each time.
    "--disable-partial-raster",
    "--num-raster-threads=1",
    "--run-all-compositor-stages-before-draw",
    "--remote-debugging-port=0",
)
FIND = """
((selector, text) => [...document.querySelectorAll(selector)].find(
    (el) => el.getClientRects().length && (!text || el.textContent.includes(text))
))(%s, %s)
"""
# No request under way, no spinner, every image and the main view there.
QUIET = """
document.readyState === "complete"
&& [...document.images].every((image) => image.complete)
&& !document.querySelector(".o_loading_indicator, .o_blockUI")
&& (!document.querySelector(".o_web_client")
    || !!document.querySelector(".o_action_manager > *"))
"""
KEYS = {"Enter": 13, "Tab": 9, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38}


class Failure(Exception):
    """A step that could not be done."""


class Camera:
    """One tab of a headless browser."""

    def __init__(self, task):
        self.task = task
        self.numbers = itertools.count(1)
        self.profile = tempfile.mkdtemp(prefix="hsc-camera-")
        size = f"--window-size={task['width']},{task['height']}"
        self.browser = subprocess.Popen(
            [
                task["browser"],
                *FLAGS,
                size,
                f"--force-device-scale-factor={task['scale']}",
                f"--lang={task['language']}",
                f"--user-data-dir={self.profile}",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.socket = self._connect()
        self.say("Page.enable")
        self.say(
            "Emulation.setDeviceMetricsOverride",
            width=task["width"],
            height=task["height"],
            deviceScaleFactor=task["scale"],
            mobile=task["phone"],
        )
        self.say("Emulation.setTouchEmulationEnabled", enabled=task["phone"])
        self._dress(task["style"])

    def _dress(self, style):
        """Add a style sheet to every page, and leave each without being asked."""
        code = f"""
            const sheet = new CSSStyleSheet();
            sheet.replaceSync({json.dumps(style)});
            document.adoptedStyleSheets = [sheet];
            const leave = (ev) => ev.stopImmediatePropagation();
            window.addEventListener("beforeunload", leave, true);
        """
        self.say("Page.addScriptToEvaluateOnNewDocument", source=f"{{{code}}}")

    def _connect(self):
        note = Path(self.profile) / "DevToolsActivePort"

        def read():
            # The browser makes the file before it writes the two lines.
            return note.read_text().split() if note.exists() else []

        self.until(lambda: len(read()) == 2, "the browser to start", 60)
        port, path = read()
        address = f"ws://127.0.0.1:{port}{path}"
        root = websocket.create_connection(address, suppress_origin=True)
        root.send(json.dumps({"id": 0, "method": "Target.getTargets"}))
        targets = json.loads(root.recv())["result"]["targetInfos"]
        page = next(target for target in targets if target["type"] == "page")
        root.close()
        address = f"ws://127.0.0.1:{port}/devtools/page/{page['targetId']}"
        return websocket.create_connection(address, suppress_origin=True)

    def close(self):
        self.browser.terminate()
        self.browser.wait(20)
        shutil.rmtree(self.profile, ignore_errors=True)

    def say(self, method, **params):
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": params}
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == number:
                if "error" in answer:
                    raise Failure(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def run(self, code):
        answer = self.say(
            "Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise Failure(details.get("exception", details).get("description", code))
        return answer["result"].get("value")

    def until(self, done, what, limit=None):
        deadline = time.monotonic() + (limit or self.task["timeout"])
        while time.monotonic() < deadline:
            if done():
                return
            time.sleep(0.1)
        raise Failure(f"waited in vain for {what}")

    # Steps

    def settle(self):
        """Wait until the page has been quiet for a moment."""
        quiet = []

        def done():
            quiet.append(self._is_quiet())
            return len(quiet) > 5 and all(quiet[-5:])

        self.until(done, "the page to become quiet")

    def _is_quiet(self):
        try:
            return self.run(QUIET)
        except Failure:
            return False  # the page is being replaced

    def go(self, address):
        if not address.startswith("http"):
            address = self.task["url"] + address
        self.say("Page.navigate", url=address)
        time.sleep(0.3)
        self.settle()

    def login(self, login):
        self.say("Network.clearBrowserCookies")
        # The page of logins would offer who was here before instead of the form.
        self.say(
            "Storage.clearDataForOrigin",
            origin=self.task["url"],
            storageTypes="local_storage",
        )
        self.go("/web/login")
        password = self.task["passwords"].get(login, login)
        if login == self.task["login"] and self.task["password"]:
            password = self.task["password"]
        self.run(
            f"document.querySelector('input[name=login]').value={json.dumps(login)};"
            "document.querySelector('input[name=password]').value="
            f"{json.dumps(password)};document.querySelector('.oe_login_form').submit()"
        )
        time.sleep(0.5)
        self.settle()
        if self.run("location.pathname.startsWith('/web/login')"):
            raise Failure(f"the login {login} was refused")
        if self.task["speak"]:
            script = self.task["speech"].rstrip().rstrip(";")
            self.run(f"({script})({json.dumps(self.task['speak'])})")

    def find(self, selector):
        selector, _mark, text = selector.partition("@@")
        return FIND % (json.dumps(selector), json.dumps(text))

    def wait(self, selector):
        self.until(lambda: self.run(f"!!{self.find(selector)}"), selector)

    def click(self, selector):
        self.wait(selector)
        place = self.run(
            f"(() => {{const el = {self.find(selector)};"
            "el.scrollIntoView({block: 'center'});"
            "const box = el.getClientRects()[0];"
            "return [box.x + box.width / 2, box.y + box.height / 2]})()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.say(
                "Input.dispatchMouseEvent",
                type=kind,
                x=place[0],
                y=place[1],
                button="left",
                clickCount=1,
            )
        time.sleep(0.2)
        self.settle()

    def fill(self, argument):
        # The last "=": a selector may contain one, as in [name='x'].
        selector, _equals, value = argument.rpartition("=")
        self.click(selector)
        self.run(f"{self.find(selector)}.select?.()")
        self.say("Input.insertText", text=value)
        time.sleep(0.3)
        self.settle()

    def press(self, key):
        code = KEYS.get(key, 0)
        extra = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        text = {"text": "\r"} if key == "Enter" else {}
        self.say("Input.dispatchKeyEvent", type="keyDown", **extra, **text)
        self.say("Input.dispatchKeyEvent", type="keyUp", **extra)
        time.sleep(0.2)
        self.settle()

    def scroll(self, selector):
        self.wait(selector)
        self.run(f"{self.find(selector)}.scrollIntoView({{block: 'center'}})")
        self.settle()

    def shot(self, name):
        picture = self.say("Page.captureScreenshot", format="png")["data"]
        path = Path(self.task["out"]) / f"{name}.png"
        path.write_bytes(base64.b64decode(picture))
        print(path, flush=True)

    def do(self, step):
        kind, colon, argument = step.partition(":")
        if step.startswith(("/", "http:", "https:")):
            return self.go(step)
        if kind == "sleep":
            return time.sleep(float(argument))
        if step == "faults":
            return print("\n".join(self.run(self.task["faults"])) or "no faults")
        if kind == "eval":
            value = self.run(argument)
            if value is not None:
                print(value)
            return self.settle()
        known = ("click", "wait", "fill", "press", "scroll", "login", "shot")
        if not colon or kind not in known:
            raise Failure(f"there is no such step: {step}")
        return getattr(self, kind)(argument)


def main(task):
    steps = list(task["steps"])
    if not any(step.startswith("shot:") for step in steps):
        steps.append("shot:shot")
    camera = Camera(task)
    doing = "login"
    try:
        camera.login(task["login"])
        for doing in steps:
            camera.do(doing)
    except Failure as failure:
        print(f"Error: {doing}: {failure}", file=sys.stderr)
        with contextlib.suppress(Failure):
            camera.shot("failed")
        return 1
    finally:
        camera.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1])))
