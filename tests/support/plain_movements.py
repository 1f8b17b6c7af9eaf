# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The movements of purchases once more, in plain Python, one purchase after the other:
what the reports have to tell, whatever way their query takes."""

from collections import defaultdict
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

PURCHASES = """
    SELECT id, company_id, GREATEST(date_start, date_received) AS start, date_expiry,
           date_rollover, origin_id, credits::text, value_total::text,
           paid_total::text, rollover_credits::text, credits_available::text,
           value_available::text, paid_available::text
    FROM service_credit_purchase WHERE is_draft IS NOT TRUE AND company_id = ANY(%s)
"""
ROWS = """
    SELECT purchase_id, consumption_type AS type, date, credits::text, value::text,
           paid::text
    FROM service_credit_consumption WHERE company_id = ANY(%s)
"""
USE = ("consumption", "adjustment")
OF_SALES = {
    "opening": "elsewhere",
    "withdrawal": "withdrawn",
    "transfer": "transferred",
}
NONE = (Decimal(), Decimal(), Decimal())
FAR = timedelta(days=1)


def _read(env, query, companies):
    env.cr.execute(query, [companies.ids])
    return env.cr.dictfetchall()


def _amounts(row, *names):
    return tuple(Decimal(row[name] or 0) for name in names)


def _add(*parts):
    return tuple(map(sum, zip(*parts, strict=True))) if parts else NONE


def _minus(amounts, *parts):
    return _add(amounts, *(tuple(-number for number in part) for part in parts))


def get_movements(env, companies):
    """Return ``[(purchase id, type, day, credits, value, paid)]``, sorted."""
    env.flush_all()
    rows = defaultdict(list)
    for row in _read(env, ROWS, companies):
        row["amounts"] = _amounts(row, "credits", "value", "paid")
        rows[row["purchase_id"]].append(row)
    found = []
    for lot in _read(env, PURCHASES, companies):
        company = env["res.company"].browse(lot["company_id"])
        for kind, day, amounts in _of_purchase(lot, rows[lot["id"]], company):
            found.append((lot["id"], kind, day, *amounts))
    return sorted(found)


def _of_purchase(lot, rows, company):
    grace = timedelta(days=company.service_credit_grace_days)
    is_open = company.service_credit_allow_past_expiry
    last = None if is_open else lot["date_expiry"] + grace
    sold = _amounts(lot, "credits", "value_total", "paid_total")
    sold = NONE if lot["origin_id"] else sold
    if sold[0] > 0:
        yield "bought", lot["start"], sold
    today = company._get_today()
    roll_day, excess = _get_excess(lot, rows, company, grace)
    lapsed, gone = [], []
    for row in rows:
        day, amounts = max(lot["start"], min(row["date"], today)), row["amounts"]
        is_over = last is not None and day > last
        is_of_sale = row["type"] in OF_SALES
        if is_of_sale or not is_over:
            gone.append(amounts)
        if row["type"] in USE:
            yield "used", day, amounts
            if is_over:
                yield "expired", day, _minus(NONE, amounts)
        elif is_of_sale:
            ends = is_over and row["type"] != "opening"
            yield OF_SALES[row["type"]], last + FAR if ends else day, amounts
        elif roll_day and row["date"] <= roll_day:
            lapsed.append(amounts)
        elif not is_over:
            yield "expired", day, amounts
    if roll_day and _add(excess, *lapsed)[0] > 0:
        yield "expired", roll_day + FAR, _add(excess, *lapsed)
    rest = _minus(sold, excess, *gone)
    if last is not None and any(rest):
        yield "expired", last + FAR, rest


def _get_excess(lot, rows, company, grace):
    """Return the last day of what does not roll over, and how much it is."""
    most = Decimal(lot["rollover_credits"] or 0)
    if (
        not lot["date_rollover"]
        or lot["date_rollover"] >= lot["date_expiry"]
        or most >= Decimal(lot["credits"])
        or company.service_credit_allow_past_expiry
    ):
        return None, NONE
    day = lot["date_rollover"] + grace
    later = [row for row in rows if row["type"] in USE and row["date"] > day]
    used = sum((row["amounts"][0] for row in later), Decimal())
    left = _amounts(lot, "credits_available", "value_available", "paid_available")
    excess = max(left[0] - max(most - used, Decimal()), Decimal())
    if not left[0]:
        return day, (excess, Decimal(), Decimal())
    unit = Decimal(str(company.currency_id.rounding))
    money = (
        (amount * excess / left[0] / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit
        for amount in left[1:]
    )
    return day, (excess, *money)
