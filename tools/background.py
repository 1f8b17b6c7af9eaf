# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Work that nobody waits for: by OCA's `queue_job` where it is installed, else by a
scheduled action, which finds by itself what there is to do."""

from odoo import SUPERUSER_ID

MODULE = "helpdesk_service_credit"


def in_background(record, method, cron, description):
    """Have a method of a record called in the background, soon and once.

    The method commits as it goes on and may be called again at any time: after a
    worker died, or by the scheduled action, which sees to what no job did.

    :param record: one record, which names the job: there is one at a time
    :param str method: without arguments
    :param str cron: external ID of the scheduled action that calls it, too
    :param str description: what the list of jobs shows
    """
    # sudo: what is done in the background is not done with the rights of who asked
    if has_queue(record.env):
        _allow_commit(record.env, record._name, method)
        job = record.with_user(SUPERUSER_ID).with_delay(
            description=description,
            identity_key=f"{MODULE}:{record._name}:{record.id}:{method}",
        )
        getattr(job, method)()
    else:
        record.env.ref(f"{MODULE}.{cron}").sudo()._trigger()


def has_queue(env):
    """Tell whether there are jobs."""
    return "queue.job" in env.registry


def _allow_commit(env, model, method):
    """Tell `queue_job`, once, that the method commits what it has done so far."""
    # sudo: see in_background
    functions_sudo = env["queue.job.function"].sudo()
    name = functions_sudo.job_function_name(model, method)
    if not functions_sudo.job_config(name).allow_commit:
        found_sudo = functions_sudo.search([("name", "=", name)])
        if found_sudo:
            found_sudo.allow_commit = True
            return
        # The name is filled from these.
        functions_sudo.create(
            {
                "model_id": env["ir.model"]._get_id(model),
                "method": method,
                "allow_commit": True,
            }
        )
