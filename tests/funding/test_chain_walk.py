# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import copy
from decimal import Decimal

from odoo import fields
from odoo.fields import Domain
from odoo.tests import tagged

from ..support.chain_model import Customer, Desk
from ..support.random_walk import WALKS, RandomWalk
from ..support.tasks import TaskFundingCommon

LIMITS = ("open", "chain", "chain", "closed", "closed")
POLICIES = ("refuse", "overage", "overage", "non_billable")
DAYS = 10
WORKS = {"ticket_id": "helpdesk.ticket", "task_id": "project.task"}
DRAWN = ("customers", "items", "tickets", "entries")


@tagged("post_install", "-at_install")
class TestChainWalk(RandomWalk, TaskFundingCommon):
    """Random steps on the whole chain, on tickets and tasks: credits, packs,
    time-based items, overage, and what becomes of them when orders change, are
    invoiced and credited."""

    KINDS = (
        ["log"] * 9
        + ["hours"] * 5
        + ["sell"] * 3
        + ["order"] * 3
        + ["invoice"] * 3
        + ["day", "tick", "delete", "buy", "ticket", "choose", "cover", "bill"] * 2
        + ["confirm"] * 2
        + ["limit", "authorize", "cancel", "credit", "forgive"]
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._keep_accounts()
        cls.today = fields.Date.context_today(cls.env.user)
        cls.overage_product = cls._create_service("Overage", "delivered_timesheet")
        cls.company.service_overage_product_id = cls.overage_product
        cls.partners = cls.customer | cls.other_customer
        cls.env.flush_all()

    def test_random_walks(self):
        self._run_walks(max(WALKS // 7, 3))

    def test_a_task_emptied_by_hand_pays_from_no_pack(self):
        steps = [
            *(("closed", "latest", "non_billable", True), ("buy", 46, Decimal(2))),
            *(("ticket", 92, True), ("sell", 72, True, Decimal(5), True)),
            ("log", 2, -10, Decimal("2.25"), True),
            *(("choose", 2, 74), ("choose", 2, 15), ("hours", 0, Decimal(5))),
        ]
        self.assertFalse(self._try(steps))

    # ------------------------------------------------------------------
    # Steps: what is picked is picked among what the model has
    # ------------------------------------------------------------------

    def _make_settings(self, dice):
        return (
            dice.choice(LIMITS),
            dice.choice(("latest", "oldest")),
            dice.choice(POLICIES),
            dice.random() < 0.6,
        )

    def _make_args(self, kind, dice):
        pick, day = dice.randrange(100), dice.randint(-DAYS, 0)
        quarters = Decimal(dice.randint(1, 16)) / 4
        # Little is bought at a time: the chain is about what is used up.
        whole = Decimal(dice.randint(1, 6))
        more = {
            "log": (day, quarters, dice.random() < 0.9),
            "hours": (quarters * 2,),
            "day": (day,),
            "sell": (dice.random() < 0.7, whole, dice.random() < 0.3),
            "order": (whole,),
            "buy": (Decimal(dice.randint(1, 8)) / 4,),
            "choose": (dice.randrange(100),),
            "ticket": (dice.random() < 0.6,),
            "authorize": (whole,),
            "credit": (Decimal(dice.randint(1, dice.choice((300, 10**6)))) / 100,),
            "invoice": (day, dice.randint(day, 0), dice.random() < 0.5),
        }
        return (pick, *more.get(kind, ()))

    def _begin(self, limit, preference, policy, uses_credits):
        terms = {
            "prepaid_limit": limit,
            "sale_line_preference": preference,
            "over_limit_policy": policy,
            "use_service_credits": uses_credits,
        }
        self.team.write(terms)
        self.rollout.write(terms)
        self.desk = Desk(limit, preference, policy, uses_credits)
        self.desk.customers = [Customer(), Customer()]
        self.lines = self.env["sale.order.line"]
        self.tickets = []
        self.entries = self.env["account.analytic.line"]
        for index in (0, 1):
            self.desk.open_ticket(self.desk.customers[index])
            self._ledger_ticket(index)
        self.assertFalse(self._compare(0))

    def _on_model(self, step):
        """Take the step on a copy, which is kept unless the step is refused."""
        desk = copy.deepcopy(self.desk)
        step(desk)
        self.desk = desk

    def _pick(self, pick, name, usable=None):
        """Return the index of one of the model's records, or None."""
        found = [
            index
            for index, record in enumerate(getattr(self.desk, name))
            if usable is None or usable(record)
        ]
        self.index = found[pick % len(found)] if found else None
        return self.index

    def _change(self, pick, name, method, *args, usable=None):
        """Let the desk change one of the model's records, if there is one."""
        index = self._pick(pick, name, usable)
        if index is not None:
            self._on_model(
                lambda desk: getattr(desk, method)(getattr(desk, name)[index], *args)
            )

    def _record(self, records):
        return records[self.index] if self.index is not None else None

    def _is_sold(self, item):
        return item.state == "sale"

    def _model_buy(self, pick, credits):
        def buy(desk):
            customer = desk.customers[pick % 2]
            customer.credits += credits
            customer.has_bought = True

        self._on_model(buy)

    def _ledger_buy(self, pick, credits):
        self._buy(
            float(credits),
            fields.Date.add(self.today, days=-400),
            fields.Date.add(self.today, days=400),
            partner_id=self.partners[pick % 2].id,
        )

    def _model_ticket(self, pick, is_task=False):
        """Open a ticket; or a task, where its project asks who pays."""
        self.index = pick % 2
        if len(self.desk.tickets) < 6:
            name = "open_task" if is_task and self.task.asks_payers else "open_ticket"
            self._on_model(lambda desk: getattr(desk, name)(desk.customers[pick % 2]))
        else:
            self.index = None

    def _ledger_ticket(self, pick, _is_task=False):
        if len(self.tickets) < len(self.desk.tickets):
            values = {"partner_id": self.partners[pick % 2].id}
            if self.desk.tickets[-1].is_task:
                work = self._create_task(**values)
                # Core fills in the last pack of the customer; nobody emptied it.
                work.sale_line_id = False
                work.is_sale_line_cleared = False
            else:
                work = self._create_ticket(**values)
            self.tickets.append(work)

    def _model_log(self, pick, *terms):
        self._change(pick, "tickets", "log", *terms)

    def _ledger_log(self, _pick, day, hours, billable):
        work = self._record(self.tickets)
        log = self._log if work._name == "helpdesk.ticket" else self._log_task
        log(
            work,
            float(hours),
            date=fields.Date.add(self.today, days=day),
            is_billable=billable,
        )

    def _model_hours(self, pick, hours):
        self._change(pick, "entries", "edit", hours)

    def _ledger_hours(self, _pick, hours):
        if entry := self._record(self.entries):
            entry.write({"unit_amount": float(hours)})

    def _model_day(self, pick, day):
        index = self._pick(pick, "entries")
        if index is not None:
            self._on_model(lambda desk: desk.redo(desk.entries[index], day=day))

    def _ledger_day(self, _pick, day):
        if entry := self._record(self.entries):
            entry.write({"date": fields.Date.add(self.today, days=day)})

    def _model_tick(self, pick):
        index = self._pick(pick, "entries")
        if index is not None:
            self.ticked = not self.desk.entries[index].billable
            self._on_model(
                lambda desk: desk.redo(desk.entries[index], billable=self.ticked)
            )

    def _ledger_tick(self, _pick):
        if entry := self._record(self.entries):
            entry.write({"is_billable": self.ticked})

    def _model_delete(self, pick):
        self._change(pick, "entries", "delete")

    def _ledger_delete(self, _pick):
        if entry := self._record(self.entries):
            entry.unlink()

    def _model_choose(self, pick, which):
        index = self._pick(pick, "tickets")
        customer = self.desk.tickets[index].customer
        self.item = self._pick(
            which,
            "items",
            lambda item: item.customer is customer and self._is_sold(item),
        )
        self.index = index
        if which % 5 == 0:
            self.item = None
        self._on_model(
            lambda desk: desk.choose(
                desk.tickets[index],
                None if self.item is None else desk.items[self.item],
            )
        )

    def _ledger_choose(self, _pick, _which):
        item = self.item is not None and self.lines[self.item]
        self._record(self.tickets).write({"sale_line_id": item and item.id})

    # Overage

    def _model_cover(self, _pick):
        self._on_model(lambda desk: desk.cover_all())

    def _ledger_cover(self, _pick):
        self.entries.action_cover_overage()

    def _model_bill(self, _pick):
        self._on_model(lambda desk: desk.bill())

    def _ledger_bill(self, _pick):
        self.entries.action_bill_overage()

    def _model_forgive(self, _pick):
        self._on_model(lambda desk: desk.forgive())

    def _ledger_forgive(self, _pick):
        self.entries.action_goodwill_overage()

    def _model_confirm(self, pick):
        self._pick(pick, "items", lambda item: item.state == "draft")
        if self.index is not None:
            index = self.index
            self._on_model(
                lambda desk: desk.confirm_quotation(desk.items[index].customer)
            )

    def _ledger_confirm(self, _pick):
        if item := self._record(self.lines):
            item.order_id.action_confirm()

    # Orders and invoices

    def _model_sell(self, pick, *terms):
        self._on_model(lambda desk: desk.sell(desk.customers[pick % 2], *terms))

    def _ledger_sell(self, pick, prepaid, hours, capped):
        product = self.prepaid_product if prepaid else self.time_product
        item = self._sell(product, float(hours), self.partners[pick % 2], confirm=False)
        item.limit_hours = capped
        item.order_id.action_confirm()
        # The orders of one second are in the order of their numbers.
        item.order_id.date_order = fields.Datetime.now()
        self.lines += item

    def _model_order(self, pick, hours):
        self._change(pick, "items", "order", hours, usable=self._is_sold)

    def _ledger_order(self, _pick, hours):
        if item := self._record(self.lines):
            item.product_uom_qty = float(hours)

    def _model_authorize(self, pick, hours):
        self._change(
            pick,
            "items",
            "authorize",
            hours,
            usable=lambda item: self._is_sold(item) and item.capped,
        )

    def _ledger_authorize(self, _pick, hours):
        if item := self._record(self.lines):
            self._authorize(item, float(hours))

    def _model_limit(self, pick):
        # Hours from before the cap stay, which is a rule of its own: only items that
        # keep within it are capped here.
        index = self._pick(
            pick,
            "items",
            lambda item: (
                self._is_sold(item)
                and (item.capped or self.desk.used(item) <= item.authorized)
            ),
        )
        if index is not None:
            self.capped = not self.desk.items[index].capped
            self._on_model(
                lambda desk: setattr(desk.items[index], "capped", self.capped)
            )

    def _ledger_limit(self, _pick):
        if item := self._record(self.lines):
            item.limit_hours = self.capped

    def _model_cancel(self, pick):
        """Orders that are invoiced are credited first."""
        self._change(
            pick,
            "items",
            "cancel",
            usable=lambda item: item.state in ("sale", "draft") and not item.invoiced,
        )

    def _ledger_cancel(self, _pick):
        if item := self._record(self.lines):
            item.order_id._action_cancel()

    def _model_invoice(self, pick, first, last, is_period):
        period = (first, last) if is_period else (-DAYS, 0)

        def is_usable(item):
            return self._is_sold(item) and not (
                item.prepaid and item.ordered < item.invoiced
            )

        self._change(pick, "items", "invoice", *period, usable=is_usable)

    def _ledger_invoice(self, _pick, first, last, is_period):
        if item := self._record(self.lines):
            days = (fields.Date.add(self.today, days=day) for day in (first, last))
            names = "date_start_invoice_timesheet", "date_end_invoice_timesheet"
            period = dict(zip(names, days, strict=True)) if is_period else {}
            self._invoice_order(item.order_id, **period).action_post()

    def _model_credit(self, pick, most):
        """All of an invoice, or a part in hundredths."""

        # What is billed anew after a part of billed time was credited is a rule of its
        # own: only invoices of what was ordered are credited in part here.
        def is_usable(item):
            return item.invoices and (item.prepaid or most >= item.invoices[-1][1])

        self._change(pick, "items", "credit", most, usable=is_usable)

    def _ledger_credit(self, _pick, most):
        if item := self._record(self.lines):
            invoices = item.invoice_lines.move_id
            invoice = invoices.filtered(
                lambda move: (
                    move.move_type == "out_invoice" and not move.reversal_move_ids
                )
            ).sorted("id")[-1:]
            reversal = (
                self.env["account.move.reversal"]
                .with_context(active_model="account.move", active_ids=invoice.ids)
                .create({"journal_id": invoice.journal_id.id, "reason": "Wrong"})
            )
            reversal.refund_moves()
            line = reversal.new_move_ids.invoice_line_ids.filtered("product_id")
            if most < line.quantity:
                line.quantity = float(most)
            reversal.new_move_ids.filtered(lambda m: m.state == "draft").action_post()

    # ------------------------------------------------------------------
    # Comparison, on the figures in the database
    # ------------------------------------------------------------------

    def _compare(self, _number):
        self.env.flush_all()
        self._adopt_records()
        for name in DRAWN:
            expected = getattr(self, f"_expect_{name}")()
            actual = getattr(self, f"_read_{name}")()
            if expected != actual:
                return f"{name} are {actual}, not {expected}"
        return False

    def _adopt_records(self):
        """Find entries that were split off, and quotations of overage."""
        works = {
            name: [work.id for work in self.tickets if work._name == model]
            for name, model in WORKS.items()
        }
        self.entries = self.entries.search(
            Domain.OR(Domain(name, "in", ids) for name, ids in works.items()),
            order="id",
        )
        known = len(self.lines)
        if known < len(self.desk.items):
            quoted = self.lines.search(
                [("product_id", "=", self.overage_product.id)], order="id"
            )
            self.lines += quoted.filtered(lambda line: line not in self.lines)

    def _get_index(self, records, record):
        return records.ids.index(record.id) if record else None

    def _find(self, records, record):
        """Return the position of an object of the model; objects have identity."""
        return next((n for n, one in enumerate(records) if one is record), None)

    def _expect_customers(self):
        return [customer.credits for customer in self.desk.customers]

    def _read_customers(self):
        balances = self.partners._get_service_credit_balances()
        return [
            Decimal(
                str(sum(line["credits_available"] for line in balances[partner.id]))
            )
            for partner in self.partners
        ]

    def _expect_items(self):
        desk = self.desk
        return [
            ("gone",)
            if item.state == "gone"
            else (
                item.state,
                desk.quoted_hours(item) if item.state == "draft" else item.ordered,
                desk.used(item),
                desk.prepaid_left(item) if item.state == "sale" else None,
                item.invoiced,
                item.authorized,
            )
            for item in desk.items
        ]

    def _read_items(self):
        return [self._read_item(line) for line in self.lines]

    def _read_item(self, line):
        if not line.exists():
            return ("gone",)
        is_pack = line.remaining_hours_available and line.state == "sale"
        figures = (
            line.product_uom_qty,
            line.qty_delivered,
            line.remaining_hours if is_pack else None,
            line.qty_invoiced,
            line.authorized_hours,
        )
        return (
            line.state,
            *(None if f is None else Decimal(str(round(f, 6))) for f in figures),
        )

    def _expect_tickets(self):
        return [
            (self._find(self.desk.items, ticket.item), ticket.chosen)
            for ticket in self.desk.tickets
        ]

    def _read_tickets(self):
        return [
            (
                self._get_index(self.lines, ticket.sale_line_id),
                ticket._is_item_chosen(),
            )
            for ticket in self.tickets
        ]

    def _expect_entries(self):
        return [
            (
                self._find(self.desk.tickets, entry.ticket),
                entry.hours,
                entry.payer,
                self._find(self.desk.items, entry.item),
                entry.credits,
                entry.decision == "to_bill",
                entry.invoiced,
            )
            for entry in self.desk.entries
        ]

    def _read_entries(self):
        return [
            (
                self.tickets.index(entry._get_work()),
                Decimal(str(round(entry.hours_billed, 6))),
                entry.coverage,
                self._get_index(self.lines, entry.so_line),
                Decimal(str(entry.credits)),
                entry.overage_decision == "to_bill",
                not entry._is_not_billed(),
            )
            for entry in self.entries
        ]
