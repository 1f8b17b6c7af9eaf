# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.tools import format_date

from ...tools import format_number
from .service_funding_claim import CREDITS, OVERAGE, SALE_LINE, Part


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
                self._get_slice_text(claim.draw.slices, index, claim.draw.next_purchase)
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
            return [
                self.env._("%(hours)s h overage, waiting for approval", hours=hours)
            ]
        return [self.env._("%(hours)s h that nobody pays", hours=hours)]

    @api.model
    def _get_slice_text(self, slices, index, next_purchase):
        purchase, credits = slices[index]
        following = [later for later, _credits in slices[index + 1 :]]
        if next_purchase:
            following.append(next_purchase)
        return self.env._(
            "%(credits)s credits from %(purchase)s (expires %(expiry)s, %(rule)s)",
            credits=self._format(credits),
            purchase=purchase.name,
            expiry=format_date(self.env, purchase.date_expiry),
            rule=self._get_rule_text(purchase, following[:1]),
        )

    @api.model
    def _get_notes_now(self, entries):
        """Tell of entries what pays for all their hours now, after a correction.

        :return: note by entry
        """
        by_credits = entries.filtered(lambda entry: entry.coverage == CREDITS)
        purchases = self._get_paying_purchases(by_credits) if by_credits else {}
        notes = {}
        for entry in entries:
            if entry.coverage == SALE_LINE:
                part = Part(SALE_LINE, entry.hours_billed, entry.so_line)
                texts = self._get_part_texts(None, part)
            else:
                slices = purchases.get(entry.id, [])
                texts = self._get_slice_texts_now(slices)
            notes[entry] = self.env._(
                "%(hours)s h → %(parts)s",
                hours=self._format(entry.hours_billed),
                parts="; ".join(texts),
            )
        return notes

    @api.model
    def _get_slice_texts_now(self, slices):
        slices = sorted(
            slices,
            key=lambda part: (part[0].date_expiry, part[0].date_start, part[0].id),
        )
        texts = [
            self._get_slice_text(slices, index, None)
            for index in range(len(slices) - 1)
        ]
        # What else could have paid for the last of them is not asked again.
        for purchase, credits in slices[-1:]:
            texts.append(
                self.env._(
                    "%(credits)s credits from %(purchase)s (expires %(expiry)s)",
                    credits=self._format(credits),
                    purchase=purchase.name,
                    expiry=format_date(self.env, purchase.date_expiry),
                )
            )
        return texts

    @api.model
    def _get_credits_left(self, claim, index):
        """Tell what a purchase would have left after the slices of a plan."""
        purchase, credits = claim.draw.slices[index]
        return self.env._(
            "%(left)s credits left",
            left=self._format(purchase.credits_available - credits),
        )

    @api.model
    def _get_item_left(self, part):
        """Tell what a sales order item would have left after a part."""
        left = part.item._get_authorized_hours_left()
        if left is not None:
            return self.env._(
                "%(left)s authorized hours left", left=self._format(left - part.hours)
            )
        if part.item.remaining_hours_available:
            return self.env._(
                "%(left)s h left",
                left=self._format(part.item.remaining_hours - part.hours),
            )
        return ""

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
    def _get_paying_purchases(self, entries):
        """Return what each entry draws from which purchase, in one query.

        :return: list of `(purchase, credits)` by entry
        """
        drawn = {}
        for entry, purchase, credits in (
            # sudo: agents see the names of what paid, not the purchases
            self.env["service.credit.consumption"]
            .sudo()
            ._read_group(
                [("timesheet_id", "in", entries.ids)],
                ["timesheet_id", "purchase_id"],
                ["credits:sum"],
            )
        ):
            if round(credits, 6):
                drawn.setdefault(entry.id, []).append((purchase, credits))
        return drawn

    @api.model
    def _get_payers(self, entry, purchases):
        """Name what pays for a saved entry in a few words."""
        if entry.coverage == CREDITS:
            return self._join_purchases(purchases.get(entry._origin.id, []))
        if entry.coverage == SALE_LINE:
            return entry.so_line.order_id.name
        return self._get_label(entry.coverage)

    @api.model
    def _get_planned_payers(self, claim):
        """Name what would pay for an entry in a few words."""
        if claim.refusal:
            return self.env._(
                "Not covered: %(hours)s h would fit", hours=self._format(claim.covered)
            )
        names = []
        for part in claim.parts:
            if part.payer == CREDITS:
                names.append(self._join_purchases(claim.draw.slices))
            elif part.payer == SALE_LINE:
                names.append(part.item.order_id.name)
            else:
                names.append(self._get_label(part.payer))
        return ", ".join(names)

    @api.model
    def _join_purchases(self, slices):
        return ", ".join(
            f"{purchase.name} ({self._format(credits)})" for purchase, credits in slices
        )

    @api.model
    def _get_label(self, coverage):
        field = self.env["account.analytic.line"]._fields["coverage"]
        return dict(field._description_selection(self.env)).get(coverage, "")

    @api.model
    def _get_refusal(self, claim):
        """Tell what was asked, what would fit, and the ways out (design 3.8)."""
        values = {
            "hours": self._format(claim.hours),
            "ticket": claim.ticket.display_name,
            "date": format_date(self.env, claim.date),
            "covered": self._format(claim.covered),
            "state": self._get_state_text(claim),
            "customer": claim.ticket.commercial_partner_id.display_name,
        }
        if claim.covered:
            return self.env._(
                "%(hours)s h on ticket %(ticket)s on %(date)s are too many, "
                "%(covered)s h are covered (%(state)s): log %(covered)s h, ask "
                "%(customer)s for more hours or credits, choose another sales order "
                "item, or untick Billable.",
                **values,
            )
        return self.env._(
            "%(hours)s h on ticket %(ticket)s on %(date)s are not covered (%(state)s): "
            "ask %(customer)s for more hours or credits, choose another sales order "
            "item, or untick Billable.",
            **values,
        )

    @api.model
    def _get_state_text(self, claim):
        """Tell what credits and item have for a claim, before it."""
        texts = []
        if claim.uses_credits and claim.draw:
            texts.append(
                self.env._(
                    "%(credits)s credits in %(currency)s usable on %(date)s",
                    credits=self._format(claim.draw.available),
                    currency=claim.draw.request.currency.name,
                    date=format_date(self.env, claim.date),
                )
            )
        if claim.item:
            item_sudo = claim.item.sudo()
            texts.append(
                self.env._(
                    "%(left)s of %(authorized)s authorized hours left on %(item)s",
                    left=self._format(claim.item_left or 0.0),
                    authorized=self._format(item_sudo.authorized_hours),
                    item=item_sudo.display_name,
                )
            )
        return "; ".join(texts)

    @api.model
    def _format(self, number):
        return format_number(self.env, number, 2)
