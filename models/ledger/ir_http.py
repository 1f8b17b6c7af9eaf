# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import models
from odoo.http import request

from ...tools import turns


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _dispatch(cls, endpoint):
        """Answer requests that write for a busy customer one after the other."""
        dispatch = super()._dispatch
        # Files would have to be rewound: Odoo's own replay does.
        if request.env.cr.readonly or request.httprequest.files:
            return dispatch(endpoint)
        env, params = request.env, request.params

        def answer():
            request.params = dict(params)
            return dispatch(endpoint)

        def begin_again():
            """Bring the request back to where it was, as Odoo's own replay does."""
            request.session = request._get_session_and_dbname()[0]
            request.env = env
            cls._authenticate(endpoint)

        return turns.play(env, answer, begin_again)
