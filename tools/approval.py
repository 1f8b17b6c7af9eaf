# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""States of time that an approver decides about, which several rooms ask for."""

# Time that waits: it holds what pays for it, and nothing of it is billed yet.
PENDING = ("draft", "submitted")
# Time that no one edits: an approver decides, or decided, about what it says.
FROZEN = ("submitted", "approved")
