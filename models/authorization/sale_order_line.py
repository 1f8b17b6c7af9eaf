# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools import format_number, refuse_typed, untyped_defaults

# A change of one of these may change the hours that are ordered.
ORDERED_FIELDS = frozenset(("product_uom_qty", "product_uom_id"))


class SaleOrderLine(models.Model):
    """The cap of a sales order item: the most hours its customer agreed to pay."""

    _inherit = "sale.order.line"
    _guarded_fields = frozenset(
        ("authorized_hours", "authorized_hours_used", "hours_before_limit")
    )

    limit_hours = fields.Boolean(
        compute="_compute_limit_hours",
        store=True,
        readonly=False,
        precompute=True,
        help="Billable time on this item can never exceed the hours that the customer "
        "authorized.",
    )
    authorization_ids = fields.One2many(
        comodel_name="service.authorization",
        inverse_name="sale_line_id",
        string="Authorizations",
    )
    authorized_hours = fields.Float(
        compute="_compute_authorized_hours",
        store=True,
        help="Hours of all approved authorizations of this item.",
    )
    authorized_hours_used = fields.Float(
        compute="_compute_authorized_hours_used",
        store=True,
        help="Billed hours of the time entries on this item, while its hours are "
        "limited.",
    )
    authorized_hours_left = fields.Float(
        compute="_compute_authorized_hours_left",
        help="Hours that can still be logged on this item. Below zero when more was "
        "on it than is authorized.",
    )

    hours_before_limit = fields.Float(
        copy=False,
        readonly=True,
        help="Hours that were on this item when its limit was set, if more than were "
        "authorized. They are kept.",
    )

    @api.depends("product_id")
    def _compute_limit_hours(self):
        for line in self:
            line.limit_hours = line.product_id.limit_hours

    @api.depends("authorization_ids.state", "authorization_ids.hours")
    def _compute_authorized_hours(self):
        sums = dict(
            self.env["service.authorization"]._read_group(
                [("sale_line_id", "in", self._origin.ids), ("state", "=", "approved")],
                ["sale_line_id"],
                ["hours:sum"],
            )
        )
        for line in self:
            line.authorized_hours = sums.get(line._origin, 0.0)

    @api.depends(
        "limit_hours",
        "analytic_line_ids.so_line",
        "analytic_line_ids.hours_billed",
        "analytic_line_ids.project_id",
    )
    def _compute_authorized_hours_used(self):
        """Sum the billed hours of the items whose hours are limited."""
        capped = self.filtered("limit_hours")
        sums = capped._origin._sum_authorized_hours_used()
        for line in self:
            line.authorized_hours_used = sums.get(line._origin.id, 0.0)

    @api.depends("limit_hours", "authorized_hours", "authorized_hours_used")
    def _compute_authorized_hours_left(self):
        for line in self:
            line.authorized_hours_left = (
                line.authorized_hours - line.authorized_hours_used
                if line.limit_hours
                else 0.0
            )

    @api.model
    def default_get(self, fields):
        return untyped_defaults(self, fields, super().default_get)

    @api.model_create_multi
    def create(self, vals_list):
        """An item added to a confirmed order comes with the hours it orders."""
        refuse_typed(self, vals_list)
        lines = super().create(vals_list)
        lines.filtered(lambda line: line.state == "sale")._authorize_ordered_hours()
        return lines

    def write(self, vals):
        """Let the cap follow the hours ordered; count the hours at the moment it goes
        on, before any new time."""
        refuse_typed(self, [vals])
        before = {}
        if not ORDERED_FIELDS.isdisjoint(vals):
            before = self._get_capped_order()
        result = super().write(vals)
        if "limit_hours" in vals:
            self._check_authorized_hours()
            self._note_hours_before_limit()
        self._follow_capped_order(before)
        return result

    def _note_hours_before_limit(self):
        """Remember the hours that were on items when their limit was set."""
        for line in self.filtered("limit_hours"):
            if line.authorized_hours_used > line.authorized_hours:
                super(SaleOrderLine, line).write(
                    {"hours_before_limit": line.authorized_hours_used}
                )

    def _write_multi(self, vals_list):
        """Refuse hours that go over what is authorized, whichever way they came.

        Every way leads here: entries that are typed, imported or moved, and those that
        core moves with their task or project in a computed field. The sum is written
        on the item, so of two transactions that add to it the second one fails to
        serialize and is replayed with fresh figures.
        """
        counted = {
            line.id: vals["authorized_hours_used"]
            for line, vals in zip(self, vals_list, strict=True)
            if "authorized_hours_used" in vals
        }
        before = self._read_used_hours(tuple(counted))
        super()._write_multi(vals_list)
        for line in self.browse(before).filtered("limit_hours"):
            line._refuse_over(before[line.id], counted[line.id])

    def _check_authorized_hours(self):
        """Refuse more hours than are authorized now rather than at the next flush.

        :raise ValidationError: naming the item, the hours asked and the hours left
        """
        # sudo: whether the hours fit does not depend on who may read the item
        self.sudo().flush_recordset(
            ["limit_hours", "authorized_hours", "authorized_hours_used"]
        )

    def _read_used_hours(self, ids):
        """Return the hours used as stored, of items whose cap was on then.

        Hours from before the cap was on stay; only new ones are refused.
        """
        if not ids:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id, COALESCE(authorized_hours_used, 0) FROM sale_order_line
                WHERE id IN %s AND limit_hours
                """,
                ids,
            )
        )
        return dict(rows)

    def _refuse_over(self, before, after):
        """Refuse hours that go over, or further over, what is authorized.

        Items that are over already stay as they are and can shrink.

        :param float before: hours used before the change
        :param float after: hours used with it
        :raise ValidationError: naming the item, the hours asked and the hours left
        """
        self.ensure_one()
        hour = self.env.ref("uom.product_uom_hour")
        # sudo: whether the hours fit does not depend on who may read the item
        line_sudo = self.sudo()
        authorized = line_sudo.authorized_hours
        if hour.compare(after, before) <= 0 or hour.compare(after, authorized) <= 0:
            return
        raise ValidationError(
            self.env._(
                "%(asked)s more hours do not fit on %(item)s: %(left)s of "
                "%(authorized)s authorized hours are left. Log what fits, request more "
                "hours from %(customer)s, or untick Billable.",
                asked=format_number(self.env, round(after - before, 2)),
                item=line_sudo.display_name,
                left=format_number(self.env, round(max(authorized - before, 0.0), 2)),
                authorized=format_number(self.env, round(authorized, 2)),
                customer=line_sudo.order_partner_id.display_name,
            )
        )

    def _sum_authorized_hours_used(self):
        """Return the billed hours of the time entries on the items, by item id."""
        if not self:
            return {}
        hour = self.env.ref("uom.product_uom_hour")
        result = {}
        # sudo: the sum counts entries that the user may not read
        rows = (
            self.env["account.analytic.line"]
            .sudo()
            ._read_group(
                Domain("so_line", "in", self.ids) & Domain("project_id", "!=", False),
                ["so_line", "product_uom_id"],
                ["hours_billed:sum"],
            )
        )
        for line, uom, hours in rows:
            if uom:
                hours = uom._compute_quantity(hours, hour, round=False)
            result[line.id] = result.get(line.id, 0.0) + hours
        return result

    def _get_authorized_hours_left(self):
        """Return how many hours can still be logged on the item.

        :return: hours, never below 0; None when the item has no cap
        :rtype: float | None
        """
        self.ensure_one()
        # sudo: people who may log time on the item must know what fits
        line_sudo = self.sudo()
        if not line_sudo.limit_hours:
            return None
        return max(line_sudo.authorized_hours_left, 0.0)
