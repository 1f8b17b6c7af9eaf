# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Purchases chosen by hand for a work, and which choices are refused."""

from odoo.exceptions import UserError
from odoo.tools import float_compare, float_round

from ...tools import format_number, is_countable


def check_selection(env, request, digits):
    """Return ``{purchase: credits}`` of a selection that may be drawn."""
    if not request.company.sudo().service_credit_manual_selection:
        raise UserError(
            env._(
                "%(company)s doesn't allow choosing purchases by hand for "
                "%(work)s: leave the choice to the order of expiry, or allow it in "
                "the settings.",
                company=request.company.sudo().name,
                work=request.work.sudo().display_name,
            )
        )
    # sudo: what may be chosen depends on the customer, not on who looks
    purchase_sudo = env["service.credit.purchase"].sudo()
    chosen = {}
    for purchase_id, amount in _read_selection(env, request):
        purchase = purchase_sudo.browse(purchase_id)
        # Each line, not their sum: one may not be made up for by another.
        _check_selected(env, request, purchase, amount, digits)
        amount += chosen.get(purchase, 0.0)
        chosen[purchase] = float_round(amount, digits)
    total = sum(chosen.values())
    if float_compare(total, request.credits, precision_digits=digits):
        raise UserError(
            env._(
                "The chosen purchases give %(total)s credits, but %(work)s needs "
                "exactly %(wanted)s.",
                total=format_number(env, total, digits),
                work=request.work.sudo().display_name,
                wanted=format_number(env, request.credits, digits),
            )
        )
    return chosen


def _read_selection(env, request):
    """Return the selection as a list of ``(purchase id, credits)``."""
    try:
        return [(int(key), float(amount)) for key, amount in request.selection]
    except (TypeError, ValueError, OverflowError) as error:
        raise UserError(
            env._(
                "The purchases chosen for %(work)s must be pairs of a purchase and "
                "a number of credits.",
                work=request.work.sudo().display_name,
            )
        ) from error


def _check_selected(env, request, purchase, amount, digits):
    rounded = float_round(amount, digits) if is_countable(amount) else 0.0
    if rounded <= 0 or abs(rounded - amount) > 1e-6:
        raise UserError(
            env._(
                "You can't choose %(asked)s credits for %(work)s: choose a number "
                "above 0 with at most %(digits)s decimals.",
                asked=amount,
                work=request.work.sudo().display_name,
                digits=digits,
            )
        )
    obstacle = purchase._get_obstacle(request)
    if obstacle:
        raise UserError(obstacle)
