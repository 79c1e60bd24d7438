"""`muster db`: the schema, and the move to a newer PostgreSQL."""

import functools
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from django.utils.module_loading import import_string

from muster.config.environment import read_environment
from muster.processes.account import service_user
from muster.processes.children import run_once
from muster.processes.connections import OWNER
from muster.processes.data_folder import DataFolder
from muster.processes.opening import data_path
from muster.processes.problems import CannotStart
from muster.processes.provision import provision_embedded, provision_given
from muster.processes.surroundings import enter
from muster.processes.upgrade import forget as forget_old
from muster.processes.upgrade import upgrade as move

app = typer.Typer(help="The database: schema and version.", no_args_is_help=True)


def migrate() -> None:
    """Bring the schema to this version of Muster (muster up does it by itself)."""
    url = read_environment().database_url
    if url and "MUSTER_DATABASE_ROLE" not in os.environ:
        os.environ |= provision_given(url).owner.environment()
    enter("muster db migrate")
    import_string("muster.processes.migrate.migrate")()


def prepare(
    embedded: Annotated[bool, typer.Option("--embedded", hidden=True)] = False,
    as_json: Annotated[bool, typer.Option("--json", hidden=True, help="For muster up.")] = False,
) -> None:
    """Make roles, schema and the first admin in the database of MUSTER_DATABASE_URL; safe to repeat.

    For installations whose web and worker are started one by one: muster up does it by itself.
    """
    env = read_environment()
    if not env.database_url:
        raise CannotStart("MUSTER_DATABASE_URL is not set: say which database to prepare.")
    database = provision_embedded(env.database_url) if embedded else provision_given(env.database_url)
    os.environ |= database.owner.environment()
    enter("muster db prepare")
    import_string("muster.processes.migrate.migrate")()
    with import_string("muster.processes.migrate.alone")():
        begun = import_string("muster.processes.first_run.first_run")()
    if as_json:
        print(json.dumps(asdict(database) | begun))
        return
    print("The database is ready")
    if begun["setup_path"]:
        base = env.base_url or "http://127.0.0.1:8000"
        print(f"Set up the first account (this link works once): {base}{begun['setup_path']}")


def demo() -> None:
    """Fill a believable company into an installation that has none; prints its logins as JSON."""
    enter("muster db demo")
    print(json.dumps(import_string("muster.processes.demo.fill")()))


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
            verify = functools.partial(_verify_chain, folder.path)
            move(folder.path, user=user, verify=verify, tell=functools.partial(print, flush=True))
    finally:
        folder.release()


app.command("migrate")(migrate)
app.command("prepare")(prepare)
app.command("demo", hidden=True)(demo)
app.command("upgrade")(upgrade)


def _verify_chain(data: Path, url: str) -> None:
    """`muster verify` on the copy, brought to this version's schema first: verify reads what it knows."""
    copy = {"MUSTER_DATABASE_URL": url, "MUSTER_DATA": str(data)}
    run_once(["db", "migrate"], copy | {"MUSTER_DATABASE_ROLE": OWNER})
    run_once(["verify"], copy | {"MUSTER_DATABASE_ROLE": ""})
