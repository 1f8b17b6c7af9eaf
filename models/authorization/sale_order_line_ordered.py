# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.exceptions import ValidationError

from ...tools import format_number


class SaleOrderLine(models.Model):
    """How the cap of an item follows what its order says."""

    _inherit = "sale.order.line"

    def _authorize_ordered_hours(self, is_signed=False):
        """Approve the hours ordered.

        An order that is confirmed again adds only what it ordered more, and takes back
        what it ordered less.

        :param is_signed: the customer signed the quotation as it stands
        :raise ValidationError: when fewer hours are ordered than are used
        """
        # sudo: customers confirm their own quotations in the portal
        for line_sudo in self.sudo().filtered("limit_hours"):
            ordered = line_sudo._get_ordered_hours()
            given = line_sudo._get_hours_of_order()
            line_sudo._authorize_change(ordered - given, is_signed)

    def _get_capped_order(self):
        """Return the hours ordered of items that are capped and confirmed, by id."""
        return {
            # sudo: the hours ordered do not depend on who changes the order
            line.id: line.sudo()._get_ordered_hours()
            for line in self
            if line.limit_hours and line.state == "sale"
        }

    def _follow_capped_order(self, before):
        """Authorize what is ordered more now, and take back what is ordered less.

        Hours that were approved on top are not the order's to take back.

        :param before: what :meth:`_get_capped_order` returned before the change
        :raise ValidationError: when fewer hours would be left than are used
        """
        # sudo: nobody writes authorizations, see the access rights
        for line_sudo in self.sudo().browse(before):
            change = line_sudo._get_ordered_hours() - before[line_sudo.id]
            if change < 0:
                change = max(change, -line_sudo._get_hours_of_order())
            line_sudo._authorize_change(change)

    def _get_hours_of_order(self):
        """Return the hours that the order authorized (superuser)."""
        self.ensure_one()
        given = self.authorization_ids.filtered(
            lambda record: record.source == "order" and record.state == "approved"
        )
        return sum(given.mapped("hours"))

    def _authorize_change(self, hours, is_signed=False):
        """Approve hours as they were ordered, or take them back (superuser)."""
        self.ensure_one()
        hour = self.env.ref("uom.product_uom_hour")
        if hour.is_zero(hours):
            return
        if hours < 0:
            self._check_ordered_enough(hours)
        order, user = self.order_id, self.env.user
        values = {
            "order": order.name,
            "hours": format_number(self.env, self._get_ordered_hours()),
        }
        authorization = self.authorization_ids.create(
            {
                "sale_line_id": self.id,
                "hours": hours,
                "source": "order",
                "reason": self.env._("Ordered with %(order)s", **values)
                if is_signed
                else self.env._("%(order)s now orders %(hours)s h", **values),
                "requested_by_id": (
                    user if user._is_internal() and not is_signed else order.user_id
                ).id,
            }
        )
        signed = {"signed_by": order.signed_by, "signature": order.signature}
        authorization._approve(**signed if is_signed else {})

    def _check_ordered_enough(self, change):
        """Refuse to order fewer hours than are used (superuser)."""
        hour = self.env.ref("uom.product_uom_hour")
        authorized, used = self.authorized_hours, self.authorized_hours_used
        if hour.compare(authorized + change, used) >= 0:
            return
        ordered = self._get_ordered_hours()
        raise ValidationError(
            self.env._(
                "%(item)s can't be reduced to %(ordered)s hours, because %(used)s of "
                "%(authorized)s authorized hours are used: order at least %(least)s.",
                item=self.display_name,
                ordered=format_number(self.env, ordered),
                used=format_number(self.env, round(used, 2)),
                authorized=format_number(self.env, round(authorized, 2)),
                least=format_number(
                    self.env, round(ordered + used - authorized - change, 2)
                ),
            )
        )

    def _get_ordered_hours(self):
        """Return the ordered quantity in hours; other units count as hours."""
        self.ensure_one()
        hour, unit = self.env.ref("uom.product_uom_hour"), self.product_uom_id
        ordered = max(self.product_uom_qty, 0.0)
        if not unit or not unit._has_common_reference(hour):
            return ordered
        return unit._compute_quantity(ordered, hour, round=False)
