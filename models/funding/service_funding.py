# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.tools import float_is_zero, float_round

from ..ledger.drawing import DrawRequest
from .service_funding_claim import (
    CREDITS,
    NON_BILLABLE,
    SALE_LINE,
    Claim,
    Part,
)

# Hours are split to the second; credits are exact in their own precision.
HOUR_DIGITS = 6


class ServiceFunding(models.AbstractModel):
    """Who pays for time: service credits, then the sales order item, then the policy.

    A claim is planned by code that writes nothing, and the plan is then applied; a
    preview is a plan that is not applied.
    """

    _name = "service.funding"
    _description = "Funding of Time Entries"

    # ------------------------------------------------------------------
    # Planning: reads, and writes nothing
    # ------------------------------------------------------------------

    @api.model
    def _plan(self, claims, policy=None):
        """Fill the parts of each claim; earlier claims are served first.

        :param list claims: :class:`Claim` records
        :param policy: what happens to uncovered hours, instead of the team's policy
        :return: the claims, each with `parts` that add up to its `hours`, or with a
            `refusal` where the team's policy refuses what nobody covers
        """
        self._plan_credits([claim for claim in claims if claim.uses_credits])
        left_by_item, buyers = {}, {}
        for claim in claims:
            if not claim.is_billable:
                claim.parts = [Part(NON_BILLABLE, claim.hours)]
                claim.missing = 0.0
                continue
            self._plan_item(claim, left_by_item)
            self._plan_policy(claim, policy, buyers)
        return claims

    @api.model
    def _plan_credits(self, claims):
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        owners = {
            ticket: (ticket.partner_id, ticket._get_credit_currency())
            for ticket in {claim.ticket for claim in claims}
        }
        requests = []
        for claim in claims:
            wanted = float_round(claim.hours * claim.rate, precision_digits=digits)
            if not claim.is_billable or wanted <= 0:
                continue
            partner, currency = owners[claim.ticket]
            if claim.kept:
                # What credits pay already stays with the customer they belong to.
                row = claim.entry.consumption_ids[:1]
                partner, currency = row.commercial_partner_id, row.currency_id
            claim.draw = DrawRequest(
                work=claim.ticket,
                partner=partner,
                company=claim.ticket.company_id,
                currency=currency,
                date=claim.date,
                credits=wanted,
                timesheet=claim.entry,
            )
            requests.append(claim)
        plans = self.env["service.credit.allocation"]._plan(
            [claim.draw for claim in requests]
        )
        for claim, plan in zip(requests, plans, strict=True):
            claim.draw = plan
            if not plan.slices:
                continue
            whole = float_is_zero(plan.missing, precision_digits=digits)
            hours = claim.hours if whole else plan.credits / claim.rate
            claim.parts = [Part(CREDITS, self._round(hours))]

    @api.model
    def _plan_item(self, claim, left_by_item):
        """Let the sales order item take the rest, within its authorized hours."""
        rest = self._round(claim.hours - claim.covered)
        claim.missing = rest
        item_sudo = claim.item and claim.item.sudo()
        if not item_sudo or rest <= 0:
            return
        if item_sudo not in left_by_item:
            left_by_item[item_sudo] = item_sudo._get_authorized_hours_left()
        left = claim.item_left = left_by_item[item_sudo]
        hours = rest if left is None else self._round(min(rest, max(left, 0.0)))
        if hours <= 0:
            return
        claim.parts.append(Part(SALE_LINE, hours, item_sudo))
        claim.missing = self._round(rest - hours)
        if left is not None:
            left_by_item[item_sudo] = left - hours

    @api.model
    def _plan_policy(self, claim, policy, buyers):
        """Decide about the hours that neither credits nor the item cover.

        :param dict buyers: what :meth:`_is_credit_customer` found out so far
        """
        if claim.missing <= 0:
            return
        policy = policy or self._get_policy(claim, buyers)
        if policy == "refuse":
            claim.refusal = self.env["service.funding.text"]._get_refusal(claim)
        else:
            claim.parts.append(Part(policy, claim.missing))

    @api.model
    def _get_policy(self, claim, buyers):
        if not claim.item and not self._is_credit_customer(claim, buyers):
            # Nobody ever agreed to pay: time that is not billed, as in stock Odoo.
            return NON_BILLABLE
        return claim.ticket.sudo().team_id.over_limit_policy or "refuse"

    @api.model
    def _is_credit_customer(self, claim, buyers):
        """Tell whether credits are how this customer pays: they were ever bought."""
        if not claim.uses_credits or not claim.ticket.partner_id:
            return False
        customer = claim.ticket.partner_id.commercial_partner_id
        company = claim.ticket.company_id
        if (customer, company) not in buyers:
            # sudo: agents need not see purchases
            purchases = self.env["service.credit.purchase"].sudo()
            buyers[customer, company] = purchases.with_context(
                active_test=False
            ).search_count(
                [
                    ("commercial_partner_id", "=", customer.id),
                    ("company_id", "=", company.id),
                    ("is_draft", "=", False),
                ],
                limit=1,
            )
        return bool(buyers[customer, company])

    @api.model
    def _round(self, hours):
        return float_round(hours, precision_digits=HOUR_DIGITS)

    # ------------------------------------------------------------------
    # Claims
    # ------------------------------------------------------------------

    @api.model
    def _get_claim(self, entry, item, hours=None, worked=None, **values):
        """Return the claim of an entry, of all its hours unless told otherwise."""
        ticket = entry.ticket_id
        return Claim(
            ticket=ticket,
            date=entry.date,
            worked=entry.unit_amount if worked is None else worked,
            hours=entry.hours_billed if hours is None else hours,
            rate=self._get_rate(entry),
            item=item,
            is_billable=entry.is_billable,
            uses_credits=values.pop("uses_credits", self._uses_credits(ticket)),
            entry=entry,
            **values,
        )

    @api.model
    def _uses_credits(self, ticket):
        """Tell whether credits pay first on a ticket."""
        return bool(ticket.use_service_credits and ticket.partner_id)

    @api.model
    def _get_rate(self, entry):
        """Return the credits one hour costs: of the service type, 1 without one."""
        return entry.service_type_id.credits_per_hour if entry.service_type_id else 1.0

    # ------------------------------------------------------------------
    # Applying
    # ------------------------------------------------------------------

    @api.model
    def _fund(self, entries, choices=None):
        """Decide who pays for entries nobody pays for yet, and note it on them.

        :param entries: entries of tickets
        :param dict choices: item id (or False for nobody) by entry (superuser), where
            a person chose it; it pays instead of credits
        :raise ValidationError: where the team refuses hours that nobody covers
        """
        claims = []
        # sudo: what pays is a consequence of the entry, not something its author types
        for entry in entries.sudo():
            if choices and entry in choices:
                item = entry.so_line.browse(choices[entry] or ())
                claim = self._get_claim(entry, item, uses_credits=False)
            else:
                claim = self._get_claim(entry, entry._get_ticket_item())
            claims.append(claim)
        self._apply(self._plan(claims))

    @api.model
    def _apply(self, claims):
        """Post the credits, split the entries, note the payers."""
        refused = [claim.refusal for claim in claims if claim.refusal]
        if refused:
            raise ValidationError("\n".join(refused))
        values, siblings = {}, []
        for claim in claims:
            note = self.env["service.funding.text"]._get_note(claim)
            values[claim.entry] = self._get_entry_values(claim, note)
            siblings += self._get_sibling_values(claim, note)
        self.env["account.analytic.line"].sudo()._note_funding(values)
        drawn = [claim.draw for claim in claims if claim.draw and claim.draw.slices]
        self.env["service.credit.allocation"].sudo()._post_plans(drawn)
        if siblings:
            self.env["account.analytic.line"].sudo().create(siblings)

    @api.model
    def _get_entry_values(self, claim, note):
        """Return what the entry itself carries: what it had, and the first part."""
        values = {
            "coverage_note": note,
            "credits_per_hour": claim.rate,
        }
        own = claim.own_part
        if not claim.kept:
            values["coverage"] = own.payer
            values["so_line"] = own.item.id if own.item else False
        if claim.other_parts or claim.kept:
            values["hours_billed"] = self._round(
                claim.kept + (own.hours if own else 0.0)
            )
        if claim.other_parts:
            others = sum(
                self._round(claim.get_worked(part)) for part in claim.other_parts
            )
            values["unit_amount"] = self._round(claim.entry.unit_amount - others)
        return values

    @api.model
    def _get_sibling_values(self, claim, note):
        """Return the values of the entries that carry the other parts."""
        return [
            {
                **claim.entry._prepare_split_values(),
                "split_from_id": (claim.entry.split_from_id or claim.entry).id,
                "hours_billed": part.hours,
                "unit_amount": self._round(claim.get_worked(part)),
                "coverage": part.payer,
                "so_line": part.item.id if part.item else False,
                "coverage_note": note,
                "credits_per_hour": claim.rate,
            }
            for part in claim.other_parts
        ]

    @api.model
    def _release(self, entries):
        """Give back all credits that pay for the entries, slice by slice."""
        paid = entries.sudo().filtered(lambda entry: entry.credits)
        if paid:
            self.env["service.credit.consumption"].sudo()._give_back_timesheets(
                dict.fromkeys(paid)
            )
