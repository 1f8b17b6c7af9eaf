# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The mail's template holds no token any more; the mail to the customer does."""

TEMPLATE = "helpdesk_service_credit.mail_template_authorization"
FORMER = "{{ object.get_base_url() }}{{ object.get_portal_url() }}"
PRESENT = "{{ object._get_answer_url() }}"


def after(env):
    _note_hours_before_limit(env)
    _replace_link(env)


def _note_hours_before_limit(env):
    """More hours than are authorized were there before the limit was set."""
    env.cr.execute(
        """
        UPDATE sale_order_line SET hours_before_limit = authorized_hours_used
        WHERE limit_hours AND authorized_hours_used > authorized_hours
        """
    )


def _replace_link(env):
    """Put the page's address in the place of the link, in templates people changed."""
    template = env.ref(TEMPLATE, raise_if_not_found=False)
    if not template:
        return
    for code, _name in env["res.lang"].get_installed():
        translated = template.with_context(lang=code)
        if FORMER in (translated.body_html or ""):
            translated.body_html = translated.body_html.replace(FORMER, PRESENT)
