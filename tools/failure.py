# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import logging

from odoo import fields

_logger = logging.getLogger(__name__)


def report_failure(record, user, summary, error):
    """Tell a user that a scheduled action could not do its work on one record.

    One activity, however often it fails, for the log of a server is read by few.

    :param record: one record with activities
    :param user: who sees to it; nobody gets an activity when it is empty
    :param str summary: what failed
    :param Exception error: why
    """
    _logger.error("%s: %s", summary, record, exc_info=error)
    if not user:
        return
    # sudo: scheduled actions see to it, as any user
    activities_sudo = record.env["mail.activity"].sudo()
    kind = record.env.ref("mail.mail_activity_data_warning", raise_if_not_found=False)
    values = {
        "res_model_id": record.env["ir.model"]._get_id(record._name),
        "res_id": record.id,
        "user_id": user.id,
        "summary": summary,
    }
    if not activities_sudo.search_count(
        [(name, "=", value) for name, value in values.items()], limit=1
    ):
        activities_sudo.create(
            {
                **values,
                "activity_type_id": kind.id if kind else False,
                "note": str(error),
                "date_deadline": fields.Date.context_today(record),
            }
        )
