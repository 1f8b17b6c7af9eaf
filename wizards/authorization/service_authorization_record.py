# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ServiceAuthorizationRecord(models.TransientModel):
    """Record the answer that a customer gave by phone."""

    _name = "service.authorization.record"
    _inherit = "service.number.mixin"
    _description = "Record the Answer to a Request for Hours"

    authorization_id = fields.Many2one(
        comodel_name="service.authorization", required=True, readonly=True
    )
    hours_requested = fields.Float(
        related="authorization_id.hours", string="Hours Requested", related_sudo=False
    )
    answer = fields.Selection(
        selection=[("approved", "Approved"), ("declined", "Declined")],
        default="approved",
        required=True,
    )
    hours = fields.Float(
        compute="_compute_hours",
        compute_sudo=False,
        store=True,
        readonly=False,
        help="Hours approved, at most those that were asked for.",
    )
    note = fields.Text(required=True, help="Who said it, when and how.")

    @api.depends("authorization_id")
    def _compute_hours(self):
        for record in self:
            record.hours = record.authorization_id.hours

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        records._check_may_answer()
        return records

    def write(self, vals):
        result = super().write(vals)
        self._check_may_answer()
        return result

    def _check_may_answer(self):
        """Refuse requests that the user may not answer: a window names its record.

        No constraint: those run as superuser.
        """
        if self.authorization_id:
            self.authorization_id._check_may_record()

    def action_record(self):
        """Answer the request in the customer's name.

        :raise AccessError, UserError: as `service.authorization.action_approve`
        """
        self.ensure_one()
        note = (self.note or "").strip()
        if not note:
            raise ValidationError(
                self.env._(
                    "Enter who answered for %(customer)s, when and how, so that the "
                    "answer to %(name)s can be traced.",
                    customer=self.authorization_id.commercial_partner_id.display_name,
                    name=self.authorization_id.display_name,
                )
            )
        if self.answer == "approved":
            self.authorization_id.action_approve(self.hours, note)
        else:
            self.authorization_id.action_decline(note)
        return {"type": "ir.actions.act_window_close"}
