# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models

from .service_funding_claim import OVERAGE


class ServiceFunding(models.AbstractModel):
    """Overage: time that was done, that nobody covers yet, and that waits unbilled."""

    _inherit = "service.funding"

    @api.model
    def _cover_overage(self, item):
        """Let the authorized hours of an item cover the overage that waits for it.

        Oldest work first; what does not fit goes on waiting.

        :param item: `sale.order.line` whose authorized hours grew
        :return: the entries that are covered now, whole or in part (superuser)
        """
        # sudo: the customer's approval covers the whole ticket, whoever logged the time
        waiting = (
            self.env["account.analytic.line"]
            .sudo()
            .search(
                [("coverage", "=", OVERAGE), ("ticket_id.sale_line_id", "=", item.id)],
                order="date, id",
            )
        )
        return self._cover(waiting, item=item)

    @api.model
    def _cover(self, entries, item=None, policy=OVERAGE):
        """Ask again who pays for overage, in the given order.

        :param entries: overage entries (superuser)
        :param item: the item alone pays; else credits first, then the ticket's item
        :param policy: what happens to hours that still nobody covers
        :return: the entries that somebody pays for now
        :raise ValidationError: with the policy `refuse`, where hours stay uncovered
        """
        claims = []
        for entry in entries:
            if item is None:
                claims.append(self._get_claim(entry, entry._get_ticket_item()))
            else:
                claims.append(self._get_claim(entry, item.sudo(), uses_credits=False))
        self._plan(claims, policy=policy)
        covered = [claim for claim in claims if claim.refusal or claim.covered]
        self._apply(covered)
        return entries.browse([claim.entry.id for claim in covered])
