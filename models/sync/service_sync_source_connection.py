# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
import base64
from contextlib import closing

import pytz

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import config

from ...connectors import CONNECTORS, Connector, ConnectorError, ValueRefused, resolve
from ...connectors.base import DEADLINE
from ...connectors.errors import _lt
from ...connectors.values import parse_datetime
from .service_sync_record import ERROR
from .styles import ASK
from .targets import TARGETS

MAP_FIELD = _lt("Map a source field to “%(field)s”.")


class ServiceSyncSource(models.Model):
    """How a connected system is reached, and what its rows are known by."""

    _inherit = "service.sync.source"

    # ------------------------------------------------------------------
    # Settings that follow from others
    # ------------------------------------------------------------------

    @api.depends("connector")
    def _compute_setting_names(self):
        for source in self:
            reader = source._get_reader()
            source.setting_names = " ".join(reader.setting_names)
            source.required_names = " ".join(reader.required_names)

    @api.depends("connector")
    def _compute_is_file(self):
        for source in self:
            source.is_file = source._get_reader().is_file

    @api.depends("connector")
    def _compute_overlap_minutes(self):
        for source in self:
            source.overlap_minutes = source._get_reader().overlap_minutes

    @api.depends("page_parameter")
    def _compute_paging(self):
        for source in self:
            if source.page_parameter:
                is_open = source.paging in (False, "none")
                source.paging = "page" if is_open else source.paging
            else:
                is_paged = source.paging in ("page", "offset")
                source.paging = "none" if is_paged else source.paging or "none"

    @api.depends("company_id")
    def _compute_timezone(self):
        for source in self:
            zone = source.company_id._get_time_zone() if source.company_id else "UTC"
            known = zone if zone in pytz.common_timezones_set else "UTC"
            source.timezone = source.timezone or known

    # ------------------------------------------------------------------
    # Keys of rows
    # ------------------------------------------------------------------

    def _check_kind(self, vals):
        """Refuse another target or company once rows were imported: an external id
        never comes to mean another kind of record.

        :raise ValidationError: naming the system
        """
        self.ensure_one()
        # As `write` takes them: the company by its id.
        stored = {"target": self.target, "company_id": self.company_id.id}
        is_changed = any(name in vals and vals[name] != stored[name] for name in stored)
        if is_changed and self._has_rows():
            raise ValidationError(
                self.env._(
                    "The target and company of %(system)s can't be changed, because it "
                    "already imported rows: connect it a second time instead.",
                    system=self.name,
                )
            )

    def _has_rows(self):
        # sudo: the rule holds for rows of companies the user has not chosen, too
        rows_sudo = self.env["service.sync.record"].sudo()
        return bool(rows_sudo.search([("source_id", "in", self.ids)], limit=1))

    def _forget_keys(self):
        """Rows are known by external IDs of fields that are about to change.

        Those that were never anything but errors may be known by another one.

        :raise ValidationError: rows were imported
        """
        # sudo: people may not edit what rows are known by; it follows the mapping
        Record = self.env["service.sync.record"].sudo()
        mine = Domain("source_id", "in", self.ids)
        imported = Record.search(
            mine & (Domain("state", "!=", ERROR) | Domain("res_id", "!=", False)),
            limit=1,
        )
        if imported:
            raise ValidationError(
                self.env._(
                    "The field of the external ID of %(system)s can't be changed, "
                    "because rows already imported are recognized by it: connect the "
                    "system a second time instead.",
                    system=imported.source_id.name,
                )
            )
        known = Record.search(mine & Domain("external_id", "!=", False))
        known.write({"external_id": False, "likeness": False})

    def _ask_price_basis(self):
        """Another column is the price: what was answered was said of the old one."""
        self.filtered(lambda source: source.price_basis != ASK).price_basis = ASK

    # ------------------------------------------------------------------
    # Connection
    # ------------------------------------------------------------------

    def _get_reader(self):
        """Return the class of the connector; that of none while none is chosen."""
        return CONNECTORS.get(self.connector, Connector)

    def _get_match_methods(self):
        return [part.strip() for part in (self.match_order or "").split(",")]

    def _get_mapping(self):
        """Return ``{target field: mapping}``."""
        self.ensure_one()
        return {mapping.target_field: mapping for mapping in self.mapping_ids}

    def _get_key_lines(self):
        """The fields that together are the external ID, in their order."""
        return self.mapping_ids.filtered(
            lambda line: line.target_field == "external_id"
        )

    def _is_keyed(self):
        """Whether anything tells what a row is known by."""
        return self.row_is_key or bool(self._get_key_lines())

    def _get_connector(self, deadline=DEADLINE, is_bare=False):
        """Return a connector that is ready to fetch; the caller closes it.

        :param deadline: seconds one answer of the system may take
        :param is_bare: whether to read rows as if no field was mapped
        """
        self.ensure_one()
        # sudo: the worker uses the secrets, which its user may not read
        source_sudo = self.sudo()
        reader = CONNECTORS[self.connector]
        settings = {
            name: source_sudo[name] or ""
            for name in reader.setting_names
            if name not in ("file", "header_ids")
        }
        if "header_ids" in reader.setting_names:
            settings["header_ids"] = [
                (header.name, header.secret) for header in source_sudo.header_ids
            ]
        if "file" in reader.setting_names and not settings.get("url"):
            # The size would be read instead of the content with bin_size.
            content = source_sudo.with_context(bin_size=False).file
            settings["file"] = base64.b64decode(content or b"")
        changed_at = self._get_mapping().get("changed_at")
        key_lines = self._get_key_lines()
        wanted = self.mapping_ids.mapped("source_field")
        wanted += self.skip_ids.mapped("source_field")
        return reader(
            settings,
            fields=[] if is_bare else list(dict.fromkeys(wanted)),
            id_field="" if is_bare else key_lines[:1].source_field or "",
            changed_field=changed_at.source_field if changed_at else "",
            parse_date=self._parse_moment,
            deadline=deadline,
        )

    def _get_missing(self, is_trial=False):
        """Return the labels of what has to be mapped, as ``[field / other field]``.

        :param is_trial: also that without which each row is an error
        """
        target = TARGETS[self.target]
        mapped = set(self._get_mapping())
        labels = dict(
            self.mapping_ids._fields["target_field"]._description_selection(self.env)
        )
        groups = target.required + (target.get_wanted(self) if is_trial else ())
        return [
            " / ".join(str(labels[name]) for name in group)
            for group in groups
            if not mapped & set(group)
            and not (group == ("external_id",) and self.row_is_key)
        ]

    def _check_ready(self):
        """Refuse to read before the fields that are needed are mapped.

        :raise ConnectorError: naming the fields
        """
        for field in self._get_missing():
            raise ConnectorError(MAP_FIELD, field=field)

    def _read_first(self, limit, is_bare=False):
        """Return the first page of the system, of so many rows at least.

        :param is_bare: whether to read rows as if no field was mapped
        :raise ConnectorError: the system cannot be read
        """
        rows = []
        deadline = answer_deadline(manual=True)
        with closing(self._get_connector(deadline, is_bare)) as connector:
            for page in connector.fetch():
                rows += page.rows
                if len(rows) >= limit:
                    break
        return rows

    def _parse_moment(self, value):
        return parse_datetime(value, self.date_order, self.timezone)

    def _get_changed_at(self, values, mapping):
        try:
            return self._parse_moment(resolve(values, mapping.source_field))
        except ValueRefused:
            return None


def answer_deadline(manual):
    """Seconds one answer may take: half of what the server grants the whole request.

    Beyond its limit the server ends the worker, and other people's requests with it.
    """
    limit = config["limit_time_real"]
    if not manual and config["limit_time_real_cron"] >= 0:
        limit = config["limit_time_real_cron"]
    return min(DEADLINE, limit / 2) if limit > 0 else DEADLINE
