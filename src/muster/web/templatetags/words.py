"""The words beside the shapes: engine names (state, phase, role) to what people read, and lengths of time."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

Word = Promise | str

STATE_WORDS: Mapping[str, Word] = {
    "triggered": gettext_lazy("Triggered"),
    "acknowledged": gettext_lazy("Acknowledged"),
    "resolved": gettext_lazy("Resolved"),
    "done": gettext_lazy("Done"),
    "met": gettext_lazy("met"),
    "suppressed": gettext_lazy("Suppressed"),
    "grouped": gettext_lazy("Grouped"),
    "silenced": gettext_lazy("Silenced"),
    "todo": gettext_lazy("To do"),
    "operational": gettext_lazy("Operational"),
    "degraded": gettext_lazy("Degraded performance"),
    "partial": gettext_lazy("Partial outage"),
    "major": gettext_lazy("Major outage"),
    "maintenance": gettext_lazy("Under maintenance"),
    "unknown": gettext_lazy("Not known"),
}

PHASE_WORDS: Mapping[str, Word] = {
    "triage": gettext_lazy("Triage"),
    "mobilizing": gettext_lazy("Mobilizing"),
    "investigating": gettext_lazy("Investigating"),
    "mitigating": gettext_lazy("Mitigating"),
    "monitoring": gettext_lazy("Monitoring"),
    "resolved": gettext_lazy("Resolved"),
    "reviewing": gettext_lazy("Reviewing"),
    "closed": gettext_lazy("Closed"),
    "dismissed": gettext_lazy("Dismissed"),
    "merged": gettext_lazy("Merged"),
    "backlog": gettext_lazy("In backlog"),
}

ROLE_WORDS: Mapping[str, Word] = {
    "incident_commander": gettext_lazy("Commander"),
    "operations_lead": gettext_lazy("Operations lead"),
    "communications_lead": gettext_lazy("Communications lead"),
    "scribe": gettext_lazy("Scribe"),
    "planning_lead": gettext_lazy("Planning lead"),
    "subject_matter_expert": gettext_lazy("Expert"),
}


def word(words: Mapping[str, Word], name: str) -> str:
    """The word for `name`; a name the table lacks is shown as it is, without underscores."""
    known = words.get(name)
    return str(known) if known is not None else name.replace("_", " ").capitalize()


def initials(name: str) -> str:
    """Up to two letters: the first of the first and of the last word, e.g. "Mara Lindqvist" gives "ML"."""
    parts = [part for part in name.split() if part[:1].isalnum()]
    if not parts:
        return "?"
    return (parts[0][0] + (parts[-1][0] if len(parts) > 1 else "")).upper()


def hue(key: object) -> int:
    """A person's colour, 1 to 8, by hash of the id and never by choice; the same in every process."""
    return sha256(str(key).encode()).digest()[0] % 8 + 1


def looks(person: Mapping[str, Any]) -> tuple[str, int]:
    """Initials and colour of a person dict; `initials` and `hue` win where given, else name and id decide."""
    name = str(person.get("name", ""))
    key = person.get("id") or person.get("handle") or name
    return str(person.get("initials") or initials(name)), int(person.get("hue") or hue(key))


def left(length: timedelta) -> str:
    """A clock's remaining time: `07:41` below an hour, `3 h 40` below two days, then `14 days`."""
    seconds = max(0, int(length.total_seconds()))
    if seconds < 3600:
        return f"{seconds // 60:02d}:{seconds % 60:02d}"
    if seconds < 172_800:
        return _("%(hours)d h %(minutes)02d") % {"hours": seconds // 3600, "minutes": seconds % 3600 // 60}
    days = seconds // 86_400
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def length(value: timedelta | float) -> str:
    """A length in words with at most two units: `41 s`, `3 min 12 s`, `35 min`, `9 h 12 min`, `6 days`."""
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value)
    if seconds < 60:
        return _("%(s)d s") % {"s": seconds}
    if seconds < 3600:
        rest = seconds % 60
        if rest == 0 or seconds >= 600:
            return _("%(m)d min") % {"m": seconds // 60}
        return _("%(m)d min %(s)d s") % {"m": seconds // 60, "s": rest}
    if seconds < 172_800:
        minutes = seconds % 3600 // 60
        if minutes == 0:
            return _("%(h)d h") % {"h": seconds // 3600}
        return _("%(h)d h %(m)d min") % {"h": seconds // 3600, "m": minutes}
    days = seconds // 86_400
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def clock_face(clock: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What a clock dict shows at `now`.

    Answers `state` (calm, soon, over, met), `text` (left, over or "met in ..."), `percent` of fuse left.
    Soon = below a quarter of the whole time; without `started_at` the fuse is full until it is over.
    """
    due: datetime = clock["due_at"]
    started: datetime | None = clock.get("started_at")
    met: datetime | None = clock.get("met_at")
    if met is not None:
        text = _("met in %(time)s") % {"time": left(met - started)} if started else _("met")
        return {"state": "met", "text": text, "percent": 100}
    remaining = due - now
    if remaining <= timedelta(0):
        return {"state": "over", "text": _("%(time)s over") % {"time": left(-remaining)}, "percent": 100}
    share = remaining / (due - started) if started and due > started else 1.0
    percent = round(100 * min(1.0, share), 1)
    return {"state": "soon" if share < 0.25 else "calm", "text": left(remaining), "percent": percent}
