# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from ..tools import in_background

STATEMENT = "service.credit.statement"
CRON = "ir_cron_service_statement_file"

WAITING = "waiting"
READY = "ready"
FAILED = "failed"
NOTHING = "nothing"

# What one person has made at the same time.
MOST_WAITING = 5
KEPT_DAYS = 30


class ServiceStatementFile(models.Model):
    """A statement that is made in the background, and its file.

    Who asked for it is notified when it is ready; one without such a person is mailed
    to the customer. Each step is committed: a worker that dies leaves what it made, and
    the next one goes on from there.
    """

    _name = "service.statement.file"
    _description = "File of a Statement"
    _order = "id desc"

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Recipient",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id",
        string="Customer",
        store=True,
        index=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    date_from = fields.Date(string="From", required=True, readonly=True)
    date_to = fields.Date(string="To", required=True, readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Requested By",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    state = fields.Selection(
        selection=[
            (WAITING, "Being Made"),
            (READY, "Ready"),
            (FAILED, "Failed"),
            (NOTHING, "Nothing to Send"),
        ],
        required=True,
        readonly=True,
        default=WAITING,
    )
    attachment_id = fields.Many2one(
        comodel_name="ir.attachment",
        string="File",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    expiry = fields.Date(
        string="Kept Until",
        compute="_compute_expiry",
        help="The file is deleted after this day.",
    )
    attempts = fields.Integer(readonly=True, export_string_translation=False)
    lease_until = fields.Datetime(readonly=True, export_string_translation=False)
    progress = fields.Json(readonly=True, export_string_translation=False)

    _once_at_a_time = models.UniqueIndex(
        "(user_id, partner_id, company_id, date_from, date_to) "
        "WHERE state = 'waiting' AND user_id IS NOT NULL",
        "This statement is being made already.",
    )
    _to_make = models.Index("(id) WHERE state = 'waiting'")

    @api.depends("date_from", "date_to")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for file in self:
            file.display_name = (
                f"{format_date(self.env, file.date_from)} – "
                f"{format_date(self.env, file.date_to)}"
            )

    @api.depends("create_date")
    def _compute_expiry(self):
        for file in self:
            made = fields.Datetime.context_timestamp(
                file, file.create_date or fields.Datetime.now()
            )
            file.expiry = made.date() + timedelta(days=KEPT_DAYS)

    # ------------------------------------------------------------------
    # Asking for a file, and opening it
    # ------------------------------------------------------------------

    @api.model
    def _request(self, statement, user):
        """Have the file of a statement made, unless it is being made.

        :return: the record that stands for it
        :raise UserError: for more at the same time than one person may ask for
        """
        values = {
            "partner_id": statement.partner_id.id,
            "company_id": statement.company_id.id,
            "date_from": statement.date_from,
            "date_to": statement.date_to,
            "user_id": user.id,
        }
        mine = self.search(
            [("user_id", "=", user.id), ("state", "in", (WAITING, FAILED))]
        )
        same = mine.filtered_domain([(name, "=", values[name]) for name in values])[:1]
        if same.state == WAITING:
            return same
        if len(mine.filtered(lambda file: file.state == WAITING)) >= MOST_WAITING:
            raise UserError(
                self.env._(
                    "%(count)s of your statements are being made: ask for the next one "
                    "when one of them is ready.",
                    count=MOST_WAITING,
                )
            )
        if same:
            same._start_again()
            return same
        file = self.create(values)
        file._go_on()
        return file

    @api.model
    def _request_mails(self, due):
        """Have statements made that are mailed to their customers.

        One that told nothing, or failed, is tried again the next day.

        :param due: list of ``(company, customer, (first day, last day))``
        """
        mails = self.search([("user_id", "=", False)])
        known = {(f.company_id, f.commercial_partner_id, f.date_from): f for f in mails}
        today = fields.Datetime.now().replace(hour=0, minute=0, second=0)
        again, new = self.browse(), []
        for company, customer, (date_from, date_to) in due:
            file = known.get((company, customer, date_from))
            if file and file.state != WAITING and file.write_date < today:
                again += file
            elif not file:
                new.append(
                    {
                        "partner_id": customer.id,
                        "company_id": company.id,
                        "date_from": date_from,
                        "date_to": date_to,
                    }
                )
        files = again + self.create(new)
        files.write({"state": WAITING, **self._prepare_fresh_start()})
        files._go_on()

    def _start_again(self):
        self.write({"state": WAITING, **self._prepare_fresh_start()})
        self._go_on()

    def _prepare_fresh_start(self):
        return {"attempts": 0, "progress": False, "lease_until": False}

    def _go_on(self):
        for file in self:
            in_background(
                file,
                "_make",
                CRON,
                self.env._("Statement %(period)s", period=file.display_name),
            )

    def _get_notice(self):
        """Tell who asked that it takes a moment."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "message": self.env._(
                    "Your statement is being made. We'll notify you when it's ready."
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }

    @api.readonly
    def action_download(self):
        """Open the file.

        :raise UserError: there is none
        """
        self.ensure_one()
        self.check_access("read")
        if self.state != READY:
            raise UserError(
                self.env._(
                    "The statement %(name)s isn't ready.", name=self.display_name
                )
            )
        return {"type": "ir.actions.act_url", "url": self._get_url(), "target": "new"}

    def action_try_again(self):
        """Have a statement made that failed.

        :raise AccessError: unless the user asked for it
        """
        self.ensure_one()
        self.check_access("read")
        if self.user_id != self.env.user:
            raise AccessError(
                self.env._("Only the person who asked for it can try again.")
            )
        self._check_may_see()
        if self.state == FAILED:
            # sudo: starting it anew is no right to write it otherwise
            self.sudo()._start_again()
        return self._get_notice()

    def _get_url(self):
        return f"/my/service-credits/statements/files/{self.id}"

    def _check_may_see(self):
        """Raise unless the user may still see what the file tells."""
        user = self.env.user
        if user._is_portal():
            self.env["service.credit.purchase"].check_access("read")
            if user.commercial_partner_id != self.sudo().commercial_partner_id:
                raise AccessError(self.env._("You can't see this statement."))
        else:
            self.env[STATEMENT].new(self._prepare_statement())._check_may_see()

    @api.autovacuum
    def _gc_files(self):
        """Delete files that were kept long enough, and what nobody waits for."""
        end = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        self.search(
            [("create_date", "<", end), ("state", "!=", WAITING)], limit=1_000
        ).unlink()

    # ------------------------------------------------------------------
    # The statement
    # ------------------------------------------------------------------

    def _prepare_statement(self):
        return {
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "date_from": self.date_from,
            "date_to": self.date_to,
        }

    def _get_statement(self):
        """Return the statement in the recipient's language; nothing is written."""
        statement = self.env[STATEMENT].with_context(lang=self.partner_id.lang)
        return statement.new(self._prepare_statement())
