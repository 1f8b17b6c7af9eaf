# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""dev/pictures: the pictures of the documentation, taken anew from the demo data."""

import argparse
import contextlib
import os
import tempfile
from pathlib import Path

from . import demo, paths, pytest_run, server, shot
from .databases import Databases
from .gallery import GALLERY, STYLE
from .say import Problem
from .workshop import Workshop

OUT = paths.CHECKOUT / "static" / "description"
# Two runs of a day give the same pictures: what tells the moment is set to one.
STEADY = """
UPDATE res_users SET create_date = '2026-01-01';
UPDATE res_partner SET create_date = '2026-01-01';
UPDATE hr_employee SET create_date = '2026-01-01';
UPDATE helpdesk_ticket SET create_date = date_trunc('day', create_date),
    last_stage_update = date_trunc('day', last_stage_update);
DELETE FROM ir_attachment WHERE res_field LIKE 'image_%' AND mimetype LIKE '%svg%'
    AND res_model IN ('res.users', 'res.partner', 'hr.employee');
UPDATE sale_order SET date_order = date_trunc('day', date_order)
"""


def main(arguments):
    wanted = _options(arguments).names
    with Workshop("demo", throw_away=False) as shop:
        databases = Databases(shop)
        with databases.scratch(demo.base(databases)) as name:
            demo.install(databases, name)
            databases.sql(STEADY, name)
            return _take(shop, databases, name, wanted)


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="dev/pictures",
        description="Take the pictures of the pages and of the page in Apps anew,"
        " from fresh demo data.",
    )
    parser.add_argument("names", nargs="*", help="only these")
    return parser.parse_args(arguments)


@contextlib.contextmanager
def _without_pdf():
    """Hide wkhtmltopdf, wherever it is: the statement is shown as a page."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "wkhtmltopdf"
        program.write_text("#!/bin/sh\nexit 1\n")
        program.chmod(0o755)
        yield os.pathsep.join((folder, os.environ.get("PATH", os.defpath)))


def _take(shop, databases, name, wanted):
    port = pytest_run.free_port()
    config = databases.logs / f"{name}.conf"
    shop.write_config(
        config,
        name,
        dbfilter=f"^{name}$",
        workers=0,
        max_cron_threads=0,
        http_port=port,
    )
    url = f"http://127.0.0.1:{port}"
    log = databases.logs / f"{name}.log"
    command = shop.odoo_command(config)
    with (
        _without_pdf() as path,
        server.serving(command, shop.child_env(PATH=path), log, url),
    ):
        for login, (width, height), steps in GALLERY:
            taken = {step.partition(":")[2] for step in steps if "shot:" in step}
            if wanted and not taken & set(wanted):
                continue
            if shot.take(
                shop.environment,
                url,
                login,
                steps,
                OUT,
                width=width,
                height=height,
                style=STYLE,
                timeout=120,
            ):
                raise Problem(f"The pictures {', '.join(sorted(taken))} failed.")
    return 0
