# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ...tools import format_number, refuse_typed
from ...tools.approval import FROZEN
from ..funding.payers import HOUR_DIGITS

APPROVER = "hr_timesheet.group_hr_timesheet_approver"
HOURS_IN_A_DAY = 24
# Who reads the time of all tickets, and who that of the own teams.
READS_ALL = "helpdesk_mgmt.group_helpdesk_user"
READS_TEAM = "helpdesk_mgmt.group_helpdesk_user_team"
# So many tickets are named to the database, which then uses an index.
NAMED_TICKETS = 5_000
# What an entry says about the work, and who pays for it.
FACTS = frozenset(
    (
        "company_id",
        "date",
        "employee_id",
        "is_billable",
        "project_id",
        "service_type_id",
        "so_line",
        "task_id",
        "ticket_id",
        "time_start",
        "time_stop",
        "unit_amount",
        "user_id",
        # All analytic plans at once; each of them by its own name, too.
        "auto_account_id",
        "analytic_distribution",
    )
)
# What decides at which rate the hours are billed.
WEIGHING = frozenset(("service_type_id", "time_start", "time_stop"))
# What follows from the ticket and the hours on an entry of a ticket.
FOLLOWING = frozenset(
    ("amount", "category", "currency_id", "partner_id", "product_uom_id")
)
# The same of time on a task: whose credits pay, how many, and who approves it.
FOLLOWING_TASK = frozenset(("company_id", "partner_id", "product_uom_id", "project_id"))


