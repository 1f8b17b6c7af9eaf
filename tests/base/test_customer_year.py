# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A customer's year in the portal, with a mouse and on a phone."""

from odoo.tests import tagged

from ..security.test_portal_readers import PortalReadersCase
from ..support.played import in_long_run


@tagged("post_install", "-at_install")
class TestCustomerYear(PortalReadersCase):
    def test_a_year(self):
        self.quotation.action_cancel()
        path, tour = "/my", "helpdesk_service_credit_customers_year"
        with self.assertNoLogs("odoo.http", "ERROR"):
            self.start_tour(path, tour, login=self.own.login)
        self.env.invalidate_all()
        self.assertEqual((self.request.state, self.request.hours), ("approved", 2))
        self.assertEqual(self.request.signed_by, "Nora Azure")
        order = self.env["sale.order"].search(
            [("service_ordered_by_id", "!=", False), ("state", "!=", "cancel")]
        )
        self.assertEqual(order.service_ordered_by_id, self.own.partner_id)
        self.assertEqual((order.state, order.signed_by), ("sale", "Nora Azure"))
        self.assertEqual(order.order_line.service_credit_purchase_ids.credits, 20)
        # Who followed the ticket before sees nothing of it.
        for user in (self.former, self.foreign):
            for path in ("/my", "/my/service-credits", "/my/timesheets"):
                self.assertEqual(self._find_secrets(self._read(path, user)), [])


@in_long_run
@tagged("post_install", "-at_install")
class TestCustomerYearOnAPhone(TestCustomerYear):
    browser_size = "375x667"
    touch_enabled = True
