# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The table of what is measured: each act in the role of the person who does it."""

from collections.abc import Callable
from dataclasses import dataclass

import acts
from acts import TIME, form, screen

TICKETS = "helpdesk_mgmt.helpdesk_ticket_action"
DASHBOARD = "helpdesk_mgmt.helpdesk_ticket_dashboard_action"
LOT = "service_credit_purchase_action"
ROW = "service_credit_consumption_action"
MOVED = "service_credit_movement_action"
#: What a verdict allows: a screen, or a report that reads the whole ledger; what is
#: done once in a while follows how much there is to do.
SCREEN, REPORT, ONCE = "screen", "report", "once"


@dataclass
class Operation:
    """Something a person does.

    :param act: called with the environment of the user and the place
    :param repeat: how often it is measured at most
    """

    name: str
    user: str
    act: Callable
    kind: str = SCREEN
    repeat: int | None = None


def all_operations():
    yield from _of_agents()
    for role in ("agent", "leader", "admin"):
        yield from _tickets(role)
        yield from _time(role)
    yield from _customers()
    for role in ("leader", "admin"):
        yield from _of_leaders(role)
    for role in ("leader", "sales", "sales_all", "admin"):
        yield from _credits(role)
    for role in ("leader", "sales", "sales_all", "accountant", "admin"):
        yield from _reports(role)
    yield from _of_sellers()
    yield from _of_accountants()
    yield from _of_admins()


def _of_agents():
    role = "agent_all"
    finders = {
        "a customer": lambda place: place.normal_ticket,
        "the biggest customer": lambda place: place.biggest_ticket,
        "the longest ticket": lambda place: place.giant_ticket,
        "an item": lambda place: place.item_ticket,
    }
    for name, find in finders.items():
        yield Operation(f"log an entry, {name}", role, acts.log(find))
    biggest = finders["the biggest customer"]
    yield Operation("log 100 entries", role, acts.log(biggest, 100))
    for name in ("a customer", "the longest ticket"):
        find = finders[name]
        yield Operation(f"open a ticket, {name}", role, form("helpdesk.ticket", find))
        yield Operation(f"log in a ticket's form, {name}", role, acts.save_time(find))
    yield Operation("new ticket", role, acts.new_ticket)
    yield Operation("create a ticket", role, acts.create_ticket)
    yield Operation("close a ticket", role, acts.close_ticket)
    yield Operation("start the timer", role, acts.start_timer)
    yield Operation("items to choose on a ticket", role, acts.choose_item)
    yield Operation("who would pay", role, acts.ask_who_pays)
    yield Operation("the day of the timer", "agent", acts.show_day)
    yield Operation("my week", "agent_0_0", screen(TIME + "week", "list"))
    yield Operation("dashboard", "agent", screen(DASHBOARD, "kanban"))
    yield Operation("overview", "agent", acts.overview, REPORT)
    yield Operation("edit an entry's hours", "admin", acts.edit_entry)
    yield Operation("delete an entry", "admin", acts.delete_entry)


def _tickets(role):
    yield Operation("tickets list", role, screen(TICKETS, "list"))
    yield Operation("tickets kanban", role, screen(TICKETS, "kanban"))
    yield Operation(
        "tickets list, a customer",
        role,
        screen(TICKETS, "list", domain=acts.of_biggest()),
    )
    named = acts.search_name("helpdesk.ticket", "Question 12")
    yield Operation("ticket by name", role, named)


def _time(role):
    """The ways to look at time on tickets."""
    action = TIME + "ticket"
    yield Operation("timesheets list", role, screen(action))
    yield Operation(
        "timesheets list, a customer", role, screen(action, domain=acts.of_biggest())
    )
    yield Operation(
        "timesheets list, a sales order", role, screen(action, domain=acts.of_order)
    )
    for name, field in (
        ("ticket", "ticket_id"),
        ("customer", "partner_id"),
        ("team", "ticket_team_id"),
        ("month", "date"),
    ):
        by = screen(action, "list", by=[field])
        yield Operation(f"timesheets by {name}", role, by)
    for view in ("pivot", "graph"):
        yield Operation(f"timesheets {view}", role, screen(action, view))


def _customers():
    for role in ("agent_all", "sales", "leader"):
        opened = form("res.partner", lambda place: place.biggest)
        yield Operation("form of the biggest customer", role, opened)
    for role in ("agent_all", "sales"):
        yield Operation("credits of the biggest customer", role, acts.show_balance)
        yield Operation("credits of 80 customers", role, acts.show_balances)


