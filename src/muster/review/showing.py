"""What the screens of review show alike: people, clocks, lengths of time (dicts of the design language)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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


def number_word(count: int) -> str:
    """A small number as a heading begins with it: `Three`."""
    words = (_("No"), _("One"), _("Two"), _("Three"), _("Four"), _("Five"), _("Six"), _("Seven"))
    return words[count] if count < len(words) else str(count)


def length(span: timedelta) -> str:
    """A length of time with at most two units: `3 min 12 s`, `54 min`, `9 h 12 min`, `6 days`."""
    seconds = int(span.total_seconds())
    if seconds < 60:
        return _("%(s)d s") % {"s": seconds}
    if seconds < 600 and seconds % 60:
        return _("%(m)d min %(s)d s") % {"m": seconds // 60, "s": seconds % 60}
    if seconds < 7_200:
        return _("%(m)d min") % {"m": seconds // 60}
    if seconds < 172_800:
        return _("%(h)d h %(m)d min") % {"h": seconds // 3600, "m": seconds % 3600 // 60}
    return ngettext("%(n)d day", "%(n)d days", seconds // 86_400) % {"n": seconds // 86_400}


def figure_words(span: timedelta) -> tuple[str, str]:
    """A mean as figure and unit: `4:06` min, `68` min, `9.2` h, `10.2` days."""
    seconds = int(span.total_seconds())
    if seconds < 600:
        return f"{seconds // 60}:{seconds % 60:02d}", _("min")
    if seconds < 7_200:
        return str(seconds // 60), _("min")
    if seconds < 172_800:
        return f"{seconds / 3600:.1f}", _("h")
    return f"{seconds / 86_400:.1f}", _("days")


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
