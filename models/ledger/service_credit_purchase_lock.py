# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_compare, format_date

from ...tools import format_number
from .service_credit_purchase_values import DERIVED_FIELDS

# Frozen once a purchase is no longer a draft …
FROZEN_FIELDS = (
    "partner_id",
    "company_id",
    "currency_id",
    "credits",
    "value_per_credit",
    "paid_per_credit",
    "product_id",
)
# … and, even in a draft, once it has ledger rows.
OWNER_FIELDS = ("partner_id", "company_id", "currency_id")

DATE_FIELDS = ("date_start", "date_expiry")


class ServiceCreditPurchase(models.Model):
    """The draft lock: which field of a purchase may change when."""

    _inherit = "service.credit.purchase"

    has_rows = fields.Boolean(compute="_compute_has_rows")

    @api.depends("consumption_ids")
    def _compute_has_rows(self):
        # sudo: one row is enough to bind the owner, whoever looks.
        rows_sudo = self.env["service.credit.consumption"].sudo()
        groups = rows_sudo._read_group(
            [("purchase_id", "in", self._origin.ids)], ["purchase_id"]
        )
        used_ids = {purchase.id for (purchase,) in groups}
        for purchase in self:
            purchase.has_rows = purchase._origin.id in used_ids

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------

    @api.constrains("is_draft", "sale_line_id")
    def _check_order_confirmed(self):
        for purchase in self:
            # sudo: whoever edits purchases need not see the order.
            order = purchase.sudo().sale_line_id.order_id
            if order and not purchase.is_draft and order.state != "sale":
                raise ValidationError(
                    self.env._(
                        "The purchase %(purchase)s stays a draft until the order "
                        "%(order)s is confirmed.",
                        purchase=purchase.name,
                        order=order.name,
                    )
                )

    @api.constrains("active")
    def _check_archived_empty(self):
        for purchase in self:
            if not purchase.active and purchase.credits_available > 0:
                raise ValidationError(
                    self.env._(
                        "The purchase %(purchase)s still has %(credits)s credits "
                        "available: use or expire them before archiving it, or delete "
                        "it if it is an unused draft.",
                        purchase=purchase.name,
                        credits=purchase._format_credits(purchase.credits_available),
                    )
                )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Number the purchases; the company's settings apply whatever the way in."""
        prepared = [self._prepare_new(dict(vals)) for vals in vals_list]
        self._number(prepared)
        return super().create(prepared)

    @api.model
    def _prepare_new(self, vals):
        self._refuse_derived({name for name in DERIVED_FIELDS if vals.get(name)})
        self._check_amounts({"credits": 0.0, **vals})
        if vals.get("date_expiry"):
            self.browse()._check_order_of_dates(vals, self.env._("to be recorded"))
        company = self.env["res.company"].browse(vals.get("company_id"))
        company = company or self.env.company
        company_sudo = company.sudo()
        vals.setdefault("is_draft", company_sudo.service_credit_draft_by_default)
        if company_sudo.service_credit_paid_follows_value:
            vals["paid_per_credit"] = vals.get("value_per_credit", 0.0)
        return vals

    @api.model
    def _number(self, vals_list):
        """Give new purchases their numbers, those of a company in one query."""
        by_company = {}
        for vals in vals_list:
            company_id = vals.get("company_id") or self.env.company.id
            by_company.setdefault(company_id, []).append(vals)
        for company_id, group in by_company.items():
            # sudo: whoever may create a purchase may take its number.
            sequence_sudo = self.env["ir.sequence"].sudo().with_company(company_id)
            names = sequence_sudo._next_many_by_code(self._name, len(group))
            for vals, name in zip(group, names, strict=True):
                vals["name"] = name

    def write(self, vals):
        """Refuse what the draft lock forbids.

        :raise UserError: naming the purchase, the fields, and what is possible
        """
        # First of all: who may not write learns nothing about the lock.
        self.check_access("write")
        self._check_amounts(vals)
        for purchase in self:
            changed = purchase._get_changed_fields(vals)
            purchase._refuse_derived(changed & set(DERIVED_FIELDS))
            purchase._check_lock(changed, vals)
        vals = self._apply_paid_follows_value(dict(vals))
        result = super().write(vals)
        if {"credits", "value_per_credit", "paid_per_credit"} & vals.keys():
            # The check of the database compares the credits with the balance: both
            # have to reach it in one statement.
            self.flush_recordset()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_only_unused_draft(self):
        for purchase in self:
            if not purchase.is_draft:
                raise UserError(
                    self.env._(
                        "The purchase %(purchase)s cannot be deleted because it is not "
                        "a draft: expire what is left of it and archive it instead.",
                        purchase=purchase.name,
                    )
                )
            if purchase.has_rows:
                raise UserError(
                    self.env._(
                        "The purchase %(purchase)s cannot be deleted because its "
                        "credits were used before: its history has to stay.",
                        purchase=purchase.name,
                    )
                )

    # ------------------------------------------------------------------
    # The lock
    # ------------------------------------------------------------------

    def _check_lock(self, changed, vals):
        """Raise when one of the ``changed`` fields is locked on this purchase."""
        self.ensure_one()
        if "is_draft" in changed and not self.is_draft:
            self._check_can_become_draft()
        stays_open = not self.is_draft and "is_draft" not in changed
        if stays_open:
            self._refuse_locked(changed & set(FROZEN_FIELDS))
        owners = changed & set(OWNER_FIELDS)
        if owners and self.has_rows:
            raise UserError(
                self.env._(
                    "The %(fields)s of the purchase %(purchase)s cannot be changed "
                    "any more, because its credits were used before: record a new "
                    "purchase instead.",
                    fields=self._get_field_labels(owners),
                    purchase=self.name,
                )
            )
        if changed & set(DATE_FIELDS):
            self._check_order_of_dates(vals, self.name)
            self._check_dates(changed, vals)

    def _check_can_become_draft(self):
        if self.credits_allocated > 0 or self.credits_expired > 0:
            raise UserError(
                self.env._(
                    "The purchase %(purchase)s cannot become a draft again: "
                    "%(allocated)s of its credits are allocated and %(expired)s have "
                    "expired, and both must be 0.",
                    purchase=self.name,
                    allocated=self._format_credits(self.credits_allocated),
                    expired=self._format_credits(self.credits_expired),
                )
            )

    def _refuse_locked(self, locked):
        if locked:
            raise UserError(
                self.env._(
                    "The %(fields)s of the purchase %(purchase)s cannot be changed, "
                    "because it is not a draft: tick Draft first, which is possible "
                    "while none of its credits are allocated or expired.",
                    fields=self._get_field_labels(locked),
                    purchase=self.name,
                )
            )

    def _check_dates(self, changed, vals):
        if self.credits_expired > 0:
            raise UserError(
                self.env._(
                    "The %(fields)s of the purchase %(purchase)s cannot be changed, "
                    "because %(credits)s of its credits have expired.",
                    fields=self._get_field_labels(changed & set(DATE_FIELDS)),
                    purchase=self.name,
                    credits=self._format_credits(self.credits_expired),
                )
            )
        first, last = self._get_paid_dates()
        start, expiry = (fields.Date.to_date(vals.get(name)) for name in DATE_FIELDS)
        if first and "date_start" in changed and start and start > first:
            raise UserError(
                self.env._(
                    "The purchase %(purchase)s cannot start on %(date)s, because it "
                    "paid for work of %(first)s: choose that day or an earlier one.",
                    purchase=self.name,
                    date=format_date(self.env, start),
                    first=format_date(self.env, first),
                )
            )
        if last and "date_expiry" in changed and expiry and expiry < last:
            raise UserError(
                self.env._(
                    "The purchase %(purchase)s cannot expire on %(date)s, because it "
                    "paid for work of %(last)s: choose that day or a later one.",
                    purchase=self.name,
                    date=format_date(self.env, expiry),
                    last=format_date(self.env, last),
                )
            )

    # ------------------------------------------------------------------
    # Helpers
    # ------------------------------------------------------------------

    def _apply_paid_follows_value(self, vals):
        if {"paid_per_credit", "value_per_credit"} & vals.keys():
            company_sudo = self.company_id.sudo()
            if company_sudo and all(
                company_sudo.mapped("service_credit_paid_follows_value")
            ):
                vals.pop("paid_per_credit", None)
        return vals

    def _get_changed_fields(self, vals):
        """Return the names in ``vals`` whose value differs from the record's."""
        changed = set()
        for name in vals:
            field = self._fields.get(name)
            if field is None or field.type in ("one2many", "many2many"):
                continue
            new = field.convert_to_cache(vals[name], self)
            old = field.convert_to_cache(self[name], self)
            if new != old:
                changed.add(name)
        return changed

    def _follow_customer(self, partner):
        """Hand purchases to the entity that took their customer over."""
        return super().write({"commercial_partner_id": partner.id})

    def _get_paid_dates(self):
        """Return the first and the last work date that is still paid by it.

        A row that gives back carries the date of the row it undoes, so the net of a
        day tells whether the day is still paid.
        """
        days = [
            day
            for day, credits in self.env["service.credit.consumption"]
            .sudo()
            ._read_group(
                [
                    ("purchase_id", "=", self.id),
                    ("consumption_type", "!=", "expiry"),
                ],
                ["date:day"],
                ["credits:sum"],
            )
            if float_compare(credits, 0.0, self._get_credit_digits()) > 0
        ]
        return (min(days), max(days)) if days else (None, None)

    def _get_field_labels(self, names):
        labels = self.fields_get(names, ["string"])
        return ", ".join(labels[name]["string"] for name in sorted(names))

    def _format_credits(self, credits):
        return format_number(self.env, credits, self._get_credit_digits())
