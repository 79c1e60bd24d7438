"""What a notice says: worded once, in the time of its reader, dressed by each channel."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from muster.core.ports.contact_form import Message
from muster.core.wallclock import zone
from muster.foundation.access.models import Person
from muster.mobilize.oncall.models import CoverRequest, HandoffNote, Notice, Schedule
from muster.mobilize.oncall.queries import text_of


def message_for(notice: Notice) -> Message:
    """The message of one notice (engine side: it goes to its own person)."""
    with translation.override(settings.LANGUAGE_CODE):
        facts = _facts(notice)
        headline = _HEADLINES[notice.kind](facts)
        base_url = settings.BASE_URL.rstrip("/")
        return Message(
            key=f"notice:{notice.key}",
            delivery=f"NT-{notice.pk}",
            page="",
            person=notice.person.handle,
            person_name=notice.person.name,
            subject=notice.about,
            headline=headline,
            summary=headline,
            urgency="low",
            url=f"{base_url}{_path(notice, facts)}",
            created_at=notice.created_at,
            lines=tuple(_lines(notice, facts)),
            open_label=_("Open"),
            footer=_("You get this because you take turns on call."),
            kind="notice",
        )


def _facts(notice: Notice) -> dict[str, Any]:
    facts = dict(notice.facts)
    schedule = Schedule.objects.get(pk=facts["schedule"])
    facts |= {"schedule": schedule.name, "handle": schedule.handle, "schedule_id": schedule.pk}
    for name in ("start", "end", "back_start", "back_end"):
        if name in facts:
            facts[name] = wall(datetime.fromisoformat(facts[name]), notice.person.timezone)
    for name in ("asker", "answered_by"):
        if name in facts:
            facts[name] = Person.objects.get(pk=facts[name]).name
    return facts


def wall(at: datetime, timezone: str) -> str:
    """A moment on somebody's wall, with its zone: "Sat 10 Oct, 09:00 (Europe/Madrid)"."""
    local = at.astimezone(zone(timezone))
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M} ({timezone})"


_HEADLINES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "shift_begins": lambda f: _("You are on call for %(schedule)s from %(start)s") % f,
    "cover_asked": lambda f: _("%(asker)s asks you to take %(schedule)s from %(start)s to %(end)s") % f,
    "cover_accepted": lambda f: _("%(answered_by)s takes %(schedule)s from %(start)s to %(end)s") % f,
    "cover_declined": lambda f: _("%(answered_by)s cannot take %(schedule)s from %(start)s") % f,
    "cover_withdrawn": lambda f: _("%(asker)s no longer asks for cover of %(schedule)s from %(start)s") % f,
    "cover_expired": lambda f: (
        _("Nobody took %(schedule)s from %(start)s: you are still on call. Ask again, or tell your manager.")
        % f
    ),
}


def _lines(notice: Notice, facts: Mapping[str, Any]) -> list[str]:
    lines = []
    if "back_start" in facts:
        lines.append(_("In return they take yours from %(back_start)s to %(back_end)s.") % facts)
    if notice.kind == "shift_begins":
        note = HandoffNote.objects.filter(schedule_id=facts["schedule_id"]).order_by("-id").first()
        if note is not None and (said := text_of(note)):
            lines.append(_("%(name)s left this note: %(note)s") % {"name": note.person.name, "note": said})
    if notice.kind == "cover_asked":
        request = CoverRequest.objects.get(pk=int(notice.about.partition(":")[2]))
        if request.state == "asked" and (said := text_of(request)):
            lines.append(said)
    return lines


def _path(notice: Notice, facts: Mapping[str, Any]) -> str:
    return "/my-oncall" if notice.kind.startswith("cover_") else f"/oncall/{facts['handle']}"
