"""`muster mitigate | resolve | reopen`."""

from typing import Annotated

import typer

from muster.foundation.access.client import client_of
from muster.foundation.access.terminal import AsJson, show_one

Id = Annotated[str, typer.Argument(help="INC-42 or 42.")]
Why = Annotated[str, typer.Option(help="The reason, where one is needed.")]


def mitigate(context: typer.Context, incident_id: Id, why: Why = "", as_json: AsJson = False) -> None:
    """State that the impact has stopped."""
    show_one(client_of(context).post(f"/incidents/{incident_id}/mitigate", {"why": why}), as_json=as_json)


def resolve(
    context: typer.Context,
    incident_id: Id,
    confirm: Annotated[
        list[str] | None, typer.Option(help="A check of the gate that you state to hold; several times.")
    ] = None,
    why: Why = "",
    open_alerts_reason: Annotated[str, typer.Option(help="Why linked alerts may stay open.")] = "",
    public_words: Annotated[str, typer.Option(help="What customers read on the status page.")] = "",
    as_json: AsJson = False,
) -> None:
    """Declare it resolved, through the gate. What is missing is named."""
    body = {
        "confirm": confirm or [],
        "why": why,
        "open_alerts_reason": open_alerts_reason,
        "public_words": public_words,
    }
    show_one(client_of(context).post(f"/incidents/{incident_id}/resolve", body), as_json=as_json)


def reopen(context: typer.Context, incident_id: Id, why: Why = "", as_json: AsJson = False) -> None:
    """Take it back to investigating; say why."""
    show_one(client_of(context).post(f"/incidents/{incident_id}/reopen", {"why": why}), as_json=as_json)
