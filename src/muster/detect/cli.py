"""`muster integration`: who may send signals."""

from typing import Annotated

import typer

from muster.core.traffic import Doing
from muster.foundation.access.client import ApiClient, ApiProblem, client_of
from muster.foundation.access.terminal import AsJson, Limit, print_json, show_one, show_rows

integration = typer.Typer(help="Integrations: senders and their keys.", no_args_is_help=True)

_ORDER = [one.value for one in Doing]
"""Those that somebody should look at first."""

Handle = Annotated[str, typer.Argument(help="The integration's handle.")]


@integration.command("list")
def list_integrations(context: typer.Context, limit: Limit = None, as_json: AsJson = False) -> None:
    """All of them, newest first, disconnected ones too."""
    rows = client_of(context).every("/integrations", limit=limit)
    columns = ["handle", "service", "kind", "url", "last_seen_at", "retired_at"]
    show_rows(rows, columns, as_json=as_json)


@integration.command("show")
def show(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
    """One of them."""
    show_one(client_of(context).get(f"/integrations/{handle}"), as_json=as_json)


@integration.command("add")
def add(
    context: typer.Context,
    handle: Handle,
    service: Annotated[str, typer.Option(help="Its home service.")],
    kind: Annotated[str, typer.Option(help="What sends: alertmanager, pagerduty, generic ...")],
    as_json: AsJson = False,
) -> None:
    """Connect a sender; its key is shown this once."""
    body = {"handle": handle, "service": service, "kind": kind}
    show_one(client_of(context).post("/integrations", body), as_json=as_json)


@integration.command("rotate")
def rotate(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
    """Make a new key, shown this once; the old one works for 24 hours more."""
    show_one(client_of(context).post(f"/integrations/{handle}/rotate"), as_json=as_json)


@integration.command("retire")
def retire(context: typer.Context, handle: Handle) -> None:
    """Disconnect the sender at once."""
    client_of(context).post(f"/integrations/{handle}/retire")


@integration.command("restore")
def restore(context: typer.Context, handle: Handle) -> None:
    """Connect the sender again, with the key it had."""
    client_of(context).post(f"/integrations/{handle}/restore")


@integration.command("health")
def health(
    context: typer.Context,
    handle: Annotated[str, typer.Argument(help="One of them, in full (default: all).")] = "",
    as_json: AsJson = False,
) -> None:
    """How much they send, what of it was refused and why, and which have gone quiet."""
    client = client_of(context)
    if handle:
        show_one(client.get(f"/integrations/{handle}/health"), as_json=as_json)
        return
    rows = sorted(client.every("/integration-health"), key=lambda row: _ORDER.index(row["state"]))
    columns = ["handle", "service", "kind", "sentence", "last_seen_at", "last_hour", "last_day"]
    show_rows(rows, columns, as_json=as_json)


@integration.command("test")
def send_test(
    context: typer.Context,
    handle: Handle,
    end: Annotated[bool, typer.Option("--end", help="End the test instead.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send a signal as its sender would: it opens a real alert of severity info."""
    path = f"/integrations/{handle}/test{'/end' if end else ''}"
    show_one(client_of(context).post(path), as_json=as_json)


Maps = Annotated[list[str] | None, typer.Option("--map", help="As summary=event.what; may be repeated.")]


@integration.command("preview")
def preview(
    context: typer.Context,
    handle: Handle,
    maps: Maps = None,
    save: Annotated[bool, typer.Option("--save", help="Save what --map says as a new version.")] = False,
    as_json: AsJson = False,
) -> None:
    """What a mapping would make of the payloads that came lately; without --map, the one in force."""
    client = client_of(context)
    path = f"/integrations/{handle}"
    version = _version(client, path, maps) if save else None
    mapping = _mapping(maps) if maps is not None else client.get(path)["mapping"]
    found = client.ask(f"{path}/preview", {"mapping": mapping})["items"]
    if save:
        client.patch(path, {"mapping": mapping, "version": version})
    if as_json:
        print_json(found)
        return
    rows = [
        {"signal": one["summary"] or one["action"], **one} for seen in found for one in seen["signals"]
    ] + [{"signal": "rejected", "errors": seen["errors"]} for seen in found if seen["errors"]]
    columns = ["signal", "action", "key", "severity", "source", "component", "labels", "errors"]
    show_rows(rows, columns, as_json=False)


def _version(client: ApiClient, path: str, maps: list[str] | None) -> int:
    """The version that is saved over: who saved another one meanwhile is not overwritten."""
    if not maps:
        raise ApiProblem("--save needs a mapping to save: say it with --map, such as summary=event.what.")
    return max((one["version"] for one in client.get(f"{path}/versions")["items"]), default=1)


def _mapping(maps: list[str]) -> dict[str, str]:
    found = {}
    for one in maps:
        name, sign, expression = one.partition("=")
        if not sign:
            raise ApiProblem(f"{one!r} is no mapping: write it like summary=event.what.")
        found[name.strip()] = expression.strip()
    return found


@integration.command("versions")
def versions(context: typer.Context, handle: Handle, as_json: AsJson = False) -> None:
    """The mappings that it had, newest first."""
    rows = client_of(context).get(f"/integrations/{handle}/versions")["items"]
    show_rows(rows, ["version", "at", "by", "mapping"], as_json=as_json)
