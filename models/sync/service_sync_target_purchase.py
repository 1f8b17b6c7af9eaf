# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models

from ...connectors import ValueRefused
from ...connectors.errors import _lt
from ...connectors.values import is_empty

FIELDS = {
    "credits": "decimal",
    "value_per_credit": "decimal",
    "paid_per_credit": "decimal",
    "date_start": "date",
    "date_expiry": "date",
    "description": "text",
}


class ServiceSyncTargetPurchase(models.AbstractModel):
    """Rows that become purchases, created and changed like any other purchase."""

    _name = "service.sync.target.purchase"
    _description = "Purchases from Connected Systems"
    _inherit = "service.sync.target"

    _target_model = "service.credit.purchase"
    _required = (("external_id",), ("partner_id", "partner_email"), ("credits",))

    def _convert(self, source, items):
        customers = self.env["service.sync.customer"]._find(
            source, {self._get_customer_key(item) for item in items}
        )
        currencies = self._find_currencies(items)
        for item in items:
            try:
                item.values = {
                    "company_id": source.company_id.id,
                    "partner_id": self._pick_customer(source, item, customers),
                    **self._get_values(source, item),
                    **self._pick_currency(item, currencies),
                }
            except ValueRefused as error:
                item.error = source._explain_refusal(error)

    def _create(self, source, items):
        for item in items:
            item.values["is_draft"] = source.create_as_draft
        return super()._create(source, items)

    def _update(self, item):
        purchase = item.target
        if item.record.state == "withdrawn":
            if purchase.credits_expired or purchase.credits_withdrawn:
                raise ValueRefused(
                    _lt(
                        "%(purchase)s was withdrawn when the source deleted it, and "
                        "cannot come back: send it with a new external ID."
                    ),
                    purchase=purchase.name,
                )
            purchase.active = True
        return super()._update(item) or item.record.state == "withdrawn"

    def _withdraw(self, item):
        """Archive a draft nobody used; otherwise write off what is unused."""
        purchase = item.target
        if purchase.is_draft and not purchase.consumption_ids:
            purchase.active = False
        elif purchase.credits_available > 0:
            purchase._write_off()
        return purchase

    # ------------------------------------------------------------------
    # Values
    # ------------------------------------------------------------------

    def _get_values(self, source, item):
        values = {}
        for name, kind in FIELDS.items():
            if name not in item.raw:
                continue
            value = self._parse(source, item, name, kind)
            if value is not None or name == "description":
                values[name] = float(value) if kind == "decimal" else value or False
        if not values.get("credits"):
            raise ValueRefused(_lt("The row has no number of credits."))
        for name in ("credits", "value_per_credit", "paid_per_credit"):
            if values.get(name, 0) < 0:
                field = source._get_mapping()[name].source_field
                raise ValueRefused(
                    _lt("%(field)s: %(value)s is below 0."),
                    field=field,
                    value=values[name],
                )
        return values

    def _get_customer_key(self, item):
        texts = (item.raw.get("partner_id"), item.raw.get("partner_email"))
        return tuple("" if is_empty(text) else str(text).strip() for text in texts)

    def _pick_customer(self, source, item, customers):
        key = self._get_customer_key(item)
        text = key[0] or key[1]
        if not text:
            raise ValueRefused(_lt("The row names no customer."))
        found = customers[key]
        if len(found) == 1:
            return found.id
        item.customer_key = text
        if not found:
            raise ValueRefused(
                _lt(
                    "No customer was found for “%(value)s”: choose the customer on "
                    "this row, and it is remembered."
                ),
                value=text,
            )
        raise ValueRefused(
            _lt(
                "“%(value)s” can be %(count)s customers (%(names)s): choose the "
                "customer on this row, and it is remembered."
            ),
            value=text,
            count=len(found),
            names=", ".join(found[:3].mapped("display_name")),
        )

    def _find_currencies(self, items):
        codes = {
            str(item.raw.get("currency_id") or "").strip().upper() for item in items
        }
        codes |= {symbol for symbol in ("€", "$", "£") if symbol in codes}
        found = self.env["res.currency"].search(
            ["|", ("name", "in", list(codes)), ("symbol", "in", list(codes))]
        )
        table = {currency.name: currency for currency in found}
        for currency in found:
            table.setdefault(currency.symbol.upper(), currency)
        return table

    def _pick_currency(self, item, currencies):
        value = item.raw.get("currency_id")
        if is_empty(value):
            return {}
        currency = currencies.get(str(value).strip().upper())
        if not currency:
            raise ValueRefused(
                _lt("“%(value)s” is no currency that is used here."), value=value
            )
        return {"currency_id": currency.id}
