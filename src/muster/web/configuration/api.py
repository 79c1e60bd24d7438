"""`/configuration/apply` and `/configuration/export` (design section 13)."""

from collections import Counter
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from ninja.errors import HttpError

from muster.foundation.access.http import Shown
from muster.foundation.access.requests import Request, base_url
from muster.web.configuration.commands import Outcome, apply_configuration
from muster.web.configuration.plan import Step
from muster.web.configuration.standing import export_configuration

router = Router(tags=["configuration"])

_BODY = {"requestBody": {"required": True, "content": {"application/yaml": {"schema": {"type": "string"}}}}}


class How(Schema):
    """`dry_run` shows the plan only; `prune` retires what an earlier apply made and the file leaves out."""

    dry_run: bool = False
    prune: bool = False


class StepOut(Shown):
    """One line of the plan: `create`, `change` (with `fields`), `leave`, `would_delete` or `retire`."""

    section: str
    handle: str
    action: str
    fields: list[str]


class NewKey(Shown):
    """The key of a new integration or heartbeat, and the address with it: shown this once."""

    handle: str
    key: str
    url: str


class NewSecret(Shown):
    """The signing secret that was made for a new webhook, shown this once."""

    handle: str
    secret: str


class Applied(Shown):
    """What was done, or would be."""

    dry_run: bool
    counts: dict[str, int]
    plan: list[StepOut]
    integrations: list[NewKey]
    heartbeats: list[NewKey]
    webhooks: list[NewSecret]


@router.post("/configuration/apply", response=Applied, openapi_extra=_BODY)
def apply(request: Request, how: Query[How]) -> dict[str, Any]:
    """Make things be as the file in the body says: all or nothing, the same again changes nothing."""
    try:
        text = request.body.decode("utf-8")
    except UnicodeDecodeError:
        raise HttpError(400, _("The file is not UTF-8.")) from None
    outcome = apply_configuration(
        text,
        actor=request.arrival.actor,
        at=request.arrival.at,
        base_url=base_url(request),
        dry_run=how.dry_run,
        prune=how.prune,
    )
    return _applied(outcome)


@router.get(
    "/configuration/export", openapi_extra={"responses": {200: {"content": {"application/yaml": {}}}}}
)
def export(request: Request) -> HttpResponse:
    """The live configuration as a file that `apply` reads back."""
    return HttpResponse(export_configuration(request.arrival.actor), content_type="application/yaml")


def _applied(outcome: Outcome) -> dict[str, Any]:
    return {
        "dry_run": outcome.is_dry_run,
        "counts": dict(Counter(step.action.value for step in outcome.plan)),
        "plan": [_step(step) for step in outcome.plan],
        "integrations": list(outcome.shown.get("integrations", ())),
        "heartbeats": list(outcome.shown.get("heartbeats", ())),
        "webhooks": list(outcome.shown.get("webhooks", ())),
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "section": step.section.name,
        "handle": step.handle,
        "action": step.action.value,
        "fields": [field.rstrip("_") for field in step.fields],
    }
