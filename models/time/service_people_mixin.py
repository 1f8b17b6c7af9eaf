# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

PEOPLE_FIELDS = frozenset(("employee_id", "user_id", "ticket_id"))


class ServicePeopleMixin(models.AbstractModel):
    """Who may log time on tickets for whom (design 8)."""

    _name = "service.people.mixin"
    _description = "Person of a Time Entry"

    is_entrusted = fields.Boolean(
        compute="_compute_is_entrusted",
        search="_search_is_entrusted",
        export_string_translation=False,
        help="The user may write the entry although it is another person's.",
    )
    employee_domain = fields.Binary(
        compute="_compute_employee_domain", export_string_translation=False
    )

    @api.depends_context("uid")
    def _compute_is_entrusted(self):
        entrusted = self.filtered_domain(self._get_entrusted_domain())
        entrusted.is_entrusted = True
        (self - entrusted).is_entrusted = False

    @api.model
    def _search_is_entrusted(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        return self._get_entrusted_domain()

    @api.model
    def _get_entrusted_domain(self):
        return self.env["hr.employee"]._get_domain_entrusted()

    @api.depends("company_id", "ticket_id")
    def _compute_employee_domain(self):
        """Offer whom the server accepts."""
        employees = self.env["hr.employee"]
        lines = self.with_context(allowed_company_ids=self.env.companies.ids)
        core = lines._domain_employee_id()
        for line in self:
            ticket_sudo = line.ticket_id.sudo()
            line.employee_domain = list(
                employees._get_domain_for_time(ticket_sudo.company_id)
                if ticket_sudo
                else Domain(core)
            )

    # Not a constraint: those run as superuser, and this asks who the user is.
    @api.model_create_multi
    def create(self, vals_list):
        # Before the record rules, which would not say who may log for whom.
        self._check_people(
            {
                (vals["company_id"], vals.get("employee_id"))
                for vals in vals_list
                if vals.get("ticket_id")
            }
        )
        return super().create(vals_list)

    def write(self, vals):
        if "user_id" in vals and not self.env.su:
            self._check_user(vals)
        result = super().write(vals)
        if not PEOPLE_FIELDS.isdisjoint(vals):
            self._check_people(
                {
                    (line.company_id.id, line.employee_id.id)
                    for line in self.filtered("ticket_id")
                }
            )
        return result

    def _check_user(self, vals):
        """Keep the user that of the employee: whose time it is decides who approves it.

        :raise AccessError: naming the entry
        """
        written = self.env["hr.employee"].browse(vals.get("employee_id"))
        # sudo: names of people and tickets are shown to say what is meant
        for line in self.sudo().filtered("ticket_id"):
            user = (written.sudo() or line.employee_id).user_id
            if user and user.id != vals["user_id"]:
                raise AccessError(
                    self.env._(
                        "%(entry)s stays %(employee)s's: to make it another person's, "
                        "choose the employee instead of the user.",
                        entry=line._get_approval_name(),
                        employee=line.employee_id.name,
                    )
                )

    @api.model
    def _check_people(self, people):
        """Refuse time of people for whom the user may not log.

        :param set people: of pairs: id of the ticket's company, id of the employee
        :raise AccessError: naming the person, and who may
        """
        employees = self.env["hr.employee"]
        if employees._logs_for_everyone():
            return
        for company_id in {company_id for company_id, _employee_id in people}:
            company = self.env["res.company"].browse(company_id)
            domain = employees._get_domain_for_time(company)
            # sudo: names of colleagues are shown to say who is meant
            logged_sudo = employees.sudo().browse(
                {employee_id for where, employee_id in people if where == company_id}
            )
            # Strangers to the company are refused as such.
            logged_sudo = logged_sudo.filtered(lambda e, c=company: e.company_id == c)
            refused = logged_sudo - logged_sudo.filtered_domain(domain)
            if refused:
                raise AccessError(
                    self.env._(
                        "You cannot log time for %(employee)s: in %(company)s people "
                        "log %(scope)s. A timesheet approver can do it for you.",
                        employee=refused[0].name,
                        company=company.sudo().name,
                        scope=self.env._("for themselves and those they manage")
                        if company.sudo().timesheet_log_for == "subordinates"
                        else self.env._("for themselves only"),
                    )
                )
