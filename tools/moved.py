# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Records that are written somewhere else: the ORM checks its rules before a change
only, and would let people move records where they may not create any."""


def check_moved(records, vals, names=("company_id",)):
    """Check written records as new ones are checked.

    :param dict vals: what was written
    :param names: fields that say whose the records are
    :raise AccessError: for records that the user could not write where they are now
    """
    if not vals.keys().isdisjoint(names):
        records.check_access("write")
