# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""dev/translate: the template of all terms, and each language brought up to it."""

import argparse

from . import say
from .databases import Databases, dependencies
from .shell import run_script
from .workshop import Workshop


def main(arguments):
    _parser().parse_args(arguments)
    with Workshop("test", throw_away=True) as shop:
        databases = Databases(shop)
        databases.clean()
        source = databases.addon(databases.base(dependencies()))
        with databases.scratch(source) as name, say.step("Collecting the terms"):
            told = run_script(shop, databases, name, "translations.py")
        print(told.strip(), flush=True)
    return 0


def _parser():
    return argparse.ArgumentParser(
        prog="dev/translate",
        description="Write i18n/*.pot anew, and bring every .po up to it: new terms"
        " come in empty, terms that are gone go. Prints what is left to translate.",
    )