def _of_leaders(role):
    over = TIME + "overage"
    yield Operation("overage list", role, screen(over))
    by_customer = screen(over, "list", by=["partner_id"])
    yield Operation("overage by customer", role, by_customer)
    yield Operation("time to approve", role, screen(TIME + "to_approve"))
    every = screen(TIME + "to_approve", filters=[])
    yield Operation("time to approve, all", role, every)
    yield Operation("goodwill pivot", role, screen("service_goodwill_action"))


def _credits(role):
    """Purchases and what became of them."""

    def fullest(place):
        sells = role.startswith("sales")
        return place.sold_purchase if sells else place.fullest_purchase

    for view in ("list", "kanban", "pivot"):
        yield Operation(f"purchases {view}", role, screen(LOT, view))
    yield Operation("purchases, a number", role, screen(LOT, domain=acts.of_number))
    of_customer = screen(LOT, domain=acts.of_biggest("commercial_partner_id"))
    yield Operation("purchases, a customer", role, of_customer)
    yield Operation("purchase form", role, form("service.credit.purchase", fullest))
    yield Operation(
        "allocations list", role, screen("service_credit_allocation_action")
    )
    yield Operation("consumptions list", role, screen(ROW))
    yield Operation("allotments list", role, screen("service_credit_plan_action"))


def _reports(role):
    """What reads the whole ledger."""
    for view in ("pivot", "graph"):
        analysis = screen(f"{ROW}_analysis", view)
        yield Operation(f"ledger analysis {view}", role, analysis, REPORT)
    for view in ("graph", "pivot", "list"):
        yield Operation(f"movements {view}", role, screen(MOVED, view), REPORT)
    yield Operation(
        "breakage pivot", role, screen(f"{MOVED}_breakage", "pivot"), REPORT
    )
    yield Operation("owed today, groups", role, acts.owed(), REPORT)
    yield Operation("owed today, list", role, acts.owed(filters=[]), REPORT)
    yield Operation("owed two years ago, groups", role, acts.owed(730), REPORT)
    if role != "accountant":
        for view in ("list", "pivot"):
            forecast = screen("service_credit_forecast_action", view)
            yield Operation(f"forecast {view}", role, forecast, REPORT)
    if not role.startswith("sales"):
        risk = screen("service_revenue_risk_action")
        yield Operation("revenue at risk", role, risk, REPORT)
    yield Operation("overview", role, acts.overview, REPORT)


def _of_sellers():
    sold = form("sale.order", lambda place: place.sold_order)
    yield Operation("order of a customer", "sales", sold)
    for role in ("sales_all", "admin"):
        longest = form("sale.order", lambda place: place.unbilled_order)
        yield Operation("order with the most entries", role, longest)
    yield Operation("renewal of the biggest customer", "sales_all", acts.renew)


def _of_accountants():
    role = "accountant"
    yield Operation("purchases list", role, screen(LOT))
    for name in (role, "admin"):
        yield Operation("time to invoice", name, screen(TIME + "to_invoice"))
    yield Operation("books", role, screen("service_credit_books_action"), REPORT)
    yield Operation("recognition", role, acts.recognize, ONCE, 2)


def _of_admins():
    role = "admin"
    once = {
        "reconciliation": acts.reconcile,
        "invoice the order with the most entries": acts.invoice_unbilled,
        "a contact changes employer": acts.change_employer,
        "merge two contacts": acts.merge(acts.two_contacts),
        "merge two customers": acts.merge(acts.two_customers),
        "expire 100 purchases": acts.expire(100),
        "alerts: customers that are due": acts.find_due_alerts,
    }
    for name, act in once.items():
        yield Operation(name, role, act, ONCE, 2)
    yield Operation("balance of one", role, acts.ask_balance())
    yield Operation("balance of one, two years ago", role, acts.ask_balance(730))
    yield Operation("balances of 50 customers", role, acts.ask_balances(50))
    yield Operation("confirm an order of 200 items", role, acts.confirm_order)
    yield Operation("rename the biggest customer", role, acts.rename_biggest)
    yield Operation("connected systems", role, screen("service_sync_source_action"))
    rows = "service_sync_record_action"
    yield Operation("rows of connected systems", role, screen(rows))
    yield Operation("rows in error", role, screen(f"{rows}_errors"))
    yield Operation("milestones of a project", role, acts.show_milestones)


OPERATIONS = list(all_operations())
