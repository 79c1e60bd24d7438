"""`muster team`, `muster service`, `muster product`, `muster customer`, `muster position`."""

from collections.abc import Sequence
from typing import Annotated

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, Limit, show_one, show_rows

Handle = Annotated[str, typer.Argument(help="Its handle, or one it had before.")]


def _commands(path: str, columns: Sequence[str], about: str) -> typer.Typer:
    """`list`, `show`, `retire` and `restore` of one kind of thing."""
    app = typer.Typer(help=about, no_args_is_help=True)

    @app.command("list")
    def list_all(context: typer.Context, limit: Limit = None, as_json: AsJson = False) -> None:
        """All of them, newest first, retired ones too."""
        show_rows(client_of(context).every(path, limit=limit), columns, as_json=as_json)

    @app.command("show")
    def show(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
        """One of them."""
        show_one(client_of(context).get(f"{path}/{handle}"), as_json=as_json)

    @app.command("retire")
    def retire(context: typer.Context, handle: Handle) -> None:
        """Take it out of use; refused while something live points at it."""
        client_of(context).post(f"{path}/{handle}/retire")

    @app.command("restore")
    def restore(context: typer.Context, handle: Handle) -> None:
        """Undo retire."""
        client_of(context).post(f"{path}/{handle}/restore")

    return app


team = _commands("/teams", ["handle", "name", "manager", "members", "retired_at"], "Teams.")
service = _commands(
    "/services",
    ["handle", "name", "team", "policy", "urgency", "depends_on", "retired_at"],
    "Services and their dependencies.",
)
product = _commands("/products", ["handle", "name", "services", "retired_at"], "Products.")
customer = _commands("/customers", ["handle", "name", "services", "retired_at"], "Customers.")
position = _commands("/positions", ["handle", "name", "holders", "retired_at"], "Positions.")
