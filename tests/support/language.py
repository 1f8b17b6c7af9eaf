# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import functools
import os

import polib

from odoo.tests import TransactionCase
from odoo.tools.misc import file_path

ADDON = "helpdesk_service_credit"


@functools.cache
def _read_words(path):
    return {entry.msgid: entry.msgstr for entry in polib.pofile(path)}


def _get_catalogue(language):
    """Return the path of a language's catalogue: Brazil has one of its own."""
    try:
        return file_path(f"{ADDON}/i18n/{language}.po")
    except FileNotFoundError:
        return file_path(f"{ADDON}/i18n/{language.split('_')[0]}.po")


class LanguageCommon(TransactionCase):
    """Screens in the language of the people who use them.

    HELPDESK_LANGUAGE plays all of them in another one: ``dev/test --language``.
    """

    language = "en_US"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.language = os.environ.get("HELPDESK_LANGUAGE") or cls.language
        cls.words = {}
        if cls.language != "en_US":
            cls._load_language()

    @classmethod
    def _load_language(cls):
        """Load the terms of this addon alone: all others would take half a minute."""
        cls.env["res.lang"]._activate_lang(cls.language)
        addon = cls.env["ir.module.module"].search([("name", "=", ADDON)])
        addon._update_translations([cls.language], overwrite=True)
        cls.words = _read_words(_get_catalogue(cls.language))

    @classmethod
    def _speak(cls, *users):
        """Let people use the language."""
        for user in users:
            user.lang = cls.language

    @classmethod
    def _say(cls, text):
        """Return a text of the addon in the language."""
        return cls.words.get(text, text)

    def browser_js(self, *args, **options):
        """Play a tour, or keys and clicks: none leaves an error in the server's log."""
        with self.assertNoLogs("odoo.http", "ERROR"):
            return super().browser_js(*args, **options)


class RomanianCommon(LanguageCommon):
    """The stories that the addon is made for, told in Romanian."""

    language = "ro_RO"
