# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import datetime, time, timedelta
from decimal import Decimal

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from ..support.credit import CreditCommon, give_back, let_expire, take_back, transfer
from ..support.credit_pool_model import ABOVE, MONEY, PoolLedger
from ..support.played import LONG
from ..support.random_walk import RandomWalk, figures, total

PRICES = ("100", "33.33", "0", "12.5", "0.333", "0.07")
CUSTOMERS = tuple(ABOVE)


@tagged("post_install", "-at_install")
class TestCreditPoolWalk(RandomWalk, CreditCommon):
    """Random steps of a group of customers: they share purchases, limit each other's
    shares, transfer credits and get them back, while the days go by."""

    KINDS = (
        ["buy"] * 3
        + ["share"] * 3
        + ["limit_share"] * 2
        + ["limit"] * 2
        + ["draw"] * 8
        + ["give_back"] * 4
        + ["transfer"] * 5
        + ["transfer_back"] * 2
        + ["withdraw"]
        + ["extend"] * 2
        + ["set_draft"]
        + ["go_by"] * 3
    )

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = cls.customer
        cls.customers = {
            "group": group,
            "daughter": cls._create_customer("Azure Daughter", parent_id=group.id),
            "son": cls._create_customer("Azure Son", parent_id=group.id),
            "other": cls.other_customer,
        }
        cls.teams = cls.env["helpdesk.ticket.team"].create(
            [{"name": "First"}, {"name": "Second"}]
        )
        cls.tickets = {
            ("ticket", who, team): cls._create_ticket(
                partner_id=cls.customers[who].id, team_id=cls.teams[team].id
            )
            for who in CUSTOMERS
            for team in range(2)
        }
        cls.share_model = cls.env["service.credit.share"]
        cls.env.flush_all()

    def test_random_walks(self):
        noon = datetime.combine(self.today, time(12))
        with freeze_time(noon) as self.clock:
            self.noon = noon
            self._run_walks()

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def _make_settings(self, dice):
        return dice.choice((0, 0, 3)), dice.random() < 0.1, dice.choice((0, 7))

    def _make_args(self, kind, dice):
        pick = dice.randrange(100)
        who = dice.choice(CUSTOMERS)
        amount = Decimal(dice.choice((25, 50, 100, 133, 250, 700, 1))) / 100
        if kind == "buy":
            start = dice.randint(-8, 4)
            terms = (start, start + dice.randint(2, 20), dice.random() < 0.1)
            prices = (Decimal(dice.choice(PRICES)), Decimal(dice.choice(PRICES)))
            owner = dice.choice(("group", "group", who))
            return (owner, amount * dice.randint(1, 4), *prices, *terms)
        if kind == "share":
            sharing = dice.choice(("customer", "group", "group", "chosen"))
            return pick, sharing, dice.sample(CUSTOMERS, dice.randint(1, 3))
        if kind == "limit_share":
            return pick, who, amount
        if kind == "limit":
            return pick, dice.choice((0, 50, 100)), dice.choice((None, None, 0, 1))
        if kind == "set_draft":
            return pick, dice.random() < 0.4
        if kind == "draw":
            return who, pick % 2, amount, dice.randint(-12, 2)
        if kind == "extend":
            return pick, dice.randint(-4, 20)
        if kind == "go_by":
            return dice.randint(1, 4), dice.random() < 0.5
        if kind in ("transfer", "transfer_back"):
            return pick, who, amount * dice.randint(1, 3)
        return pick, amount * dice.randint(0, 3)

    def _begin(self, *settings):
        self.clock.move_to(self.noon)
        self._set_company(*settings)
        self.model = PoolLedger(*settings)
        self.purchases = self.purchase_model.browse()
        self.draws = []

    def _lot(self, pick):
        if not self.purchases or not self.model.lots:
            return None, self.purchases
        index = pick % len(self.purchases)
        return self.model.lots[index], self.purchases[index]

    def _model_buy(self, owner, *terms):
        self.model.buy(owner, *terms)

    def _ledger_buy(self, owner, credits, value, paid, start, expiry, draft):
        self.purchases |= self._buy(
            float(credits),
            start,
            expiry,
            partner_id=self.customers[owner].id,
            value_per_credit=float(value),
            paid_per_credit=float(paid),
            is_draft=draft,
        )

    def _model_share(self, pick, sharing, members):
        lot, _purchase = self._lot(pick)
        if lot:
            self.model.share(lot, sharing, members)

    def _ledger_share(self, pick, sharing, members):
        ids = [self.customers[who].id for who in members]
        self._lot(pick)[1].write(
            {"sharing": sharing, "shared_partner_ids": [Command.set(ids)]}
        )

    def _model_limit_share(self, pick, who, credits):
        lot, _purchase = self._lot(pick)
        if lot:
            self.model.limit_share(lot, who, credits)

    def _ledger_limit_share(self, pick, who, credits):
        purchase = self._lot(pick)[1]
        partner = self.customers[who]
        share = purchase.share_ids.filtered(lambda one: one.partner_id == partner)
        if share:
            share.credits = float(credits)
            # As somebody does who sees that the customer is not on the list.
            share._choose_customers()
        elif purchase:
            self.share_model.create(
                {
                    "purchase_id": purchase.id,
                    "partner_id": partner.id,
                    "credits": float(credits),
                }
            )

    def _model_limit(self, pick, priority, team):
        lot, _purchase = self._lot(pick)
        if lot:
            lot.priority, lot.only = priority, team

    def _ledger_limit(self, pick, priority, team):
        teams = self.teams[:0] if team is None else self.teams[team]
        teams = [Command.set(teams.ids)]
        self._lot(pick)[1].write({"priority": priority, "team_ids": teams})

    def _model_draw(self, who, team, amount, day):
        day += self.model.now
        self.drawn = self.model.draw(("ticket", who, team), amount, day)

    def _ledger_draw(self, who, team, amount, day):
        # The model is a step ahead in nothing but its rows.
        ticket = self.tickets["ticket", who, team]
        day = self._day(day + self.model.now)
        partner = self.customers[who]
        plan = self._draw(ticket, float(amount), date=day, partner=partner)
        if plan.rows:
            self.draws.append((self.drawn, plan.rows))

    def _model_give_back(self, pick, amount):
        if self.draws:
            self.model.give_back(self.draws[pick % len(self.draws)][0], amount)

    def _ledger_give_back(self, pick, amount):
        if self.draws:
            give_back(self.draws[pick % len(self.draws)][1], float(amount))

    def _model_transfer(self, pick, who, amount):
        lot, _purchase = self._lot(pick)
        if lot:
            self.model.transfer(lot, who, amount)

    def _ledger_transfer(self, pick, who, amount):
        purchase = self._lot(pick)[1]
        if purchase:
            partner = self.customers[who]
            self.purchases |= transfer(purchase, partner, float(amount), "Walk")

    def _find_received(self, pick):
        """Return a lot that was received, and who gave it."""
        places = [n for n, lot in enumerate(self.model.lots) if lot.given]
        if not places:
            return None, None, None
        place = places[pick % len(places)]
        lot = self.model.lots[place]
        return lot, lot.given.lot.owner, self.purchases[place]

    def _model_transfer_back(self, pick, _who, amount):
        lot, giver, _purchase = self._find_received(pick)
        if lot:
            self.model.transfer(lot, giver, amount)

    def _ledger_transfer_back(self, pick, _who, amount):
        # What was received lately in the model is not there yet.
        count = len(self.purchases)
        places = [n for n, lot in enumerate(self.model.lots[:count]) if lot.given]
        if places:
            lot = self.model.lots[places[pick % len(places)]]
            purchase = self.purchases[places[pick % len(places)]]
            partner = self.customers[lot.given.lot.owner]
            self.purchases |= transfer(purchase, partner, float(amount), "Back")

    def _model_withdraw(self, pick, amount):
        lot, _purchase = self._lot(pick)
        if lot and not lot.draft and amount:
            self.model.withdraw(lot, amount, self.model.now)

    def _ledger_withdraw(self, pick, amount):
        purchase = self._lot(pick)[1]
        if purchase and not purchase.is_draft and amount:
            take_back(purchase, float(amount))

    def _model_extend(self, pick, days):
        lot, _purchase = self._lot(pick)
        if lot:
            self.model.extend(lot, self.model.now + days)

    def _ledger_extend(self, pick, days):
        date = self._day(self.model.now + days)
        self._lot(pick)[1].write({"date_expiry": date})

    def _model_set_draft(self, pick, draft):
        lot, _purchase = self._lot(pick)
        if lot:
            self.model.set_draft(lot, draft)

    def _ledger_set_draft(self, pick, draft):
        self._lot(pick)[1].write({"is_draft": draft})

    def _model_go_by(self, days, with_action):
        self.model.now += days
        if with_action:
            self.model.lapse()

    def _ledger_go_by(self, _days, with_action):
        self.clock.move_to(self.noon + timedelta(days=self.model.now))
        if with_action:
            due = self.purchase_model._get_due_domain()
            due = self.purchases.filtered_domain(due)
            let_expire(due)

    # ------------------------------------------------------------------
    # Comparison
    # ------------------------------------------------------------------

    def _get_queries(self, purchases):
        queries = super()._get_queries(purchases)
        queries["transferred"] = (
            "SELECT credits_transferred, value_total, paid_total "
            "FROM service_credit_purchase "
            f"WHERE id = ANY(ARRAY{purchases.ids}::int[]) ORDER BY id"
        )
        return queries

    def _compare(self, number):
        lots, rows = self.model.lots, self.model.rows
        allocations = []
        for key, ticket in self.tickets.items():
            own = [row for row in rows if row.work == key]
            if own:
                allocations.append((ticket.id, *total(own)))
        ids = dict(zip(lots, self.purchases.ids, strict=True))
        expected = {
            "purchases": [figures(lot) for lot in lots],
            "transferred": [
                (lot.transferred, lot.total("value"), lot.total("paid")) for lot in lots
            ],
            "allocations": sorted(allocations),
            "rows": [(ids[row.lot], row.kind, *total([row])) for row in rows],
        }
        actual = self._read(self._get_queries(self.purchases))
        day = self.model.now - number % 9
        return (
            self._differ(expected, actual)
            or self._compare_balances(day)
            or ((LONG or number % 4 == 2) and self._compare_report(day))
            or (number % 3 == 0 and self._compare_shared())
        )

    def _compare_balances(self, day):
        money = [lot.left(name) for lot in self.model.lots for name in MONEY]
        if min(money, default=0) < 0:
            return f"purchases are worth less than nothing: {money}"
        expected = [self.model.balance(lot, day) for lot in self.model.lots]
        amounts = self.purchases._get_amounts(self._day(day))
        actual = [Decimal(str(amounts.get(lot, (0,))[0])) for lot in self.purchases]
        if actual != expected or min(expected, default=0) < 0:
            return f"balances on day {day} are {actual}, not {expected}"
        return False

    def _compare_report(self, day):
        expected = [self.model.balance(lot, day) for lot in self.model.lots]
        balances = self.env["service.credit.balance"].with_context(
            service_credit_date_to=str(self._day(day))
        )
        self.env.flush_all()
        self.env.invalidate_all()
        found = balances.search_fetch(
            [("purchase_id", "in", self.purchases.ids)],
            ["purchase_id", "credits_closing"],
        )
        closing = {line.purchase_id: line.credits_closing for line in found}
        actual = [Decimal(str(closing.get(lot, 0))) for lot in self.purchases]
        if actual != expected:
            return f"the report says {actual} of day {day}, not {expected}"
        return False

    def _compare_shared(self):
        """What members can draw from others, for any kind of work."""
        for who, partner in self.customers.items():
            expected = sum(
                lot.left_for(who)
                for lot in self.model.get_lots(who, self.model.now)
                if lot.owner != who
            )
            shared = partner._get_shared_credits()
            actual = sum(Decimal(str(credits)) for _who, _lot, credits in shared)
            if actual != expected:
                return f"{who} can draw {actual} from others, not {expected}"
        return False
