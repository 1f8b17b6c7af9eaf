# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Readers of other systems: plain Python, no ORM.

A connector takes settings and yields pages of rows; it knows nothing of what
becomes of them.
"""

from importlib import import_module
from pkgutil import iter_modules

from .base import Connector, Cursor, Page, Row, mask, resolve
from .errors import ColumnsRefused, ConnectorError, ValueRefused


def _find_connectors():
    """Return the classes with a kind of their own by it, in the order of the choice.

    Their files are found, not listed: a new one is complete by itself.
    """
    modules = [
        import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)
    ]
    found = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Connector)
    }
    named = [connector for connector in found if vars(connector).get("kind")]
    named.sort(key=lambda connector: (connector.sequence, connector.kind))
    return {connector.kind: connector for connector in named}


CONNECTORS = _find_connectors()

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
