# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import clean_context

from ...connectors import Connector
from ...tools import has_queue, in_background
from .cycle import Cycle, lives_in_one_transaction
from .retry import retry, retry_chosen
from .service_sync_source import ACTIVE, CANCELLED

# Imports send nothing and keep no log of every value: the row is the log.
IMPORT_CONTEXT = {
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "tracking_disable": True,
}
# Rows that one choice imports at most, like a page of a cycle.
MOST_CHOSEN = Connector.page_size
CRON = "service_sync_cron"
FIRST_CRON = "service_sync_first_cron"
# After this the scheduled action reads a source that waits for a job.
LATE = timedelta(hours=1)
MANAGERS = "helpdesk_service_credit.group_service_credit_manager"


class ServiceSyncSource(models.Model):
    """What people and the scheduled action do with a connected system."""

    _inherit = "service.sync.source"

    # ------------------------------------------------------------------
    # Cycles
    # ------------------------------------------------------------------

    @api.model
    def _cron_sync(self, first=None):
        """Run every source that is due; one bad source never stops the others.

        A source that is read for some seconds and has more gives the others their
        turn. Those that are read for the first time have a scheduled action of their
        own, so that the few rows which change every hour wait for no long import.

        :param first: whether to run those that were never read to their end, or only
            the others; empty: all
        """
        due = self.search(self._domain_due(first), order="next_sync, id")
        if has_queue(self.env):
            late = fields.Datetime.now() - LATE
            for source in due:
                source._sync_soon()
            # What no job took up, where the runner of jobs doesn't run.
            due = due.filtered(lambda source: source.next_sync < late)
        cron = self.env["ir.cron"]
        commits = not lives_in_one_transaction()
        if commits:
            cron._commit_progress(remaining=len(due))
        for source in due:
            source._sync_in_background()
            if commits and not cron._commit_progress(1):
                break

    @api.model
    def _domain_due(self, first=None):
        due = Domain("state", "=", ACTIVE) & Domain(
            "next_sync", "<=", fields.Datetime.now()
        )
        if first is not None:
            due &= Domain("last_sync", "=" if first else "!=", False)
        return due

    def _sync_in_background(self):
        """Run one cycle, or as much of it as there is time for."""
        # The person in charge reads what rows are refused for.
        language = self.user_id.lang or self.env.lang
        return self.with_context(lang=language)._run_cycle()

    def _sync_soon(self):
        """Have the sources read in the background, each by itself."""
        for source in self:
            in_background(
                source,
                "_sync_in_background",
                CRON if source.last_sync else FIRST_CRON,
                self.env._("Synchronize %(system)s", system=source.name),
            )

    def _run_cycle(self, manual=False):
        """Run one cycle, or go on with the one that was interrupted.

        :return: False if another worker is at it or time ran out before the end
        """
        self.ensure_one()
        return Cycle(self._for_import(), manual).play()

    def _for_import(self):
        """Return the system as imports use it: for its company, without a log.

        What a context proposes is for forms; it would be typed into rows.
        """
        # sudo: rows are imported for the company, not for the user who pressed the
        # button; the caller checked the right to press it
        source_sudo = self.sudo().with_company(self.company_id)
        context = clean_context(source_sudo.env.context)
        return source_sudo.with_context(context, **IMPORT_CONTEXT)

    def _retry(self, records):
        """Import what was kept of rows in error by the mapping of today.

        :raise UserError: a mapped field was not kept, or the row could not be read
        """
        retry(self._for_import(), records)

    def _retry_chosen(self, records):
        """Import what was kept of rows for which something was just chosen, as many
        as a page has; the others stay in error until they are read or tried again."""
        retry_chosen(self._for_import(), records[:MOST_CHOSEN])

    def _tell_responsible(self, text):
        self.activity_schedule(
            "mail.mail_activity_data_warning",
            user_id=self._get_responsible().id,
            summary=self.env._("Synchronization has stopped"),
            note=Markup("<p>%s</p>") % text,
        )

    def _get_responsible(self):
        """The person in charge, else a manager of service credits of the company."""
        here = self.sudo().with_context(active_test=True)
        if here.user_id.active:
            return here.user_id
        for group in (MANAGERS, "base.group_system"):
            users = here.env.ref(group).all_user_ids.filtered(
                lambda u: u.active and not u.share and here.company_id in u.company_ids
            )
            if users:
                return users.sorted("id")[0]
        return self.env.user

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def action_sync_now(self):
        """Run one cycle of each source at once.

        What takes longer than a moment goes on in the background.

        :raise UserError: a source is cancelled, or a worker is at it already
        """
        self._check_may_act()
        for source in self:
            if source.state == CANCELLED:
                raise UserError(
                    self.env._(
                        "%(system)s is cancelled: press Resume to synchronize it "
                        "again.",
                        system=source.name,
                    )
                )
        busy = self.browse()
        for source in self:
            if not source._run_cycle(manual=True):
                busy |= source
        return self._notify_after_sync(busy)

    def action_reset(self):
        """Forget how far the sources were read: the next cycle reads everything.

        Nothing is deleted and nothing is imported twice; what was deleted here
        stays deleted.
        """
        for source_sudo in self._check_may_act():
            goes_on = source_sudo.state != CANCELLED
            source_sudo.write(
                {
                    **self._prepare_fresh_start(),
                    "cursor_moment": False,
                    "cursor_external_id": False,
                    "last_sync": False,
                    "last_change": False,
                    "generation": source_sudo.generation + 1,
                    # A worker that is at it stops after its page.
                    "lease_key": False,
                    "lease_until": False,
                    "state": ACTIVE if goes_on else CANCELLED,
                    "next_sync": goes_on and fields.Datetime.now(),
                }
            )
            source_sudo._message_log(body=self.env._("Reset: all rows are read again."))
        self._sync_soon()

    def action_cancel(self):
        """Stop synchronizing; a running cycle stops after its page.

        Nothing is deleted, and the position is kept for Resume.
        """
        self._check_may_act().write({"state": CANCELLED, "next_sync": False})

    def action_resume(self):
        """Go on from where the sources were cancelled or stopped."""
        self._check_may_act().write(
            {
                **self._prepare_fresh_start(),
                "state": ACTIVE,
                "next_sync": fields.Datetime.now(),
            }
        )
        self._sync_soon()

    def action_open_errors(self):
        """The rows that could not be imported."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_sync_record_action"
        )
        return {
            **action,
            "domain": [("source_id", "=", self.id)],
            "context": self._get_rows_context(search_default_in_error=1),
        }

    def action_open_records(self):
        """Every row this system ever sent."""
        return {**self.action_open_errors(), "context": self._get_rows_context()}

    def action_open_drafts(self):
        """The rows that became drafts, to confirm them together."""
        context = self._get_rows_context(search_default_draft=1)
        return {**self.action_open_errors(), "context": context}

    def _get_rows_context(self, **values):
        """What the list of rows shows: columns of this system, and these filters."""
        return {"default_source_id": self.id, "rows_target": self.target, **values}

    def _prepare_fresh_start(self):
        return {"error_count": 0, "last_error": False}

    def _check_may_act(self):
        """Managers of service credits may run, stop and reset, not configure.

        :return: the sources, to write what the action is about
        :raise AccessError: for all other people
        """
        self.check_access("read")
        user = self.env.user
        groups = f"{MANAGERS},base.group_system"
        if not self.env.su and not user.has_groups(groups):
            raise AccessError(
                self.env._(
                    "Only managers of service credits and administrators may run or "
                    "stop a connected system."
                )
            )
        # sudo: the right was checked above; running a source is no right to change
        # where its secrets are sent
        return self.sudo()

    def _notify_after_sync(self, busy):
        failed = self.filtered("error_count")
        if busy:
            text = self.env._(
                "This run has already started, or continues in the background."
            )
        elif failed:
            text = "\n".join(failed.mapped("last_error"))
        else:
            text = " ".join(source._get_result_text() for source in self)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "danger" if failed else "info",
                "message": text,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _get_result_text(self):
        run = self.last_run_id
        return self.env._(
            "%(system)s: %(created)s created, %(updated)s updated, %(unchanged)s "
            "unchanged, %(failed)s failed.",
            system=self.name,
            created=run.created_count,
            updated=run.updated_count,
            unchanged=run.unchanged_count,
            failed=run.failed_count,
        )
