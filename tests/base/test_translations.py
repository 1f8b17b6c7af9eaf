# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import io
import re

import polib

from odoo.tests import TransactionCase, tagged
from odoo.tools.misc import file_path
from odoo.tools.translate import trans_export

ADDON = "helpdesk_service_credit"
LANGUAGES = ("de", "es", "fr", "it", "nl", "pt_BR", "ro")
PLACEHOLDERS = re.compile(r"%\(\w+\)[a-z]|%[sd%]|\$\{\w+\}|\{\{.*?\}\}")
TAGS = re.compile(r"</?[a-zA-Z][\w-]*")


@tagged("post_install", "-at_install")
class TestTranslations(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.template = cls._read(f"{ADDON}.pot")

    @classmethod
    def _read(cls, name):
        return polib.pofile(file_path(f"{ADDON}/i18n/{name}"))

    def test_template_has_every_term_of_the_code(self):
        """Otherwise run dev/translate."""
        buffer = io.BytesIO()
        trans_export(False, [ADDON], buffer, "po", self.env)
        terms = {entry.msgid for entry in polib.pofile(buffer.getvalue().decode())}
        self.assertEqual(terms, {entry.msgid for entry in self.template})

    def test_languages_are_complete(self):
        terms = {entry.msgid for entry in self.template}
        for language in LANGUAGES:
            with self.subTest(language=language):
                catalogue = self._read(f"{language}.po")
                done = {entry.msgid for entry in catalogue.translated_entries()}
                self.assertEqual(done, terms)
                self.assertFalse(catalogue.fuzzy_entries())

    def test_placeholders_and_tags_survive(self):
        wrong = [
            (language, entry.msgid, entry.msgstr)
            for language in LANGUAGES
            for entry in self._read(f"{language}.po").translated_entries()
            for part in (PLACEHOLDERS, TAGS)
            if sorted(part.findall(entry.msgstr)) != sorted(part.findall(entry.msgid))
        ]
        self.assertEqual(wrong, [])
