# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import float_compare, float_round, format_date

from ...tools import format_number, is_countable
from .drawing import DrawPlan, EligiblePool

# Which field of an allocation points at a work of that model.
WORK_FIELDS = {
    "helpdesk.ticket": "ticket_id",
    "project.milestone": "milestone_id",
}


class ServiceCreditAllocation(models.Model):
    """Drawing: which purchases pay how much, and posting it."""

    _inherit = "service.credit.allocation"

    @api.model
    def _plan(self, requests):
        """Tell what each request would get, and write nothing.

        Earlier requests of the batch are served first. A strict request that falls
        short gets nothing, and leaves what there is to those that follow.

        :param requests: list of :class:`DrawRequest`
        :return: list of :class:`DrawPlan` in the same order; ``missing`` is 0.0 when
            the request is fully served
        :raise UserError: for a selection by hand that is not allowed, not eligible, or
            does not add up
        """
        pools = {}
        days = {}
        for request in requests:
            days.setdefault(request.key, set()).add(request.date)
        plans = []
        for request in requests:
            if request.key not in pools:
                pools[request.key] = self._get_pool(request, days[request.key])
            plans.append(self._plan_one(request, pools[request.key]))
        return plans

    @api.model
    def _draw(self, requests):
        """Draw credits: plan, then post the plan.

        :param requests: list of :class:`DrawRequest`
        :return: list of :class:`DrawPlan`, each with ``rows``, the posted ledger rows
        :raise UserError: when a strict request cannot be served in full; nothing at all
            is posted then
        """
        plans = self._plan(requests)
        for plan in plans:
            if plan.missing and plan.request.strict:
                raise UserError(self._get_shortage_message(plan))
        return self._post_plans(plans)

    @api.model
    def _post_plans(self, plans):
        """Post what was planned in this transaction; sets ``rows`` on each plan."""
        vals_list = []
        for plan in plans:
            for part in plan.slices:
                vals_list.append(self._prepare_slice(plan.request, part))
        rows = self.env["service.credit.consumption"]._post(vals_list)
        position = 0
        for plan in plans:
            plan.rows = rows[position : position + len(plan.slices)]
            position += len(plan.slices)
        return plans

    @api.model
    def _prepare_slice(self, request, part):
        return {
            "purchase": part.purchase,
            "allocation": self._prepare_allocation(request, part.purchase),
            "consumption_type": request.consumption_type,
            "credits": part.credits,
            "date": request.date,
            "timesheet": request.timesheet,
        }

    @api.model
    def _prepare_allocation(self, request, purchase):
        """Return what names the allocation: values of two currencies never add up."""
        work = request.work
        partner_id, company_id = request.key
        return {
            "name": work.sudo().display_name,
            "allocation_type": "allocation",
            "commercial_partner_id": partner_id,
            "company_id": company_id,
            "currency_id": purchase.currency_id.id,
            WORK_FIELDS[work._name]: work.id,
        }

    @api.model
    def _get_pool(self, request, days):
        purchase_sudo = self.env["service.credit.purchase"].sudo()
        partner = request.partner.sudo().commercial_partner_id

        def fetch(limit, offset):
            return purchase_sudo._search_eligible(
                partner, request.company, days, limit, offset
            )

        return EligiblePool(fetch, purchase_sudo._get_credit_digits())

    @api.model
    def _plan_one(self, request, pool):
        if request.selection is not None:
            return self._plan_selection(request, pool)
        plan = pool.take(request)
        plan.available = plan.credits
        if plan.missing and request.strict:
            pool.release(plan)
        return plan

    # ------------------------------------------------------------------
    # Selection by hand
    # ------------------------------------------------------------------

    @api.model
    def _plan_selection(self, request, pool):
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        plan = DrawPlan(request, missing=float_round(request.credits, digits))
        for purchase, amount in self._check_selection(request, digits).items():
            left = pool.take_selected(plan, purchase, amount)
            if left is not None:
                raise UserError(
                    self.env._(
                        "%(asked)s credits were chosen from the purchase %(purchase)s, "
                        "which has only %(left)s left.",
                        asked=format_number(self.env, amount, digits),
                        purchase=purchase.name,
                        left=format_number(self.env, left, digits),
                    )
                )
        plan.available = plan.credits
        return plan

    @api.model
    def _check_selection(self, request, digits):
        """Return ``{purchase: credits}`` of a selection that may be drawn."""
        if not request.company.sudo().service_credit_manual_selection:
            raise UserError(
                self.env._(
                    "%(company)s doesn't allow choosing purchases by hand for "
                    "%(work)s: leave the choice to the order of expiry, or allow it in "
                    "the settings.",
                    company=request.company.sudo().name,
                    work=request.work.sudo().display_name,
                )
            )
        # sudo: what may be chosen depends on the customer, not on who looks
        purchase_sudo = self.env["service.credit.purchase"].sudo()
        chosen = {}
        for purchase_id, amount in self._read_selection(request):
            purchase = purchase_sudo.browse(purchase_id)
            # Each line, not their sum: one may not be made up for by another.
            self._check_selected(request, purchase, amount, digits)
            amount += chosen.get(purchase, 0.0)
            chosen[purchase] = float_round(amount, digits)
        total = sum(chosen.values())
        if float_compare(total, request.credits, precision_digits=digits):
            raise UserError(
                self.env._(
                    "The chosen purchases give %(total)s credits, but %(work)s needs "
                    "exactly %(wanted)s.",
                    total=format_number(self.env, total, digits),
                    work=request.work.sudo().display_name,
                    wanted=format_number(self.env, request.credits, digits),
                )
            )
        return chosen

    @api.model
    def _read_selection(self, request):
        """Return the selection as a list of ``(purchase id, credits)``."""
        try:
            return [(int(key), float(amount)) for key, amount in request.selection]
        except (TypeError, ValueError, OverflowError) as error:
            raise UserError(
                self.env._(
                    "The purchases chosen for %(work)s must be pairs of a purchase and "
                    "a number of credits.",
                    work=request.work.sudo().display_name,
                )
            ) from error

    @api.model
    def _check_selected(self, request, purchase, amount, digits):
        rounded = float_round(amount, digits) if is_countable(amount) else 0.0
        if rounded <= 0 or abs(rounded - amount) > 1e-6:
            raise UserError(
                self.env._(
                    "You can't choose %(asked)s credits for %(work)s: choose a number "
                    "above 0 with at most %(digits)s decimals.",
                    asked=amount,
                    work=request.work.sudo().display_name,
                    digits=digits,
                )
            )
        obstacle = purchase._get_obstacle(request)
        if obstacle:
            raise UserError(obstacle)

    # ------------------------------------------------------------------
    # Messages
    # ------------------------------------------------------------------

    @api.model
    def _get_shortage_message(self, plan):
        """Tell in one sentence what was asked and what there is."""
        request = plan.request
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        return self.env._(
            "%(work)s needs %(wanted)s service credits on %(date)s, but %(customer)s "
            "has %(available)s available.",
            work=request.work.sudo().display_name,
            wanted=format_number(self.env, request.credits, digits),
            date=format_date(self.env, request.date),
            customer=request.partner.sudo().commercial_partner_id.display_name,
            available=format_number(self.env, plan.available, digits),
        )
