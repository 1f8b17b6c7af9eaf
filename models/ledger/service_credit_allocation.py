# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.fields import Domain
from odoo.tools import mute_logger

from .drawing import WORK_FIELDS
from .rows import insert

# Sums over the rows of an allocation.
TOTALS = ("credits", "value", "paid")
# The fields of which one names the work.
WORK_NAMES = tuple(WORK_FIELDS.values())


class ServiceCreditAllocation(models.Model):
    """All the credits one work has received; or what one purchase lost, by expiry or
    because its sale was undone; or what was used of it before it was recorded here; or
    what one customer gave to another, whose rows add up to nothing.

    Opened by the ledger when the first row is posted, never typed in. Its totals are
    the sums of its rows.
    """

    _name = "service.credit.allocation"
    _inherit = "service.credit.closed.mixin"
    _description = "Services Credits Allocation"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(required=True, readonly=True)
    allocation_type = fields.Selection(
        selection=[
            ("allocation", "Allocation"),
            ("expiry", "Expiry"),
            ("withdrawal", "Withdrawal"),
            ("opening", "Used Elsewhere"),
            ("transfer", "Transfer"),
        ],
        string="Type",
        required=True,
        readonly=True,
    )
    commercial_partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    # The customer's id on the day of opening. It keeps one work from mixing
    # customers, and unlike the link above it survives the merging of contacts.
    customer_key = fields.Integer(
        required=True, readonly=True, export_string_translation=False
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True, ondelete="restrict"
    )
    ticket_id = fields.Many2one(
        comodel_name="helpdesk.ticket",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    task_id = fields.Many2one(
        comodel_name="project.task",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    milestone_id = fields.Many2one(
        comodel_name="project.milestone",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    reason = fields.Char(
        readonly=True,
        groups="base.group_user",
        help="Why the credits were transferred to another customer.",
    )
    consumption_ids = fields.One2many(
        comodel_name="service.credit.consumption",
        inverse_name="allocation_id",
        string="Ledger Rows",
        readonly=True,
    )
    credits = fields.Float(
        digits="Service Credits", compute="_compute_totals", store=True
    )
    # Not for customers: what another one shares with them has its price, too.
    value = fields.Monetary(
        compute="_compute_totals", store=True, groups="base.group_user"
    )
    paid = fields.Monetary(
        string="Amount Paid",
        compute="_compute_totals",
        store=True,
        groups="base.group_user",
    )

    _one_work = models.Constraint(
        "CHECK ((allocation_type = 'allocation' "
        "AND num_nonnulls(ticket_id, task_id, milestone_id) = 1) "
        "OR (allocation_type <> 'allocation' "
        "AND num_nonnulls(ticket_id, task_id, milestone_id) = 0))",
        "An allocation belongs to exactly one ticket, task or milestone; an expiry, a "
        "withdrawal, a transfer or what was used elsewhere to none.",
    )
    _never_negative = models.Constraint(
        "CHECK (credits >= 0)",
        "A ticket, task or milestone cannot give back more service credits than it "
        "received.",
    )
    _ticket_once = models.UniqueIndex(
        "(ticket_id, customer_key, company_id, currency_id) "
        "WHERE ticket_id IS NOT NULL",
        "A ticket has one allocation per customer, company and currency.",
    )
    _task_once = models.UniqueIndex(
        "(task_id, customer_key, company_id, currency_id) WHERE task_id IS NOT NULL",
        "A task has one allocation per customer, company and currency.",
    )
    _milestone_once = models.UniqueIndex(
        "(milestone_id, customer_key, company_id, currency_id) "
        "WHERE milestone_id IS NOT NULL",
        "A milestone has one allocation per customer, company and currency.",
    )

    @api.depends("consumption_ids.credits")
    def _compute_totals(self):
        sums = {
            allocation.id: totals
            for allocation, *totals in self.env[
                "service.credit.consumption"
            ]._read_group(
                [("allocation_id", "in", self.ids)],
                ["allocation_id"],
                ["credits:sum", "value:sum", "paid:sum"],
            )
        }
        for allocation in self:
            credits, value, paid = sums.get(allocation.id, (0.0, 0.0, 0.0))
            allocation.credits = credits
            allocation.value = value
            allocation.paid = paid

    # ------------------------------------------------------------------
    # CRUD: closed, for superuser too
    # ------------------------------------------------------------------

    def _get_closed_message(self, operation):
        if operation == "create":
            return self.env._(
                "You can't create allocations of service credits directly: allocate or "
                "expire credits instead."
            )
        if operation == "write":
            return self.env._(
                "You can't edit the allocation %(allocation)s: adjust it to a new "
                "total instead.",
                allocation=self.name,
            )
        return self.env._(
            "You can't delete the allocation %(allocation)s: adjust it to 0 instead, "
            "which keeps its history.",
            allocation=self.name,
        )

    # ------------------------------------------------------------------
    # Opening, called by the door alone
    # ------------------------------------------------------------------

    @api.model
    def _open(self, wanted, rows):
        """Return the allocation of each item of ``wanted``, opening what is missing.

        :param wanted: list of allocations, or of values of one to find or open; items
            of type ``expiry`` are always new
        :param rows: the values of the row to be posted for each item
        :return: list of allocations in the same order, and those that are new
        """
        keys = [self._get_key(item) for item in wanted]
        known = dict(zip(keys, wanted, strict=True))
        asked = [key for key, item in known.items() if isinstance(item, dict)]
        known.update(self._find_existing(asked))
        missing = [key for key in asked if isinstance(known[key], dict)]
        totals = {key: dict.fromkeys(TOTALS, 0.0) for key in missing}
        for key, row in zip(keys, rows, strict=True):
            for name in TOTALS if key in totals else ():
                totals[key][name] = round(totals[key][name] + row[name], 6)
        opened = self._open_new([{**known[key], **totals[key]} for key in missing])
        known.update(zip(missing, opened, strict=True))
        return [known[key] for key in keys], opened

    @api.model
    def _get_key(self, item):
        if not isinstance(item, dict):
            return item.id
        return tuple(
            item.get(name)
            for name in (
                *WORK_NAMES,
                "commercial_partner_id",
                "company_id",
                "currency_id",
                "purchase_id",
            )
        )

    @api.model
    def _find_existing(self, keys):
        """Return the oldest allocation of each key that has one already."""
        ids_by_name = {
            name: [key[index] for key in keys if key[index]]
            for index, name in enumerate(WORK_NAMES)
        }
        asked = [Domain(name, "in", ids) for name, ids in ids_by_name.items() if ids]
        if not asked:
            return {}
        return {
            (
                *(allocation[name].id or None for name in WORK_NAMES),
                allocation.commercial_partner_id.id,
                allocation.company_id.id,
                allocation.currency_id.id,
                None,
            ): allocation
            for allocation in self.search(Domain.OR(asked), order="id desc")
        }

    @api.model
    def _open_new(self, vals_list):
        """Create allocations, or have the request replayed when another transaction has
        opened one of them meanwhile: this transaction cannot see it."""
        if not vals_list:
            return self.browse()
        prepared = [
            {
                "name": vals["name"],
                "allocation_type": vals["allocation_type"],
                "commercial_partner_id": vals["commercial_partner_id"],
                "customer_key": vals["commercial_partner_id"],
                "company_id": vals["company_id"],
                "currency_id": vals["currency_id"],
                "reason": vals.get("reason"),
                **{name: vals.get(name) for name in WORK_NAMES},
                # Its first rows follow in the same breath: no need to add them up
                # again, which for an expiry of many purchases is half of the work.
                **{name: vals[name] for name in TOTALS},
            }
            for vals in vals_list
        ]
        try:
            with mute_logger("odoo.sql_db"):
                # Not create, which is closed.
                return insert(self, prepared)
        except UniqueViolation as error:
            raise ConcurrencyError("allocation opened meanwhile") from error

    def _forget_totals(self):
        """The totals of these new allocations are already the sums of their rows."""
        for name in TOTALS:
            self.env.remove_to_compute(self._fields[name], self)

    def _follow_customer(self, partner):
        """Hand allocations to the entity that took their customer over."""
        return self._write_past_the_lock({"commercial_partner_id": partner.id})
