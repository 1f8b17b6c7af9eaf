# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""One module per subject; each has a list ROWS."""
