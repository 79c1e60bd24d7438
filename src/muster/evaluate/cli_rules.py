"""`muster rule`: planned work, and what is held back, changed, delayed or grouped by rule."""

from typing import Annotated, Any

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, Limit, show_one, show_rows

rule = typer.Typer(
    help="Rules: maintenance, inhibition, event rules, waiting, grouping.", no_args_is_help=True
)

Handle = Annotated[str, typer.Argument(help="The rule's handle.")]
Kind = Annotated[str, typer.Option(help="maintenance, inhibition, event, wait, count, flapping, grouping.")]
Matchers = Annotated[list[str] | None, typer.Option("--match", help='severity="warning", once for each.')]
Fields = Annotated[
    list[str] | None,
    typer.Option("--set", help="A field of its kind, once for each: lasts=2h, services=a,b."),
]
_LISTS = frozenset({"services", "teams", "equal", "by"})
_FLAGS = frozenset({"drop", "last", "alike"})
_NUMBERS = frozenset({"times", "changes"})


@rule.command("list")
def list_rules(
    context: typer.Context,
    kind: Annotated[str, typer.Option(help="Only of this kind.")] = "",
    active: Annotated[bool, typer.Option("--active", help="Leave out what is over or retired.")] = False,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """All of them, newest first."""
    query: dict[str, Any] = ({"active": True} if active else {}) | ({"kind": kind} if kind else {})
    rows = client_of(context).every("/rules", limit=limit, **query)
    columns = ["handle", "kind", "state", "position", "matchers", "fields", "why", "author", "ends_at"]
    show_rows(rows, columns, as_json=as_json)


@rule.command("show")
def show(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
    """One of them."""
    show_one(client_of(context).get(f"/rules/{handle}"), as_json=as_json)


@rule.command("add")
def add(
    context: typer.Context,
    handle: Handle,
    kind: Kind,
    why: Annotated[str, typer.Option(help="Whoever looks for a missing page reads it.")],
    match: Matchers = None,
    set_: Fields = None,
    ends_at: Annotated[str | None, typer.Option(help="When it ends, in RFC 3339.")] = None,
    position: Annotated[int, typer.Option(help="Rules of a kind stand in this order.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Make one; open alerts are judged by it too."""
    body = {"handle": handle, "why": why, "ends_at": ends_at, "position": position}
    show_one(client_of(context).post("/rules", body | _said(kind, match, set_)), as_json=as_json)


@rule.command("try")
def try_(
    context: typer.Context,
    kind: Kind,
    match: Matchers = None,
    set_: Fields = None,
    days: Annotated[int, typer.Option(help="Of how many days the alerts are judged.")] = 7,
    as_json: AsJson = False,
) -> None:
    """What it would have done to the alerts of the last days; nothing is saved."""
    told = client_of(context).post("/rules/try", _said(kind, match, set_) | {"days": days})
    if as_json:
        show_one(told, as_json=True)
        return
    print(told["sentence"])
    show_rows(
        told["examples"], ["id", "opened_at", "service", "summary", "outcome", "incident"], as_json=False
    )


@rule.command("retire")
def retire(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
    """Take it out of use; what it holds back is decided anew."""
    show_one(client_of(context).post(f"/rules/{handle}/retire"), as_json=as_json)


@rule.command("restore")
def restore(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
    """Put it back in use."""
    show_one(client_of(context).post(f"/rules/{handle}/restore"), as_json=as_json)


def _said(kind: str, match: list[str] | None, fields: list[str] | None) -> dict[str, Any]:
    return {"kind": kind, "matchers": match or [], "fields": dict(_pairs(fields or []))}


def _pairs(fields: list[str]) -> list[tuple[str, Any]]:
    """Fields as the API takes them; `source` and `labels` may stand several times."""
    found: dict[str, Any] = {}
    for field in fields:
        name, _equals, value = field.partition("=")
        if name == "source":
            found.setdefault("source", []).append(value)
        elif name == "labels":
            label, _equals, text = value.partition("=")
            found.setdefault("labels", {})[label] = text
        elif name in _LISTS:
            found[name] = [one.strip() for one in value.split(",") if one.strip()]
        elif name in _FLAGS:
            found[name] = value.lower() in ("", "true", "yes")
        else:
            found[name] = int(value) if name in _NUMBERS and value.isdecimal() else value
    return list(found.items())
