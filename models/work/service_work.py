# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import float_compare

from ..ledger.drawing import WORK_FIELDS


class ServiceWork(models.AbstractModel):
    """A ticket or task, which service credits and prepaid hours pay."""

    _name = "service.work"
    _description = "Paid Work"
    _guarded_fields = frozenset(("service_credits_used",))

    service_credits_used = fields.Float(
        digits="Service Credits",
        compute="_compute_service_credits_used",
        # The number is shown to all who see the work; the ledger is not.
        compute_sudo=True,
        help="Credits that time on it has drawn.",
    )
    service_credits_available = fields.Float(
        digits="Service Credits",
        compute="_compute_service_credits_available",
        compute_sudo=True,
        help="Credits of the customer that could pay for work done today.",
    )
    service_credit_next_expiry = fields.Date(
        string="Next Expiry",
        compute="_compute_service_credits_available",
        compute_sudo=True,
        help="When the first of these credits expire, or lapse with their period.",
    )
    service_credit_period_note = fields.Text(
        string="Allotments",
        compute="_compute_service_credit_period_note",
        compute_sudo=True,
        help="What is left this month, quarter or year, and what becomes of it.",
    )
    requested_hours = fields.Float(
        compute="_compute_requested_hours",
        compute_sudo=True,
        help="Requested hours that the customer has not answered yet.",
    )
    funding_draft = fields.Json(
        compute="_compute_funding_draft",
        compute_sudo=True,
        export_string_translation=False,
        help="What the entries that are being edited would use; empty once saved.",
    )

    @api.depends("service_credit_allocation_ids.credits")
    def _compute_service_credits_used(self):
        for work in self:
            allocations = work.service_credit_allocation_ids
            work.service_credits_used = sum(allocations.mapped("credits"))

    @api.depends(
        "commercial_partner_id", "company_id", "funding_draft", "timesheet_ids.credits"
    )
    def _compute_service_credits_available(self):
        for company, works in self.grouped(
            lambda work: work.company_id or self.env.company
        ).items():
            customers = works.commercial_partner_id._origin
            balances = customers._get_service_credit_balances(company=company)
            for work in works:
                # A credit is a unit of work, whatever currency it was bought in.
                lines = balances.get(work.commercial_partner_id._origin.id) or []
                draft = work.funding_draft or {}
                left = sum(line["credits_available"] for line in lines)
                work.service_credits_available = left - draft.get("credits", 0.0)
                days = {line["next_expiry"] for line in lines} - {False}
                if draft.get("days"):
                    days = work._get_days_left(company, draft["days"])
                has_credits = work.service_credits_available > 0
                work.service_credit_next_expiry = has_credits and min(
                    days, default=False
                )

    def _get_days_left(self, company, taken):
        """Return the days on which some credits of the customer are lost that the form
        being edited does not take (superuser).

        :param dict taken: credits by day, as a text
        """
        self.ensure_one()
        customer = self.commercial_partner_id._origin
        left = customer._get_credits_by_day(company)
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        return {
            day
            for day, credits in left.items()
            if float_compare(credits, taken.get(str(day), 0.0), digits) > 0
        }

    @api.depends(
        "commercial_partner_id", "company_id", "funding_draft", "timesheet_ids.credits"
    )
    @api.depends_context("lang")
    def _compute_service_credit_period_note(self):
        """Tell nothing while typing changes it: how much of which period is known only
        once it is saved."""
        typing = self.filtered(lambda work: (work.funding_draft or {}).get("credits"))
        typing.service_credit_period_note = False
        for work in self - typing:
            customer = work.commercial_partner_id._origin
            company = work.company_id or self.env.company
            texts = customer._get_allotment_texts(company) if customer else []
            work.service_credit_period_note = "\n".join(texts)

    @api.depends(
        "sale_line_id",
        "timesheet_ids.date",
        "timesheet_ids.is_billable",
        "timesheet_ids.service_type_id",
        "timesheet_ids.so_line",
        "timesheet_ids.unit_amount",
        "use_service_credits",
    )
    def _compute_funding_draft(self):
        for work in self:
            work.funding_draft = not work.id and work._get_funding_draft()

    def _get_funding_draft(self):
        """Return what the edited entries would use; a hook for what funds them.

        :return: False, or a dict: `hours` by id of the item, `credits`, and `refused`
        """
        return False

    @api.depends(
        "sale_line_id.authorization_ids.hours",
        "sale_line_id.authorization_ids.state",
    )
    def _compute_requested_hours(self):
        requests = self.env["service.authorization"].search(self._domain_requests())
        for work in self:
            own = requests.filtered_domain(work._domain_requests())
            work.requested_hours = sum(own.mapped("hours"))

    def _domain_requests(self):
        """Return what waits for an answer: asked for the works, or on their items."""
        return Domain("state", "=", "requested") & (
            Domain(WORK_FIELDS[self._name], "in", self._origin.ids)
            | Domain("sale_line_id", "in", self.sale_line_id._origin.ids)
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_with_credits(self):
        # sudo: the ledger refers to the work, for every user
        allocation_sudo = self.env["service.credit.allocation"].sudo()
        field = WORK_FIELDS[self._name]
        used = allocation_sudo.search([(field, "in", self.ids)], limit=1)
        if used:
            raise UserError(
                self.env._(
                    "You can't delete %(work)s, because the ledger of service credits "
                    "refers to it: archive it instead.",
                    work=used[field]._get_work_name(),
                )
            )

    def _get_employee_rates(self):
        """Return the employee rates of the project that bill the work's customer
        (superuser)."""
        self.ensure_one()
        # sudo: rates are read by all who may log time on the work
        project_sudo = self.project_id.sudo()
        if project_sudo.pricing_type != "employee_rate":
            return project_sudo.sale_line_employee_ids.browse()
        customer = self.commercial_partner_id
        return project_sudo.sale_line_employee_ids.filtered(
            lambda rate: (
                rate.sale_line_id.order_partner_id.commercial_partner_id == customer
            )
        )

    def action_log_service(self):
        """Open the window that logs a service on the work."""
        self.ensure_one()
        self.check_access("read")
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_log_action"
        )
        return action | {"context": {f"default_{WORK_FIELDS[self._name]}": self.id}}

    def action_request_authorization(self):
        """Open the window that asks the customer for more hours, or what was asked."""
        self.ensure_one()
        self.check_access("read")
        return self.env["service.authorization"]._get_request_action(
            self.sale_line_id, **self._prepare_request()
        )

    def _prepare_request(self):
        """Return values of a request for more hours on the work."""
        return {WORK_FIELDS[self._name]: self.id}

    def action_view_requests(self):
        """Open what the customer was asked for and has not answered."""
        self.ensure_one()
        self.check_access("read")
        requests = self.env["service.authorization"].search(self._domain_requests())
        return requests._get_records_action(name=self.env._("Requested Hours"))

    def action_view_service_credits(self):
        """Open what the work drew: its allocations and their rows."""
        self.ensure_one()
        return self.service_credit_allocation_ids._get_records_action(
            name=self.env._("Service Credits of %(work)s", work=self.display_name)
        )
