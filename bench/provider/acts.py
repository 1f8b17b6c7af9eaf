# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What people do on the database of a provider.

Each act gets the environment of its user and a :class:`place.Place`; those that take
arguments make one.
"""

from datetime import date, timedelta

from screen import FormScreen, Screen

from odoo import Command

OURS = "helpdesk_service_credit."
TIME = OURS + "account_analytic_line_action_"


def screen(action, view=None, **options):
    def act(env, place):
        chosen = {
            name: value(place) if callable(value) else value
            for name, value in options.items()
        }
        return Screen(
            env, OURS + action if "." not in action else action, view, **chosen
        ).load()

    return act


def form(model, find, view=None):
    def act(env, place):
        FormScreen(env, model, view).open(find(place))

    return act


def log(find, count=1):
    def act(env, place):
        entries = env["account.analytic.line"].create(
            [
                {
                    "ticket_id": find(place),
                    "name": "Looked into it",
                    "unit_amount": 0.25,
                }
                for _number in range(count)
            ]
        )
        return len(entries)

    return act


def save_time(find):
    def act(env, place):
        line = {"name": "Looked into it", "unit_amount": 0.25}
        FormScreen(env, "helpdesk.ticket").save(
            find(place), {"timesheet_ids": [Command.create(line)]}
        )

    return act


def new_ticket(env, place):
    FormScreen(env, "helpdesk.ticket").new()


def create_ticket(env, place):
    env["helpdesk.ticket"].create(
        {
            "name": "It does not work",
            "description": "<p>As described</p>",
            "partner_id": place.biggest,
            "team_id": place.team,
        }
    )


def close_ticket(env, place):
    ticket = env["helpdesk.ticket"].browse(place.normal_ticket)
    ticket.stage_id = env["helpdesk.ticket.stage"].search(
        [("closed", "=", True)], limit=1
    )


def start_timer(env, place):
    env["helpdesk.ticket"].browse(place.normal_ticket).action_timer_start()


def edit_entry(env, place):
    entry = env["account.analytic.line"].browse(place.old_entry)
    entry.unit_amount += 0.25


def delete_entry(env, place):
    env["account.analytic.line"].browse(place.old_entry).unlink()


def show_day(env, place):
    return env["service.timer"].get_day()


def search_name(model, text):
    def act(env, place):
        return len(env[model].name_search(text(place) if callable(text) else text))

    return act


def show_balances(env, place):
    """Eighty customers in a list that shows what is left."""
    partners = env["res.partner"].search([("is_company", "=", True)], limit=80)
    partners.web_read({"display_name": {}, "service_credit_balance": {}})


def ask_balances(count):
    def act(env, place):
        partners = env["res.partner"].search([("is_company", "=", True)], limit=count)
        return len(partners.get_service_credit_balances())

    return act


def ask_balance(date_back=None):
    def act(env, place):
        day = date_back and str(date.today() - timedelta(date_back))
        env["res.partner"].browse(place.biggest).get_service_credit_balance(day)

    return act


def show_balance(env, place):
    env["res.partner"].browse(place.biggest).read(["service_credit_balance"])


def ask_who_pays(env, place):
    """The window that tells who would pay."""
    FormScreen(
        env,
        "service.funding.panel",
        default_partner_id=place.biggest,
        default_ticket_id=place.biggest_ticket,
    ).new()


def owed(back=0, **options):
    """Open what was owed so many days ago, grouped as the window does it."""

    def act(env, place):
        window = env["service.credit.owed"].create(
            {"date_to": date.today() - timedelta(back)}
        )
        context = window.action_open_balance()["context"]
        balance = OURS + "service_credit_balance_action"
        return Screen(env, balance, "list", **options, **context).load()

    return act


def recognize(env, place):
    """Propose what to recognize until the end of last month."""
    found = env["service.credit.recognition"].create(
        {"date": date.today().replace(day=1) - timedelta(1)}
    )
    found.action_prepare()
    return len(found.line_ids)


def overview(env, place):
    page = env["service.overview"]
    page.get_overview()
    page.get_risk()


def reconcile(env, place):
    return len(env["service.credit.reconciliation"].create({}).line_ids)


def choose_item(env, place):
    ticket = env["helpdesk.ticket"].browse(place.item_ticket)
    return len(
        env["sale.order.line"].name_search(
            "", [("order_partner_id", "child_of", ticket.partner_id.ids)]
        )
    )


def invoice_unbilled(env, place):
    order = env["sale.order"].browse(place.unbilled_order)
    return len(order._create_invoices().line_ids)


def rename_biggest(env, place):
    env["res.partner"].browse(place.biggest).name = "Even Bigger Customer"


def change_employer(env, place):
    contact = env["res.partner"].search(
        [("parent_id", "=", place.biggest)], order="id", limit=1
    )
    contact.parent_id = place.normal


def merge(find):
    def act(env, place):
        source, target = find(env, place)
        env["base.partner.merge.automatic.wizard"].with_context(
            active_test=False
        )._merge(
            [source, target], env["res.partner"].browse(target), extra_checks=False
        )

    return act


def two_contacts(env, place):
    return (
        env["res.partner"]
        .search([("parent_id", "=", place.normal)], order="id", limit=2)
        .ids
    )


def two_customers(env, place):
    env.cr.execute("SELECT id FROM size_customer WHERE idx IN (10, 15) ORDER BY idx")
    return [partner_id for (partner_id,) in env.cr.fetchall()]


def confirm_order(env, place):
    product = env["product.product"].search([("name", "=", "Prepaid support")], limit=1)
    order = env["sale.order"].create(
        {
            "partner_id": place.normal,
            "order_line": [
                Command.create({"product_id": product.id}) for _number in range(200)
            ],
        }
    )
    order.action_confirm()


def expire(count):
    """Write off purchases whose days are over, as the scheduled action does."""

    def act(env, place):
        purchases = env["service.credit.purchase"].search(
            [("state", "=", "open")], order="id desc", limit=count
        )
        purchases._write_off(kind="expiry")
        return len(purchases)

    return act


def find_due_alerts(env, place):
    alerts = env["service.credit.alert"]
    return len(alerts._get_due_customers(env.company))


def renew(env, place):
    """Open the window that proposes what to sell next."""
    partner = env["res.partner"].browse(place.biggest)
    action = partner.action_create_service_credit_renewal()
    FormScreen(env, action["res_model"]).open(action["res_id"])


def show_milestones(env, place):
    found = env["project.milestone"].web_search_read(
        [("project_id", "=", place.rollout)],
        {"name": {}, "deadline": {}, "service_credits_allocated": {}},
        limit=80,
    )
    return len(found["records"])


def of_biggest(field="partner_id"):
    return lambda place: [(field, "child_of", [place.biggest])]


def of_order(place):
    return [("order_id", "=", place.unbilled_order)]


def of_number(place):
    return [("name", "ilike", place.purchase_name)]
