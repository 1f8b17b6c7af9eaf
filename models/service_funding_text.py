# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.tools import format_date

from .service_funding_claim import CREDITS, OVERAGE, SALE_LINE


class ServiceFundingText(models.AbstractModel):
    """The sentences that explain who pays, for notes, refusals and previews alike."""

    _name = "service.funding.text"
    _description = "Wording of Funding"

    @api.model
    def _get_note(self, claim):
        """Tell in one sentence what paid and which rule chose it (design 4.4)."""
        parts = "; ".join(
            text for part in claim.parts for text in self._get_part_texts(claim, part)
        )
        note = self.env._(
            "%(hours)s h → %(parts)s", hours=self._format(claim.hours), parts=parts
        )
        rest = self._get_rest_text(claim)
        return f"{note}, {rest}" if rest else note

    @api.model
    def _get_part_texts(self, claim, part):
        if part.payer == CREDITS:
            return [
                self._get_slice_text(claim, index)
                for index in range(len(claim.draw.slices))
            ]
        hours = self._format(part.hours)
        if part.payer == SALE_LINE:
            return [
                self.env._(
                    "%(hours)s h on %(item)s",
                    hours=hours,
                    item=part.item.order_id.name,
                )
            ]
        if part.payer == OVERAGE:
            return [self.env._("%(hours)s h overage, waiting for approval", hours=hours)]
        return [self.env._("%(hours)s h that nobody pays", hours=hours)]

    @api.model
    def _get_slice_text(self, claim, index):
        purchase, credits = claim.draw.slices[index]
        following = [part.purchase for part in claim.draw.slices[index + 1 :]]
        if claim.draw.next_purchase:
            following.append(claim.draw.next_purchase)
        return self.env._(
            "%(credits)s credits from %(purchase)s (expires %(expiry)s, %(rule)s)",
            credits=self._format(credits),
            purchase=purchase.name,
            expiry=format_date(self.env, purchase.date_expiry),
            rule=self._get_rule_text(purchase, following[:1]),
        )

    @api.model
    def _get_rule_text(self, purchase, others):
        """Tell why `purchase` came before the next one that could have paid."""
        if not others:
            return self.env._("the only one usable")
        other = others[0]
        if purchase.date_expiry != other.date_expiry:
            return self.env._("sooner than %(other)s", other=other.name)
        if purchase.date_start != other.date_start:
            return self.env._("started before %(other)s", other=other.name)
        return self.env._("entered before %(other)s", other=other.name)

    @api.model
    def _get_rest_text(self, claim):
        if not claim.uses_credits or not claim.draw or not claim.draw.missing:
            return False
        return self.env._(
            "no other credits in %(currency)s usable on %(date)s",
            currency=claim.draw.request.currency.name,
            date=format_date(self.env, claim.date),
        )

    @api.model
    def _get_refusal(self, claim):
        """Tell what was asked, what would fit, and the ways out (design 3.8)."""
        return self.env._(
            "%(hours)s h on ticket %(ticket)s on %(date)s are not covered: %(covered)s "
            "h would be (%(payers)s), so log %(covered)s h, have more hours or credits "
            "sold or authorized, choose another sales order item, or untick Billable.",
            hours=self._format(claim.hours),
            ticket=claim.ticket.display_name,
            date=fields.Date.to_string(claim.date),
            covered=self._format(claim.covered),
            payers=self._get_payers(claim),
        )

    @api.model
    def _get_payers(self, claim):
        texts = [
            text for part in claim.parts for text in self._get_part_texts(claim, part)
        ]
        rest = self._get_rest_text(claim)
        if rest:
            texts.append(rest)
        if claim.item:
            texts.append(
                self.env._(
                    "no more authorized hours on %(item)s",
                    item=claim.item.sudo().order_id.name,
                )
            )
        return "; ".join(texts)

    @api.model
    def _format(self, number):
        return f"{number:.2f}"
