# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import random

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..support.played import played
from ..support.random_walk import SEED, WALKS
from ..support.tasks import TaskFundingCommon

DAYS = ("2026-04-30", "2026-05-03", "2026-05-04", "2026-06-02")


@tagged("post_install", "-at_install")
class TestFundingPreview(TaskFundingCommon):
    """What a preview says is what posting does, field by field, over random claims on
    tickets and tasks."""

    def test_preview_is_what_posting_does(self):
        for number in range(max(WALKS // 4, 1)):
            seed = SEED + number
            savepoint = self.env.cr.savepoint()
            try:
                with self.subTest(seed=seed):
                    self._compare(random.Random(seed))
            finally:
                savepoint.rollback()
                savepoint.close(rollback=False)
                self.env.invalidate_all()
        played("previews", type(self).__name__, previews=number * 4 + 4)

    def _compare(self, dice):
        self.dice = dice
        self._make_world(dice)
        for _entry in range(4):
            work = dice.choice(self.works)
            where = {self._get_name(work): work.id}
            self._compare_one({**self._make_values(dice), **where})

    def _get_name(self, work):
        return "ticket_id" if work._name == "helpdesk.ticket" else "task_id"

    def _get_work(self, vals):
        if "task_id" in vals:
            return self.env["project.task"].browse(vals["task_id"])
        return self.tickets.browse(vals["ticket_id"])

    def _compare_one(self, vals):
        """Compare an import, or what one of both windows shows and logs."""
        ways = ["create", "panel", "log"]
        ways += ["new ticket"] if "ticket_id" in vals else []
        way = self.dice.choice(ways)
        plan, post = getattr(self, f"_take_{way.replace(' ', '_')}")(vals)
        entries = self.env["account.analytic.line"]
        before = entries.search([], order="id desc", limit=1).id or 0
        left = self._get_left()
        try:
            with self.env.cr.savepoint():
                post()
                self.env.flush_all()
        except ValidationError as error:
            self.assertTrue(plan["refusal"], error)
            if way != "new ticket":  # it had no number yet
                self.assertEqual(str(error), plan["refusal"])
            return
        self.assertFalse(plan["refusal"], way)
        pieces = entries.search([("id", ">", before)], order="id")
        posted = [
            (piece.coverage, round(piece.hours_billed, 4), round(piece.credits, 2))
            for piece in pieces
        ]
        self.assertEqual(self._get_payers(plan["slices"]), posted, way)
        self.assertEqual(set(pieces.mapped("coverage_note")), {plan["note"]}, way)
        if len(pieces) == 1:
            # Parts tell their own times.
            self.assertEqual(pieces.rate_note, plan["rate_note"], way)
        worked, billed = (
            sum(pieces.mapped(name)) for name in ("unit_amount", "hours_billed")
        )
        self.assertAlmostEqual(billed, plan["hours"], 4)
        self.assertAlmostEqual(worked, vals["unit_amount"], 4)
        drawn = sum(pieces.mapped("credits"))
        self.assertAlmostEqual(left - self._get_left(), drawn, 2)

    def _take_create(self, vals):
        entries = self.env["account.analytic.line"]
        return entries._preview_entry(dict(vals)), lambda: entries.create(dict(vals))

    def _take_panel(self, vals):
        """What *Who Pays* shows, with the defaults of the window."""
        work = self._get_work(vals)
        panel = self.env["service.funding.panel"].create(
            {
                "partner_id": work.partner_id.id,
                self._get_name(work): work.id,
                "hours": vals["unit_amount"],
                "date": vals["date"],
                "time_start": vals.get("time_start", 0),
                "employee_id": vals["employee_id"],
            }
        )
        vals = {**vals, "service_type_id": panel.service_type_id.id}
        vals.pop("is_billable", None)
        entries = self.env["account.analytic.line"]
        return panel._get_plan(), lambda: entries.create(vals)

    def _take_log(self, vals):
        work = self._get_work(vals)
        where = {self._get_name(work): work.id, "partner_id": work.partner_id.id}
        return self._open_log(vals, **where)

    def _take_new_ticket(self, vals):
        """With the item that is filled, another one, or none."""
        customer = self.tickets.browse(vals["ticket_id"]).partner_id
        own = self.items.filtered(lambda item: item.order_partner_id == customer)
        chosen = self.dice.choice((None, False, *own.ids))
        item = {} if chosen is None else {"sale_line_id": chosen}
        return self._open_log(
            vals, partner_id=customer.id, team_id=self.team.id, **item
        )

    def _open_log(self, vals, **where):
        log = self.env["service.log"].create(
            {
                "title": "Work",
                "hours": vals["unit_amount"],
                "date": vals["date"],
                "time_start": vals.get("time_start", 0),
                "employee_id": self.employee.id,
                "service_type_id": vals.get("service_type_id", self.types[0].id),
                **where,
            }
        )
        return log._plan(), log.action_log_hours

    def _get_left(self):
        purchases = self.env["service.credit.purchase"].search([])
        return sum(purchases.mapped("credits_available"))

    def _get_payers(self, slices):
        """Return the parts of a plan: credits of several purchases are one."""
        parts = []
        for part in slices:
            hours, credits = part["hours"], part["credits"]
            if parts and parts[-1][0] == part["payer"] == "credits":
                _payer, more_hours, more_credits = parts.pop()
                hours, credits = hours + more_hours, credits + more_credits
            parts.append((part["payer"], hours, credits))
        return [
            (payer, round(hours, 4), round(credits, 2))
            for payer, hours, credits in parts
        ]

    def _make_world(self, dice):
        terms = {
            "prepaid_limit": dice.choice(("open", "chain", "closed")),
            "over_limit_policy": dice.choice(("refuse", "overage", "non_billable")),
            "sale_line_preference": dice.choice(("latest", "oldest")),
            "use_service_credits": dice.random() < 0.7,
        }
        self.rollout.write(terms)
        self.team.write(
            {
                **terms,
                "minimum_hours": dice.choice((0, 0, 0.5)),
                "rounding_hours": dice.choice((0, 0, 0.25, 1 / 6)),
            }
        )
        self.time_product.time_billable = dice.random() < 0.8
        for _lot in range(dice.randrange(3)):
            start = dice.choice(DAYS)
            self._buy(
                dice.choice((0.5, 2, 5)),
                start,
                fields.Date.add(fields.Date.to_date(start), days=dice.randrange(60)),
            )
        items = [
            self._sell(hours=dice.choice((1, 3, 8)), date_order=f"2026-01-0{day}")
            for day in range(1, dice.randrange(1, 4))
        ]
        items.append(self._sell(self.time_product))
        if dice.random() < 0.4:
            self._authorize(dice.choice(items), dice.choice((0.5, 2)))
        self.items = items[0].union(*items)
        self.types = self.env["service.type"].create(
            [
                {"name": f"At {rate}", "credits_per_hour": rate, "increment": 0.01}
                for rate in (1, 1.5)
            ]
        )
        self._limit_credits(dice)
        self._make_works(dice, items)
        self._make_rates(dice)

    def _limit_credits(self, dice):
        for purchase in self.env["service.credit.purchase"].search([], order="id"):
            purchase.write(
                {
                    "priority": dice.choice((0, 50, 50)),
                    "service_type_ids": dice.choice(([], [], self.types[0].ids)),
                    "team_ids": dice.choice(([], [], [], self.team.ids)),
                    "project_ids": dice.choice(([], [], [], self.rollout.ids)),
                }
            )

    def _make_works(self, dice, items):
        self.tickets = (
            self._create_ticket()
            | self._create_ticket(sale_line_id=dice.choice(items).id)
            | self._create_ticket(partner_id=self.other_customer.id)
        )
        self.works = [*self.tickets]
        if self.rollout._asks_payers():
            self.works += [
                self._create_task(),
                self._create_task(sale_line_id=dice.choice(items).id),
                self._create_task(partner_id=self.other_customer.id),
            ]

    def _make_rates(self, dice):
        self.env["service.rate"].create(
            [
                {
                    "name": applies,
                    "factor": dice.choice((0.5, 1.25, 2)),
                    "applies": applies,
                    "service_type_ids": dice.choice(([], self.types[1].ids)),
                }
                for applies in ("always", "inside", "outside")
                if dice.random() < 0.4
            ]
        )

    def _make_values(self, dice):
        vals = {
            "name": "Work",
            "unit_amount": dice.choice((0.17, 0.5, 1, 2.75, 6)),
            "date": dice.choice(DAYS),
            "employee_id": self.employee.id,
        }
        if dice.random() < 0.7:
            vals["time_start"] = dice.choice((7, 11.75, 16, 22, 24))
        if dice.random() < 0.5:
            vals["service_type_id"] = dice.choice(self.types).id
        if dice.random() < 0.3:
            vals["is_billable"] = dice.random() < 0.7
        return vals
