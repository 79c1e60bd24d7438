"""`muster replay`: a payload is tried, and nothing changes (design section 6)."""

import base64
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from muster.foundation.access.client import ApiProblem, client_of
from muster.foundation.access.terminal import AsJson, cell, print_json, show_rows


def replay(
    context: typer.Context,
    integration: Annotated[str, typer.Option(help="The handle of the integration that would take it.")],
    file: Annotated[
        Path | None, typer.Argument(help="The payload, as it was sent; - is standard input.")
    ] = None,
    last: Annotated[
        int, typer.Option(min=0, max=20, help="In the place of a file, so many of its last payloads.")
    ] = 0,
    dry: Annotated[bool, typer.Option("--dry", help="Change nothing. There is no other way yet.")] = False,
    door: Annotated[str, typer.Option(help="One door of its kind (default: the first that reads it).")] = "",
    header: Annotated[list[str] | None, typer.Option(help="As 'Content-Type: text/plain'.")] = None,
    as_json: AsJson = False,
) -> None:
    """What the door, the mapping and the evaluation would make of a payload, changing nothing."""
    if not dry:
        raise ApiProblem("Say --dry: this only tries. To send it, post it to the integration's address.")
    client = client_of(context)
    if (file is None) != bool(last):
        raise ApiProblem("Give a file, or say --last 5 for its last payloads.")
    if file is None:
        done = client.ask(f"/integrations/{integration}/replay", {"last": last})["items"]
        _show(done, as_json=as_json)
        return
    body = {"base64": base64.b64encode(_read(file)).decode(), "door": door, "headers": _headers(header or [])}
    told = client.ask(f"/integrations/{integration}/rehearsal", body)
    if as_json:
        print_json(told)
        return
    _print(told)
    print("\nNothing was changed.")


def _show(done: list[Mapping[str, Any]], *, as_json: bool) -> None:
    """The last payloads, one after the other."""
    if as_json:
        print_json(done)
        return
    for one in done:
        print(cell(one["payload"]))
        _print(one)
        print()
    print("Nothing was changed." if done else "Nothing has come lately.")


def _read(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise ApiProblem(f"{file}: {error.strerror}.") from None


def _headers(lines: list[str]) -> dict[str, str]:
    found = {}
    for line in lines:
        name, colon, text = line.partition(":")
        if not colon:
            raise ApiProblem(f"{line!r} is no header: write it like 'Content-Type: text/plain'.")
        found[name.strip()] = text.strip()
    return found


def _print(told: Mapping[str, Any]) -> None:
    print(f"The door {told['door']} would answer {told['answer']['status']}: {cell(told['answer']['body'])}")
    if told["unreadable"]:
        wrong = told["unreadable"]
        print(f"It would be kept as unreadable: {wrong['sentence']}.")
        for error in wrong["errors"]:
            print(f"  {cell(error)}")
        print(wrong["advice"])
    for one in told["signals"]:
        print(f"\n{one['action']} {cell(one['dedup_key'])}: {cell(one['summary'])} ({one['severity']})")
        print(one["sentence"] + (f" {one['alert']}" if one["alert"] else ""))
        if one["decision"]:
            print(f"{one['decision']['summary']}\n")
            show_rows(one["decision"]["steps"], ["step", "sentence"], as_json=False)
