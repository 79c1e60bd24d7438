"""Whom a step of a policy can name: found by words, and drawn with name and kind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from muster.core.permissions import Actor
from muster.core.policy import TargetKind
from muster.foundation.access.models import Person
from muster.foundation.catalog.models import Position, Team
from muster.mobilize.escalation.models import Policy
from muster.mobilize.oncall.models import Schedule
from muster.mobilize.paging.models import Webhook

Dict = dict[str, Any]
_MOST: Final = 8


@dataclass(frozen=True, slots=True)
class _Kind:
    model: Any
    icon: str
    word: Any


KINDS: Final[Mapping[TargetKind, _Kind]] = {
    TargetKind.SCHEDULE: _Kind(Schedule, "calendar", _("who is on call")),
    TargetKind.PERSON: _Kind(Person, "user", _("a person")),
    TargetKind.TEAM: _Kind(Team, "users", _("everybody in the team")),
    TargetKind.MANAGER: _Kind(Team, "crown", _("the team's manager")),
    TargetKind.ON_CALL_MANAGER: _Kind(Schedule, "phone-outgoing", _("the manager of whoever is on call")),
    TargetKind.POSITION: _Kind(Position, "tag", _("who holds the position")),
    TargetKind.POLICY: _Kind(Policy, "waypoints", _("goes on with that policy")),
    TargetKind.WEBHOOK: _Kind(Webhook, "webhook", _("a machine, which reaches nobody")),
}
"""Every kind of target, in the order in which a search shows them."""


_PLAIN: Final = frozenset({TargetKind.SCHEDULE, TargetKind.PERSON})
"""Kinds whose name alone says who is meant."""


def found(words: str, actor: Actor, *, besides: Iterable[str] = (), itself: str = "") -> list[Dict]:
    """What can be notified and has all these words in its name, its handle or its kind."""
    asked = words.lower().split()
    taken = {*besides, f"{TargetKind.POLICY}:{itself}"}
    hits: list[Dict] = []
    for kind, one in KINDS.items():
        said = str(one.word).lower()
        left = [word for word in asked if word not in said]
        wanted = Q()
        for word in left:
            wanted &= Q(name__icontains=word) | Q(handle__icontains=word)
        rows = one.model.objects.visible_to(actor).filter(wanted, retired_at__isnull=True)
        for row in rows.order_by("name")[:_MOST]:
            target = f"{kind}:{row.handle}"
            if target not in taken:
                hits.append(_drawn(target, kind, row))
    hits.sort(key=lambda hit: not hit["word"].lower().startswith(words.lower()))
    return hits[:_MOST]


def drawn(targets: Iterable[str], actor: Actor) -> dict[str, Dict]:
    """Each of these targets as it is drawn; one that is unknown stands as it was written."""
    handles: dict[TargetKind, set[str]] = {}
    for target in targets:
        kind, _sep, handle = target.partition(":")
        if kind in set(TargetKind):
            handles.setdefault(TargetKind(kind), set()).add(handle)
    return {
        f"{kind}:{row.handle}": _drawn(f"{kind}:{row.handle}", kind, row)
        for kind, wanted in handles.items()
        for row in KINDS[kind].model.objects.visible_to(actor).filter(handle__in=wanted)
    }


def unknown(target: str) -> Dict:
    """A target that nothing in use has."""
    return {"target": target, "word": target, "second": "", "icon": "circle-question-mark"}


def _drawn(target: str, kind: TargetKind, row: Any) -> Dict:
    shown = {"target": target, "word": row.name, "second": str(KINDS[kind].word), "icon": KINDS[kind].icon}
    shown["said"] = row.name if kind in _PLAIN else f"{row.name}, {shown['second']}"
    if kind is TargetKind.PERSON:
        shown["person"] = {"name": row.name, "id": str(row.pk), "handle": row.handle}
    return shown
