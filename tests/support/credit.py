# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import date

from psycopg2 import IntegrityError

from odoo import fields

from odoo.addons.base.tests.common import BaseCommon

from ...models.ledger.drawing import DrawRequest, draw_credits
from .people import create_users
from .refusals import Refusals


def give_back(rows, credits=None):
    """Give credits of these rows back, as a correction of their work does."""
    return rows._give_back_batch([(rows, credits)])


def take_back(purchases, credits=None):
    """Withdraw credits, as a sale does that is undone or reduced."""
    return purchases._write_off(credits)


def let_expire(purchases):
    """Write off what is left, as at the end of the term."""
    return purchases._write_off(kind="expiry")


def transfer(purchase, partner, credits, reason="Their month"):
    """Transfer credits in the window, and return the purchase that received them."""
    window = purchase.env["service.credit.transfer"].create(
        {
            "purchase_id": purchase.id,
            "partner_id": partner.id,
            "credits": credits,
            "reason": reason,
        }
    )
    return purchase.browse(window.action_transfer()["res_id"])


def get_differences(env):
    """Return what the books of the ledger differ in, nothing when they agree."""
    return env["service.credit.reconciliation"]._get_differences()


class CreditCommon(Refusals, BaseCommon):
    """Two customers, a project, and people of each group; nothing bought yet."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.currency = cls.company.currency_id
        cls.today = cls.company._get_today()
        cls.purchase_model = cls.env["service.credit.purchase"]
        cls.plan_model = cls.env["service.credit.plan"]
        cls.allocation_model = cls.env["service.credit.allocation"]
        cls.row_model = cls.env["service.credit.consumption"]
        cls.customer = cls._create_customer("Azure Mills")
        cls.contact = cls.env["res.partner"].create(
            {"name": "Nora Azure", "parent_id": cls.customer.id}
        )
        cls.other_customer = cls._create_customer("Birch Works")
        cls.project = cls._create_project()

    @classmethod
    def _create_users(cls):
        group = "helpdesk_service_credit.group_service_credit_"
        cls.credit_user, cls.credit_manager, cls.stranger = create_users(
            cls.env,
            {
                "credit_user": f"base.group_user,{group}user",
                "credit_manager": f"base.group_user,{group}manager",
                "stranger": "base.group_user",
            },
        )

    @classmethod
    def _create_customer(cls, name, **values):
        return cls.env["res.partner"].create(
            {"name": name, "is_company": True, **values}
        )

    @classmethod
    def _create_project(cls, **values):
        return cls.env["project.project"].create(
            {
                "name": "Rollout",
                "partner_id": cls.customer.id,
                "allow_milestones": True,
                **values,
            }
        )

    @classmethod
    def _create_milestone(cls, credits=0.0, **values):
        return cls.env["project.milestone"].create(
            {
                "name": "Go live",
                "project_id": cls.project.id,
                "service_credits": credits,
                **values,
            }
        )

    @classmethod
    def _allot(cls, start=date(2026, 1, 1), **values):
        """Return a running allotment, of 10 credits a month unless told otherwise."""
        plan = cls.plan_model.create(
            {
                "partner_id": cls.customer.id,
                "credits": 10,
                "value_per_credit": 100,
                "paid_per_credit": 80,
                "date_start": start,
                **values,
            }
        )
        plan.action_start()
        return plan

    @classmethod
    def _create_ticket(cls, **values):
        return cls.env["helpdesk.ticket"].create(
            {
                "name": "Printer on fire",
                "description": "<p>Smoke.</p>",
                "partner_id": cls.customer.id,
                **values,
            }
        )

    @classmethod
    def _buy(cls, credits=10.0, start=0, expiry=365, **values):
        """Record a purchase; ``start`` and ``expiry`` in days from today or dates."""
        return cls.purchase_model.create(
            {
                "partner_id": cls.customer.id,
                "credits": credits,
                "value_per_credit": 100.0,
                "paid_per_credit": 80.0,
                "date_start": cls._day(start),
                "date_expiry": cls._day(expiry),
                **values,
            }
        )

    def _assert_database_refuses(self, record, changes):
        """Each change, written in SQL, breaks a constraint of the record's table."""
        self.env.flush_all()
        for change in changes:
            with (
                self.subTest(change=change),
                self.assertRaises(IntegrityError),
                self.cr.savepoint(),
            ):
                self.env.cr.execute(
                    f"UPDATE {record._table} SET {change} WHERE id = {record.id}"
                )

    @classmethod
    def _day(cls, offset):
        if isinstance(offset, date):
            return offset
        return fields.Date.add(cls.today, days=offset)

    @classmethod
    def _request(cls, work, credits, **values):
        return DrawRequest(
            **{
                "work": work,
                "partner": cls.customer,
                "company": cls.company,
                "currency": cls.currency,
                "date": cls.today,
                "credits": credits,
                **values,
            }
        )

    @classmethod
    def _draw(cls, work, credits, **values):
        """Draw as much as is available and return the plan with its rows."""
        return draw_credits(cls.env, [cls._request(work, credits, **values)])[0]

    @classmethod
    def _slices(cls, rows):
        return [(row.purchase_id, row.credits) for row in rows.sorted("id")]
