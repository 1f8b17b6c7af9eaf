# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Readers of other systems: plain Python, no ORM.

A connector takes settings and yields pages of rows; it knows nothing of what
becomes of them.
"""

from .base import Connector, Cursor, Page, Row, mask, resolve
from .csv_file import CsvConnector
from .errors import ColumnsRefused, ConnectorError, ValueRefused
from .json_endpoint import JsonConnector
from .odoo import OdooConnector
from .postgresql import PostgresqlConnector

CONNECTORS = {
    connector.kind: connector
    for connector in (
        OdooConnector,
        JsonConnector,
        CsvConnector,
        PostgresqlConnector,
    )
}

__all__ = [
    "CONNECTORS",
    "ColumnsRefused",
    "Connector",
    "ConnectorError",
    "Cursor",
    "Page",
    "Row",
    "ValueRefused",
    "mask",
    "resolve",
]