class AccountAnalyticLine(models.Model):
    """Who may change which entries, and what no entry on a ticket can be."""

    _inherit = "account.analytic.line"

    # ------------------------------------------------------------------
    # May this user change this entry, and if not, why
    # ------------------------------------------------------------------

    def _get_obstacle(self, user=None, names=None):
        """Return why the entry cannot be changed, for the button, the view, the guard.

        :param user: who changes it; none for the addon itself, which only what is
            frozen, billed or closed stops
        :param names: the fields that change; without it, any fact about the work
        :return: the exception that says why and what helps; None if nothing is in
            the way
        """
        self.ensure_one()
        # sudo: the rules hold for entries whose invoice or team the user may not read
        line_sudo = self.sudo()
        if user and not line_sudo._is_changeable_by(user):
            return AccessError(
                self.env._(
                    "%(entry)s is another person's. Only %(employee)s or a timesheet "
                    "approver can change it.",
                    entry=line_sudo._get_entry_name(),
                    employee=line_sudo.employee_id.name or line_sudo.user_id.name,
                )
            )
        is_fact = names is None or not self._get_fact_fields().isdisjoint(names)
        if line_sudo.approval_state in FROZEN and (is_fact or "name" in names):
            return UserError(line_sudo._get_frozen_text())
        if is_fact and line_sudo._is_funded() and not line_sudo._is_not_billed():
            return UserError(line_sudo._get_billed_text())
        if is_fact and line_sudo._is_closed():
            return UserError(line_sudo._get_closed_text())
        return None

    def _get_fact_fields(self):
        """Return the fields that say something about the work."""
        return FACTS.union(self._get_plan_fnames())

    def _is_changeable_by(self, user):
        """Tell whether an entry on a ticket is the user's to change (superuser)."""
        return (
            not self.ticket_id
            or not self._origin.id
            or self.user_id == user
            or user.has_group(APPROVER)
            or self.with_user(user).is_entrusted
        )

    def _check_changeable(self, names=None):
        """Refuse to change what the user may not.

        :param names: the fields that change; without it, any fact about the work
        :raise AccessError: for other people's time
        :raise UserError: for time that is billed, approved or in a closed period
        """
        user = None if self.env.su else self.env.user
        if (
            not user
            and names is not None
            and {*self._get_fact_fields(), "name"}.isdisjoint(names)
        ):
            # Core writes the cost of each new entry by itself: nothing is in its way.
            return
        for line in self:
            if obstacle := line._get_obstacle(user, names):
                raise obstacle

    def _is_readonly(self):
        return super()._is_readonly() or bool(self._get_obstacle(self.env.user))

    def _check_can_write(self, values):
        self._check_changeable(values.keys())
        if not WEIGHING.isdisjoint(values):
            # Core locks the hours of invoiced time, and these decide what they count.
            values = {"unit_amount": None, **values}
        if self.env.su:
            return super()._check_can_write(values)
        on_tickets = self.filtered("ticket_id")
        # sudo: core asks the invoice for its state, which agents may not read
        super(AccountAnalyticLine, on_tickets.sudo())._check_can_write(values)
        return super(AccountAnalyticLine, self - on_tickets)._check_can_write(values)

    def _check_typed(self, vals):
        """Refuse values that follow from the ticket, the hours or the employee.

        :raise AccessError: naming the fields, or the entry
        """
        on_tickets = self if vals.get("ticket_id") else self.filtered("ticket_id")
        typed = FOLLOWING.intersection(vals) if on_tickets else set()
        if any(line._is_funded() for line in self - on_tickets):
            typed |= FOLLOWING_TASK.intersection(vals)
        if "task_id" in vals:
            # Taken from the task, or left with it.
            typed -= {"project_id"}
        if vals.get("ticket_id") or vals.get("task_id"):
            # Sent along by a form, and taken from the work.
            typed -= {"partner_id"}
        kind = self.env._("time entries")
        refuse_typed(self, [vals], typed, kind=kind)
        if "user_id" in vals:
            self._check_user(vals)

    def _check_deletable(self):
        """Refuse to delete other people's time, and what an invoice bills."""
        user = None if self.env.su else self.env.user
        for line in self:
            obstacle = line._get_obstacle(user, ())
            if not obstacle and not line.sudo()._is_not_billed():
                obstacle = UserError(line.sudo()._get_billed_text(deleted=True))
            if obstacle:
                raise obstacle

    def _get_entry_name(self):
        """Return what names an entry in a sentence: whose, when, where."""
        self.ensure_one()
        return self.env._(
            "The time of %(employee)s of %(date)s on %(work)s",
            employee=self.employee_id.name or self.user_id.name,
            date=format_date(self.env, self.date),
            work=self._get_place_name(),
        )

    def _get_place(self):
        """Return where the time was spent: its work, else the project alone."""
        self.ensure_one()
        return self._get_work() or self.project_id

    def _get_place_name(self):
        place = self._get_place()
        # sudo: a name may be shown where the project itself may not be opened
        return (
            self._get_work()._get_work_name()
            if self._get_work()
            else place.sudo().display_name
        )

    def _get_frozen_text(self):
        if self.approval_state == "submitted":
            return self.env._(
                "%(entry)s is waiting for approval and can't be changed: withdraw it "
                "first.",
                entry=self._get_entry_name(),
            )
        return self.env._(
            "%(entry)s is approved and can't be changed: ask an approver of %(terms)s "
            "to reset it to draft first.",
            entry=self._get_entry_name(),
            terms=self._get_terms_name(),
        )

    def _get_billed_text(self, deleted=False):
        values = {
            "entry": self._get_entry_name(),
            "invoice": self.timesheet_invoice_id.display_name,
        }
        if deleted:
            return self.env._(
                "%(entry)s is billed by %(invoice)s and cannot be deleted: cancel or "
                "credit the invoice first.",
                **values,
            )
        return self.env._(
            "%(entry)s is billed by %(invoice)s and can't be changed: cancel or credit"
            " the invoice first.",
            **values,
        )

    def _get_closed_text(self):
        return self.env._(
            "%(entry)s can't be changed: %(company)s closed its time until %(lock)s. "
            "Log what is missing as new time, which counts in the open period, or ask "
            "an administrator to reopen the period.",
            entry=self._get_entry_name(),
            company=self.company_id.name,
            lock=format_date(self.env, self.company_id._get_time_lock()),
        )

    # ------------------------------------------------------------------
    # Who may log for whom
    # ------------------------------------------------------------------

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

    @api.depends("ticket_id.user_id", "ticket_id.team_id")
    @api.depends_context("uid")
    def _compute_is_on_own_ticket(self):
        user = self.env.user
        for line in self:
            # sudo: whose ticket it is decides who reads its time
            ticket_sudo = line.sudo().ticket_id
            owner, team = ticket_sudo.user_id, ticket_sudo.team_id
            is_free = team and not owner and team in user.helpdesk_team_ids
            line.is_on_own_ticket = is_free or (owner and owner == user)

    @api.model
    def _search_is_on_own_ticket(self, operator, value):
        """Search the time of own tickets that no wider right of the user shows.

        Tickets are named one by one: asked for their user, the database would look
        one up for each entry there is.
        """
        if operator != "in" or True not in value:
            return NotImplemented
        user = self.env.user
        if user.has_group(READS_ALL):
            return Domain.FALSE
        own, teams = Domain("user_id", "=", user.id), user.helpdesk_team_ids.ids
        if user.has_group(READS_TEAM):
            own &= Domain("team_id", "!=", False) & Domain("team_id", "not in", teams)
            return self._domain_on_tickets(own)
        free = Domain("ticket_id", "any!", Domain("user_id", "=", False))
        return self._domain_on_tickets(own) | (
            Domain("ticket_team_id", "in", teams) & free
        )

    @api.model
    def _domain_on_tickets(self, domain):
        """Return the entries on the tickets of a domain, also of those the user may not
        read."""
        # sudo: a rule of time, which is no rule of tickets
        tickets_sudo = self.env["helpdesk.ticket"].sudo()
        tickets_sudo = tickets_sudo.with_context(active_test=False)
        found = tickets_sudo.search(domain, limit=NAMED_TICKETS + 1, order="id")
        if len(found) > NAMED_TICKETS:
            return Domain("ticket_id", "any!", domain)
        return Domain("ticket_id", "in", found.ids)

    @api.depends("company_id", "ticket_id")
    def _compute_employee_domain(self):
        """Offer whom the server accepts: asked once for each company."""
        employees = self.env["hr.employee"]
        lines = self.with_context(allowed_company_ids=self.env.companies.ids)
        core = list(lines._domain_employee_id())
        for company, group in self.grouped(
            lambda line: line.ticket_id.sudo().company_id
        ).items():
            domain = list(employees._get_domain_for_time(company)) if company else core
            group.employee_domain = domain

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
                        entry=line._get_entry_name(),
                        employee=line.employee_id.name,
                    )
                )

    @api.model
    def _get_people_text(self, employee, company):
        return self.env._(
            "You can't log time for %(employee)s: at %(company)s, people log time "
            "%(scope)s. A timesheet approver can do it for you.",
            employee=employee.name,
            company=company.name,
            scope=self.env._("for themselves and those they manage")
            if company.timesheet_log_for == "subordinates"
            else self.env._("for themselves only"),
        )

    # ------------------------------------------------------------------
    # What every entry on a ticket has
    # ------------------------------------------------------------------

    def _check_hours(self):
        """Refuse entries of tickets that take no time, and of these and tasks that
        ask who pays those that take less, or more than a day has.

        :raise ValidationError: naming the work and the hours asked
        """
        for entry in self.filtered(lambda e: e.coverage or e._asks_payers()):
            hours = round(entry.unit_amount, HOUR_DIGITS)
            # Not to the minute: the last credits may pay a very small part. On a task
            # the hours may follow later, as in core.
            if 0 < hours <= HOURS_IN_A_DAY or (not hours and not entry.ticket_id):
                continue
            raise ValidationError(entry._get_hours_text())

    def _get_hours_text(self):
        hours = format_number(self.env, self.unit_amount)
        date = format_date(self.env, self.date)
        if self.ticket_id:
            return self.env._(
                "%(hours)s hours on ticket %(ticket)s on %(date)s are not possible:"
                " an entry takes more than 0 and at most 24 hours.",
                hours=hours,
                ticket=self.ticket_id.display_name,
                date=date,
            )
        return self.env._(
            "%(hours)s hours on %(work)s on %(date)s are not possible: an entry takes "
            "at most 24 hours.",
            hours=hours,
            work=self._get_work()._get_work_name(),
            date=date,
        )

    def _check_unit(self):
        """Keep time on tickets in hours: caps, credits and invoices count hours."""
        # Without asking whether the record is there, as `ref` does.
        hour_id = self.env["ir.model.data"]._xmlid_to_res_id("uom.product_uom_hour")
        for entry in self.filtered("ticket_id"):
            if entry.product_uom_id.id not in (hour_id, False):
                raise ValidationError(
                    self.env._(
                        "Time on ticket %(ticket)s is in hours. Log the hours on the "
                        "ticket instead of an entry in %(unit)s.",
                        ticket=entry.ticket_id.display_name,
                        unit=entry.product_uom_id.name,
                    )
                )

    def _check_whole(self):
        """Refuse entries on tickets without a project, or of a person of another
        company, and those on tasks in a project that is not the task's.

        :raise ValidationError: naming the ticket and what is possible
        """
        on_tickets = self.filtered("ticket_id")
        (self - on_tickets)._check_project_of_task()
        # sudo: who writes an entry need not read its ticket or its employee
        for entry in on_tickets.sudo():
            if entry.employee_id.company_id != entry.company_id:
                raise ValidationError(
                    self._get_employee_text(
                        entry.ticket_id, entry.employee_id, entry.company_id
                    )
                )
            if not entry.project_id:
                raise ValidationError(
                    self.env._(
                        "The time of %(date)s on ticket %(ticket)s cannot be without a "
                        "project: choose another one, or leave %(project)s.",
                        date=format_date(self.env, entry.date),
                        ticket=entry.ticket_id.display_name,
                        project=entry.ticket_id.project_id.display_name,
                    )
                )

    def _check_project_of_task(self):
        """Refuse another project than the task's where its terms hold for the time.

        :raise ValidationError: naming the task and its project
        """
        # sudo: who logs time need not read the task's project
        for entry in self.sudo():
            project = entry.task_id.project_id
            if entry.project_id == project or not project:
                continue
            if project.require_approval or project._asks_payers():
                raise ValidationError(
                    self.env._(
                        "Time on task %(task)s is in its project %(project)s. Choose a "
                        "task of %(other)s instead.",
                        task=entry.task_id.display_name,
                        project=project.display_name,
                        other=entry.project_id.display_name
                        or self.env._("another project"),
                    )
                )

    @api.model
    def _check_employee(self, work, employee_sudo, company):
        """Refuse a person who is not of the company of the work, or left it.

        :raise ValidationError: naming the work and the person
        """
        if not employee_sudo.active or employee_sudo.company_id != company:
            raise ValidationError(self._get_employee_text(work, employee_sudo, company))

    def _get_employee_text(self, work, employee, company):
        # Ids that are guessed tell no names of other companies.
        is_known = employee.company_id in self.env.user.company_ids
        name = employee.name if is_known else employee and f"#{employee.id}"
        return self.env._(
            "Time on %(work)s can't be logged for %(employee)s: choose an active "
            "employee of %(company)s.",
            work=work._get_work_name(),
            employee=name or self.env._("no employee"),
            company=company.name,
        )

    def _get_item_obstacle(self):
        """Return why the entry's work could not carry its item itself, as a sentence
        that names the item and what may be done (superuser)."""
        item, work = self.so_line, self._get_work()
        if not item:
            return None
        if item.state != "sale":
            return self.env._(
                "Time on %(work)s cannot be billed to %(item)s: order %(order)s is not "
                "confirmed or was cancelled. Choose another item there, or leave it "
                "empty.",
                work=work._get_work_name(),
                item=item.display_name,
                order=item.order_id.name,
            )
        customer = item.order_partner_id.commercial_partner_id
        is_own = customer == self._get_customer().commercial_partner_id
        if not is_own or item.company_id != self.company_id:
            return self._get_stranger_text(customer)
        is_service = item.filtered_domain(item._domain_open_service())
        if not is_service or not item._may_pay_time():
            return self.env._(
                "Time on %(work)s can't be billed to %(item)s, which isn't a service "
                "that is billed by time: choose another item there, or leave it empty.",
                work=work._get_work_name(),
                item=item.display_name,
            )
        return None

    def _get_stranger_text(self, customer):
        item = self.so_line
        return self.env._(
            "Time on %(work)s of %(customer)s cannot be billed to %(item)s of "
            "%(item_customer)s (%(item_company)s): choose an item of the same customer "
            "and company.",
            work=self._get_work()._get_work_name(),
            item=item.display_name,
            customer=self._get_customer().commercial_partner_id.display_name
            or self.env._("no customer"),
            item_customer=customer.display_name,
            item_company=item.company_id.name,
        )
