# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Collect the addon's terms and merge them into its languages; for Odoo's shell.

``odoo-bin i18n export`` writes what the database knows of a language; a new term would
come in with no trace of what is left to translate, and a moment in every file.
"""

import io
from pathlib import Path

import polib

from odoo.tools.misc import file_path
from odoo.tools.translate import trans_export

env = globals()["env"]
ADDON = "helpdesk_service_credit"
# They would change with every run.
MOMENTS = ("POT-Creation-Date", "PO-Revision-Date")

buffer = io.BytesIO()
trans_export(False, [ADDON], buffer, "po", env)
template = polib.pofile(buffer.getvalue().decode())
for moment in MOMENTS:
    template.metadata.pop(moment, None)
folder = Path(file_path(f"{ADDON}/i18n"))
template.save(folder / f"{ADDON}.pot")
for path in sorted(folder.glob("*.po")):
    language = polib.pofile(str(path))
    language.merge(template)
    for entry in language.obsolete_entries():
        language.remove(entry)
    language.save(str(path))
    left = len(language.untranslated_entries()) + len(language.fuzzy_entries())
    print(f"{path.stem}: {left} of {len(language)} terms left to translate")
print(f"{len(template)} terms in all")
