# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import random

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..support.funding import FundingCommon
from ..support.random_walk import SEED, WALKS

DAYS = ("2026-04-30", "2026-05-03", "2026-05-04", "2026-06-02")


@tagged("post_install", "-at_install")
class TestFundingPreview(FundingCommon):
    """What a preview says is what posting does, field by field, over random claims."""

    def test_preview_is_what_posting_does(self):
        for number in range(max(WALKS // 5, 1)):
            seed = SEED + number
            savepoint = self.env.cr.savepoint()
            try:
                with self.subTest(seed=seed):
                    self._compare(random.Random(seed))
            finally:
                savepoint.rollback()
                savepoint.close(rollback=False)
                self.env.invalidate_all()

    def _compare(self, dice):
        self._make_world(dice)
        for _entry in range(4):
            ticket = dice.choice(self.tickets)
            self._compare_one({**self._make_values(dice), "ticket_id": ticket.id})

    def _compare_one(self, vals):
        entries = self.env["account.analytic.line"]
        planned = entries._preview_entry(dict(vals))
        before = entries.search([], order="id desc", limit=1).id or 0
        left = self._get_left()
        try:
            with self.env.cr.savepoint():
                entries.create(dict(vals))
                self.env.flush_all()
        except ValidationError as error:
            self.assertEqual(str(error), planned["refusal"])
            return
        self.assertFalse(planned["refusal"])
        pieces = entries.search([("id", ">", before)], order="id")
        posted = [
            (piece.coverage, round(piece.hours_billed, 4), round(piece.credits, 2))
            for piece in pieces
        ]
        self.assertEqual(self._get_payers(planned["slices"]), posted)
        self.assertEqual(set(pieces.mapped("coverage_note")), {planned["note"]})
        worked, billed = (
            sum(pieces.mapped(name)) for name in ("unit_amount", "hours_billed")
        )
        self.assertAlmostEqual(billed, planned["hours"], 4)
        self.assertAlmostEqual(worked, vals["unit_amount"], 4)
        drawn = sum(pieces.mapped("credits"))
        self.assertAlmostEqual(left - self._get_left(), drawn, 2)

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
        self.team.write(
            {
                "prepaid_limit": dice.choice(("open", "chain", "closed")),
                "over_limit_policy": dice.choice(("refuse", "overage", "non_billable")),
                "sale_line_preference": dice.choice(("latest", "oldest")),
                "minimum_hours": dice.choice((0, 0, 0.5)),
                "rounding_hours": dice.choice((0, 0, 0.25, 1 / 6)),
                "use_service_credits": dice.random() < 0.7,
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
        self.tickets = [
            self._create_ticket(),
            self._create_ticket(sale_line_id=dice.choice(items).id),
            self._create_ticket(partner_id=self.other_customer.id),
        ]
        self.types = self.env["service.type"].create(
            [{"name": f"At {rate}", "credits_per_hour": rate} for rate in (1, 1.5)]
        )

    def _make_values(self, dice):
        vals = {
            "name": "Work",
            "unit_amount": dice.choice((0.17, 0.5, 1, 2.75, 6)),
            "date": dice.choice(DAYS),
            "employee_id": self.employee.id,
        }
        if dice.random() < 0.5:
            vals["service_type_id"] = dice.choice(self.types).id
        if dice.random() < 0.3:
            vals["is_billable"] = dice.random() < 0.7
        return vals
