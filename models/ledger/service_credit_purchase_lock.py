# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, float_compare, float_round, format_date

from ...tools import LAST_DAY, format_number, refuse_unreadable

# Frozen once a purchase is no longer a draft …
FROZEN_FIELDS = (
    "partner_id",
    "company_id",
    "currency_id",
    "credits",
    "opening_used",
    "value_per_credit",
    "paid_per_credit",
    "product_id",
)
# … and, even in a draft, once it has ledger rows.
OWNER_FIELDS = ("partner_id", "company_id", "currency_id")
DATE_FIELDS = ("date_start", "date_expiry")

# More is a slip of the keyboard, and less cannot be counted.
MOST_CREDITS = 1_000_000_000
MOST_PRICE = 1_000_000_000
LEAST = 0.000001


class ServiceCreditPurchase(models.Model):
    """Which values a purchase can have, and which of them may change when."""

    _inherit = "service.credit.purchase"

    # ------------------------------------------------------------------
    # New purchases
    # ------------------------------------------------------------------

    @api.model
    def _prepare_new(self, vals):
        self._refuse_typed([{name: value for name, value in vals.items() if value}])
        self._check_amounts({"credits": 0.0, **vals})
        refuse_unreadable(self, [vals])
        self.browse()._check_opening_fits(vals)
        if vals.get("date_expiry"):
            self.browse()._check_order_of_dates(vals)
        company = self.env["res.company"].browse(vals.get("company_id"))
        company_sudo = (company or self.env.company).sudo()
        if product_id := vals.get("product_id"):
            # sudo: the terms of a product hold for everyone who records its purchase
            product_sudo = self.env["product.product"].sudo().browse(product_id)
            terms = self._get_product_terms(product_sudo, company_sudo)
            vals = {**terms, **vals}
        vals.setdefault("is_draft", company_sudo.service_credit_draft_by_default)
        if "default_date_start" not in self.env.context:
            vals.setdefault("date_start", company_sudo._get_today())
        if company_sudo.service_credit_paid_follows_value:
            vals["paid_per_credit"] = vals.get("value_per_credit", 0.0)
        return vals

    def _number(self):
        """Draw the numbers of new purchases, the last thing that can fail."""
        new = self.filtered(lambda purchase: not purchase.name)
        names = {}
        for company, purchases in new.grouped("company_id").items():
            numbers = self._draw_numbers(company, len(purchases))
            names |= dict(zip(purchases, numbers, strict=False))
        if not names:
            return
        # One statement, however many they are: the rest was written before.
        self.env.cr.execute(
            SQL(
                """
                UPDATE service_credit_purchase SET name = drawn.name
                  FROM unnest(%s, %s) AS drawn (id, name)
                 WHERE service_credit_purchase.id = drawn.id
                """,
                [purchase.id for purchase in names],
                list(names.values()),
            )
        )
        for purchase, name in names.items():
            self._fields["name"]._update_cache(purchase, name)
        self.browse().union(*names).modified(["name"])

    @api.model
    def _draw_numbers(self, company, count):
        """Return so many numbers of the sequence of a company, none without one.

        An ordinary sequence gives them in one query; one without gaps, or with a range
        per period, counts one by one.
        """
        # sudo: those who may create a purchase may take its number
        sequence_sudo = self.env["ir.sequence"].sudo().with_company(company)
        sequence_sudo = sequence_sudo.search(
            [("code", "=", self._name), ("company_id", "in", [company.id, False])],
            order="company_id",
            limit=1,
        )
        if not sequence_sudo:
            return []
        if sequence_sudo.implementation != "standard" or sequence_sudo.use_date_range:
            return [sequence_sudo.next_by_id() for _position in range(count)]
        rows = self.env.execute_query(
            SQL(
                "SELECT nextval(%s) FROM generate_series(1, %s)",
                f"ir_sequence_{sequence_sudo.id:03d}",
                count,
            )
        )
        # The date is in it: the same for all that are drawn now.
        before, after = sequence_sudo._get_prefix_suffix()
        padding = sequence_sudo.padding
        return [f"{before}{number:0{padding}d}{after}" for (number,) in rows]

    # ------------------------------------------------------------------
    # Values
    # ------------------------------------------------------------------

    @api.model
    def _check_amounts(self, vals):
        """Refuse what cannot be counted, before the database does it less clearly."""
        if "credits" in vals:
            self._check_credits(vals["credits"])
        if "opening_used" in vals:
            self._check_opening(vals["opening_used"])
        for name in ("value_per_credit", "paid_per_credit"):
            price = self._to_number(vals.get(name))
            if price != 0 and not LEAST <= price <= MOST_PRICE:
                raise ValidationError(
                    self.env._(
                        "%(price)s isn't possible as %(field)s: enter 0 for free "
                        "credits, or a price from %(least)s to %(most)s.",
                        price=vals[name],
                        field=self._get_field_labels([name]),
                        least=format_number(self.env, LEAST, 6),
                        most=format_number(self.env, MOST_PRICE),
                    )
                )

    @api.model
    def _check_credits(self, value):
        credits = self._to_number(value)
        if not LEAST <= credits <= MOST_CREDITS:
            raise ValidationError(
                self.env._(
                    "A purchase can't have %(credits)s credits: enter a number above "
                    "0, up to %(most)s.",
                    credits=value,
                    most=format_number(self.env, MOST_CREDITS),
                )
            )
        if not self._is_countable(credits):
            raise ValidationError(
                self.env._(
                    "A purchase can't have %(credits)s credits: enter a number with at "
                    "most %(digits)s decimals.",
                    credits=value,
                    digits=self._get_credit_digits(),
                )
            )

    @api.model
    def _check_opening(self, value):
        used = self._to_number(value)
        if not 0 <= used <= MOST_CREDITS or not self._is_countable(used):
            raise ValidationError(
                self.env._(
                    "%(used)s credits can't have been used elsewhere: enter a number "
                    "from 0 to those of the purchase, with at most %(digits)s "
                    "decimals.",
                    used=value,
                    digits=self._get_credit_digits(),
                )
            )

    def _check_opening_fits(self, vals):
        used, credits = (
            self._to_number(vals.get(name, self[name]))
            for name in ("opening_used", "credits")
        )
        if used > credits:
            raise ValidationError(
                self.env._(
                    "%(used)s credits of %(purchase)s can't have been used elsewhere, "
                    "because it has %(credits)s: enter that number or a lower one.",
                    used=self._format_credits(used),
                    purchase=self._get_label(),
                    credits=self._format_credits(credits),
                )
            )

    @api.model
    def _is_countable(self, credits):
        """Tell whether a number of credits has no more decimals than are kept."""
        # Big numbers are stored less exactly.
        tolerance = max(1e-9, credits * 1e-14)
        rounded = float_round(credits, self._get_credit_digits())
        return abs(rounded - credits) <= tolerance

    @api.model
    def _to_number(self, value):
        """Return the value as a float, NaN where it isn't a number."""
        try:
            return float(value or 0.0)
        except (TypeError, ValueError, OverflowError):
            return float("nan")

    def _check_order_of_dates(self, vals):
        start = vals.get("date_start", self.date_start)
        expiry = vals.get("date_expiry", self.date_expiry)
        start, expiry = (fields.Date.to_date(day) for day in (start, expiry))
        if expiry and expiry > LAST_DAY:
            raise ValidationError(
                self.env._(
                    "%(purchase)s can't expire on %(expiry)s: choose %(last)s or an "
                    "earlier day.",
                    purchase=self._get_label(),
                    expiry=format_date(self.env, expiry),
                    last=format_date(self.env, LAST_DAY),
                )
            )
        if start and expiry and start > expiry:
            raise ValidationError(
                self.env._(
                    "%(purchase)s can't expire on %(expiry)s, before it starts on "
                    "%(start)s: choose that day or a later one.",
                    purchase=self._get_label(),
                    expiry=format_date(self.env, expiry),
                    start=format_date(self.env, start),
                )
            )

    # ------------------------------------------------------------------
    # The draft lock
    # ------------------------------------------------------------------

    def _check_lock(self, changed, vals):
        """Raise when one of the ``changed`` fields is locked on this purchase."""
        self.ensure_one()
        if "is_draft" in changed and not self.is_draft:
            self._check_is_no_period()
            self._check_can_become_draft()
        if not self.is_draft and "is_draft" not in changed:
            self._refuse_frozen(changed & set(FROZEN_FIELDS))
        owners = changed & set(OWNER_FIELDS)
        if owners and self.has_rows:
            raise UserError(
                self.env._(
                    "You can't change the %(fields)s of %(purchase)s, because its "
                    "credits have already been used: record a new purchase instead.",
                    fields=self._get_field_labels(owners),
                    purchase=self._get_label(),
                )
            )
        if changed & {"credits", "opening_used"}:
            self._check_opening_fits(vals)
        if changed & set(DATE_FIELDS):
            self._check_order_of_dates(vals)
            self._check_dates(changed, vals)

    def _refuse_deletion(self):
        if not self.is_draft:
            raise UserError(
                self.env._(
                    "You can only delete drafts. Expire what is left of %(purchase)s "
                    "and archive it instead.",
                    purchase=self.name,
                )
            )
        raise UserError(
            self.env._(
                "%(purchase)s can't be deleted, because its credits have been used "
                "and its history must be kept.",
                purchase=self.name,
            )
        )

    def _refuse_worth(self, most):
        raise ValidationError(
            self.env._(
                "%(purchase)s is worth more than can be counted exactly: split it, so "
                "that each purchase is worth at most %(most)s.",
                purchase=self._get_label(),
                most=format_number(self.env, most),
            )
        )

    def _refuse_archiving(self):
        raise ValidationError(
            self.env._(
                "%(purchase)s still has %(credits)s credits: use or expire them before "
                "archiving it, or delete it if it is an unused draft.",
                purchase=self._get_label(),
                credits=self._format_credits(self.credits_available),
            )
        )

    def _check_is_no_period(self):
        """A period is made once: a draft could be deleted, and never came back."""
        if plan_sudo := self.sudo().plan_id:
            raise UserError(
                self.env._(
                    "%(purchase)s can't become a draft, because it is a period of "
                    "%(plan)s: skip the period, or change the allotment for periods to "
                    "come.",
                    purchase=self._get_label(),
                    plan=plan_sudo.name,
                )
            )

    def _check_can_become_draft(self):
        if self.origin_id:
            raise UserError(
                self.env._(
                    "%(purchase)s can't become a draft, because its credits were "
                    "transferred from %(origin)s: transfer them back instead.",
                    purchase=self._get_label(),
                    origin=self.origin_id.sudo().name,
                )
            )
        gone = self.credits_expired + self.credits_withdrawn + self.credits_transferred
        # What was used elsewhere is given back to the draft.
        allocated = self._get_used_here()
        if float_compare(allocated, 0.0, self._get_credit_digits()) > 0 or gone > 0:
            raise UserError(
                self.env._(
                    "%(purchase)s can't become a draft again: %(allocated)s of its "
                    "credits are allocated and %(gone)s have expired or were "
                    "withdrawn or transferred, and both must be 0.",
                    purchase=self._get_label(),
                    allocated=self._format_credits(allocated),
                    gone=self._format_credits(gone),
                )
            )

    def _refuse_frozen(self, frozen):
        if frozen:
            raise UserError(
                self.env._(
                    "You can't change the %(fields)s of %(purchase)s, because it is "
                    "not a draft. Tick Draft first, which is possible while none of "
                    "its credits are allocated or expired.",
                    fields=self._get_field_labels(frozen),
                    purchase=self._get_label(),
                )
            )

    def _check_dates(self, changed, vals):
        if self.credits_expired > 0:
            raise UserError(
                self.env._(
                    "You can't change the %(fields)s of %(purchase)s, because "
                    "%(credits)s of its credits have expired.",
                    fields=self._get_field_labels(changed & set(DATE_FIELDS)),
                    purchase=self._get_label(),
                    credits=self._format_credits(self.credits_expired),
                )
            )
        first, last = self._get_paid_dates()
        start, expiry = (fields.Date.to_date(vals.get(name)) for name in DATE_FIELDS)
        if first and "date_start" in changed and start and start > first:
            raise UserError(
                self.env._(
                    "%(purchase)s can't start on %(date)s, because it paid for work of "
                    "%(first)s: choose that day or an earlier one.",
                    purchase=self._get_label(),
                    date=format_date(self.env, start),
                    first=format_date(self.env, first),
                )
            )
        if last and "date_expiry" in changed and expiry and expiry < last:
            raise UserError(
                self.env._(
                    "%(purchase)s can't expire on %(date)s, because it paid for work "
                    "of %(last)s: choose that day or a later one.",
                    purchase=self._get_label(),
                    date=format_date(self.env, expiry),
                    last=format_date(self.env, last),
                )
            )

    # ------------------------------------------------------------------
    # Helpers
    # ------------------------------------------------------------------

    def _apply_paid_follows_value(self, vals):
        """Return ``[(purchases, values)]``: the amount paid is left out for companies
        where it follows the value."""
        if not {"paid_per_credit", "value_per_credit"} & vals.keys():
            return [(self, vals)]
        following = self.filtered(
            lambda lot: lot.company_id.sudo().service_credit_paid_follows_value
        )
        rest = {name: vals[name] for name in vals if name != "paid_per_credit"}
        parts = [(following, rest), (self - following, vals)]
        return [(part, part_vals) for part, part_vals in parts if part]

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
        self._forget_own_sharing()
        return self._write_past_the_lock({"commercial_partner_id": partner.id})

    def _get_paid_dates(self):
        """Return the first and the last work date that is still paid by it.

        A row that gives back carries the date of the row it undoes, so the net of a
        day tells whether the day is still paid.
        """
        # sudo: the dates bind everyone who changes the term
        rows_sudo = self.env["service.credit.consumption"].sudo()
        days = [
            day
            for day, credits in rows_sudo._read_group(
                [
                    ("purchase_id", "=", self.id),
                    ("consumption_type", "in", ("consumption", "adjustment")),
                ],
                ["date:day"],
                ["credits:sum"],
            )
            if float_compare(credits, 0.0, self._get_credit_digits()) > 0
        ]
        return (min(days), max(days)) if days else (None, None)

    @api.model
    def _get_field_labels(self, names):
        labels = self.fields_get(names, ["string"])
        return ", ".join(labels[name]["string"] for name in sorted(names))

    def _get_label(self):
        """Return how a sentence names the purchase, also one without a number yet."""
        return self.name or self.env._("The new purchase")

    @api.model
    def _get_credit_digits(self):
        return self.env["decimal.precision"].precision_get("Service Credits")

    @api.model
    def _format_credits(self, credits):
        return format_number(self.env, credits, self._get_credit_digits())
