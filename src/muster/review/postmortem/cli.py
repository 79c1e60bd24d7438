"""`muster postmortem`: read, write section by section, publish."""

from pathlib import Path
from typing import Annotated, Any

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, Limit, show_one, show_rows

Id = Annotated[str, typer.Argument(help="The incident: INC-42 or 42.")]
Why = Annotated[str, typer.Option(help="The reason.")]

postmortem = typer.Typer(help="Postmortems: what we learned.", no_args_is_help=True)


@postmortem.command("list")
def list_postmortems(
    context: typer.Context,
    state: Annotated[str, typer.Option(help="draft, in_review or published (default: all).")] = "",
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """All of them, newest first."""
    asked = {"state": state} if state else {}
    rows = client_of(context).every("/postmortems", limit=limit, **asked)
    show_rows(rows, ["incident", "severity", "state", "author", "title"], as_json=as_json)


@postmortem.command("show")
def show(context: typer.Context, incident: Id, as_json: AsJson = False) -> None:
    """One of them, as Markdown."""
    found = client_of(context).get(f"/incidents/{incident}/postmortem")
    if as_json:
        show_one(found, as_json=True)
        return
    typer.echo(markdown_of(found))


def markdown_of(found: dict[str, Any]) -> str:
    """A postmortem as one Markdown text; what nobody wrote yet says its question."""
    parts = [f"# {found['incident']} {found['title']}"]
    for section in found["sections"]:
        text = section["text"] if section["written"] else f"_{section['asks']}_"
        parts.append(f"## {section['title']}\n\n{text}")
    if found["actions"]:
        parts.append("\n".join(f"- {item}" for item in found["actions"]))
    return "\n".join(_inert(line) for line in "\n\n".join(parts).splitlines())


def _inert(line: str) -> str:
    """A line without what could move the terminal's cursor."""
    return "".join(c if c.isprintable() else " " for c in line)


@postmortem.command("draft")
def draft(context: typer.Context, incident: Id, as_json: AsJson = False) -> None:
    """Ask for one where nothing made it due."""
    show_one(client_of(context).post(f"/incidents/{incident}/postmortem", {}), as_json=as_json)


@postmortem.command("write")
def write(
    context: typer.Context,
    incident: Id,
    section: Annotated[str, typer.Argument(help="Its key, for example went_well.")],
    text: Annotated[str, typer.Argument(help="The new text, Markdown.")] = "",
    file: Annotated[
        Path | None, typer.Option(help="A file with the text.", exists=True, dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replace one section; refused when somebody saves it meanwhile."""
    client, path = client_of(context), f"/incidents/{incident}/postmortem"
    sections = {one["key"]: one for one in client.get(path)["sections"]}
    if section not in sections or sections[section]["version"] is None:
        known = ", ".join(key for key, one in sections.items() if one["version"] is not None)
        raise typer.BadParameter(f"there is no section {section} to write in; there are: {known}")
    body = file.read_text("utf-8") if file is not None else text
    said = {"text": body, "version": sections[section]["version"]}
    show_one(client.patch(f"{path}/sections/{section}", said), as_json=as_json)


@postmortem.command("submit")
def submit(context: typer.Context, incident: Id, as_json: AsJson = False) -> None:
    """Hand it in for review."""
    show_one(client_of(context).post(f"/incidents/{incident}/postmortem/submit"), as_json=as_json)


@postmortem.command("publish")
def publish(context: typer.Context, incident: Id, as_json: AsJson = False) -> None:
    """Publish what was reviewed."""
    show_one(client_of(context).post(f"/incidents/{incident}/postmortem/publish"), as_json=as_json)


@postmortem.command("return")
def give_back(context: typer.Context, incident: Id, why: Why, as_json: AsJson = False) -> None:
    """Give it back to its author; say why."""
    answer = client_of(context).post(f"/incidents/{incident}/postmortem/return", {"why": why})
    show_one(answer, as_json=as_json)


@postmortem.command("withdraw")
def withdraw(context: typer.Context, incident: Id, why: Why, as_json: AsJson = False) -> None:
    """Take back what was published; say why."""
    answer = client_of(context).post(f"/incidents/{incident}/postmortem/withdraw", {"why": why})
    show_one(answer, as_json=as_json)


@postmortem.command("waive")
def waive(context: typer.Context, incident: Id, why: Why, as_json: AsJson = False) -> None:
    """Excuse the organisation from it; say why."""
    answer = client_of(context).post(f"/incidents/{incident}/postmortem/waive", {"why": why})
    show_one(answer, as_json=as_json)
