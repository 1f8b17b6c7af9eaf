# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Failures as sentences that are translated where they are shown."""

MAX_QUOTE = 80  # characters


def _lt(text):
    """Mark a sentence for translation; the code that shows it translates it."""
    return text


def clean(text) -> str:
    """A text the database can keep: no NUL, no half characters."""
    text = str(text)
    if text.isascii() and "\x00" not in text:
        return text
    text = text.replace("\x00", "\ufffd")
    return text.encode("utf-8", "replace").decode()


def quote(value) -> str:
    """As much of a value as a sentence quotes, whatever the value is."""
    try:
        return clean(value)[:MAX_QUOTE]
    except Exception:  # nested too deeply, a number of too many digits, …
        return f"<{type(value).__name__}>"


class ConnectorError(Exception):
    """A failure of the other side (or of its settings) in one sentence.

    The sentence is kept apart from its values, so that it can be translated where
    it is shown. :meth:`Connector.error` masks the values.

    :param retry_after: seconds the other side asked to wait, if it did
    :param private: what only Settings administrators may read
    :param code: the status of the HTTP answer, if there was one
    """

    def __init__(
        self,
        template: str,
        retry_after: int = 0,
        private: str = "",
        code: int = 0,
        **values,
    ):
        self.template = template
        self.values = values
        self.retry_after = retry_after
        self.private = private
        self.code = code
        super().__init__(template % values if values else template)


class ColumnsRefused(ConnectorError):
    """A file that can be read, but not by the columns that are mapped."""


class ValueRefused(ValueError):
    """A value that cannot be read without guessing, in one sentence.

    What the sentence quotes is cut, but for a ``reason``: a sentence by itself.
    """

    def __init__(self, template: str, **values):
        self.template = template
        self.values = {
            key: clean(value) if key == "reason" else quote(value)
            for key, value in values.items()
        }
        super().__init__(template % self.values if values else template)
