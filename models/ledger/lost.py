# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What purchases are without, in plain Python: sums of their rows."""

from datetime import date as Date
from typing import NamedTuple

from .drawing import EXPIRY, TRANSFER, WITHDRAWAL

NAMES_OF_LOSS = {
    EXPIRY: "expired",
    WITHDRAWAL: "withdrawn",
    TRANSFER: "transferred",
}
USE = ("consumption", "adjustment")


class Lost(NamedTuple):
    """What a purchase is without, by its rows, and how they are dated."""

    allocated: float = 0.0
    expired: float = 0.0
    withdrawn: float = 0.0
    transferred: float = 0.0
    value: float = 0.0
    paid: float = 0.0
    value_expired: float = 0.0
    paid_expired: float = 0.0
    since: Date | None = None  # of any row
    used_until: Date | None = None  # of what work received
    expired_since: Date | None = None

    @classmethod
    def of(cls, kind, credits, value, paid, first=None, last=None):
        """Return the sums of rows of one type, and their first and last work date."""
        lost = cls(value=value, paid=paid, since=first)
        lost = lost._replace(**{NAMES_OF_LOSS.get(kind, "allocated"): credits})
        if kind == EXPIRY:
            return lost._replace(
                value_expired=value, paid_expired=paid, expired_since=first
            )
        return lost._replace(used_until=last) if kind in USE else lost

    def __add__(self, other):
        pairs = list(zip(self, other, strict=True))
        dates = len(self) - len(CHOICES)
        return Lost(
            *(a + b for a, b in pairs[:dates]),
            *(
                choose(filter(None, both), default=None)
                for choose, both in zip(CHOICES, pairs[dates:], strict=True)
            ),
        )

    @property
    def credits(self):
        return self.allocated + self.expired + self.withdrawn + self.transferred


# Of two dates: since, used until, expired since.
CHOICES = (min, max, min)
NOTHING = Lost()
