# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
from odoo import api, models


class ServiceLinesMixin(models.AbstractModel):
    """Lists of lines that a query over the whole ledger makes anew each time.

    The client asks for a page and then for the number of lines: two such queries. Here
    both come of one, as long as the lines are no more than the client counts.
    """

    _name = "service.lines.mixin"
    _description = "List of Computed Lines"

    @api.model
    @api.readonly
    def web_search_read(
        self, domain, specification, offset=0, limit=None, order=None, count_limit=None
    ):
        if not limit or not count_limit or offset + limit >= count_limit:
            return super().web_search_read(
                domain, specification, offset, limit, order, count_limit
            )
        found = self.search_fetch(
            domain, specification.keys(), order=order, limit=count_limit
        )
        page = found[offset : offset + limit]
        return {
            "length": len(found),
            "records": page.with_prefetch(page._ids).web_read(specification),
        }
