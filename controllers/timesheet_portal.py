# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import http
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.addons.sale_timesheet.controllers.portal import SaleTimesheetCustomerPortal

BY_DAY = "date"
NEWEST = "date desc"
# What the links to other pages keep.
KEPT = ("search_in", "search", "filterby", "groupby")
# As many on a page as core shows.
STEP = 100


class TimesheetPortal(SaleTimesheetCustomerPortal):
    """The time of a customer by day, page by page: core puts all of it on each page."""

    @http.route()
    def portal_my_timesheets(self, *args, groupby="so_line", sortby=None, **kw):
        is_by_day = groupby == BY_DAY
        response = super().portal_my_timesheets(
            *args,
            groupby="none" if is_by_day else groupby,
            sortby=NEWEST if is_by_day else sortby,
            **kw,
        )
        if is_by_day:
            values = response.qcontext
            values["groupby"] = BY_DAY
            values["grouped_timesheets"] = self._group_by_day(
                values, kw.get("parent_task_id")
            )
            values["pager"] = self._get_pager_by_day(values)
        return response

    def _group_by_day(self, values, parent_task_id):
        """Return the entries of the page by day, each with the hours of the day."""
        entries_sudo = values["timesheets"]
        lines = request.env["account.analytic.line"]
        shown = values["searchbar_filters"][values["filterby"]]["domain"]
        domain = Domain(lines._timesheet_get_portal_domain()) & Domain(shown)
        if values["search"] and values["search_in"]:
            domain &= Domain(
                self._get_search_domain(values["search_in"], values["search"])
            )
        if parent_task_id:
            domain &= Domain("parent_task_id", "=", int(parent_task_id))
        days = entries_sudo.grouped("date")
        hours = dict(
            entries_sudo._read_group(
                domain & Domain("date", "in", list(days)),
                ["date:day"],
                ["unit_amount:sum"],
            )
        )
        return [(entries, hours[day]) for day, entries in days.items()]

    def _get_pager_by_day(self, values):
        """Return the pager, whose links stay by day."""
        pager = values["pager"]
        return portal_pager(
            url="/my/timesheets",
            url_args={"sortby": NEWEST, **{name: values[name] for name in KEPT}},
            total=pager["page_count"] * STEP,
            page=pager["page"]["num"],
            step=STEP,
        )
