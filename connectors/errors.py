# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Failures told as sentences that are translated where they are shown."""


def _lt(text):
    """Mark a sentence for translation; whoever shows it translates it."""
    return text


def quote(value) -> str:
    """As much of a value as a sentence quotes."""
    return str(value)[:80]


class ConnectorError(Exception):
    """A failure of the other side (or of its settings), told in one sentence.

    The sentence is kept apart from its values, so that it can be translated where
    it is shown. :meth:`Connector.error` masks the values.

    :param retry_after: seconds the other side asked to wait, if it did
    """

    def __init__(self, template: str, retry_after: int = 0, **values):
        self.template = template
        self.values = values
        self.retry_after = retry_after
        super().__init__(template % values if values else template)


class ValueRefused(ValueError):
    """A value that cannot be read without guessing, told in one sentence.

    What the sentence quotes is cut, but for a ``reason``: a sentence by itself.
    """

    def __init__(self, template: str, **values):
        self.template = template
        self.values = {
            key: str(value) if key == "reason" else quote(value)
            for key, value in values.items()
        }
        super().__init__(template % self.values if values else template)
