# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models

from .service_funding_claim import CREDITS, SALE_LINE, Claim


class ServiceFunding(models.AbstractModel):
    """Previews: plans of entries that do not exist, and are never applied."""

    _inherit = "service.funding"

    @api.model
    def _preview(self, vals, ticket=None, policy=None):
        """Tell who would pay for an entry, by the code that posts, and write nothing.

        :param dict vals: values as for `account.analytic.line.create`
        :param ticket: the ticket, where it does not exist yet (a new record)
        :param policy: what would happen to uncovered hours, instead of the team's
            policy
        :return: dict with `slices`, a list of dicts of `payer` (a coverage), `label`,
            `hours`, `credits` and `left` (what the payer has left afterwards), the
            `note` the entry would carry, and `refusal`, a sentence or False
        :rtype: dict
        """
        values = dict(vals)
        if ticket is None:
            ticket = self.env["helpdesk.ticket"].browse(values.get("ticket_id"))
            ticket.check_access("read")
        claim = self._get_claim_of_values(values, ticket)
        self._plan([claim], policy=policy)
        text = self.env["service.funding.text"]
        return {
            "slices": self._describe(claim),
            "note": text._get_note(claim),
            "refusal": claim.refusal,
        }

    @api.model
    def _preview_payers(self, line):
        """Name who would pay for an entry that is being typed."""
        item = (
            line.so_line if line.is_so_line_edited else line.sudo()._get_ticket_item()
        )
        ticket = line.ticket_id._origin or line.ticket_id
        claim = Claim(
            ticket=ticket,
            date=line.date or fields.Date.context_today(self),
            worked=line.unit_amount,
            hours=line.hours_billed,
            rate=self._get_rate(line),
            item=item._origin,
            is_billable=line.is_billable,
            uses_credits=self._uses_credits(line.ticket_id)
            and not line.is_so_line_edited,
        )
        self._plan([claim])
        return self.env["service.funding.text"]._get_planned_payers(claim)

    @api.model
    def _get_claim_of_values(self, vals, ticket):
        service_type = self.env["service.type"].browse(
            vals.get("service_type_id") or ticket.team_id.default_service_type_id.id
        )
        hours = vals.get("unit_amount") or 0.0
        is_billable = vals.get("is_billable", True)
        employee = self.env["hr.employee"].browse(
            vals.get("employee_id") or self.env.user.employee_id.id
        )
        team_sudo = ticket.sudo().team_id
        return Claim(
            ticket=ticket,
            date=fields.Date.to_date(vals.get("date"))
            or fields.Date.context_today(self),
            worked=hours,
            hours=team_sudo._get_billed_hours(hours) if is_billable else hours,
            rate=service_type.credits_per_hour if service_type else 1.0,
            item=ticket._get_entry_sale_line(employee),
            is_billable=is_billable,
            uses_credits=self._uses_credits(ticket),
        )

    @api.model
    def _describe(self, claim):
        text = self.env["service.funding.text"]
        slices = []
        for part in claim.parts:
            if part.payer == CREDITS:
                slices += [
                    {
                        "payer": CREDITS,
                        "label": text._get_slice_text(
                            claim.draw.slices, index, claim.draw.next_purchase
                        ),
                        "hours": credits / claim.rate,
                        "credits": credits,
                        "left": text._get_credits_left(claim, index),
                    }
                    for index, (_purchase, credits) in enumerate(claim.draw.slices)
                ]
                continue
            [label] = text._get_part_texts(claim, part)
            left = text._get_item_left(part) if part.payer == SALE_LINE else ""
            slices.append(
                {
                    "payer": part.payer,
                    "label": label,
                    "hours": part.hours,
                    "credits": 0.0,
                    "left": left,
                }
            )
        return slices
