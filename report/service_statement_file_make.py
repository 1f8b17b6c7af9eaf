# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import float_compare, format_date

from ..tools import report_failure
from .service_statement_file import CRON, FAILED, NOTHING, READY, STATEMENT, WAITING
from .statement_sheet import make_part, make_sheet, plan_parts

REPORT = "helpdesk_service_credit.service_credit_statement_report"
# Longer than the largest page or part takes.
LEASE = timedelta(minutes=15)
# A statement during which the worker dies each time is not tried for ever.
MOST_ATTEMPTS = 3


class ServiceStatementFile(models.Model):
    """Making the file: step by step, each in a transaction of its own."""

    _inherit = "service.statement.file"

    # ------------------------------------------------------------------
    # Making them
    # ------------------------------------------------------------------

    @api.model
    def _cron_make(self):
        """Make what waits, those that people asked for first."""
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count(self._domain_due()))
        seen = self.browse()
        while file := self._get_next(seen):
            seen += file
            if not file._make():
                break
            if not cron._commit_progress(1):
                break

    def _domain_due(self):
        now = fields.Datetime.now()
        return Domain("state", "=", WAITING) & (
            Domain("lease_until", "=", False) | Domain("lease_until", "<", now)
        )

    def _get_next(self, seen):
        due = self._domain_due() & Domain("id", "not in", seen.ids)
        asked = Domain("user_id", "!=", False)
        return self.search(due & asked, order="id", limit=1) or self.search(
            due, order="id", limit=1
        )

    def _make(self):
        """Make the file, or go on with it; another worker may be at it.

        :return: False when the time was over before the end
        """
        self.ensure_one()
        cron = self.env["ir.cron"]
        if not self.exists() or not self._begin():
            return True
        while self.state == WAITING:
            try:
                with self.env.cr.savepoint():
                    self._make_step()
            except Exception as error:
                self.env.invalidate_all(flush=False)
                self._note_failure(error)
                cron._commit_progress()
                return True
            if not cron._commit_progress() and self.state == WAITING:
                self.lease_until = False
                self.env.ref(f"helpdesk_service_credit.{CRON}")._trigger()
                cron._commit_progress()
                return False
        return True

    def _begin(self):
        """Take the lease.

        :return: whether there is something to do for this worker
        """
        file = self.try_lock_for_update(allow_referencing=True)
        file.invalidate_recordset()
        now = fields.Datetime.now()
        if file.state != WAITING or (file.lease_until and file.lease_until > now):
            return False
        if file.attempts >= MOST_ATTEMPTS:
            file._fail(
                UserError(self.env._("The server stopped each time it was made."))
            )
            self.env["ir.cron"]._commit_progress()
            return False
        file.write({"attempts": file.attempts + 1, "lease_until": now + LEASE})
        self.env["ir.cron"]._commit_progress()
        return True

    def _make_step(self):
        """Do what fits into one transaction."""
        statement = self._get_statement()
        if self.progress:
            self._make_part(statement)
        elif not self.user_id and not self._prepare_mail(statement):
            self._end(NOTHING)
        elif statement._is_printable():
            self._keep(*self._print())
        else:
            parts = plan_parts(statement)
            self.progress = {"parts": parts, "done": 0, "balances": None}
        self.lease_until = fields.Datetime.now() + LEASE

    def _make_part(self, statement):
        """Make the next part of a spreadsheet; after the last one, put it together."""
        progress = dict(self.progress)
        done, parts = progress["done"], progress["parts"]
        openings = statement._get_openings_sudo()
        if done == len(parts):
            self._put_together(statement, openings)
            return
        balances = progress["balances"] or {
            str(currency.id): [opening["credits"], opening["value"]]
            for currency, opening in openings.items()
        }
        content = make_part(statement, parts[done], balances)
        self._attach(f"{done}.part", content)
        progress.update(done=done + 1, balances=balances)
        # Who goes forward is not stuck.
        self.write({"progress": progress, "attempts": 1})
        self.env.flush_all()
        self.env.invalidate_all()

    def _put_together(self, statement, openings):
        totals = statement._get_totals()
        if not self._adds_up(totals):
            # Time was logged on days that were read before: read all again.
            self._drop_parts()
            self.progress = False
            self.attempts += 1
            if self.attempts > MOST_ATTEMPTS:
                raise UserError(
                    self.env._(
                        "Entries of the period changed each time: choose a period "
                        "that is over."
                    )
                )
            return
        parts = self._get_parts().sorted(lambda part: int(part.name.split(".")[0]))
        # One part in memory at a time.
        contents = (part.raw for part in parts)
        content = make_sheet(statement, contents, openings, totals)
        self._drop_parts()
        self._keep(content, "xlsx")

    def _adds_up(self, totals):
        """Tell whether the lines lead to the balance that the database tells."""
        digits = self.env["service.credit.purchase"]._get_credit_digits()
        balances = self.progress["balances"] or {}
        for currency, total in totals.items():
            credits, value = balances.get(str(currency.id), (0.0, 0.0))
            if float_compare(credits, total["credits"], digits):
                return False
            if currency.compare_amounts(value, total["value"]):
                return False
        return True

    def _print(self):
        """Return the statement as a PDF, or as a page where PDF can't be made."""
        lang = self.partner_id.lang
        statement = self.env[STATEMENT].create(self._prepare_statement())
        report = self.env["ir.actions.report"].with_context(lang=lang)
        can_print = report.get_wkhtmltopdf_state() in ("ok", "workers", "upgrade")
        render = report._render_qweb_pdf if can_print else report._render_qweb_html
        return render(REPORT, statement.ids)

    def _keep(self, content, kind):
        """Keep the file for its user, or mail it."""
        lang = self.partner_id.lang
        name = self._get_statement().with_context(lang=lang)._get_report_base_filename()
        if not self.user_id:
            self._mail(f"{name}.{kind}", content)
            self._end(READY)
            return
        self.attachment_id = self._attach(f"{name}.{kind}", content)
        self._end(READY)
        self._tell(
            lambda env: env._("Your statement of service credits is ready"),
            lambda env: env._(
                "Download it until %(date)s, when it is deleted.",
                date=format_date(env, self.expiry),
            ),
        )

    def _end(self, state):
        self.write({"state": state, **self._prepare_fresh_start()})

    def _attach(self, name, content):
        return self.env["ir.attachment"].create(
            {
                "name": name,
                "raw": content,
                "res_model": self._name,
                "res_id": self.id,
            }
        )

    def _get_parts(self):
        return self.env["ir.attachment"].search(
            [
                ("res_model", "=", self._name),
                ("res_id", "=", self.id),
                ("name", "=like", "%.part"),
            ]
        )

    def _drop_parts(self):
        self._get_parts().unlink()

    # ------------------------------------------------------------------
    # Mails
    # ------------------------------------------------------------------

    def _prepare_mail(self, statement):
        """Choose the recipient.

        :return: whether there is one, and anything to tell
        """
        customer = self.commercial_partner_id
        contacts = self.env["res.partner"].browse(
            customer.address_get(["invoice"])["invoice"]
        )
        recipient = (contacts | customer).filtered("email")[:1]
        if not recipient or not statement._get_totals():
            return False
        if recipient != self.partner_id:
            self.partner_id = recipient
        return True

    def _mail(self, name, content):
        """Queue the mail, with a record of what it said."""
        sent = self.env["service.statement.sent"].create(self._prepare_statement())
        sent.figures = sent._get_figures()
        sent._queue(name, content)

    # ------------------------------------------------------------------
    # Failures, and who is told
    # ------------------------------------------------------------------

    def _note_failure(self, error):
        """Try again later, as long as that may help."""
        if isinstance(error, UserError) or self.attempts >= MOST_ATTEMPTS:
            self._fail(error)
        else:
            # The scheduled action comes back to it.
            self.lease_until = False

    def _fail(self, error):
        customer = self.commercial_partner_id
        report_failure(
            customer,
            self.company_id._get_service_credit_responsible(),
            self.env._("The statement could not be sent")
            if not self.user_id
            else self.env._("The statement could not be made"),
            error,
        )
        self._drop_parts()
        self._end(FAILED)
        if self.user_id:
            self._tell(
                lambda env: env._("Your statement of service credits failed"),
                lambda env: env._(
                    "It could not be made: try again, or choose a shorter period."
                ),
            )

    def _tell(self, subject, text):
        """Notify who asked, in their language."""
        user = self.user_id
        env = self.with_context(lang=user.lang).env
        url = self._get_url() if self.state == READY else "/my/service-credits"
        if self.state != READY and user._is_internal():
            url = "/odoo/service-statement-files"
        link = Markup('<p>%s</p><p><a href="%s">%s</a></p>') % (
            text(env),
            f"{self.get_base_url()}{url}",
            self.with_env(env).display_name,
        )
        env["mail.thread"].message_notify(
            partner_ids=user.partner_id.ids,
            subject=subject(env),
            body=link,
            email_layout_xmlid="mail.mail_notification_light",
            force_send=False,
        )
