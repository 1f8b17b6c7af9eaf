# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL


class ServiceCreditConsumption(models.Model):
    """Which recognition took a row into account: asked for, so that a list of 100,000
    rows need not be named by their ids."""

    _inherit = "service.credit.consumption"

    def _compute_recognized_in(self):
        # sudo: which recognition it was is no secret to who may see its rows
        lines_sudo = self.env["service.credit.recognition.line"].sudo()
        lines_sudo = lines_sudo.search([("consumption_ids", "in", self.ids)])
        known = {
            row.id: line.recognition_id.id
            for line in lines_sudo
            for row in line.consumption_ids
        }
        for row in self:
            row.recognized_in = known.get(row.id, 0)

    def _search_recognized_in(self, operator, value):
        if operator != "in":
            return NotImplemented
        self.env["service.credit.recognition.line"].flush_model(["recognition_id"])
        ids = [number for number in value if isinstance(number, int)]
        found = SQL(
            """(
                SELECT known.consumption_id FROM service_credit_recognition_row known
                JOIN service_credit_recognition_line line ON line.id = known.line_id
                WHERE line.recognition_id IN %s
            )""",
            tuple(ids) or (0,),
        )
        return Domain("id", "in", found)
