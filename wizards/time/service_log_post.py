# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from functools import partial
from math import ceil, floor

from odoo import fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date, plaintext2html

from ...models.funding.payers import CREDITS, OVERAGE, SALE_LINE
from ...models.funding.rates import get_worked
from ...models.ledger.drawing import WORK_FIELDS
from ...tools import format_hours

STEP_TOLERANCE = 1e-6


class ServiceLog(models.TransientModel):
    """From the window to time entries: what is planned is what is posted."""

    _inherit = "service.log"

    def _prepare_entry_values(self):
        """Return the values of the entry, but for what the team decides of itself."""
        return {
            "name": self._get_title() if self.title else "/",
            "internal_note": self._normalise_description(self.description) or False,
            "unit_amount": self.hours,
            "date": self.date,
            "employee_id": self.employee_id.id,
            "service_type_id": self.service_type_id.id,
            **self._prepare_time_values(),
        }

    def _plan(self):
        """Return who would pay, and write nothing.

        :return: dict with the `slices`, `note` and `refusal` of the funding's preview;
            `is_over`, whether hours are left that nobody covers; `fit` and `rest`, the
            billed hours covered and left over; `worked`, the hours to log
        """
        self.ensure_one()
        work = self._get_work() or self._get_planned_ticket()
        entries = self.env["account.analytic.line"]
        values = self._prepare_entry_values()
        preview = partial(entries._preview_entry, work=work, with_balance=True)
        plan = preview(values)
        fit = sum(
            part["hours"]
            for part in plan["slices"]
            if part["payer"] in (CREDITS, SALE_LINE)
        )
        overage = [part for part in plan["slices"] if part["payer"] == OVERAGE]
        billed = plan["hours"]
        is_over, worked = bool(plan["refusal"] or overage), self.hours
        if is_over and self.over_limit == "fit":
            fit = self._get_whole_steps(fit)
            if fit:
                worked = get_worked(plan["rate_facts"], self.hours, fit / billed)
                values["unit_amount"] = worked
                plan = preview(values)
        elif is_over and self.over_limit in ("overage", "request"):
            plan = preview(values, policy=OVERAGE)
        return {
            **plan,
            "is_over": is_over,
            "fit": fit,
            "worked": worked,
            "rest": billed - fit,
            "early": self._get_early_text(plan),
        }

    def _get_planned_ticket(self):
        """Return the ticket that `_create_ticket` would make, not saved, with the item
        chosen or emptied as there."""
        ticket, item = self._get_new_ticket(), self.sale_line_id
        if ticket.sale_line_id != item:
            ticket.update(
                {
                    "sale_line_id": item.id,
                    "is_sale_line_chosen": bool(item),
                    "is_sale_line_cleared": not item,
                }
            )
        return ticket

    def _get_whole_steps(self, hours):
        """Return how much of `hours` an entry of its own can bill."""
        # Only teams raise and round what is billed.
        on_task = self.task_id and not self.ticket_id
        team_sudo = (self.team_id.browse() if on_task else self.team_id).sudo()
        step = team_sudo.rounding_hours
        if step:
            hours = floor(hours / step + STEP_TOLERANCE) * step
        return 0.0 if hours < team_sudo.minimum_hours - STEP_TOLERANCE else hours

    def _get_early_text(self, plan):
        """Tell when the work is older than the order that pays for it."""
        order_sudo = self.sudo().sale_line_id.order_id
        pays = any(part["payer"] == SALE_LINE for part in plan["slices"])
        if not pays or not order_sudo.date_order:
            return False
        # The order was confirmed at a moment, the work was done on a day.
        confirmed = fields.Datetime.context_timestamp(self, order_sudo.date_order)
        if self.date >= confirmed.date():
            return False
        return self.env._(
            "The work is from before %(order)s was confirmed on %(date)s.",
            order=order_sudo.name,
            date=format_date(self.env, confirmed),
        )

    def _get_over_text(self, plan):
        """Tell what happens to the hours that nobody covers, as far as it is chosen."""
        self.ensure_one()
        if not plan["is_over"] or self.over_limit == "overage":
            return False
        if self.over_limit == "request":
            return self._get_lack_of_address() or self.env._(
                "%(customer)s will be asked to authorize the rest. It is billed once "
                "approved, and waits until then.",
                customer=self.partner_id.display_name,
            )
        rest = format_hours(plan["rest"])
        if self.over_limit == "fit":
            return self.env._("%(rest)s h are not logged.", rest=rest)
        waiting_sudo = self._get_waiting_sudo()
        if waiting_sudo:
            return self.env._(
                "%(rest)s h are over the limit. The customer was asked for %(hours)s h "
                "and has not answered yet: choose what happens to the rest.",
                rest=rest,
                hours=format_hours(waiting_sudo.hours),
            )
        return self.env._(
            "%(rest)s h are over the limit, %(fit)s h fit: choose what happens to the "
            "rest.",
            rest=rest,
            fit=format_hours(plan["fit"]),
        )

    def _get_ways(self, plan):
        """Return the ways out that are possible for a plan."""
        if not plan["is_over"]:
            return []
        ways = ["fit"] if plan["fit"] > 0 else []
        can_ask = self._get_item_sudo().limit_hours and not self._get_waiting_sudo()
        return ways + ["overage"] + (["request"] if can_ask else [])

    def _get_item_sudo(self):
        """Return the item that pays.

        sudo: its cap and requests are no secret to who logs on it.
        """
        return self.sudo()._get_work().sale_line_id or self.sudo().sale_line_id

    def _get_waiting_sudo(self):
        """Return the request on the item that its customer has not answered yet."""
        requests_sudo = self.env["service.authorization"].sudo()
        return requests_sudo._get_open_requests(self._get_item_sudo())

    def _get_lack_of_address(self):
        """Tell who cannot be asked by mail, and what to do; False for others."""
        contact_sudo = self._get_item_sudo().order_id.partner_id
        if contact_sudo.email:
            return False
        return self.env._(
            "%(customer)s has no e-mail address: ask by phone, and record the answer "
            "on the request.",
            customer=contact_sudo.display_name or self.partner_id.display_name,
        )

    def _close_ticket(self):
        """Move the ticket to the first stage that closes tickets of its team."""
        ticket = self.ticket_id
        if ticket.closed:
            return
        stages = self.env["helpdesk.ticket.stage"].search([("closed", "=", True)])
        own = stages.filtered(
            lambda stage: not stage.team_ids or ticket.team_id in stage.team_ids
        )
        if not own:
            raise ValidationError(
                self.env._(
                    "Ticket %(ticket)s cannot be closed: team %(team)s has no stage "
                    "that closes tickets. Log the hours without closing it.",
                    ticket=ticket.display_name,
                    team=ticket.team_id.display_name,
                )
            )
        ticket.stage_id = own[0]

    def _get_options(self):
        """Return the ways out when hours are left that nobody covers."""
        return dict(self._fields["over_limit"]._description_selection(self.env))

    def _log(self):
        """Create the ticket if there is none, the entries, and the request for more."""
        self._check_values()
        title = self._get_title()
        # sudo: only the key is looked for; the entry may be a colleague's by now
        entries_sudo = self.env["account.analytic.line"].sudo()
        logged_sudo = entries_sudo.search([("service_log_key", "=", self.key)], limit=1)
        if logged_sudo:
            work = logged_sudo._get_work()
            self._note_logged(
                **{WORK_FIELDS[work._name]: work.id}, entry_id=logged_sudo.id
            )
            return
        plan = self._plan() if self.over_limit else {"is_over": False}
        if not self._get_work():
            self._create_ticket(title)
        if plan["is_over"]:
            self._log_over_limit(plan)
        else:
            self._create_entry()
        # sudo: the key is nobody's to type
        self.entry_id.sudo().service_log_key = self.key
        self.env.flush_all()

    def _create_ticket(self, title):
        item = self.sale_line_id
        ticket = self.env["helpdesk.ticket"].create(
            {
                "name": title,
                # The customer reads it: the internal note stays on the entry.
                "description": plaintext2html(title),
                "partner_id": self.partner_id.id,
                "team_id": self.team_id.id,
                "user_id": self.env.uid,
                **self._prepare_project(),
            }
        )
        if ticket.sale_line_id != item:
            ticket.sale_line_id = item
        self.write({"ticket_id": ticket.id})

    def _create_entry(self, policy=None, **values):
        work = self._get_work()
        vals = {
            **self._prepare_entry_values(),
            WORK_FIELDS[work._name]: work.id,
            **values,
        }
        entries = self.env["account.analytic.line"]
        if policy:
            entry = entries._create_entries([vals], policy)
        else:
            entry = entries.create(vals)
        self._note_logged(entry_id=entry.id)

    def _log_over_limit(self, plan):
        """Log hours that nobody covers, the way the operator chose."""
        if self.over_limit == "fit":
            self._log_what_fits(plan)
        else:
            self._create_entry(policy=OVERAGE)
            if self.over_limit == "request":
                self._request_rest(plan["rest"])

    def _log_what_fits(self, plan):
        if plan["fit"] <= 0:
            raise ValidationError(
                self.env._(
                    "None of the %(hours)s hours is covered for %(customer)s: log them "
                    "as overage, or ask the customer for more.",
                    hours=format_hours(self.hours),
                    customer=self.partner_id.display_name,
                )
            )
        self._create_entry(unit_amount=plan["worked"])

    def _request_rest(self, rest):
        """Ask the customer to authorize the hours that are left over."""
        work = self._get_work()
        item = work.sale_line_id
        # sudo: people who log time on an item may know its cap
        if not item.sudo().limit_hours:
            raise ValidationError(
                self.env._(
                    "%(customer)s can't be asked for hours on %(work)s, which has no "
                    "sales order item with limited hours. Log the rest as overage, or "
                    "sell service credits.",
                    customer=self.partner_id.display_name,
                    work=work._get_work_name(),
                )
            )
        increment = self.service_type_id.increment
        steps = ceil(rest / increment - STEP_TOLERANCE)
        request = self.env["service.authorization"].create(
            {
                "sale_line_id": item.id,
                WORK_FIELDS[work._name]: work.id,
                "service_type_id": self.service_type_id.id,
                "hours": steps * increment,
                "reason": self._get_title(),
            }
        )
        request._send_request()
        self._note_logged(authorization_id=request.id)

    def _get_result_text(self, ticket):
        """Return what was logged, in one sentence.

        :param ticket: how the ticket is named
        """
        entry_sudo = self.sudo().entry_id
        text = self.env._(
            "%(type)s of %(date)s logged on %(ticket)s: %(note)s.",
            type=self.service_type_id.name,
            date=format_date(self.env, self.date),
            ticket=ticket,
            note=entry_sudo.coverage_note or self.env._("not billed"),
        )
        if self.authorization_id:
            text += " " + (
                self._get_lack_of_address()
                or self.env._(
                    "%(customer)s was asked for %(hours)s hours.",
                    customer=self.authorization_id.partner_id.display_name,
                    hours=format_hours(self.authorization_id.hours),
                )
            )
        return text
