"""What the command line prints: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs.")]
Limit = Annotated[int | None, typer.Option("--limit", min=1, help="At most so many (default: all).")]


def show_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """Print a list: as a table of these columns, or whole as a JSON list."""
    found = list(rows)
    if as_json:
        print_json(found)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column.replace("_", " "), overflow="fold")
    for row in found:
        table.add_row(*(Text(cell(row.get(column))) for column in columns))
    _console().print(table)


def show_one(row: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one object: a line for each field, or JSON."""
    if as_json:
        print_json(row)
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in row.items():
        table.add_row(name.replace("_", " "), Text(cell(value)))
    _console().print(table)


def print_json(value: Any) -> None:
    """One JSON document on standard output, for programs."""
    print(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None))


def cell(value: Any) -> str:
    """A value in a table. Control characters, which could move the terminal's cursor, are shown as spaces."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(cell(item) for item in value) or "-"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    text = str(value)
    return "".join(c if c.isprintable() else " " for c in text)


def _console() -> Console:
    """As wide as the terminal, or as the longest row where nobody watches: pipes must not wrap."""
    return Console(width=None if sys.stdout.isatty() else 10_000, soft_wrap=not sys.stdout.isatty())
