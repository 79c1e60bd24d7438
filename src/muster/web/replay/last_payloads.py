"""The last payloads of an integration, replayed dry through its own door: nothing is changed by it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from muster.core.permissions import Actor
from muster.core.ports.source_form import Source
from muster.detect import source_kinds
from muster.detect.models import Integration
from muster.evaluate import rehearsal
from muster.evaluate.rehearsal import Foreseen
from muster.web.keys import KEY_CHARS
from muster.web.replay.rehearsal import Rehearsed, rehearse


@dataclass(frozen=True, slots=True)
class Replayed:
    """What the door would make of a payload, and what would follow."""

    payload: Any
    done: Rehearsed
    foreseen: tuple[Foreseen, ...]

    @property
    def errors(self) -> tuple[str, ...]:
        """Why it would be rejected; nothing where it would not."""
        unread = self.done.unread
        return () if unread is None else unread.errors or (unread.in_words(),)


def replay(
    integration: Integration,
    mapping: Mapping[str, str],
    payloads: Sequence[Any],
    *,
    actor: Actor,
    at: datetime,
) -> list[Replayed]:
    """What these payloads would bring about with this mapping, each on its own.

    Raises:
        Refused: this version lacks the integration's kind, or its sender takes no such mapping.
    """
    source_kinds.check(integration.kind, mapping)
    source = source_kinds.source_needed(integration.kind)
    found = []
    for payload in payloads:
        body = json.dumps(_with_key(source, payload), ensure_ascii=False).encode("utf-8", "replace")
        done = rehearse(source, None, mapping, {}, body)
        foreseen = rehearsal.foresee(integration, done.signals, actor=actor, at=at)
        found.append(Replayed(payload, done, tuple(foreseen)))
    return found


def _with_key(source: Source, payload: Any) -> Any:
    """The payload with a key where its door looks for one in the body: no key is kept with what is stored."""
    place, _, member = source.doors[0].key_location.partition(":")
    if place != "body" or not isinstance(payload, dict):
        return payload
    return payload | {member: "0" * KEY_CHARS}
