# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from babel.dates import format_skeleton
from dateutil.relativedelta import relativedelta

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import date_utils, format_amount
from odoo.tools.misc import babel_locale_parse, get_lang

from ..models.time.account_analytic_line_overage import DECIDERS
from ..tools import format_number

WEEKS = 8
MONTHS = 6
# Who works with what it tells; the lists behind it decide what each of them reads.
READERS = (
    "helpdesk_mgmt.group_helpdesk_user_own",
    "helpdesk_service_credit.group_service_credit_user",
    "sales_team.group_sale_salesman",
    "account.group_account_invoice",
    "account.group_account_readonly",
)
# Who may read time at all: others have the model, and none of its records.
OF_TIME = "hr_timesheet.group_hr_timesheet_user"
USES = ("consumption", "adjustment")
# The card is for those who have the menu.
TO_INVOICE = "helpdesk_service_credit.helpdesk_time_to_invoice_menu"


class ServiceOverview(models.AbstractModel):
    """What people look at in the morning: figures that each open the list behind them,
    and how hours and credits went lately.

    Everything is read as the user, so the rules of the lists hold here too. Each figure
    is one grouped query of what waits, or of a window of days.
    """

    _name = "service.overview"
    _description = "Helpdesk Overview"

    @api.model
    @api.readonly
    def get_overview(self):
        """Return what the user may see of it, in the companies chosen.

        :return: dict of `cards` and `charts`, both with the domains of the lists that
            they open, and whether all of them `is_empty`
        :raise AccessError: for those who work with none of it
        """
        self._check_may_read()
        cards = [
            self._get_risk_card(),
            self._get_overage_card(),
            self._get_approval_card(),
            self._get_expiring_card(),
            self._get_invoice_card(),
            self._get_request_card(),
        ]
        cards = [card for card in cards if card]
        charts = [self._get_hours_chart(), self._get_credits_chart()]
        charts = [chart for chart in charts if chart]
        return {
            "cards": cards,
            "charts": charts,
            "is_empty": not any(card["count"] for card in cards)
            and all(chart["is_empty"] for chart in charts),
        }

    @api.model
    @api.readonly
    def get_risk(self):
        """Return the figures of the card of revenue at risk.

        Asked on its own: it looks at every open order and purchase, and the screen
        does not wait for that.

        :return: dict of `number`, `note` and `count`; empty for those who may not see
            the list
        """
        self._check_may_read()
        if not self._get_risk_card():
            return {}
        risks = self.env["service.revenue.risk"]
        sees_value = risks._has_field_access(risks._fields["value"], "read")
        fields = ["value:sum"] if sees_value else ["hours:sum"]
        rows = risks._read_group([], ["currency_id"], ["__count", *fields])
        count = sum(row[1] for row in rows)
        if sees_value:
            values = {currency: value for currency, _count, value in rows}
            number = self._format_values(values or {self.env.company.currency_id: 0.0})
        else:
            number = self._format_hours(sum(row[2] or 0.0 for row in rows))
        note = (
            self.env._(
                "Findings: %(count)s. Open the list to settle them.",
                count=format_number(self.env, count),
            )
            if count
            else self.env._("Nothing is at risk.")
        )
        return {"number": number, "note": note, "count": count}

    @api.model
    def _check_may_read(self):
        if not self._is_one_of(READERS):
            raise AccessError(
                self.env._(
                    "The overview is for users of Helpdesk, Sales and Invoicing."
                )
            )

    @api.model
    def _is_one_of(self, groups):
        return self.env.su or any(map(self.env.user.has_group, groups))

    @api.model
    def _may_read_time(self):
        entries = self.env["account.analytic.line"]
        return self._is_one_of((OF_TIME,)) and entries.has_access("read")

    # ------------------------------------------------------------------
    # Cards
    # ------------------------------------------------------------------

    @api.model
    def _get_risk_card(self):
        if not self.env["service.revenue.risk"].has_access("read"):
            return None
        return {
            "id": "risk",
            "title": self.env._("Revenue at Risk"),
            "number": "…",
            "note": "",
            "count": 0,
            **self._prepare_list("service_revenue_risk_action", []),
        }

    @api.model
    def _get_overage_card(self):
        if not self._is_one_of(DECIDERS):
            return None
        domain = [("coverage", "=", "overage")]
        return self._get_hours_card(
            "overage",
            self.env._("Overage Waiting"),
            self.env._("Not covered yet: cover it, bill it or mark it as goodwill."),
            "account_analytic_line_action_overage",
            domain,
        )

    @api.model
    def _get_approval_card(self):
        teams = self.env["helpdesk.ticket.team"]._get_approved_teams()
        if not teams and not self.env["project.project"]._get_approved_projects():
            return None
        domain = [("approval_state", "=", "submitted"), ("may_approve", "=", True)]
        return self._get_hours_card(
            "approval",
            self.env._("Time to Approve"),
            self.env._("Submitted by your teams, to be invoiced once you approve it."),
            "account_analytic_line_action_to_approve",
            domain,
            field="unit_amount",
        )

    @api.model
    def _get_invoice_card(self):
        # sudo: whom the menu is for is not hidden from anyone
        menu_sudo = self.env.ref(TO_INVOICE).sudo()
        if not self.env.su and not menu_sudo.group_ids & self.env.user.all_group_ids:
            return None
        domain = [("ticket_id", "!=", False), ("is_to_invoice", "=", True)]
        return self._get_hours_card(
            "invoice",
            self.env._("Time to Invoice"),
            self.env._("Logged on sales order items, and not invoiced yet."),
            "account_analytic_line_action_to_invoice",
            domain,
        )

    @api.model
    def _get_hours_card(self, name, title, note, action, domain, field="hours_billed"):
        if not self._may_read_time():
            return None
        [(count, hours)] = self.env["account.analytic.line"]._read_group(
            domain, [], ["__count", f"{field}:sum"]
        )
        return {
            "id": name,
            "title": title,
            "number": self._format_hours(hours),
            "note": note,
            "count": count,
            **self._prepare_list(action, domain),
        }

    @api.model
    def _get_expiring_card(self):
        purchases = self.env["service.credit.purchase"]
        days, domain = self._get_expiring()
        if not days or not purchases.has_access("read"):
            return None
        [(count, credits)] = purchases._read_group(
            domain, [], ["__count", "credits_available:sum"]
        )
        first, last = min(days), max(days)
        return {
            "id": "expiring",
            "title": self.env._("Credits Expiring"),
            "number": format_number(self.env, credits or 0.0),
            "note": self.env._(
                "Unused credits that expire within %(days)s days.",
                days=last if first == last else f"{first}–{last}",
            ),
            "count": count,
            **self._prepare_list("service_credit_purchase_action", domain),
        }

    @api.model
    def _get_expiring(self):
        """Return the days that each company looks ahead for its alerts, and the domain
        of what expires in them."""
        days, near = [], Domain.FALSE
        for company in self.env.companies:
            today, last = company._get_today(), company._get_service_plan_day()
            if last:
                days.append((last - today).days)
                near |= (
                    Domain("company_id", "=", company.id)
                    & Domain("date_expiry", ">=", today)
                    & Domain("date_expiry", "<=", last)
                )
        unused = Domain("state", "=", "open") & Domain("credits_available", ">", 0)
        return days, unused & near

    @api.model
    def _get_request_card(self):
        requests = self.env["service.authorization"]
        if not requests.has_access("read"):
            return None
        domain = [("state", "=", "requested"), ("is_lapsed", "=", False)]
        [(count, hours)] = requests._read_group(domain, [], ["__count", "hours:sum"])
        return {
            "id": "request",
            "title": self.env._("Requests Waiting"),
            "number": format_number(self.env, count),
            "note": self.env._(
                "%(hours)s wait for the customer's answer.",
                hours=self._format_hours(hours),
            ),
            "count": count,
            **self._prepare_list("service_authorization_action", domain),
        }

    # ------------------------------------------------------------------
    # Charts
    # ------------------------------------------------------------------

    @api.model
    def _get_hours_chart(self):
        """Return the hours worked by what pays for them, week by week."""
        if not self._may_read_time():
            return None
        entries = self.env["account.analytic.line"]
        days = entries._get_days_of_week(self.env.company._get_today())
        weeks = [days[0] - timedelta(weeks=ago) for ago in reversed(range(WEEKS))]
        domain = (
            Domain("coverage", "!=", False)
            & Domain("date", ">=", weeks[0])
            & Domain("date", "<=", days[-1])
        )
        hours = {
            (payer, week): sums
            for payer, week, sums in entries._read_group(
                domain, ["coverage", "date:week"], ["unit_amount:sum"]
            )
        }
        action = "account_analytic_line_action_ticket"
        payers = entries._fields["coverage"]._description_selection(self.env)
        return self._prepare_chart(
            "hours",
            self.env._("Hours by Payer and Week"),
            self.env._("No time logged in these weeks."),
            [self._format_day(week, "MMMd") for week in weeks],
            [
                {
                    "id": payer,
                    "label": label,
                    "values": [hours.get((payer, week), 0.0) for week in weeks],
                    **self._prepare_list(
                        action, domain & Domain("coverage", "=", payer)
                    ),
                }
                for payer, label in payers
            ],
        )

    @api.model
    def _get_credits_chart(self):
        """Return the credits that were sold, used and lost by their term, by month."""
        purchases = self.env["service.credit.purchase"]
        rows = self.env["service.credit.consumption"]
        if not purchases.has_access("read") or not rows.has_access("read"):
            return None
        first = date_utils.start_of(self.env.company._get_today(), "month")
        months = [first - relativedelta(months=ago) for ago in reversed(range(MONTHS))]
        return self._prepare_chart(
            "credits",
            self.env._("Service Credits by Month"),
            self.env._("No service credits sold, used or expired in these months."),
            [self._format_day(month, "yMMM") for month in months],
            [
                self._get_sold(months),
                self._get_moved(months, "used", self.env._("Used"), USES),
                self._get_moved(months, "expired", self.env._("Expired"), ["expiry"]),
            ],
        )

    @api.model
    def _get_sold(self, months):
        """Return the credits of the purchases that start in these months; those that
        were received from another customer were sold before."""
        domain = (
            Domain("is_draft", "=", False)
            & Domain("is_withdrawn", "=", False)
            & Domain("origin_id", "=", False)
            & self._domain_months("date_start", months)
        )
        sums = self.env["service.credit.purchase"]._read_group(
            domain, ["date_start:month"], ["credits:sum"]
        )
        return {
            "id": "sold",
            "label": self.env._("Sold"),
            "values": [dict(sums).get(month, 0.0) for month in months],
            **self._prepare_list("service_credit_purchase_action", domain),
        }

    @api.model
    def _get_moved(self, months, name, label, kinds):
        domain = Domain("consumption_type", "in", kinds) & self._domain_months(
            "date", months
        )
        sums = self.env["service.credit.consumption"]._read_group(
            domain, ["date:month"], ["credits:sum"]
        )
        return {
            "id": name,
            "label": label,
            "values": [dict(sums).get(month, 0.0) for month in months],
            **self._prepare_list("service_credit_consumption_action", domain),
        }

    @api.model
    def _domain_months(self, field, months):
        end = months[-1] + relativedelta(months=1)
        return Domain(field, ">=", months[0]) & Domain(field, "<", end)

    @api.model
    def _prepare_chart(self, name, title, nothing, labels, series):
        for one in series:
            one["values"] = [round(value, 2) for value in one["values"]]
            one["total"] = format_number(self.env, round(sum(one["values"]), 2))
        return {
            "id": name,
            "title": title,
            "nothing": nothing,
            "labels": labels,
            "series": series,
            "is_empty": not any(any(one["values"]) for one in series),
        }

    # ------------------------------------------------------------------
    # Texts
    # ------------------------------------------------------------------

    @api.model
    def _prepare_list(self, action, domain):
        return {
            "action": f"helpdesk_service_credit.{action}",
            "domain": list(domain),
        }

    @api.model
    def _format_hours(self, hours):
        hours = format_number(self.env, round(hours or 0.0, 2))
        return self.env._("%(hours)s h", hours=hours)

    @api.model
    def _format_values(self, values):
        """Return amounts of several currencies: they do not add up."""
        return " + ".join(
            format_amount(self.env, value or 0.0, currency)
            for currency, value in values.items()
        )

    @api.model
    def _format_day(self, day, skeleton):
        locale = babel_locale_parse(get_lang(self.env).code)
        return format_skeleton(skeleton, day, locale=locale)
