"""`muster db`: the schema, and the move to a newer PostgreSQL."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from django.utils.module_loading import import_string

from muster.processes.account import service_user
from muster.processes.data_folder import DataFolder
from muster.processes.opening import data_path
from muster.processes.problems import CannotStart
from muster.processes.surroundings import enter
from muster.processes.upgrade import forget as forget_old
from muster.processes.upgrade import upgrade as move

app = typer.Typer(help="The database: schema and version.", no_args_is_help=True)


def migrate() -> None:
    """Bring the schema to this version of Muster (muster up does it by itself)."""
    enter("muster db migrate")
    import_string("muster.processes.migrate.migrate")()


def first_run() -> None:
    """What happens once in the life of an installation (muster up does it by itself)."""
    enter("muster db first-run")
    import_string("muster.processes.first_run.first_run")()


def upgrade(
    data: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Remove the clusters kept by earlier upgrades.")
    ] = False,
) -> None:
    """Move the data folder to the newest PostgreSQL this Muster carries. Stop muster up first."""
    user = service_user()
    folder = DataFolder(data_path(data), owner=user)
    folder.open()
    try:
        if forget:
            removed = forget_old(folder.path)
            print(f"Removed: {', '.join(removed)}" if removed else "Nothing is kept from earlier upgrades.")
        else:
            move(folder.path, user=user, verify=_verify_chain, tell=lambda line: print(line, flush=True))
    finally:
        folder.release()


app.command("migrate")(migrate)
app.command("first-run", hidden=True)(first_run)
app.command("upgrade")(upgrade)


def _verify_chain(url: str) -> None:
    """`muster verify` on the copy, in a process of its own."""
    program = Path(sys.executable).with_name("muster")
    environment = {**os.environ, "MUSTER_DATABASE_URL": url, "MUSTER_DATABASE_ROLE": ""}
    answer = subprocess.run(
        [str(program), "verify"], env=environment, capture_output=True, text=True, check=False
    )
    if answer.returncode != 0:
        lines = (answer.stdout + answer.stderr).strip().splitlines() or ["no reason given"]
        raise CannotStart(f"The upgrade stopped, the chain does not verify on the copy: {lines[-1]}")
