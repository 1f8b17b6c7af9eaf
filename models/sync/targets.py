# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What rows can become, by the name a connected system chooses it by."""

from .target_purchase import PurchaseTarget
from .target_time import TimeTarget

TARGETS = {"purchase": PurchaseTarget, "time_entry": TimeTarget}
