"""`muster db`: the schema, and the move to a newer PostgreSQL."""

import typer
from django.utils.module_loading import import_string

from muster.processes.surroundings import enter

app = typer.Typer(help="The database: schema and version.", no_args_is_help=True)


@app.command()
def migrate() -> None:
    """Bring the schema to this version of Muster (muster up does it by itself)."""
    enter("muster db migrate")
    import_string("muster.processes.migrate.migrate")()


@app.command("first-run", hidden=True)
def first_run() -> None:
    """What happens once in the life of an installation (muster up does it by itself)."""
    enter("muster db first-run")
    import_string("muster.processes.first_run.first_run")()
