# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...tools import refuse_unreadable, turns

# The customers whose credits pay first for time on works, by the field that names one.
PAYERS = {
    "ticket_id": """
        SELECT commercial_partner_id AS id
          FROM helpdesk_ticket
         WHERE id = ANY(%s) AND use_service_credits
           AND commercial_partner_id IS NOT NULL
    """,
    "task_id": """
        SELECT partner.commercial_partner_id AS id
          FROM project_task task
          JOIN project_project project ON project.id = task.project_id
          JOIN res_partner partner
            ON partner.id = COALESCE(task.partner_id, project.partner_id)
         WHERE task.id = ANY(%s)
           AND project.allow_billable AND project.use_service_credits
    """,
}

# Invoices that bill nothing any more.
CANCELED = Domain("state", "=", "cancel") & Domain(
    "payment_state", "!=", "invoicing_legacy"
)
# What is searched by a text that is typed.
SEARCHED_BY_TEXT = frozenset(("partner_id", "so_line", "task_id", "ticket_id"))
# So many records are named to the database, which then uses an index.
NAMED_RECORDS = 1_000


class AccountAnalyticLine(models.Model):
    """What follows from the ticket and the team, and what forms show of it."""

    _inherit = "account.analytic.line"

    @api.depends("ticket_id.commercial_partner_id")
    def _compute_commercial_partner(self):
        of_tickets = self.filtered("ticket_id")
        super(AccountAnalyticLine, self - of_tickets)._compute_commercial_partner()
        for line in of_tickets:
            ticket = line._get_readable_work()
            line.commercial_partner_id = ticket.commercial_partner_id

    @api.depends("ticket_id")
    def _compute_partner_id(self):
        """Keep the customer the work had when the entry was logged."""
        open_lines = self.filtered(lambda line: not line._is_funding_decided())
        on_tickets = open_lines.filtered("ticket_id")
        super(AccountAnalyticLine, open_lines - on_tickets)._compute_partner_id()
        for line in on_tickets:
            line.partner_id = line._get_readable_work().partner_id

    @api.depends("ticket_id")
    def _compute_project_id(self):
        super()._compute_project_id()
        for line in self:
            if line.ticket_id and not line._is_funding_decided():
                line.project_id = line._get_readable_work().project_id

    @api.depends("coverage")
    def _compute_timesheet_invoice_type(self):
        by_credits = self.filtered(lambda line: line.coverage == "credits")
        by_credits.timesheet_invoice_type = "service_credits"
        rest = super(AccountAnalyticLine, self - by_credits)
        return rest._compute_timesheet_invoice_type()

    @api.depends("ticket_id", "is_billable")
    def _compute_so_line(self):
        """Leave entries of tickets, and of tasks that ask, to the funding, which
        decides once.

        Core would move prepaid time that was consumed, even after it was invoiced. An
        entry that is being typed shows the item it would take.
        """
        funded = self.filtered(
            lambda line: line._is_funded() and (line.id or line._is_funding_decided())
        )
        return super(AccountAnalyticLine, self - funded)._compute_so_line()

    @api.depends("ticket_id.message_partner_ids")
    def _compute_message_partner_ids(self):
        super()._compute_message_partner_ids()
        for line in self.filtered("ticket_id"):
            line.message_partner_ids |= line.ticket_id.message_partner_ids

    @api.model
    def _search_followed_tasks(self, operator, value):
        """Search the time on followed projects and tasks, as core does."""
        return super()._search_message_partner_ids(operator, value)

    def _search_message_partner_ids(self, operator, value):
        """Followers of a ticket see its time, as followers of a task do."""
        followed = self.env["mail.followers"]._search(
            [("partner_id", operator, value), ("res_model", "=", "helpdesk.ticket")]
        )
        return super()._search_message_partner_ids(operator, value) | Domain(
            "ticket_id", "in", followed.subselect("res_id")
        )

    @api.depends("ticket_id")
    def _compute_display_name(self):
        of_tickets = self.filtered("ticket_id")
        super(AccountAnalyticLine, self - of_tickets)._compute_display_name()
        for line in of_tickets:
            # sudo: a name may be shown where the ticket itself may not be opened
            line.display_name = (
                f"{line.project_id.sudo().display_name} - "
                f"{line.ticket_id.sudo().display_name}"
            )

    @api.depends("timesheet_invoice_type", "timesheet_invoice_id.state")
    def _compute_is_to_invoice(self):
        waiting = self.filtered_domain(self._domain_to_invoice())
        waiting.is_to_invoice = True
        (self - waiting).is_to_invoice = False

    @api.model
    def _search_is_to_invoice(self, operator, value):
        """Also for those who may not read invoices: they learn that there is none."""
        if operator != "in" or True not in value:
            return NotImplemented
        # sudo: as `_domain_not_billed`
        moves_sudo = self.env["account.move"].sudo()
        canceled = moves_sudo.search(
            CANCELED & Domain("timesheet_ids", "!=", False),
            limit=NAMED_RECORDS + 1,
            order="id",
        )
        if len(canceled) > NAMED_RECORDS:
            return self._domain_to_invoice()
        # Few, and named, so that the database finds all of it in indexes.
        return self._domain_invoiceable() & (
            Domain("timesheet_invoice_id", "=", False)
            | Domain("timesheet_invoice_id", "in", canceled.ids)
        )

    @api.model
    def _domain_to_invoice(self):
        return self._domain_invoiceable() & self._domain_not_billed()

    @api.model
    def _domain_invoiceable(self):
        return (
            Domain("timesheet_invoice_type", "=", "billable_time")
            & self._domain_counts()
        )

    @api.model
    def _search(self, domain, *args, **kwargs):
        domain = Domain(domain).map_conditions(self._name_records)
        return super()._search(domain, *args, **kwargs)

    @api.model
    def _name_records(self, condition):
        """Return a search of a text, with the records that it finds.

        The database then knows how few they are; it would take a text for half of all
        entries, and read them one by one, the latest first.
        """
        name, value = condition.field_expr, condition.value
        if condition.operator != "ilike" or name not in SEARCHED_BY_TEXT or not value:
            return condition
        if not isinstance(value, str):
            return condition
        records = self.env[self._fields[name].comodel_name]
        found = records.with_context(active_test=False).search(
            Domain("display_name", "ilike", value), limit=NAMED_RECORDS + 1, order="id"
        )
        is_few = len(found) <= NAMED_RECORDS
        return Domain(name, "in", found.ids) if is_few else condition

    @api.model
    def _take_turns(self, vals_list):
        """Take the turns of the customers whose credits may pay for new entries.

        The first thing, in one query and past the ORM, so that who has to wait has done
        nothing yet; what is not written down yet is left to the rows.
        """
        works = {name: set() for name in PAYERS}
        for vals in vals_list:
            for name, ids in works.items():
                number = vals.get(name, self.env.context.get(f"default_{name}"))
                # Numbers alone: others are refused, or are none, in a moment.
                if type(number) is int:
                    ids.add(number)
        # Only what is named: to plan for the other takes longer than to ask.
        parts = [SQL(PAYERS[name], list(ids)) for name, ids in works.items() if ids]
        if parts:
            turns.take(self.env, SQL(" UNION ALL ").join(parts))

    @api.model
    def _get_named_works(self, vals_list):
        """Return the ticket of the values of each entry, else its task where time on
        it asks who pays, else None.

        :raise AccessError: when the user may not read a ticket
        """
        context = self.env.context
        names = {"ticket_id": "helpdesk.ticket", "task_id": "project.task"}
        named = [
            {
                # Empty ones of any type are none.
                name: vals.get(name, context.get(f"default_{name}")) or False
                for name in names
            }
            for vals in vals_list
        ]
        refuse_unreadable(self, named)
        named = [
            {
                name: self._fields[name].convert_to_cache(value, self)
                for name, value in ids.items()
            }
            for ids in named
        ]
        tickets, tasks = (
            self.env[model].browse({ids[name] for ids in named if ids[name]})
            for name, model in names.items()
        )
        tickets._fetch_terms()
        tickets.check_access("read")
        # sudo: who logs time need not read the project
        asking = tasks.sudo().filtered("asks_payers").sudo(False)
        works = {("ticket_id", ticket.id): ticket for ticket in tickets}
        works |= {("task_id", task.id): task for task in asking}
        return [
            works.get(("ticket_id", ids["ticket_id"]))
            or works.get(("task_id", ids["task_id"]))
            for ids in named
        ]

    def onchange(self, values, field_names, fields_spec):
        """Show nothing of a ticket that the user may not read."""
        for value in (
            values.get("ticket_id"),
            self.env.context.get("default_ticket_id"),
        ):
            # The form of a ticket sends the ticket itself.
            ticket_id = value.get("id") if isinstance(value, dict) else value
            # Whatever else a program sends is no ticket; True is a number for Python.
            if ticket_id and isinstance(ticket_id, int) and ticket_id is not True:
                self.env["helpdesk.ticket"].browse(ticket_id).check_access("read")
        return super().onchange(values, field_names, fields_spec)

    def _get_logged_action(self):
        """Return a notification: what was logged, on which work, and who pays."""
        self.ensure_one()
        # sudo: hours that others pay became entries of their own
        pieces_sudo = self.sudo() | self.sudo().search(
            [("split_from_id", "=", self.id)]
        )
        minutes = round(sum(pieces_sudo.mapped("unit_amount")) * 60)
        return self._get_work()._get_result_action(
            self.env._(
                "%(time)s logged on %%s (%(payers)s).",
                time=f"{minutes // 60}:{minutes % 60:02}",
                payers=", ".join(filter(None, pieces_sudo.mapped("payers")))
                # On tasks that Odoo bills, the order it bills.
                or pieces_sudo.so_line.order_id[:1].name
                or self.env._("not billed"),
            )
        )

    @api.model
    def _complete_employee(self, vals, own):
        """Complete the employee, or refuse one who is not of the ticket's company.

        :param dict own: employees found, or checked, for earlier entries of the batch
        :raise UserError: when the user has no employee in the ticket's company
        """
        employee_id = vals.get("employee_id")
        if not employee_id:
            employee_id = self.env.context.get("default_employee_id") or False
            refuse_unreadable(self, [{"employee_id": employee_id}])
        company = self.env["res.company"].browse(vals["company_id"])
        employees = self.env["hr.employee"]
        user_id = not employee_id and (vals.get("user_id") or self.env.uid)
        key = company.id, employee_id, user_id
        if key not in own and not employee_id:
            user = self.env["res.users"].browse(user_id)
            own[key] = employees._get_own_for_time(company, user).id
        elif key not in own:
            ticket = self.env["helpdesk.ticket"].browse(vals["ticket_id"])
            # sudo: agents need not read employees to log their own time
            self._check_employee(ticket, employees.sudo().browse(employee_id), company)
            own[key] = employee_id
        if not employee_id:
            vals["employee_id"] = own[key]

    @api.model
    def _pop_choice(self, vals):
        """Take the item out of `vals`; return it if a person chose it."""
        item_id = vals.pop("so_line", None)
        if item_id or vals.get("is_so_line_edited"):
            return self._browse_item(item_id)
        return None

    @api.model
    def _browse_item(self, item_id):
        # sudo: who logs time need not read the order
        return self.env["sale.order.line"].sudo().browse(item_id or ())

    def _get_choices(self, chosen):
        """Return the items that people chose for new entries.

        One the client merely sends back, because the form showed it, is no choice.

        :param list chosen: of :meth:`_complete_values`, in the order of the entries
        :return: item by entry (superuser)
        """
        choices = {}
        if len(self) != len(chosen):
            return choices  # core left some out
        # sudo: who logs time need not read the order
        for line, choice in zip(self.sudo(), chosen, strict=True):
            if choice is None:
                continue
            if line.is_so_line_edited or choice != line._get_work_item():
                choices[line] = choice
        return choices

    def _prepare_split_values(self):
        values = super()._prepare_split_values()
        for name in ("internal_note", "billing_factor", "rate_facts"):
            values[name] = self[name]
        # Nothing is decided about a part yet; unnamed, it is written after the rest.
        values["goodwill_value"] = 0.0
        if self.approval_state:
            values["approval_state"] = self.approval_state
        return values

    @api.model
    def _domain_not_billed(self):
        """Return the entries that no invoice holds; `_is_not_billed` for one entry."""
        return Domain("timesheet_invoice_id", "=", False) | Domain(
            "timesheet_invoice_id",
            # for every user: that an entry is billed is no secret of its invoice
            "any!",
            CANCELED,
        )
