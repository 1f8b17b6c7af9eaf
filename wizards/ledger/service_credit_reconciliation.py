# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.fields import Command

from ...models.alert.books import FIGURES, find_differences


class ServiceCreditReconciliation(models.TransientModel):
    """Recompute every stored figure from the rows of the ledger and list what differs.

    It only reports: a difference is a fault a person has to understand first.
    """

    _name = "service.credit.reconciliation"
    _description = "Reconcile Service Credits"

    line_ids = fields.One2many(
        comodel_name="service.credit.reconciliation.line",
        inverse_name="wizard_id",
        readonly=True,
        default=lambda self: self._default_line_ids(),
    )
    purchase_count = fields.Integer(
        string="Purchases",
        default=lambda self: self._default_count("service.credit.purchase"),
    )
    consumption_count = fields.Integer(
        string="Ledger Rows",
        default=lambda self: self._default_count("service.credit.consumption"),
    )

    summary = fields.Char(compute="_compute_summary")

    @api.depends("purchase_count", "consumption_count")
    def _compute_summary(self):
        for wizard in self:
            wizard.summary = self.env._(
                "%(purchases)s purchases and %(rows)s ledger rows were recomputed: "
                "every stored figure is right.",
                purchases=wizard.purchase_count,
                rows=wizard.consumption_count,
            )

    def _default_line_ids(self):
        return [
            Command.create(
                {
                    "res_model": model,
                    "res_id": res_id,
                    "field_name": field_name,
                    "stored": stored,
                    "expected": expected,
                }
            )
            for model, res_id, field_name, stored, expected in self._get_differences()
        ]

    def _default_count(self, model_name):
        model = self.env[model_name].with_context(active_test=False)
        return model.search_count([("company_id", "in", self.env.companies.ids)])

    @api.model
    def _get_differences(self):
        """Return ``(model, id, field, stored, recomputed)`` of every stored figure
        that is not the sum of its rows, and of rows given back more than once."""
        self.env["service.credit.purchase"].check_access("write")
        return [
            tuple(difference)[1:]
            for difference in find_differences(self.env, self.env.companies, FIGURES)
        ]


class ServiceCreditReconciliationLine(models.TransientModel):
    _name = "service.credit.reconciliation.line"
    _description = "Reconcile Service Credits: Difference"

    wizard_id = fields.Many2one(
        comodel_name="service.credit.reconciliation", required=True, ondelete="cascade"
    )
    res_model = fields.Char(required=True)
    res_id = fields.Many2oneReference(
        string="Record ID", model_field="res_model", required=True
    )
    record_name = fields.Char(string="Record", compute="_compute_names")
    kind = fields.Char(compute="_compute_names")
    field_name = fields.Char(required=True, export_string_translation=False)
    figure = fields.Char(compute="_compute_names")
    stored = fields.Float(digits="Service Credits", readonly=True)
    expected = fields.Float(
        string="By the Ledger", digits="Service Credits", readonly=True
    )

    @api.depends("res_model", "res_id", "field_name")
    def _compute_names(self):
        """Name the record, what it is, and the figure, as people know them."""
        for line in self:
            record = self.env[line.res_model].browse(line.res_id)
            labels = record.fields_get([line.field_name], ["string"])
            line.record_name = record.display_name
            line.kind = self.env["ir.model"]._get(line.res_model).name
            line.figure = labels[line.field_name]["string"]
