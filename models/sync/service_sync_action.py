# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .service_sync_source import ACTIVE, CANCELLED


class ServiceSyncSource(models.Model):
    """What people do with a connected system."""

    _inherit = "service.sync.source"

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
                    "state": ACTIVE if goes_on else CANCELLED,
                    "next_sync": goes_on and fields.Datetime.now(),
                }
            )
        self._trigger_cron()

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
        self._trigger_cron()

    def action_open_errors(self):
        """The rows that could not be imported."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_service_credit.service_sync_record_action"
        )
        return {
            **action,
            "domain": [("source_id", "=", self.id)],
            "context": {"search_default_in_error": 1, "default_source_id": self.id},
        }

    def action_open_records(self):
        """Every row this system ever sent."""
        return {**self.action_open_errors(), "context": {"default_source_id": self.id}}

    def _prepare_fresh_start(self):
        return {"error_count": 0, "last_error": False}

    def _check_may_act(self):
        """Whoever manages service credits may run, stop and reset, not configure.

        :return: the sources, to write what the action is about
        :raise AccessError: for everybody else
        """
        self.check_access("read")
        user = self.env.user
        groups = (
            "helpdesk_service_credit.group_service_credit_manager,base.group_system"
        )
        if not self.env.su and not user.has_groups(groups):
            raise AccessError(
                self.env._(
                    "Only managers of service credits and administrators may run or "
                    "stop a connected system."
                )
            )
        # sudo: the right was checked above; whoever runs a source need not be able
        # to change where its secrets are sent
        return self.sudo()

    def _trigger_cron(self):
        # sudo: starting the scheduled action early is part of what the button does
        cron = self.env.ref("helpdesk_service_credit.service_sync_cron").sudo()
        cron._trigger()

    def _notify_after_sync(self, busy):
        failed = self.filtered("error_count")
        if busy:
            text = self.env._(
                "This run is already under way, or goes on in the background."
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
