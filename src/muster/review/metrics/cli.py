"""`muster metrics`."""

from typing import Annotated

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, show_one, show_rows


def metrics(
    context: typer.Context,
    period: Annotated[str, typer.Option(help="2026-q3, 2026 or 90d (default: this quarter).")] = "",
    team: Annotated[str, typer.Option(help="Of one team, by handle.")] = "",
    as_json: AsJson = False,
) -> None:
    """How fast we notice, answer, stop the harm and recover; drills are left out."""
    asked = {name: value for name, value in {"period": period, "team": team}.items() if value}
    report = client_of(context).get("/metrics", **asked)
    if as_json:
        show_one(report, as_json=True)
        return
    for one in report["metrics"]:
        one["incidents"] = len(one["incidents"])
    columns = ["name", "seconds", "target_below_seconds", "verdict", "incidents", "title"]
    show_rows(report["metrics"], columns, as_json=False)
