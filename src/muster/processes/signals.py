"""`muster signals`: what became of every signal, counted by a query that is printed beside its answer."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from django.utils.module_loading import import_string

from muster.processes.opening import open_database
from muster.processes.schema import require_tables
from muster.processes.surroundings import enter_as

_WORDS = {
    "without_its_reason": "{number} signals have a disposition that lacks its reason; the first: {first}",
    "without_its_alert": "{number} signals name no alert that is there; the first: {first}",
    "counted_otherwise": "{number} alerts count otherwise than their signals; the first: ALR-{first}",
}


def signals(
    data: Annotated[
        Path | None, typer.Option(help="Data folder (default: MUSTER_DATABASE_URL, MUSTER_DATA).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object.")] = False,
) -> None:
    """Count what became of every signal, by disposition and reason; exit code 1 where something is amiss."""
    with open_database(data) as url:
        os.environ.setdefault("MUSTER_SECRET_KEY", "x" * 64)  # nothing is signed here
        enter_as(url)
        require_tables("detect_signal", "detect_alert")
        query = str(import_string("muster.detect.accounting.ACCOUNT"))
        found = import_string("muster.detect.accounting.account")()
    print(_object(query, found) if as_json else _table(query, found))
    raise typer.Exit(1 if found.amiss else 0)


def _object(query: str, found: Any) -> str:
    counted = [{name: getattr(line, name) for name in _COLUMNS} for line in found.lines]
    amiss = [{"what": one.what, "number": one.number, "first": one.first} for one in found.amiss]
    told = {"ok": not amiss, "signals": found.signals, "counted": counted, "amiss": amiss, "query": query}
    return json.dumps(told)


_COLUMNS = ("disposition", "reason", "signals")


def _table(query: str, found: Any) -> str:
    lines = [f"{line.disposition:<14} {line.reason:<24} {line.signals:>12}" for line in found.lines]
    amiss = [_WORDS[one.what].format(number=one.number, first=one.first) for one in found.amiss]
    verdict = amiss or ["Each has one disposition and its reason, and every alert counts its own."]
    head = "{:<14} {:<24} {:>12}".format(*_COLUMNS)
    return "\n".join([query, head, *lines, f"{found.signals} signals", *verdict])
