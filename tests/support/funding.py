# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from .common import ServiceCreditCommon

MAY = "2026-05-04"


class FundingCommon(ServiceCreditCommon):
    """A team that uses service credits, and a ticket to log on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Work of long ago is logged as if it were then.
        cls.env.company.service_credit_late_days = 36500
        cls.team.use_service_credits = True
        cls.ticket = cls._create_ticket()

    def _buy(self, credits=10, start="2026-01-01", expiry="2026-12-31", **values):
        return self.env["service.credit.purchase"].create(
            {
                "partner_id": self.customer.id,
                "credits": credits,
                "value_per_credit": 100,
                "paid_per_credit": 80,
                "date_start": start,
                "date_expiry": expiry,
                "is_draft": False,
                **values,
            }
        )

    def _work(self, hours=1.0, ticket=None, **values):
        return self._log(
            ticket or self.ticket, hours, date=values.pop("date", MAY), **values
        )

    def _pieces(self, ticket=None):
        entries = (ticket or self.ticket).timesheet_ids.sorted("id")
        return [
            (entry.coverage, entry.unit_amount, entry.credits, entry.so_line)
            for entry in entries
        ]

    def _rows(self):
        rows = self.env["service.credit.consumption"].search([], order="id")
        return [(row.purchase_id, row.credits, row.timesheet_id) for row in rows]

    def _assert_adds_up(self):
        """Every hour billed is paid by exactly one payer, every credit by a row."""
        self.env.flush_all()
        for entry in self.ticket.timesheet_ids:
            rows = sum(entry.consumption_ids.mapped("credits"))
            due = entry.hours_billed * entry.credits_per_hour
            expected = due if entry.coverage == "credits" else 0
            self.assertAlmostEqual(
                rows, expected, delta=0.0101, msg=entry.coverage_note
            )
            self.assertEqual(bool(entry.so_line), entry.coverage == "sale_line")
