"""`/webhooks`: machines that a step of an escalation policy tells (design 7)."""

from datetime import datetime
from typing import Any

from ninja import Query, Router, Status
from pydantic import Field

from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.requests import Request
from muster.foundation.catalog.commands import restore, retire
from muster.mobilize.paging import commands
from muster.mobilize.paging.models import Webhook
from muster.mobilize.paging.queries import webhook_of, webhooks

router = Router(tags=["policies"])


class WebhookOut(Shown):
    """A webhook. Of its address only the host is shown: the rest may be a secret."""

    handle: str
    name: str
    host: str
    retired_at: datetime | None


class WebhookMade(WebhookOut):
    """A webhook with a new secret, shown this once, by which its receiver verifies what we tell it."""

    secret: str


class WebhookPage(Shown):
    """Newest first."""

    items: list[WebhookOut]
    next: str | None


class WebhookIn(Body):
    """A new webhook. Without a `secret` one is made."""

    handle: str
    name: str = Field(max_length=120)
    url: str = Field(max_length=2048)
    secret: str = Field("", max_length=128)


class WebhookChange(Body):
    """What to change; what is absent stays."""

    name: str | None = Field(None, max_length=120)
    url: str | None = Field(None, max_length=2048)
    secret: str | None = Field(None, max_length=128)


@router.get("/webhooks", response=WebhookPage)
def list_webhooks(request: Request, asked: Query[Paging]) -> dict[str, Any]:
    """All webhooks, retired ones too."""
    return page_of(webhooks(request.arrival.actor), asked, _shown)


@router.get("/webhooks/{handle}", response=WebhookOut)
def webhook(request: Request, handle: str) -> dict[str, Any]:
    """One webhook."""
    return _shown(webhook_of(request.arrival.actor, handle))


@router.post("/webhooks", response={201: WebhookMade})
def add_webhook(request: Request, given: WebhookIn) -> Status[dict[str, Any]]:
    """Add a webhook; what it is told is signed as Standard Webhooks are."""
    arrival = request.arrival
    row = commands.add_webhook(actor=arrival.actor, at=arrival.at, **given.model_dump())
    return Status(201, _shown(row) | {"secret": row.target["secret"]})


@router.patch("/webhooks/{handle}", response=WebhookOut)
def change_webhook(request: Request, handle: str, given: WebhookChange) -> dict[str, Any]:
    """Change name, address or secret."""
    arrival = request.arrival
    row = webhook_of(arrival.actor, handle)
    changes = given.model_dump(exclude_unset=True, exclude_none=True)
    return _shown(commands.change_webhook(row.pk, changes, actor=arrival.actor, at=arrival.at))


@router.post("/webhooks/{handle}/rotate", response=WebhookMade)
def rotate_webhook_secret(request: Request, handle: str) -> dict[str, Any]:
    """Make a new secret; what is told from then on is signed with it."""
    arrival = request.arrival
    row = webhook_of(arrival.actor, handle)
    return _shown(row) | {"secret": commands.rotate_secret(row.pk, actor=arrival.actor, at=arrival.at)}


@router.post("/webhooks/{handle}/retire", response={204: None})
def retire_webhook(request: Request, handle: str) -> Status[None]:
    """Take it out of use; refused while a policy names it."""
    arrival = request.arrival
    retire(Webhook, webhook_of(arrival.actor, handle).pk, actor=arrival.actor, at=arrival.at)
    return Status(204, None)


@router.post("/webhooks/{handle}/restore", response={204: None})
def restore_webhook(request: Request, handle: str) -> Status[None]:
    """Undo retiring."""
    arrival = request.arrival
    restore(Webhook, webhook_of(arrival.actor, handle).pk, actor=arrival.actor, at=arrival.at)
    return Status(204, None)


def _shown(row: Webhook) -> dict[str, Any]:
    return {
        "handle": row.handle,
        "name": row.name,
        "host": row.host,
        "retired_at": row.retired_at,
    }
