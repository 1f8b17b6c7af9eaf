# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Open the first pages as a browser does, so that nobody waits for them later.

Odoo compiles scripts and styles when they are first asked for, which takes longer than
its own start.
"""

import html
import re
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

ASSET = re.compile(r'(?:src|href)="(/web/assets/[^"]+)"')
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
PATIENCE = 180  # seconds for one answer


def open_first_pages(url, login, password):
    """Open the login page, log in, and open what comes then, with all they load.

    Someone may have changed the password: the pages then open as far as they do.
    """
    jar = urllib.request.HTTPCookieProcessor(CookieJar())
    opener = urllib.request.build_opener(jar)
    try:
        page = _open(opener, f"{url}/web/login")
        token = TOKEN.search(page)
        if token:
            form = {"login": login, "password": password, "csrf_token": token[1]}
            _open(opener, f"{url}/web/login", urllib.parse.urlencode(form).encode())
    except OSError:
        return


def _open(opener, address, form=None):
    """Return a page, after everything it loads."""
    with opener.open(address, form, timeout=PATIENCE) as answer:
        page = answer.read().decode()
    base = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(address))
    for path in sorted(set(ASSET.findall(page))):
        with opener.open(base + html.unescape(path), timeout=PATIENCE) as answer:
            answer.read()
    return page
