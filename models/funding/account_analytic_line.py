# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.fields import Domain

from ..ledger.drawing import WORK_FIELDS
from . import apply, rates, text
from .payers import OVERAGE
from .plan import Claim, plan


class AccountAnalyticLine(models.Model):
    """What pays for a time entry: the decisions about it, and noting it."""

    _inherit = "account.analytic.line"

    # Nobody types these: the funding notes them, past the guards.
    _guarded_fields = frozenset(
        ("coverage", "coverage_facts", "credits", "credits_per_hour", "split_from_id")
    )

    coverage = fields.Selection(
        selection=[
            ("credits", "Service Credits"),
            ("sale_line", "Sales Order Item"),
            ("overage", "Overage"),
            ("non_billable", "Not billed"),
        ],
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="What pays for the entry. Decided when it is logged, and not changed by "
        "what happens to the ticket later.",
    )
    coverage_facts = fields.Json(
        readonly=True, copy=False, export_string_translation=False
    )
    coverage_note = fields.Char(
        string="Why",
        compute="_compute_coverage_note",
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
        precompute=True,
        help="Service credits that pay for the entry, from the ledger.",
    )
    split_from_id = fields.Many2one(
        comodel_name="account.analytic.line",
        string="Split from",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The entry that was logged, if its hours were split between several "
        "payers and this entry is one of the parts.",
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

    @api.depends("coverage_facts")
    @api.depends_context("lang")
    def _compute_coverage_note(self):
        for line in self:
            line.coverage_note = text.render(self.env, line.coverage_facts)

    @api.depends(
        "coverage",
        "credits",
        "date",
        "is_billable",
        "service_type_id",
        "so_line",
        "task_id",
        "ticket_id",
        "unit_amount",
    )
    @api.depends_context("lang", "uid")
    def _compute_payers(self):
        saved = self.filtered(lambda line: line._origin and line._is_funded())
        purchases = text.get_paying_purchases(saved._origin)
        for line in self:
            if line in saved:
                line.payers = text.get_payers(line, purchases)
            elif line.unit_amount and line._is_funded() and line._get_readable_work():
                line.payers = line._preview_payers()
            else:
                line.payers = False

    # ------------------------------------------------------------------
    # Decisions, which other addons may make differently
    # ------------------------------------------------------------------

    def _get_credit_rate(self):
        """Return the credits one hour costs: of the service type, 1 without one."""
        self.ensure_one()
        return self.service_type_id.credits_per_hour if self.service_type_id else 1.0

    def _uses_service_credits(self):
        """Tell whether credits pay first."""
        self.ensure_one()
        return bool(self._get_work().use_service_credits and self._get_customer())

    def _asks_payers(self):
        """Tell whether new time asks who pays: on tickets always, on tasks where the
        terms of the project say so."""
        self.ensure_one()
        # sudo: who logs time need not read the project
        return bool(self.ticket_id or self.task_id.sudo().asks_payers)

    def _is_funded(self):
        """Tell whether it was decided here who pays for the time, or will be.

        What was logged on a task before its project asked is left to core.
        """
        self.ensure_one()
        if self.ticket_id or not self._origin.id:
            return self._asks_payers()
        return bool(self.task_id and self._origin.coverage)

    def _is_updatable_timesheet(self):
        """Keep who pays where it was decided here: what changes on the project later
        does not move the past."""
        return not self.coverage and super()._is_updatable_timesheet()

    def _get_customer(self):
        """Return the contact the time was logged for.

        The time stays theirs when the work gets another customer, who neither pays
        for it nor sees it.
        """
        self.ensure_one()
        return self.partner_id or self._get_work()._get_payer()

    def _get_paying_company(self):
        """Return the company in whose books the time is paid."""
        self.ensure_one()
        if self.ticket_id:
            return self.ticket_id.company_id
        is_new = not self._origin.id
        company = (is_new and self.task_id.company_id) or self.company_id
        return company or self.env.company

    def _get_over_limit_policy(self):
        """Return what happens to hours that nobody covers, by the terms of the work."""
        self.ensure_one()
        return self._get_work()._get_terms().over_limit_policy or "refuse"

    def _get_prepaid_limit(self):
        """Return what happens when prepaid hours are used up, by the terms of the work.

        An item that the work names all the same, or that a user emptied, is the
        only one that is asked.
        """
        self.ensure_one()
        terms_sudo = self._get_work()._get_terms()
        return (self._takes_prepaid_hours() and terms_sudo.prepaid_limit) or "open"

    def _takes_latest_item(self):
        """Tell whether the most recent prepaid item pays before older ones."""
        self.ensure_one()
        return self._get_work()._get_terms().sale_line_preference == "latest"

    def _takes_prepaid_hours(self):
        """Tell whether hours bought in advance may pay for the entry."""
        self.ensure_one()
        return (
            self._get_work()._takes_prepaid_hours()
            and self.project_id.allow_billable
            and not self._is_excluded_from_order()
        )

    def _is_excluded_from_order(self):
        """Tell of the tick of `sale_timesheet_line_exclude`, if that is installed."""
        excluded = "exclude_from_sale_order"
        return excluded in self._fields and bool(self.sudo()[excluded])

    def _get_work_item(self):
        """Return the item that takes the entry's time where credits do not."""
        self.ensure_one()
        item = self.project_id.allow_billable and self._timesheet_determine_sale_line()
        if not item:
            return self.env["sale.order.line"]
        # sudo: who logs time need not read the contacts of the order
        owner = item.sudo().order_partner_id.commercial_partner_id
        customer = self.sudo()._get_customer().commercial_partner_id
        is_payer = owner == customer and item.sudo()._may_pay_time()
        return item if is_payer else item.browse()

    def _timesheet_determine_sale_line(self):
        """Bill the ticket's item; an entry that is not billable has none."""
        self.ensure_one()
        if not self.is_billable:
            return False
        if self.ticket_id and not self._is_excluded_from_order():
            return self.ticket_id._get_entry_sale_line(
                self.employee_id or self.env.user.employee_id
            )
        return super()._timesheet_determine_sale_line()

    def _get_readable_work(self):
        """Return the work; none where an entry is typed on one its author may not
        read, so that typing tells nothing of it."""
        self.ensure_one()
        work = self._get_work()
        # sudo: a computation runs as superuser; what may be seen depends on the user
        if self._origin.id or (work._origin or work).sudo(False).has_access("read"):
            return work
        return work.browse()

    def _is_funding_decided(self):
        """Tell whether who pays was decided and nothing that decides it is edited."""
        self.ensure_one()
        origin, work = self._origin, self._get_work()
        return bool(
            work
            and origin.coverage
            and (
                origin == self
                or (
                    origin._get_work() == work._origin
                    and origin.is_billable == self.is_billable
                )
            )
        )

    # ------------------------------------------------------------------
    # Previews: the claim of an entry that does not exist, planned and not applied
    # ------------------------------------------------------------------

    @api.model
    def _preview_entry(self, vals, work=None, policy=None, with_balance=False):
        """Tell who would pay for an entry, by the code that posts, and write nothing.

        :param dict vals: values as for `create`
        :param work: the ticket or task, where it does not exist yet (a new record)
        :param policy: what would happen to uncovered hours, instead of the team's
            policy
        :param with_balance: tell what the customer has left afterwards
        :return: dict with `slices` (see `text.describe`), the `note`, `rate_note` and
            `rate_facts` the entry would carry, and the `balance` and `refusal` or False
        """
        # What the customer has left is for those who log time.
        self.check_access("create")
        vals = dict(vals)
        ticket_id, task_id = vals.pop("ticket_id", None), vals.pop("task_id", None)
        if work is None and ticket_id:
            work = self.env["helpdesk.ticket"].browse(ticket_id)
        elif work is None:
            work = self.env["project.task"].browse(task_id)
        if work.id:
            work.check_access("read")
        if not vals.get("service_type_id"):
            vals.pop("service_type_id", None)
        # sudo: what pays does not depend on what its author may read
        entry_sudo = self.sudo().new()
        entry_sudo[WORK_FIELDS[work._name]] = work.sudo()
        # After the work: what is said of the entry wins over what follows from it.
        entry_sudo.update({**vals, "date": self._get_preview_date(vals)})
        claim = entry_sudo._plan_alone(policy)
        # The entry is no time of its work.
        work.invalidate_recordset(["timesheet_ids"], flush=False)
        return {
            "slices": text.describe(self.env, claim),
            "note": text.render(self.env, text.get_facts(claim)),
            "balance": with_balance and text.get_credits_left(self.env, claim),
            "refusal": claim.refusal,
            "hours": claim.hours,
            "rate_facts": entry_sudo.rate_facts,
            "rate_note": rates.render(self.env, entry_sudo.rate_facts),
        }

    @api.model
    def _get_preview_date(self, vals):
        return vals.get("date") or fields.Date.context_today(self)

    def _preview_payers(self):
        """Name who would pay for an entry that is being typed (superuser)."""
        self.ensure_one()
        return text.get_planned_payers(self.env, self._plan_alone())

    def _plan_alone(self, policy=None):
        """Return the planned claim of an entry that is being typed (superuser)."""
        item = self.so_line._origin if self.is_so_line_edited else None
        claim = Claim.of(self, item, date=self._get_preview_date({"date": self.date}))
        claim.work = claim.work._origin or claim.work
        [claim] = plan(self.env, [claim], policy)
        return claim

    # ------------------------------------------------------------------
    # Below the guards: what only the addon itself writes
    # ------------------------------------------------------------------

    def _write_own(self, vals):
        """Write what only the addon decides, past the guards of typed values.

        Constraints hold; what core does with values that people type does not happen.
        """
        return models.BaseModel.write(self, vals)

    def _follow_funding(self):
        """Follow what was noted of who pays: a hook for what depends on it."""

    def _prepare_split_values(self):
        """Return what an entry that carries another part of this one's time shares."""
        self.ensure_one()
        names = [
            "ticket_id",
            "task_id",
            "partner_id",
            "project_id",
            "company_id",
            # It follows from the company, but would be written after the rest.
            "currency_id",
            "product_uom_id",
            "employee_id",
            "user_id",
            "service_type_id",
            *self._get_plan_fnames(),
        ]
        return {
            **{name: self[name].id for name in names},
            "name": self.name,
            "date": self.date,
            "is_billable": self.is_billable,
            "split_from_id": (self.split_from_id or self).id,
        }

    def _get_piece_times(self, before, hours):
        """Return when a part of the entry was done: values that `time` knows.

        :param before: hours worked before the part
        :param hours: hours worked of the part
        """
        return {}

    def _get_piece_later(self, before):
        """Return when a part began that began after midnight, None for others: the
        days after the work date and the time of day, as `time` knows them."""
        return None

    def _is_of_customer_of(self, item):
        """Tell whether the item was sold to the customer the time was logged for, by
        the company whose books it is in (superuser)."""
        self.ensure_one()
        customer = item.order_partner_id.commercial_partner_id
        return (
            customer == self._get_customer().commercial_partner_id
            and item.company_id == self._get_paying_company()
        )

    def _move_to_item(self, item):
        """Book the entries on `item`: the explicit move of time to another payer."""
        return self.write({"so_line": item.id, "is_so_line_edited": False})

    @api.model
    def _cover_overage_of(self, item):
        """Let the authorized hours of an item cover the overage that waits for it.

        Oldest work first; what does not fit goes on waiting.

        :param item: `sale.order.line` whose authorized hours grew
        :return: the entries that are covered now, whole or in part (superuser)
        """
        of_tasks = Domain("ticket_id", "=", False) & Domain(
            "task_id.sale_line_id", "=", item.id
        )
        of_works = Domain("ticket_id.sale_line_id", "=", item.id) | of_tasks
        # sudo: the customer's approval covers the whole work, also time of others
        waiting_sudo = self.sudo().search(
            Domain("coverage", "=", OVERAGE) & of_works, order="date, id"
        )
        item_sudo = item.sudo()
        if not item_sudo._may_pay_time():
            return waiting_sudo.browse()
        # A work may have had another customer, whose time waits for a decision.
        own_sudo = waiting_sudo.filtered(
            lambda line: line._is_of_customer_of(item_sudo)
        )
        return apply.cover(own_sudo, item)
