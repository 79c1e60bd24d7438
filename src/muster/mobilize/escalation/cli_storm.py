"""`muster storm`: what is going on when many alerts come at once."""

from typing import Annotated, Any

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, print_json, show_rows


def storm(
    context: typer.Context,
    of: Annotated[str, typer.Option(help="1h, 6h or 24h: the time just past (default: the storm).")] = "",
    service: Annotated[str, typer.Option(help="List only the groups of this service.")] = "",
    as_json: AsJson = False,
) -> None:
    """Where it began, which services, what was held back and by what, and how many pages it became."""
    asked = {name: value for name, value in {"of": of, "service": service}.items() if value}
    told = client_of(context).get("/storm", **asked)
    if as_json:
        print_json(told)
        return
    for line in _sentences(told):
        print(line)
    columns = ["service", "state", "first_at", "alerts", "held", "waiting"]
    _table("By service:", [*told["lanes"], *([told["others"]] if told["others"] else [])], columns)
    _table("Held back, and by what:", told["held_by"], ["alerts", "sentence"])
    columns = ["id", "service", "state", "alerts", "first_at", "summary", "acknowledged_by", "incident"]
    _table("Groups, first seen first:", told["groups"], columns)


def _sentences(told: dict[str, Any]) -> list[str]:
    if not told["alerts"]:
        return ["No alert came."]
    when = "A storm is coming down." if told["going_on"] else "The storm is over."
    said = [
        when if told["storm"] else "There is no storm.",
        f"{_many(told['alerts'], 'alert')} from {_many(told['service_count'], 'service')} "
        f"since {told['since']}, in {_many(told['group_count'], 'group')}; {told['held']} held back.",
        f"{_many(told['pages'], 'page')} to {_many(len(told['people']), 'person', 'people')}.",
        f"Waiting for somebody: {_many(told['waiting'], 'group')}.",
    ]
    if told["first"]:
        said.append(f"It began with {told['first']}.")
    if not told["whole"]:
        said.append("Only the newest alerts and messages were looked at.")
    return said


def _many(n: int, one: str, more: str = "") -> str:
    return f"{n} {one if n == 1 else more or one + 's'}"


def _table(title: str, rows: list[dict[str, Any]], columns: list[str]) -> None:
    if rows:
        print(f"\n{title}")
        show_rows([_named(row) for row in rows], columns, as_json=False)


def _named(row: dict[str, Any]) -> dict[str, Any]:
    """A lane in which services are folded together has no service of its own."""
    return row | {"service": f"{row['services']} others"} if row.get("service", "") is None else row
