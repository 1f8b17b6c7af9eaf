# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Clients of a running server: a program with a key, and a customer with a session."""

import http.cookiejar
import json
import urllib.error
import urllib.parse
import urllib.request

from .say import Problem

SECONDS = 120


class Client:
    """A program that calls methods over JSON."""

    def __init__(self, url, key):
        self.url, self.key = url, key

    def call(self, model, method, **arguments):
        """Call a method and return its result.

        :raise Problem: with the words of the server
        """
        request = urllib.request.Request(
            f"{self.url}/json/2/{model}/{method}",
            json.dumps(arguments).encode(),
            {
                "Authorization": f"bearer {self.key}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            words = error.read().decode()[:500]
            raise Problem(f"{model}.{method} failed ({error.code}): {words}") from error


class Portal:
    """A customer who logged in with a password that is the login."""

    def __init__(self, url, login):
        self.url = url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)
        page = self.open("/web/login")
        token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
        form = {"login": login, "password": login, "csrf_token": token}
        self.open("/web/login", urllib.parse.urlencode(form).encode())

    def open(self, path, form=None):
        """Return a page as text."""
        with self.opener.open(self.url + path, form, timeout=SECONDS) as answer:
            return answer.read().decode(errors="replace")
