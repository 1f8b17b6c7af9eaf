# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from psycopg2.errors import ReadOnlySqlTransaction, UndefinedTable

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from ..support.funding import FundingCommon
from ..support.sync import SyncMixin

ADDON = "odoo.addons.helpdesk_service_credit."
ARGUMENTS = {
    "get_time_preview": ("1:00",),
    "web_read": ({"name": {}},),
    "web_search_read": ([], {"display_name": {}}, 0, 1, None, 2),
}


@tagged("post_install", "-at_install")
class TestReadonly(SyncMixin, FundingCommon):
    """What is marked as reading is sent to a replica, so it writes nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._buy(cls)
        cls._work(cls)
        source = cls.csv_source("id,customer,credits\n1,Azure Mills,5")
        source.action_sync_now()

    def _get_marked(self):
        """Yield the models and names of our methods that are marked."""
        for name, model in self.env.registry.items():
            for method in dir(model):
                function = getattr(model, method, None)
                if getattr(function, "_readonly", False) and (
                    getattr(function, "__module__", "").startswith(ADDON)
                ):
                    yield name, method

    def _call(self, records, method):
        """Call a method in a transaction that may only read.

        :return: whether it came to an end
        """
        self.env.flush_all()
        with self.env.cr.savepoint(flush=False) as point:
            self.env.cr.execute(SQL("SET TRANSACTION READ ONLY"))
            try:
                getattr(records, method)(*ARGUMENTS.get(method, ()))
                self.env.flush_all()
            except (UserError, ValueError, UndefinedTable):
                return False  # refused, for one record alone, or of a mixin
            finally:
                point.rollback()
        return True

    def test_marked_methods_write_nothing(self):
        called = set()
        for name, method in self._get_marked():
            model = self.env[name]
            records = model if model._abstract else model.search([], limit=1)
            with self.subTest(model=name, method=method):
                if self._call(records, method):
                    called.add((name, method))
        self.assertGreater(len(called), 12, called)

    def test_the_test_sees_what_is_written(self):
        """Or it could not fail."""
        with mute_logger("odoo.sql_db"), self.assertRaises(ReadOnlySqlTransaction):
            self._call(self.ticket, "action_timer_start")
