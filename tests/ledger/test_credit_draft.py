# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from functools import partial

from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import Form, tagged

from ..support.credit import CreditCommon, give_back

# field: may change while (draft, draft with history, open, open and used, expired)
MATRIX = {
    "partner_id": (True, False, False, False, False),
    "company_id": (True, False, False, False, False),
    "currency_id": (True, False, False, False, False),
    "credits": (True, True, False, False, False),
    "value_per_credit": (True, True, False, False, False),
    "paid_per_credit": (True, True, False, False, False),
    "product_id": (True, True, False, False, False),
    "date_start": (True, True, True, True, False),
    "date_expiry": (True, True, True, True, False),
    "description": (True, True, True, True, True),
}
STATES = ("draft", "returned", "open", "used", "expired")


@tagged("post_install", "-at_install")
class TestCreditDraft(CreditCommon):
    """The draft lock: states × fields × groups × ways in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_users()
        cls.branch = cls.env["res.company"].create({"name": "Branch"})
        cls.credit_manager.company_ids |= cls.branch
        cls.product = cls.env["product.product"].create(
            {"name": "Credit pack", "type": "service"}
        )
        cls.euro = cls.env["res.currency"].create({"name": "XTS", "symbol": "x"})
        cls.new_values = {
            "partner_id": cls.other_customer.id,
            "company_id": cls.branch.id,
            "currency_id": cls.euro.id,
            "credits": 20.0,
            "value_per_credit": 7.0,
            "paid_per_credit": 6.0,
            "product_id": cls.product.id,
            "date_start": cls._day(-30),
            "date_expiry": cls._day(700),
            "description": "Changed",
        }

    def _purchase_in(self, state):
        # A customer of its own: what else was bought must not pay instead.
        customer = self._create_customer("Cedar Yard")
        purchase = self._buy(
            is_draft=state == "draft", expiry=0, partner_id=customer.id
        )
        if state in ("draft", "open"):
            return purchase
        plan = self._draw(self._create_ticket(), 4, partner=customer)
        self.assertEqual(plan.rows.purchase_id, purchase)
        if state == "returned":
            give_back(plan.rows)
            purchase.is_draft = True
        elif state == "expired":
            purchase.action_expire()
        return purchase

    def _check(self, allowed, purchase, field, change):
        before = purchase[field]
        if allowed:
            change()
            self.assertNotEqual(purchase[field], before)
            return
        with self.assertRaises(UserError) as refused, self.cr.savepoint():
            change()
        self.assertNotIsInstance(refused.exception, AccessError)
        self.assertIn(purchase.name, str(refused.exception))
        purchase.invalidate_recordset()
        self.assertEqual(purchase[field], before)

    def _cells(self):
        for field, row in MATRIX.items():
            for state, allowed in zip(STATES, row, strict=True):
                yield field, state, allowed

    def test_matrix_by_rpc(self):
        for field, state, allowed in self._cells():
            with self.subTest(field=field, state=state):
                purchase = self._purchase_in(state)
                mine = purchase.with_user(self.credit_manager)
                values = {field: self.new_values[field]}
                change = partial(call_kw, mine, "write", [purchase.ids, values], {})
                self._check(allowed, purchase, field, change)

    def test_matrix_by_import(self):
        for field, state, allowed in self._cells():
            with self.subTest(field=field, state=state):
                purchase = self._purchase_in(state)
                change = partial(self._import, purchase, field)
                self._check(allowed, purchase, field, change)

    def _import(self, purchase, field):
        is_link = field.endswith("_id")
        result = (
            self.purchase_model.with_user(self.credit_manager)
            .with_context(import_file=True)
            .load(
                [".id", f"{field}/.id" if is_link else field],
                [[str(purchase.id), str(self.new_values[field])]],
            )
        )
        if not result["ids"]:
            raise UserError(result["messages"][0]["message"])

    def test_matrix_by_form(self):
        """What the lock forbids is readonly on the form, and the rest can be saved."""
        for field, state, allowed in self._cells():
            if field == "company_id":
                continue  # shown to users of several companies only
            with self.subTest(field=field, state=state):
                self._check_form(allowed, self._purchase_in(state), field)

    def _check_form(self, allowed, purchase, field):
        form = Form(purchase.with_user(self.credit_manager))
        new = self.new_values[field]
        if field.endswith("_id"):
            new = self.env[purchase._fields[field].comodel_name].browse(new)
        if allowed:
            setattr(form, field, new)
            form.save()
            self.assertEqual(purchase[field], new)
        else:
            with self.assertRaises(AssertionError):
                setattr(form, field, new)

    def test_users_and_strangers_change_nothing(self):
        for state in STATES:
            purchase = self._purchase_in(state)
            for user in (self.credit_user, self.stranger):
                with self.subTest(state=state, user=user.login):
                    for field, value in self.new_values.items():
                        with self.assertRaises(AccessError):
                            purchase.with_user(user).write({field: value})
                    with self.assertRaises(AccessError):
                        purchase.with_user(user).write({"is_draft": True})

    def test_draft_again_only_while_nothing_is_out(self):
        purchase = self._buy(expiry=0)
        plan = self._draw(self._create_ticket(), 4)
        with self.assertRefused(UserError, purchase, "4.00"):
            purchase.is_draft = True
        give_back(plan.rows)
        purchase.is_draft = True
        self.assertEqual(purchase.state, "draft")
        purchase.is_draft = False
        purchase.action_expire()
        with self.assertRefused(UserError, purchase, "10.00"):
            purchase.is_draft = True

    def test_tick_draft_and_edit_in_one_save(self):
        purchase = self._buy()
        purchase.write({"is_draft": True, "credits": 30})
        self.assertEqual(purchase.credits_available, 30)
        purchase.write({"is_draft": False, "credits": 40})
        self.assertEqual(purchase.credits_available, 40)

    def test_a_draft_can_be_edited_any_number_of_times(self):
        purchase = self._buy(is_draft=True)
        for credits in (5, 500, 0.01, 12):
            purchase.credits = credits
            self.assertEqual(purchase.credits_available, credits)
        purchase.partner_id = self.other_customer
        self.assertEqual(purchase.commercial_partner_id, self.other_customer)

    def test_writing_the_same_values_is_no_change(self):
        purchase = self._buy()
        self._draw(self._create_ticket(), 4)
        purchase.write(
            {
                "partner_id": self.customer.id,
                "credits": 10.0,
                "value_per_credit": 100.0,
                "date_expiry": str(purchase.date_expiry),
                "is_draft": False,
            }
        )
        self.assertFalse(purchase.is_draft)
        self.assertEqual((purchase.credits, purchase.credits_available), (10, 6))

    def test_draft_credits_cannot_be_used(self):
        purchase = self._buy(is_draft=True, expiry=0)
        self.assertFalse(self._draw(self._create_ticket(), 1).rows)
        with self.assertRefused(UserError, purchase, says="draft"):
            purchase.action_expire()

    def test_dates_keep_what_was_paid(self):
        purchase = self._buy(start=-20, expiry=20)
        ticket = self._create_ticket()
        self._draw(ticket, 1, date=self._day(-5))
        late = self._draw(ticket, 1, date=self._day(7))
        purchase.date_start = self._day(-5)
        with self.assertRefused(UserError, purchase):
            purchase.date_start = self._day(-4)
        purchase.date_expiry = self._day(7)
        with self.assertRefused(UserError, purchase):
            purchase.date_expiry = self._day(6)
        give_back(late.rows)
        purchase.date_expiry = self._day(6)
        self.assertEqual(purchase.date_expiry, self._day(6))
