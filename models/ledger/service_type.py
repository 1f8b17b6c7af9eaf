# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from math import isfinite

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools import format_number, is_multiple, refuse_uncountable

DEFAULT_INCREMENT = 0.5


class ServiceType(models.Model):
    """What kind of service was delivered."""

    _name = "service.type"
    _description = "Service Type"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    increment = fields.Float(
        default=DEFAULT_INCREMENT,
        required=True,
        help="Log Service takes a multiple of this many hours.",
    )
    credits_per_hour = fields.Float(
        default=1.0,
        required=True,
        help="Service credits that one billed hour of this type costs.",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        domain=[("type", "=", "service")],
        ondelete="restrict",
        help="The service of the price list that this type is sold as.",
    )

    _increment_positive = models.Constraint(
        # PostgreSQL sorts NaN and infinity above every number.
        "CHECK(increment > 0 AND increment <= 1000)",
        "The increment of a service type is more than 0 and at most 1,000 hours: half "
        "an hour is 0.5.",
    )
    _credits_per_hour_positive = models.Constraint(
        "CHECK(credits_per_hour > 0 AND credits_per_hour <= 1000)",
        "An hour of a service type costs more than 0 and at most 1,000 credits: untick "
        "Billable on the time entry to bill nothing.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse numbers that nothing can count with."""
        refuse_uncountable(self, vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Refuse numbers that nothing can count with."""
        refuse_uncountable(self, [vals])
        return super().write(vals)

    @api.model
    def _get_increment(self, service_type):
        """Return the increment of `service_type`, or the usual half hour for none."""
        return service_type.increment or DEFAULT_INCREMENT

    def _check_hours(self, hours):
        """Refuse hours to log that are not one or more steps of the type.

        :param float hours: hours to log
        :raise ValidationError: naming the nearest hours that are possible
        """
        increment = self._get_increment(self)
        if hours > 0 and is_multiple(hours, increment):
            return
        steps = int(hours / increment) if isfinite(hours) else 0
        below = max(steps, 0) * increment
        above = below + increment
        asked = round(hours, 2) if isfinite(hours) else hours
        if not isfinite(hours) or is_multiple(asked, increment):
            # Two digits would read as what is possible.
            asked = hours
        values = {
            "hours": format_number(self.env, asked),
            "type": self.display_name or self.env._("this service"),
            "increment": format_number(self.env, increment),
            "below": format_number(self.env, below),
            "above": format_number(self.env, above),
        }
        if below > 0:
            message = self.env._(
                "%(hours)s hours of %(type)s can't be logged: it is recorded in steps "
                "of %(increment)s hours, so log %(below)s or %(above)s.",
                **values,
            )
        else:
            message = self.env._(
                "%(hours)s hours of %(type)s can't be logged: it is recorded in steps "
                "of %(increment)s hours, so log at least %(above)s.",
                **values,
            )
        raise ValidationError(message)
