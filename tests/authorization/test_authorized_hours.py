# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from ..support.books import assert_books
from ..support.common import ServiceCreditCommon


@tagged("post_install", "-at_install")
class TestAuthorizedHours(ServiceCreditCommon):
    """The cap of a sales order item, from every way in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.item = cls._sell(cls.time_product)
        cls._authorize(cls.item, 10)
        cls.ticket = cls._create_ticket(sale_line_id=cls.item.id)

    @classmethod
    def _create_task(cls, item):
        return cls.env["project.task"].create(
            {
                "name": "Task",
                "project_id": cls.project.id,
                "partner_id": cls.customer.id,
                "sale_line_id": item.id,
            }
        )

    @classmethod
    def _log_task(cls, task, hours=1.0, **values):
        return cls.env["account.analytic.line"].create(
            {
                "task_id": task.id,
                "project_id": task.project_id.id,
                "name": "Work",
                "unit_amount": hours,
                "employee_id": cls.employee.id,
                **values,
            }
        )

    def _assert_refused(self, function, *args, **kwargs):
        # Every item of these tests is a kind of support.
        with (
            self.assertRefused(ValidationError, "Support"),
            self.cr.savepoint(),
        ):
            function(*args, **kwargs)

    def _assert_used(self, used):
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.item.authorized_hours_used, used)
        self.assertEqual(self.item.authorized_hours_left, 10 - used)
        self.assertEqual(self.item.qty_delivered, used)

    def test_exactly_at_the_cap_passes_and_more_does_not(self):
        self._log(self.ticket, 9.5)
        self._assert_refused(self._log, self.ticket, 1)
        self._log(self.ticket, 0.5)
        self._assert_refused(self._log, self.ticket, 0.01)
        self._assert_used(10)
        self.assertEqual(self.item._get_authorized_hours_left(), 0)

    def test_the_sentence_names_item_hours_and_ways_out(self):
        self._log(self.ticket, 9.5)
        with self.assertRefused(
            ValidationError,
            says=r"^Only 0:30 of the 1:00 h on ticket .* are covered "
            r"\(0:30 of 10:00 authorized hours left on .*Support Time.*\)\. "
            r"Log 0:30 h, ask Azure Mills "
            r"for more hours or credits, choose another sales order item, or untick "
            r"Billable\.$",
        ):
            self._log(self.ticket, 1)

    def test_thirds_of_an_hour_add_up(self):
        """Binary fractions neither lose nor win a slice at the limit."""
        for _index in range(30):
            self._log(self.ticket, 1 / 3)
        self._assert_refused(self._log, self.ticket, 1 / 3)

    def test_slices_below_the_precision_do_not_creep_over(self):
        self._log(self.ticket, 10)
        refused = 0
        for _index in range(5):
            try:
                with self.cr.savepoint():
                    self._log(self.ticket, 0.004)
            except ValidationError:
                refused += 1
        self.assertGreaterEqual(refused, 4)
        self.assertLess(self.item.authorized_hours_used, 10.005)

    def test_batch_counts_together(self):
        values = {
            "ticket_id": self.ticket.id,
            "name": "Work",
            "unit_amount": 3,
            "employee_id": self.employee.id,
        }
        model = self.env["account.analytic.line"]
        self._assert_refused(model.create, [dict(values)] * 4)
        self.assertFalse(self.ticket.timesheet_ids)
        model.create([dict(values)] * 3)
        self._assert_used(9)

    def test_tasks_share_the_cap_with_tickets(self):
        task = self._create_task(self.item)
        self._log_task(task, 6)
        self._assert_refused(self._log, self.ticket, 4.5)
        self._log(self.ticket, 4)
        self._assert_refused(self._log_task, task, 0.5)
        self._assert_used(10)

    def test_editing_the_hours(self):
        entry = self._log(self.ticket, 9)
        task_entry = self._log_task(self._create_task(self.item), 1)
        self._assert_refused(entry.write, {"unit_amount": 9.5})
        self._assert_refused(task_entry.write, {"unit_amount": 1.5})
        entry.unit_amount = 8.5
        task_entry.unit_amount = 1.5
        self._assert_used(10)

    def test_unticking_and_ticking_again(self):
        entry = self._log(self.ticket, 6)
        entry.is_billable = False
        self._assert_used(0)
        self._log(self.ticket, 6)
        self._assert_refused(entry.write, {"is_billable": True})
        entry.unit_amount = 4
        entry.is_billable = True
        self._assert_used(10)

    def test_not_billable_time_is_not_capped(self):
        self._log(self.ticket, 10)
        self._log(self.ticket, 5, is_billable=False)
        self._assert_used(10)

    def test_moving_an_entry_to_a_capped_item(self):
        self._log(self.ticket, 8)
        free = self._sell(self.time_product)
        elsewhere = self._create_ticket(sale_line_id=free.id)
        entry = self._log(elsewhere, 3)
        self._assert_refused(entry.write, {"ticket_id": self.ticket.id})
        self._assert_refused(entry.write, {"so_line": self.item.id})
        elsewhere.sale_line_id = self.item
        self._assert_refused(elsewhere.action_move_timesheets)
        self.assertEqual(entry.so_line, free)
        entry.unit_amount = 2
        elsewhere.action_move_timesheets()
        self._assert_used(10)

    def test_moving_a_task_takes_its_time_through_the_cap(self):
        """Core re-books the time of a task with the task, in a computed field."""
        free = self._sell(self.time_product)
        task = self._create_task(free)
        self._log_task(task, 11)
        with (
            self.assertRefused(ValidationError, self.item),
            self.cr.savepoint(),
        ):
            task.sale_line_id = self.item
            self.env.flush_all()
        self._assert_used(0)

    def test_deleting_gives_the_hours_back(self):
        entry = self._log(self.ticket, 10)
        entry.unlink()
        self._log(self.ticket, 10)
        self._assert_used(10)

    def test_import_and_rpc_by_an_agent(self):
        model = self.env["account.analytic.line"].with_user(self.agent)
        header = ["ticket_id", "name", "unit_amount", "date"]
        row = [self.ticket.number, "Imported", "6", "2026-05-04"]
        result = model.load(header, [row, row])
        self.assertFalse(result["ids"])
        self.assertIn(self.item.display_name, str(result["messages"]))
        self.assertTrue(model.load(header, [row])["ids"])
        values = {"ticket_id": self.ticket.id, "unit_amount": 6}
        self._assert_refused(model.create, values)
        for key in ("install_mode", "import_file", "limit_hours", "tracking_disable"):
            self._assert_refused(model.with_context(**{key: True}).create, values)

    def test_rounding_of_the_team_counts_what_is_billed(self):
        self.team.minimum_hours = 1
        for _index in range(10):
            self._log(self.ticket, 0.1)
        self._assert_refused(self._log, self.ticket, 0.1)
        self._assert_used(10)

    def test_items_that_are_over_stay_and_shrink(self):
        """A cap that is switched on later refuses nothing that is there."""
        item = self._sell(self.time_product)
        ticket = self._create_ticket(sale_line_id=item.id)
        entry = self._log(ticket, 20)
        self.env.flush_all()
        item.limit_hours = True
        self._authorize(item, 10)
        self.env.flush_all()
        self.assertEqual(item.authorized_hours_used, 20)
        self.assertEqual(item.authorized_hours_left, -10)
        assert_books(self, self.env)
        entry.name = "Renamed"
        self._assert_refused(self._log, ticket, 0.5)
        self._assert_refused(entry.write, {"unit_amount": 20.5})
        entry.unit_amount = 15
        self._assert_refused(entry.write, {"unit_amount": 16})
        entry.unit_amount = 9
        self._log(ticket, 1)
        self._assert_refused(self._log, ticket, 0.5)

    def test_cap_holds_in_the_transaction_that_switches_it_on(self):
        item = self._sell(self.time_product)
        ticket = self._create_ticket(sale_line_id=item.id)
        item.limit_hours = True
        self._assert_refused(self._log, ticket, 1)

    def test_without_a_cap_nothing_is_refused(self):
        item = self._sell(self.time_product)
        self._log(self._create_ticket(sale_line_id=item.id), 20)
        self.assertIsNone(item._get_authorized_hours_left())

    def test_days_are_counted_in_hours(self):
        product = self._create_service(
            "Support Days",
            "delivered_timesheet",
            uom_id=self.env.ref("uom.product_uom_day").id,
        )
        item = self._sell(product, hours=2)
        self._authorize(item, 12)
        ticket = self._create_ticket(sale_line_id=item.id)
        self._log(ticket, 12)
        self._assert_refused(self._log, ticket, 1)

    def test_an_item_without_a_unit(self):
        """What counts in no unit counts as hours, and sells none in advance."""
        pack = self._sell(hours=5)
        self.assertTrue(pack._sells_hours())
        for item in (self.item, pack):
            item.product_uom_id = False
            self.assertFalse(item._sells_hours())
        self.assertEqual(self.item._get_ordered_hours(), self.item.product_uom_qty)

    def test_cap_costs_no_query_per_entry(self):
        self._authorize(self.item, 90)
        values = {
            "ticket_id": self.ticket.id,
            "name": "Work",
            "unit_amount": 0.5,
            "employee_id": self.employee.id,
        }

        def count(item, size):
            self.ticket.sale_line_id = item
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self.env["account.analytic.line"].create([dict(values)] * size)
            self.env.flush_all()
            return self.env.cr.sql_log_count - start

        free = self._sell(self.time_product)
        count(free, 1)
        few, many = count(self.item, 5), count(self.item, 50)
        self.assertLessEqual(many - few, 45, f"{few} then {many}")
        self.assertLessEqual(count(self.item, 5) - count(free, 5), 6)
