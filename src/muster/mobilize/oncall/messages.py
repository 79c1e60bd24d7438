"""What a notice says: worded once, in the time of its reader, dressed by each channel."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.ports.contact_form import Message
from muster.core.wallclock import zone
from muster.evaluate.models import AlertGroup
from muster.evaluate.queries import groups
from muster.foundation.access.models import Person
from muster.foundation.access.queries import arrival_of
from muster.mobilize.oncall.models import CoverRequest, HandoffNote, Notice, Schedule
from muster.mobilize.oncall.notice_words import headline
from muster.mobilize.oncall.queries import text_of

_ALERTS_TOLD = 5
_MOMENTS = ("start", "end", "back_start", "back_end", "was_start", "was_end")
_PERSONS = ("asker", "answered_by", "person")


def message_for(notice: Notice) -> Message:
    """The message of one notice (engine side: it goes to its own person)."""
    with translation.override(settings.LANGUAGE_CODE):
        facts = _facts(notice)
        said = headline(notice.kind, facts)
        base_url = settings.BASE_URL.rstrip("/")
        return Message(
            key=f"notice-{sha256(notice.key.encode()).hexdigest()[:32]}",
            delivery=f"NT-{notice.pk}",
            page="",
            person=notice.person.handle,
            person_name=notice.person.name,
            subject=notice.about,
            headline=said,
            summary=said,
            urgency="low",
            url=f"{base_url}{_path(notice, facts)}",
            created_at=notice.created_at,
            lines=tuple(_lines(notice, facts)),
            open_label=_("Open"),
            footer=_("You get this because you take turns on call, or answer for those who do."),
            kind="notice",
        )


def _facts(notice: Notice) -> dict[str, Any]:
    facts = dict(notice.facts)
    if "schedule" in facts:
        schedule = Schedule.objects.get(pk=facts["schedule"])
        facts |= {"schedule": schedule.name, "handle": schedule.handle}
        facts |= {"schedule_id": schedule.pk, "team_id": schedule.team_id}
    for name in _MOMENTS:
        if name in facts:
            facts[name] = wall(datetime.fromisoformat(facts[name]), notice.person.timezone)
    for name in _PERSONS:
        if name in facts:
            facts[name] = Person.objects.get(pk=facts[name]).name
    if "people" in facts:
        known = Person.objects.in_bulk(facts["people"])
        facts["people"] = ", ".join(known[pk].name for pk in facts["people"]) or _("nobody")
    return facts


def wall(at: datetime, timezone: str) -> str:
    """A moment on somebody's wall, with its zone: "Sat 10 Oct, 09:00 (Europe/Madrid)"."""
    local = at.astimezone(zone(timezone))
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M} ({timezone})"


def _lines(notice: Notice, facts: Mapping[str, Any]) -> list[str]:
    lines = [str(line) for line in facts.get("lines", ())]
    if "back_start" in facts:
        lines.append(_("In return they take yours from %(back_start)s to %(back_end)s.") % facts)
    if notice.kind in ("shift_begins", "shift_began"):
        note = HandoffNote.objects.filter(schedule_id=facts["schedule_id"]).order_by("-id").first()
        if note is not None and (said := text_of(note)):
            lines.append(_("%(name)s left this note: %(note)s") % {"name": note.person.name, "note": said})
    if notice.kind in ("shift_began", "shift_ended"):
        lines += _open_alerts(notice, facts["team_id"])
    if notice.kind.startswith("zone_moved"):
        lines += _moved(facts)
    if notice.kind == "cover_asked":
        request = CoverRequest.objects.get(pk=int(notice.about.partition(":")[2]))
        if request.state == "asked" and (said := text_of(request)):
            lines.append(said)
    return lines


def _open_alerts(notice: Notice, team_id: int | None) -> list[str]:
    """What is open of the team's services now, as this person may see it."""
    if team_id is None:
        return []
    rows = groups(arrival_of(notice.person_id).actor).filter(
        service__team_id=team_id, state__in=("triggered", "acknowledged")
    )
    count = rows.count()
    if not count:
        return [_("Nothing is open.")]
    said = ngettext("%(count)s alert is open:", "%(count)s alerts are open:", count) % {"count": count}
    return [said, *(_alert(group) for group in rows[:_ALERTS_TOLD])]


def _alert(group: AlertGroup) -> str:
    if group.state == "acknowledged" and group.acknowledged_by is not None:
        held = _("%(name)s has it") % {"name": group.acknowledged_by.name}
    else:
        held = _("nobody has it")
    return f"{group.public_id} {group.service.name}: {group.summary} ({held})"


def _moved(facts: Mapping[str, Any]) -> list[str]:
    """What was, how many more; the release, to look up why."""
    lines = [_("It was %(was_start)s to %(was_end)s.") % facts]
    if (more := facts["count"] - 1) > 0:
        words = ngettext("%(count)s more shift moves.", "%(count)s more shifts move.", more)
        lines.append(words % {"count": more})
    return [
        *lines,
        _("The new data are tzdata %(release)s: somewhere a government changed its clocks.") % facts,
    ]


def _path(notice: Notice, facts: Mapping[str, Any]) -> str:
    if notice.kind.startswith("cover_") or notice.kind == "away_yourself":
        return "/my-oncall"
    if notice.kind in ("contact_lost", "unreachable_yourself"):
        return "/settings/me"
    if notice.kind == "person_left":
        return f"/people/{facts['left']}"
    if notice.kind == "policy_changed":
        return f"/settings/policies/{facts['policy_handle']}"
    return f"/oncall/{facts['handle']}" if "handle" in facts else "/readiness"
