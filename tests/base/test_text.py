# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.tests import TransactionCase, tagged

from ...tools import format_number


@tagged("post_install", "-at_install")
class TestText(TransactionCase):
    def test_numbers_are_written_as_in_the_language(self):
        self.env["res.lang"]._activate_lang("ro_RO")
        english = self.env["base"].with_context(lang="en_US").env
        romanian = self.env["base"].with_context(lang="ro_RO").env
        for number, digits, expected in (
            (2.5, None, "2.5"),
            (2.0, None, "2"),
            (-0.0, None, "0"),
            (0.1 + 0.2, None, "0.3"),
            (1234567.5, None, "1,234,567.5"),
            (2.5, 2, "2.50"),
            (-0.001, 2, "0.00"),
        ):
            with self.subTest(number=number, digits=digits):
                self.assertEqual(format_number(english, number, digits), expected)
                self.assertEqual(
                    format_number(romanian, number, digits),
                    expected.translate(str.maketrans(".,", ",.")),
                )

    def test_without_a_language_number_and_sentence_are_english(self):
        self.env["res.lang"]._activate_lang("ro_RO")
        self.env.company.partner_id.lang = "ro_RO"
        silent = self.env["base"].with_context(lang=False).env
        self.assertEqual(format_number(silent, 2.5), "2.5")
