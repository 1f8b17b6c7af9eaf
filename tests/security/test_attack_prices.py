# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..support.selling import SellingCommon

LEVELS = ("user_own", "user_team", "user")


@tagged("post_install", "-at_install")
class TestAttackPrices(SellingCommon):
    """Agents see the hours of an item, and nothing a price can be worked out from."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        item = cls._sell()
        twin = item.copy({"order_id": item.order_id.id})
        cls.items = item + twin + cls._sell()
        cls.items.price_unit = 4321.99
        cls.agents = [
            cls._create_person(
                f"prices_{level}", f"helpdesk_mgmt.group_helpdesk_{level}"
            )
            for level in LEVELS
        ]
        for agent in cls.agents:
            cls.team.user_ids |= agent
            for item in cls.items:
                cls._create_ticket(user_id=agent.id, sale_line_id=item.id)
        cls.env.flush_all()

    def _refused(self, call):
        """Tell whether a call is refused, by Odoo and not by an accident."""
        self.env.invalidate_all()
        try:
            call()
        except (AccessError, ValueError):
            return True
        return False

    def _ways(self, items, name):
        """Return the ways to get at a field of items, by their names."""
        field, tickets = items._fields[name], items.ticket_ids
        through = f"sale_line_id.{name}"
        ways = {
            "read": lambda: items.read([name]),
            "web_read": lambda: items.web_read({name: {}}),
            "nested": lambda: tickets.web_read(
                {"sale_line_id": {"fields": {name: {}}}}
            ),
            "export": lambda: items.export_data([name]),
        }
        # A search by what a product says may go through the item: agents read products.
        if field.store or field.type in ("float", "monetary"):
            ways["search"] = lambda: items.search([(name, "!=", False)])
            ways["through"] = lambda: tickets.search([(through, "!=", False)])
        if field.store and field.column_type:
            group = items.formatted_read_group
            ways["sort"] = lambda: items.search([], order=name)
            ways["group"] = lambda: group([], [name], ["__count"])
            if field.aggregator:
                aggregate = f"{name}:{field.aggregator}"
                ways["aggregate"] = lambda: group([], [], [aggregate])
        return ways

    def test_money_is_hidden(self):
        """Whatever is money, a tax or a margin is no field of the item for an agent."""
        for agent in self.agents:
            shown = self.items.with_user(agent).fields_get()
            self.assertIn("remaining_hours", shown)
            money = [
                name
                for name, field in self.items._fields.items()
                if field.type == "monetary"
                or any(word in name for word in ("price", "tax", "discount", "margin"))
            ]
            self.assertGreater(len(money), 8)
            self.assertFalse(set(money) & shown.keys())

    def test_hidden_fields_by_every_way(self):
        """Read, search, sort, group, aggregate, export: none of the hidden fields."""
        for agent in self.agents:
            agent.group_ids |= self.env.ref("base.group_allow_export")
        given, tried = [], 0
        for agent in self.agents:
            items = self.items.with_user(agent)
            shown = items.fields_get()
            for name in items._fields.keys() - shown.keys():
                for way, call in self._ways(items, name).items():
                    tried += 1
                    if not self._refused(call):
                        given.append((agent.login, name, way))
        self.assertFalse(given)
        self.assertGreater(tried, 500)

    def test_paths_to_the_order(self):
        """An item leads an agent to no figure of its order."""
        for agent in self.agents:
            items = self.items.with_user(agent)
            for path in ("order_id.amount_total", "order_id.currency_id.rate"):
                with self.assertRaises(AccessError):
                    items.search([(path, ">", 0)])
            with self.assertRaises(AccessError):
                items.order_id.read(["amount_total"])

    def test_names(self):
        """Core puts prices into the names of twins where a context asks for it."""
        context = {"with_price_unit": True}
        for agent in self.agents:
            self.env.invalidate_all()
            items = self.items.with_user(agent).with_context(**context)
            tickets = items.ticket_ids.with_context(**context)
            told = (
                str(items.mapped("display_name"))
                + str(items.read(["display_name"]))
                + str(items.name_search("", [("id", "in", items.ids)]))
                + str(items.web_search_read([], {"display_name": {}}))
                + str(tickets.read(["sale_line_id"]))
                + str(
                    tickets.web_read({"sale_line_id": {"fields": {"display_name": {}}}})
                )
                + str(tickets.formatted_read_group([], ["sale_line_id"], ["__count"]))
            )
            self.assertNotIn("4,321", told)
            self.assertNotIn("4321", told)
        seller = self.items.with_user(self.seller).with_context(**context)
        self.env.invalidate_all()
        self.assertIn("4,321.99", str(seller.mapped("display_name")))

    def test_purchases_and_windows(self):
        """What credits cost is for people with rights on sales or service credits."""
        lot = self._ordered()
        closed = (
            lot,
            lot.consumption_ids,
            self.env["service.credit.renewal"],
            self.env["service.credit.renewal.size"],
            self.env["service.credit.purchase.create"],
            self.env["service.credit.purchase.create.line"],
        )
        for agent in self.agents:
            for records in closed:
                for operation in ("read", "create"):
                    self.assertFalse(records.with_user(agent).has_access(operation))
            for method in (
                lot.action_create_renewal,
                lot.sale_order_id.action_create_service_credit_purchases,
                self.customer.action_create_service_credit_renewal,
            ):
                bound = method.__self__.with_user(agent)
                with self.assertRaises(AccessError):
                    getattr(bound, method.__name__)()

    def test_people_without_any_right(self):
        """Who has no right on tickets sees no item at all."""
        stranger = new_test_user(self.env, "prices_stranger", "base.group_user")
        items = self.items.with_user(stranger)
        for call in (
            lambda: items.read(["display_name"]),
            lambda: items.search([]),
            lambda: items.name_search("Support"),
        ):
            with self.assertRaises(AccessError):
                call()

    def test_field_access_costs_no_query(self):
        """Which fields a user may see is asked for every field of every item."""
        for user in (*self.agents, self.seller):
            items = self.items.with_user(user)
            fields = list(items._fields.values())
            for field in fields:
                items._has_field_access(field, "read")
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            for field in fields:
                items._has_field_access(field, "read")
            self.assertEqual(self.cr.sql_log_count, before)
