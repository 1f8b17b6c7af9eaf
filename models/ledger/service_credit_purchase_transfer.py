# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.tools import clean_context, float_compare, format_date

from ...tools import lock_and_touch
from .choices import WAITING
from .drawing import SCOPES, TRANSFER
from .money import MoneyCounter
from .service_credit_purchase_lock import MOST_CREDITS

# What the receiving customer's purchase has in common with the giver's.
SAME_LINKS = ("company_id", "currency_id", "product_id")
SAME_VALUES = (
    "date_start",
    "date_expiry",
    "value_per_credit",
    "description",
    "priority",
)


class ServiceCreditPurchase(models.Model):
    """Giving unused credits to another customer of the group, with their price and
    terms.

    One row takes them from the giver, another brings them to a purchase of the
    receiver: both belong to one allocation, which adds up to nothing.
    """

    _inherit = "service.credit.purchase"

    @api.depends("commercial_partner_id")
    def _compute_is_in_group(self):
        for purchase in self:
            owner_sudo = purchase.sudo().commercial_partner_id
            top_sudo = owner_sudo and owner_sudo._get_group_top()
            companies_sudo = owner_sudo.search_count(
                [("id", "child_of", top_sudo.ids), ("is_company", "=", True)], limit=2
            )
            purchase.is_in_group = companies_sudo > 1

    def action_transfer(self):
        """Open the window that gives credits to another customer of the group."""
        self.ensure_one()
        self.check_access("write")
        if obstacle := self._get_transfer_obstacle():
            raise UserError(obstacle)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_credit_transfer_action"
        )
        action["context"] = {"default_purchase_id": self.id}
        return action

    def action_view_origin(self):
        """Open the purchase that the credits were sold with."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.origin_id.id,
            "view_mode": "form",
        }

    def _transfer(self, partner, credits, reason):
        """Give unused credits to another customer of the group.

        What its giver gets back returns to the purchase it came from, as if it had
        never been transferred.

        :param partner: the receiving customer
        :return: the purchase of the receiver (superuser)
        :raise AccessError: without the right to edit purchases
        :raise UserError: when it is not possible, with the reason
        """
        self.ensure_one()
        self.check_access("write")
        partner.check_access("read")
        # What a form proposes for its own records is not meant for the receiver's.
        lot = self.with_context(clean_context(self.env.context))
        # sudo: of this customer and another, whatever else the user may see
        lot_sudo = lot.sudo()
        customer_sudo = partner.sudo().commercial_partner_id
        given_sudo = lot_sudo._get_given_row(customer_sudo)
        # Of this and a draw at the same moment, one is replayed.
        lock_and_touch(lot_sudo | given_sudo.purchase_id)
        if obstacle := lot_sudo._get_transfer_refusal(customer_sudo, credits, reason):
            raise UserError(obstacle)
        money = MoneyCounter(lot_sudo).move(credits)
        if given_sudo:
            target_sudo = lot_sudo._return_credits(given_sudo, credits, money, reason)
        else:
            target_sudo = lot_sudo._give_credits(customer_sudo, credits, money, reason)
        lot_sudo._note_transfer(target_sudo, credits, reason)
        return target_sudo

    # ------------------------------------------------------------------
    # What is refused
    # ------------------------------------------------------------------

    def _get_transfer_obstacle(self):
        """Tell in one sentence why nothing can be transferred; False if it can."""
        self.ensure_one()
        values = {"purchase": self._get_label()}
        if self.is_draft:
            return self.env._(
                "%(purchase)s can't be transferred, because it is a draft: untick "
                "Draft first.",
                **values,
            )
        # sudo: those who transfer credits need not see allotments
        if self.sudo().plan_id:
            return self.env._(
                "%(purchase)s can't be transferred, because it is a period of an "
                "allotment, whose credits lapse or roll over.",
                **values,
            )
        if self.state == WAITING:
            return self.waiting_note
        if self._get_usable_credits() <= 0:
            return self.env._(
                "%(purchase)s has no credits left that could be transferred.", **values
            )
        if not self._is_in_term_today():
            return self.env._(
                "%(purchase)s can't be transferred, because it expired on %(expiry)s: "
                "extend it first.",
                expiry=format_date(self.env, self.date_expiry),
                **values,
            )
        return False

    def _is_in_term_today(self):
        return not self._is_past_grace(self.company_id._get_today())

    def _get_transfer_refusal(self, customer, credits, reason):
        """Tell in one sentence what is wrong with a transfer; False if nothing is."""
        if obstacle := self._get_transfer_obstacle():
            return obstacle
        if not (reason or "").strip():
            return self.env._(
                "Enter why credits of %(purchase)s are transferred.",
                purchase=self._get_label(),
            )
        return self._get_receiver_obstacle(customer) or self._get_amount_obstacle(
            credits
        )

    def _get_amount_obstacle(self, credits):
        left = self._get_usable_credits()
        digits = self._get_credit_digits()
        asked = self._to_number(credits)
        # What nothing can count with is refused before it is compared.
        is_possible = 0 < asked <= MOST_CREDITS and self._is_countable(asked)
        if is_possible and float_compare(asked, left, digits) <= 0:
            return False
        return self.env._(
            "%(asked)s credits of %(purchase)s can't be transferred: enter a number "
            "above 0, up to the %(left)s that are left.",
            asked=credits,
            purchase=self._get_label(),
            left=self._format_credits(left),
        )

    def _get_receiver_obstacle(self, customer):
        owner = self.commercial_partner_id
        values = {
            "purchase": self._get_label(),
            "customer": customer.display_name,
            "owner": owner.display_name,
        }
        if customer == owner:
            return self.env._(
                "The credits of %(purchase)s belong to %(customer)s already: choose "
                "another customer of its group.",
                **values,
            )
        if customer._get_group_top() != owner._get_group_top():
            return self.env._(
                "Credits of %(purchase)s can't be transferred to %(customer)s, which "
                "isn't in the group of %(owner)s: choose a company of that group.",
                **values,
            )
        if (
            customer.company_id
            and customer.company_id not in self.company_id.parent_ids
        ):
            return self.env._(
                "Credits of %(purchase)s can't be transferred to %(customer)s, which "
                "is a customer of %(company)s only.",
                company=customer.company_id.name,
                **values,
            )
        return False

    # ------------------------------------------------------------------
    # Posting
    # ------------------------------------------------------------------

    def _get_received_row(self):
        """Return the row that brought the credits; none for credits that were sold."""
        if not self.origin_id:
            return self.env["service.credit.consumption"]
        return self.env["service.credit.consumption"].search(
            [
                ("purchase_id", "=", self.id),
                ("consumption_type", "=", TRANSFER),
                ("credits", "<", 0),
                ("reversed_id", "=", False),
            ]
        )

    def _get_given_row(self, customer):
        """Return the row with which a customer gave these very credits, if it can get
        them back on the same terms."""
        rows = self._get_received_row().allocation_id.consumption_ids
        given = rows.filtered(lambda row: row.credits > 0 and row.purchase_id != self)
        giver = given.purchase_id
        is_same = giver.commercial_partner_id == customer and all(
            giver[name] == self[name] for name in ("date_start", "date_expiry")
        )
        return given if is_same and giver.credits_expired <= 0 else given.browse()

    def _give_credits(self, customer, credits, money, reason):
        """Bring credits to a new purchase of the customer."""
        target = self._create_received(customer, credits, money)
        allocation = self._prepare_transfer(customer, reason)
        date = self.company_id._get_today()
        self._post_transfer(target, credits, money, allocation, date)
        return target

    def _return_credits(self, given, credits, money, reason):
        """Undo a transfer, or a part of it, on the day of the transfer: what its giver
        draws then leaves no earlier balance below zero."""
        target = given.purchase_id
        allocation = self._prepare_transfer(target.commercial_partner_id, reason)
        self._post_transfer(
            target, credits, money, allocation, given.date, reversed=given
        )
        return target

    def _prepare_transfer(self, customer, reason):
        """Return the allocation of a transfer: each says where the credits went, and
        why, also when they go back."""
        return {
            "name": self.env._(
                "Transfer of %(purchase)s to %(customer)s",
                purchase=self.name,
                customer=customer.name,
            ),
            "reason": reason.strip(),
            "allocation_type": TRANSFER,
            "commercial_partner_id": self.commercial_partner_id.id,
            "company_id": self.company_id.id,
            "currency_id": self.currency_id.id,
            "purchase_id": self.id,
        }

    def _create_received(self, customer, credits, money):
        """Return a new purchase of the customer, still without its credits."""
        target = self.create(
            {
                **{name: self[name] for name in SAME_VALUES},
                **{name: self[name].id for name in SAME_LINKS},
                **{
                    name: [Command.set(self._with_archived()[name].ids)]
                    for name in SCOPES
                },
                "partner_id": customer.id,
                "credits": credits,
                "is_draft": False,
                "sharing": "customer",
                "origin_id": (self.origin_id or self).id,
                "date_received": self.company_id._get_today(),
            }
        )
        value, paid = money
        target._write_past_the_lock({"paid_per_credit": self.paid_per_credit})
        target._write_past_the_lock({"value_total": value, "paid_total": paid})
        return target

    def _post_transfer(self, target, credits, money, allocation, date, **undo):
        value, paid = money
        common = {
            "allocation": allocation,
            "consumption_type": TRANSFER,
            "date": date,
        }
        amounts = {"credits": credits, "value": value, "paid": paid}
        opposite = {name: -amount for name, amount in amounts.items()}
        self.env["service.credit.consumption"]._post(
            [
                {**common, **amounts, "purchase": self},
                {**common, **opposite, "purchase": target, **undo},
            ]
        )

    def _note_transfer(self, target, credits, reason):
        """Say on both purchases what happened, and why."""
        values = {
            "credits": self._format_credits(credits),
            "reason": reason.strip(),
        }
        self.message_post(
            body=self.env._(
                "%(credits)s credits were transferred to %(customer)s (%(purchase)s): "
                "%(reason)s",
                customer=target.commercial_partner_id.display_name,
                purchase=target.name,
                **values,
            )
        )
        target.message_post(
            body=self.env._(
                "%(credits)s credits were transferred from %(customer)s "
                "(%(purchase)s): %(reason)s",
                customer=self.commercial_partner_id.display_name,
                purchase=self.name,
                **values,
            )
        )
