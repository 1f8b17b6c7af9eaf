# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from contextlib import contextmanager

from odoo import models


class Refusals:
    """Assertions about what is refused: the class of the error and its data.

    The words of a sentence are asserted once, in one test, with `says`: rewording it
    then touches one place.
    """

    @contextmanager
    def assertRefused(self, kind, *data, says=None):
        """What follows is refused with an error of that class that names the data.

        :param kind: the class of the error
        :param data: records, which are named, and texts
        :param says: words of the sentence, in the one test that is about them
        """
        with self.assertRaises(kind) as caught:
            yield caught
        message = str(caught.exception)
        for datum in data:
            is_record = isinstance(datum, models.BaseModel)
            self.assertIn(datum.sudo().display_name if is_record else datum, message)
        if says:
            self.assertRegex(message, says)
