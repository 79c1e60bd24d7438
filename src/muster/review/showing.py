"""What the screens of review show alike: people, clocks, lengths of time (dicts of the design language)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from muster.core.permissions import Actor, Granted, Right, decide
from muster.core.wallclock import instant, wall_time, zone
from muster.foundation.access.models import Person

Dict = dict[str, Any]
MINUTE = timedelta(minutes=1)
LOCAL = "%Y-%m-%dT%H:%M"


def person_dict(person: Person | None, actor: Actor) -> Dict | None:
    """A person as the templates draw them; None is nobody."""
    if person is None:
        return None
    return {
        "name": person.name,
        "id": str(person.pk),
        "handle": person.handle,
        "you": person.pk == actor.id,
    }


def may(actor: Actor, right: Right, *, own: int | None = None) -> bool:
    """Whether a control is this actor's to use; one that is not is not shown."""
    return isinstance(decide(actor, right, own=own), Granted)


def clock_dict(label: str, due_at: datetime, started_at: datetime | None, **more: Any) -> Dict:
    """A clock with its fuse."""
    return {"label": label, "due_at": due_at, "started_at": started_at, **more}


def options(pairs: Iterable[tuple[str, str]], chosen: str) -> list[Dict]:
    """The options of a select: pairs of value and word."""
    return [{"value": value, "word": word, "chosen": value == chosen} for value, word in pairs]


def local_text(at: datetime | None, timezone: str) -> str:
    """An instant as `datetime-local` fields write it, in somebody's zone; empty for None."""
    return wall_time(at, zone(timezone)).strftime(LOCAL) if at is not None else ""


def local_instant(text: str, timezone: str) -> datetime | None:
    """What a `datetime-local` or `date` field says in somebody's zone; None when it says nothing.

    A date alone means the end of that day.

    Raises:
        ValueError: it is no such time.
    """
    words = text.strip()
    if not words:
        return None
    if len(words) == len("2026-01-01"):
        return instant(datetime.fromisoformat(words) + timedelta(hours=23, minutes=59), zone(timezone))
    when = datetime.fromisoformat(words)
    if when.tzinfo is not None:
        return when
    return instant(when, zone(timezone))


def zone_of(actor: Actor) -> str:
    """The time zone in which somebody reads and writes."""
    return Person.objects.values_list("timezone", flat=True).filter(pk=actor.id or 0).first() or "UTC"
