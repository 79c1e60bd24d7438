"""What was changed on a service, told by its senders, by a person or by a pipeline (R36)."""

from collections.abc import Iterable
from datetime import datetime

from muster.core.change import Change
from muster.core.permissions import Actor, ActorKind, Right, require
from muster.core.refusal import Refused
from muster.core.signals import Action, Link, Signal, make_signal
from muster.detect.commands.intake_sql import Sender
from muster.detect.commands.sifting import Line
from muster.detect.models import ChangeEvent
from muster.detect.reasons import Detect
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.pen import command, record, record_many

_BY_HAND = "told"
"""The key of changes that no sender told of: each is another one."""
_Told = tuple[int, str, str, datetime]


@command
def note_change(
    service_id: int,
    *,
    actor: Actor,
    at: datetime,
    summary: str,
    changed_at: datetime | None = None,
    source: str = "",
    url: str = "",
) -> ChangeEvent:
    """Keep that something was changed on a service; `changed_at` is when, now unless said.

    Raises:
        Refused: not a responder, the service is retired, or nothing is said.
    """
    require(actor, Right.RESPOND)
    service = Service.objects.visible_to(actor).get(pk=service_id)
    if service.retired_at is not None:
        raise Refused(Detect.SERVICE_RETIRED, {"service": service.handle})
    if not summary.strip():
        raise Refused(Detect.CHANGE_UNSAID)
    links = [Link(url)] if url else []
    told = make_signal(
        Action.CHANGE, _BY_HAND, summary=summary, source=source, links=links, occurred_at=changed_at
    )
    return record(_row(None, service_id, told, at), _change(None, service_id, told), actor=actor, at=at)


def note_changes(lines: Iterable[Line], at: datetime) -> None:
    """Keep what these signals tell was changed, once: a webhook that is sent again tells nothing new.

    Only what names its own time can be known again. Called within the intake's command.
    """
    told = {
        _what(sender, signal, at): (sender, signal)
        for line in lines
        for sender, signal in zip(line.senders, line.signals, strict=True)
        if signal.action is Action.CHANGE
    }
    if not told:
        return
    senders, keys = {what[0] for what in told}, {what[1] for what in told}
    rows = ChangeEvent.objects.filter(integration__in=senders, dedup_key__in=keys)
    known = set(rows.values_list("integration_id", "dedup_key", "summary", "changed_at"))
    fresh = [said for what, said in told.items() if what not in known]
    record_many(
        [_row(sender.id, sender.service_id, signal, at) for sender, signal in fresh],
        [_change(sender.id, sender.service_id, signal) for sender, signal in fresh],
        actor=[Actor(kind=ActorKind.INTEGRATION, id=sender.id) for sender, _ in fresh],
        at=at,
    )


def _what(sender: Sender, signal: Signal, at: datetime) -> _Told:
    return (sender.id, signal.dedup_key, signal.summary, signal.occurred_at or at)


def _row(integration_id: int | None, service_id: int, signal: Signal, at: datetime) -> ChangeEvent:
    return ChangeEvent(
        integration_id=integration_id,
        service_id=service_id,
        dedup_key=signal.dedup_key,
        source=signal.source,
        links=[{"href": link.href, "text": link.text} for link in signal.links],
        labels=dict(signal.labels),
        changed_at=signal.occurred_at or at,
    )


def _change(integration_id: int | None, service_id: int, signal: Signal) -> Change:
    facts = {"service": service_id, "integration": integration_id}
    return Change("change.noted", {"summary": signal.summary}, facts, text={"summary": signal.summary})
