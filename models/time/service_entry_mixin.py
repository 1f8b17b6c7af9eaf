# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError

# Figures that the addon derives: nobody types them, whichever way the values come in.
DERIVED_FIELDS = frozenset(
    (
        "hours_billed",
        "coverage",
        "coverage_note",
        "credits",
        "credits_per_hour",
        "overage_decision",
        "overage_decided_by_id",
        "overage_decided_on",
        "was_invoiced",
        "split_from_id",
    )
)


class ServiceEntryMixin(models.AbstractModel):
    """What pays for a time entry, noted on the entry."""

    _name = "service.entry.mixin"
    _description = "Funding of a Time Entry"

    coverage = fields.Selection(
        selection=[
            ("credits", "Service Credits"),
            ("sale_line", "Sales Order Item"),
            ("overage", "Overage"),
            ("non_billable", "Nobody"),
        ],
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="What pays for the entry. Decided when it is logged, and not changed by "
        "what happens to the ticket later.",
    )
    coverage_note = fields.Char(
        string="Why",
        readonly=True,
        copy=False,
        help="What paid for the entry, and which rule chose it.",
    )
    payers = fields.Char(
        string="Paid by",
        compute="_compute_payers",
        compute_sudo=True,
        help="The purchases or the order that pay; before the entry is saved, those "
        "that would.",
    )
    credits_per_hour = fields.Float(
        readonly=True,
        copy=False,
        aggregator=None,
        help="Credits one hour cost when the entry was logged.",
    )
    split_from_id = fields.Many2one(
        comodel_name="account.analytic.line",
        string="Split from",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The entry that was logged, where several payers take a part of its hours "
        "and this one carries the part of one of them.",
    )
    consumption_ids = fields.One2many(
        comodel_name="service.credit.consumption",
        inverse_name="timesheet_id",
        string="Ledger Rows",
        readonly=True,
    )
    credits = fields.Float(
        string="Credits Drawn",
        digits="Service Credits",
        compute="_compute_credits",
        store=True,
        help="Service credits that pay for the entry, from the ledger.",
    )

    @api.depends("consumption_ids.credits")
    def _compute_credits(self):
        sums = dict(
            self.env["service.credit.consumption"]
            .sudo()
            ._read_group(
                [("timesheet_id", "in", self.ids)],
                ["timesheet_id"],
                ["credits:sum"],
            )
        )
        for line in self:
            line.credits = sums.get(line._origin, 0.0)

    @api.depends(
        "coverage",
        "credits",
        "date",
        "is_billable",
        "service_type_id",
        "so_line",
        "ticket_id",
        "unit_amount",
    )
    @api.depends_context("lang")
    def _compute_payers(self):
        text = self.env["service.funding.text"]
        saved = self.filtered(lambda line: line._origin and line.ticket_id)
        purchases = text._get_paying_purchases(saved._origin)
        for line in self:
            if line in saved:
                line.payers = text._get_payers(line, purchases)
            elif line.ticket_id and line.unit_amount:
                line.payers = self.env["service.funding"]._preview_payers(line)
            else:
                line.payers = False

    @api.model
    def _check_derived_fields(self, vals_list):
        """Refuse typed values for what the addon derives (design 3.5)."""
        # The funding notes the others as superuser; credits come from the ledger alone.
        derived = {"credits"} if self.env.su else DERIVED_FIELDS
        typed = set().union(*(derived & vals.keys() for vals in vals_list))
        if typed:
            labels = self.fields_get(typed, ["string"]).values()
            raise AccessError(
                self.env._(
                    "%(fields)s of a time entry follow from its hours and from who "
                    "pays for it: leave them out.",
                    fields=", ".join(sorted(label["string"] for label in labels)),
                )
            )

    @api.model
    def _note_funding(self, values_by_entry):
        """Note who pays on entries, without the rules that guard typed values.

        Values that also change the hours go through `write`, for the cost and the
        constraints; the others are set as a compute sets its fields: in one statement
        for the whole batch, and then announced to whatever depends on them.

        :param dict values_by_entry: values by entry (superuser)
        """
        names = {name for values in values_by_entry.values() for name in values}
        quick = names - {"unit_amount"}
        entries = self.browse().union(*values_by_entry)
        if "so_line" in quick:
            # The items the entries leave must be told before they are left.
            entries.filtered("so_line").modified(["so_line"], before=True)
        ids_by_value = defaultdict(list)
        for entry, values in values_by_entry.items():
            for name in quick & values.keys():
                ids_by_value[name, values[name]].append(entry.id)
        with self.env.protecting([self._fields[name] for name in quick], entries):
            for (name, value), ids in ids_by_value.items():
                entries.browse(ids)[name] = value
        entries.modified(quick)
        for entry, values in values_by_entry.items():
            if "unit_amount" in values:
                # `coverage` says that the change is the funding's own.
                hours = {name: values[name] for name in ("unit_amount", "hours_billed")}
                entry.write({**hours, "coverage": entry.coverage})

    def _prepare_split_values(self):
        """Return what an entry that carries another part of this one's time shares."""
        self.ensure_one()
        return {
            "ticket_id": self.ticket_id.id,
            "partner_id": self.partner_id.id,
            "name": self.name,
            "date": self.date,
            "employee_id": self.employee_id.id,
            "service_type_id": self.service_type_id.id,
            "internal_note": self.internal_note,
            "is_billable": self.is_billable,
            **({"approval_state": self.approval_state} if self.approval_state else {}),
        }
