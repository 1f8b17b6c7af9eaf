# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What purchases are without, in plain Python: sums of their rows."""

from typing import NamedTuple

from .drawing import EXPIRY, TRANSFER, WITHDRAWAL

NAMES_OF_LOSS = {
    EXPIRY: "expired",
    WITHDRAWAL: "withdrawn",
    TRANSFER: "transferred",
}


class Lost(NamedTuple):
    """What a purchase is without, by its rows."""

    allocated: float = 0.0
    expired: float = 0.0
    withdrawn: float = 0.0
    transferred: float = 0.0
    value: float = 0.0
    paid: float = 0.0

    @classmethod
    def of(cls, kind, credits, value, paid):
        """Return the sums of rows of one type."""
        name = NAMES_OF_LOSS.get(kind, "allocated")
        return cls(value=value, paid=paid)._replace(**{name: credits})

    def __add__(self, other):
        return Lost(*(a + b for a, b in zip(self, other, strict=True)))

    @property
    def credits(self):
        return self.allocated + self.expired + self.withdrawn + self.transferred


NOTHING = Lost()
