"""`/integrations/HANDLE/rehearsal`: what a payload would bring about, changing nothing (design section 6)."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from ninja import Router
from ninja.errors import HttpError
from pydantic import Field

from muster.core.intake import IntakeReason
from muster.core.permissions import Right, require
from muster.core.ports.source_form import Door, Source
from muster.core.refusal import Refused
from muster.core.unreadable import Unreadable
from muster.detect import source_kinds
from muster.detect.models import Integration
from muster.detect.queries import integration_of, recent_payloads
from muster.detect.reasons import Detect
from muster.detect.words import DISPOSITIONS, INTAKE, MENDING
from muster.evaluate import rehearsal, words
from muster.evaluate.api_alerts import StepOut, shown_step
from muster.evaluate.rehearsal import Foreseen
from muster.foundation.access.http import Body, Shown
from muster.foundation.access.requests import Request
from muster.web.replay.last_payloads import replay
from muster.web.replay.rehearsal import Rehearsed, rehearse

router = Router(tags=["integrations"])

_LONGEST_CHARS = 16_000_000


class RehearsalIn(Body):
    """A request as its sender would send it: `payload` is JSON, or its exact text; `base64` its exact bytes.

    `door` names one of the kind's doors; without it, the first that understands the payload. `mapping` is
    tried in the place of the integration's own.
    """

    payload: Any = None
    base64: str = Field("", max_length=_LONGEST_CHARS)
    headers: dict[str, str] = Field(default_factory=dict)
    door: str = Field("", max_length=100)
    mapping: dict[str, str] | None = None


class AnswerOut(Shown):
    """What the sender would hear."""

    status: int
    body: str


class UnreadableOut(Shown):
    """Why the payload could not be read, and what to change."""

    reason: str
    sentence: str
    errors: list[str]
    advice: str


class DecisionOut(Shown):
    """What would be decided about the alert, every step with its reason, as it would be stored."""

    outcome: str
    summary: str
    service: str
    policy: str
    urgency: str
    declare: str
    held_by: str
    steps: list[StepOut]


class SignalOut(Shown):
    """One thing that the payload says, and what would become of it; `alert` is the open one, if there is."""

    action: str
    dedup_key: str
    summary: str
    severity: str
    source: str
    component: str
    labels: dict[str, str]
    disposition: str
    reason: str
    sentence: str
    alert: str | None
    decision: DecisionOut | None


class RehearsalOut(Shown):
    """What would happen: nothing has."""

    integration: str
    kind: str
    door: str
    answer: AnswerOut
    unreadable: UnreadableOut | None
    signals: list[SignalOut]


class ReplayIn(Body):
    """How many of the last payloads, and a mapping to try in the place of the integration's own."""

    last: int = Field(5, ge=1, le=20)
    mapping: dict[str, str] | None = None


class ReplayedOut(RehearsalOut):
    """One payload, and what would happen."""

    payload: Any


class ReplayOut(Shown):
    """Newest first: nothing has happened."""

    items: list[ReplayedOut]


@router.post("/integrations/{handle}/rehearsal", response=RehearsalOut)
def rehearse_payload(request: Request, handle: str, given: RehearsalIn) -> dict[str, Any]:
    """What the door, the mapping and the evaluation would make of a payload, changing nothing."""
    arrival = request.arrival
    integration = integration_of(arrival.actor, handle)
    source = source_kinds.source_needed(integration.kind)
    if given.mapping is not None:
        source_kinds.check(integration.kind, given.mapping)
    mapping: Mapping[str, str] = integration.mapping if given.mapping is None else given.mapping
    done = rehearse(source, _door(source, given.door), mapping, given.headers, _body(given))
    foreseen = rehearsal.foresee(integration, done.signals, actor=arrival.actor, at=arrival.at)
    return _told(integration, done, foreseen)


@router.post("/integrations/{handle}/replay", response=ReplayOut)
def replay_last(request: Request, handle: str, given: ReplayIn) -> dict[str, Any]:
    """What the last payloads of an integration would bring about if they came now, changing nothing."""
    arrival = request.arrival
    integration = integration_of(arrival.actor, handle)
    require(arrival.actor, Right.EDIT_TEAM, team=integration.service.team_id)
    mapping = integration.mapping if given.mapping is None else given.mapping
    payloads = recent_payloads(integration, given.last)
    done = replay(integration, mapping, payloads, actor=arrival.actor, at=arrival.at)
    return {"items": [_told(integration, one.done, one.foreseen) | {"payload": one.payload} for one in done]}


def _told(integration: Integration, done: Rehearsed, foreseen: Sequence[Foreseen]) -> dict[str, Any]:
    return {
        "integration": integration.handle,
        "kind": integration.kind,
        "door": done.door,
        "answer": {"status": done.status, "body": done.body.decode("utf-8", "replace")},
        "unreadable": _unreadable(done),
        "signals": [_signal(one) for one in foreseen],
    }


def _door(source: Source, name: str) -> Door | None:
    if not name:
        return None
    found = {door.name: door for door in source.doors}
    if name not in found:
        raise Refused(Detect.DOOR_UNKNOWN, {"door": name, "known": ", ".join(found)})
    return found[name]


def _body(given: RehearsalIn) -> bytes:
    if given.base64:
        try:
            return base64.b64decode(given.base64, validate=True)
        except (binascii.Error, ValueError):
            raise HttpError(400, _("`base64` is not base64.")) from None
    if isinstance(given.payload, str):
        return given.payload.encode()
    return json.dumps(given.payload, ensure_ascii=False).encode()


def _unreadable(done: Rehearsed) -> dict[str, Any] | None:
    found: Unreadable | None = done.unread
    if found is None:
        return None
    reason = IntakeReason(found.reason)
    return {
        "reason": reason.value,
        "sentence": str(INTAKE[reason]),
        "errors": list(found.errors),
        "advice": str(MENDING[reason]),
    }


def _signal(one: Foreseen) -> dict[str, Any]:
    signal, outcome = one.signal, one.outcome
    return {
        "action": signal.action.value,
        "dedup_key": signal.dedup_key,
        "summary": signal.summary,
        "severity": signal.severity.value,
        "source": signal.source,
        "component": signal.component,
        "labels": dict(signal.labels),
        "disposition": outcome.disposition.value,
        "reason": outcome.reason.value,
        "sentence": _("It %(disposition)s: %(reason)s.")
        % {"disposition": DISPOSITIONS[outcome.disposition], "reason": INTAKE[outcome.reason]},
        "alert": one.alert.public_id if one.alert is not None else None,
        "decision": _decision(one),
    }


def _decision(one: Foreseen) -> dict[str, Any] | None:
    if one.decision is None:
        return None
    said = rehearsal.as_json(one.decision)
    return said | {
        "summary": words.summary(said["outcome"], said["urgency"], said["held_by"]),
        "steps": [shown_step(step) for step in said["steps"]],
    }
