"""`muster readiness` and `muster test-page`."""

from typing import Annotated

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, print_json, show_rows


def readiness(
    context: typer.Context,
    team: Annotated[str, typer.Option(help="Of one team: payments.")] = "",
    as_json: AsJson = False,
) -> None:
    """Who could be reached now, and what is lacking; exit code 1 when somebody could not."""
    rows = client_of(context).get("/readiness", **({"team": team} if team else {}))["items"]
    if as_json:
        print_json(rows)
    else:
        told = [row | {"ways": ", ".join(row["ways"]), "lacks": "; ".join(row["sentences"])} for row in rows]
        show_rows(told, ["person", "reachable", "ways", "proved_at", "lacks"], as_json=False)
    raise typer.Exit(0 if all(row["reachable"] for row in rows) else 1)


def send_test_page(
    context: typer.Context,
    contact: Annotated[str, typer.Option(help="One contact by its name; all of them without.")] = "",
    person: Annotated[str, typer.Option(help="Somebody else, for admins.")] = "",
    as_json: AsJson = False,
) -> None:
    """Send a test page: it takes the road of a real one, and waits for the person's word that it arrived."""
    client = client_of(context)
    handle = person or client.get("/me")["handle"]
    rows = client.post(f"/people/{handle}/test-pages", {"contact": contact})
    show_rows(rows, ["id", "person", "contact", "channel", "state", "note", "page"], as_json=as_json)
