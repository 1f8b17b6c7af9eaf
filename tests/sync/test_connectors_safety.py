# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Addresses, certificates, redirects and secrets."""

import os
from unittest.mock import patch

from odoo.tests import tagged

from ...connectors.http import is_link_local
from ..support.peers import http_peer, json_rows, self_signed_certificate
from ..support.sync import SECRET, JsonCase, rows_of


@tagged("post_install", "-at_install")
class TestHttpSafety(JsonCase):
    def test_http_only_for_this_machine_or_when_ticked(self):
        for url in ("http://example.com/rows", "http://10.0.0.1/rows"):
            sentence = self.refused(self.connector(url))
            self.assertIn("is not encrypted", sentence)
        with http_peer(json_rows(rows_of(1))) as peer:
            by_name = peer.url.replace("127.0.0.1", "localhost")
            self.assertEqual(self.read_ids(self.connector(by_name)), [1])
        connector = self.connector("http://example.com/", allow_insecure=True)
        connector.check_url("http://example.com/")  # ticked: no refusal

    def test_what_is_no_web_address(self):
        for url in ("", "ftp://127.0.0.1/", "file:///etc/passwd", "https://", "x"):
            with self.subTest(url=url):
                self.assertIn("isn't a web address", self.refused(self.connector(url)))

    def test_surroundings_of_the_machine(self):
        """Where cloud services hand out credentials, however it is written."""
        table = {
            "169.254.169.254": True,
            "::ffff:169.254.169.254": True,
            "fe80::1%eth0": True,
            "127.0.0.1": False,
            "10.0.0.5": False,
            "::1": False,
            "93.184.216.34": False,
        }
        for host, expected in table.items():
            with self.subTest(host=host):
                self.assertEqual(is_link_local(host), expected)

    def test_password_in_the_address_is_refused_and_masked(self):
        sentence = self.refused(self.connector(f"https://me:{SECRET}@example.com/"))
        self.assertIn("Do not write a user or password", sentence)

    def test_secrets_of_the_query_are_masked(self):
        with http_peer(lambda h, r: h.send(b"", status=500)) as peer:
            sentence = self.refused(self.connector(f"{peer.url}/?token={SECRET}x"))
        self.assertNotIn("token=", sentence)

    def test_peer_that_echoes_the_secret(self):
        def script(handler, request):
            handler.send(f"wrong {request.headers['X-Secret']}".encode(), status=403)

        with http_peer(script) as peer:
            self.refused(self.connector(peer.url))

    def test_certificate_nobody_vouches_for(self):
        with (
            self_signed_certificate() as certificate,
            http_peer(json_rows(rows_of(2)), certificate) as peer,
        ):
            sentence = self.refused(self.connector(peer.url))
            self.assertIn("certificate", sentence)
            self.assertIn("cannot be trusted", sentence)
            self.assertFalse(peer.requests, "the secret was sent before the check")
            insecure = self.connector(peer.url, allow_insecure=True)
            self.assertIn("cannot be trusted", self.refused(insecure))
            with patch.dict(os.environ, REQUESTS_CA_BUNDLE=certificate):
                self.assertEqual(self.read_ids(self.connector(peer.url)), [1, 2])

    def test_redirect_to_another_host_is_not_followed(self):
        with http_peer(json_rows(rows_of(1))) as other:

            def script(handler, request):
                handler.send(b"", status=302, headers={"Location": other.url})

            with http_peer(script) as peer:
                sentence = self.refused(self.connector(peer.url))
            self.assertIn("redirects to another address", sentence)
            self.assertFalse(other.requests, "the secret went to another host")

    def test_redirect_to_another_scheme_is_not_followed(self):
        for target in ("https://127.0.0.1:%s/", "file:///etc/passwd"):

            def script(handler, request, target=target):
                place = target.replace("%s", str(handler.server.server_port))
                handler.send(b"", status=301, headers={"Location": place})

            with self.subTest(target=target), http_peer(script) as peer:
                sentence = self.refused(self.connector(peer.url))
                self.assertIn("redirects to another address", sentence)

    def test_redirect_inside_the_same_origin_is_followed_a_few_times(self):
        def script(handler, request):
            if request.path == "/rows/":
                return handler.send({"data": {"items": rows_of(1)}})
            target = "/rows/" if request.path == "/rows" else "/circle"
            return handler.send(b"", status=302, headers={"Location": target})

        with http_peer(script) as peer:
            self.assertEqual(self.read_ids(self.connector(f"{peer.url}/rows")), [1])
            circle = self.connector(f"{peer.url}/circle")
            self.assertIn("in circles", self.refused(circle))
