# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import UserError


class TimerQuestion(UserError):
    """Refuses to end work on tickets while a timer of the user counts on them.

    A person has to decide about its time first. The web client opens `action`, the
    window that asks, in place of the message.
    """

    def __init__(self, message, action):
        super().__init__(message)
        self.context = {"timer_action": action}
