"""The war room as its templates read it (`respond/room.html`, `respond/ticket.html`): no rule lives here."""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from muster.core.obligations import Kind
from muster.core.permissions import Actor
from muster.core.phases import Phase
from muster.core.reading import is_web_address
from muster.core.roles import COMMANDER, SHARED, HeldHow
from muster.core.slash import FORMS, Verb
from muster.detect.models import ChangeEvent
from muster.foundation.access.models import Person
from muster.foundation.timeline.queries import Line
from muster.mobilize.escalation.commands import Presence
from muster.respond.statuspage.words import STATE_WORDS
from muster.respond.warroom.room import ListView, RoleLine, Room
from muster.respond.warroom.showing import Dict, entry_dict, head_of, length, owed_clock, person_dict, url_of

_FIGURE = re.compile(r"\s*(~?\d[\d.,]*\s?%?)\s+(.+)", re.DOTALL)
_HEADING = re.compile(r"^#{1,3}\s+(.+)$", re.MULTILINE)
_WORTH_SAYING = timedelta(minutes=1)
_HERE = (Presence.JOINED, Presence.READY)


def room_context(room: Room, lines: Iterable[Line], actor: Actor, *, kind: str = "") -> Dict:
    """Everything that the room's template asks for; `kind` is the filter of the timeline."""
    here = list(_here(room))
    is_here = any(one.pk == actor.id for one in here)
    tasks = [_task(room, row, actor) for row in room.tasks if row.state != "cancelled"]
    still = sum(row.state == "open" for row in room.tasks)
    return {
        "incident": head_of(room.incident, actor, _about(room)),
        "here": [person_dict(one, actor) for one in here],
        "here_count": len(here),
        "actions": list(_actions(room, is_here=is_here)),
        "banners": list(_banners(room, actor)),
        "strip": _strip(room, actor),
        "phases": [_stop(stop) for stop in room.stops],
        "known": _known(room),
        "changes": None,
        "entries": [entry_dict(line) for line in lines],
        "entry_filters": _filters(kind),
        "commands": list(_commands(room, is_here=is_here)),
        "command_url": url_of(room.incident, "line"),
        "may_command": room.may.work,
        "clocks": [owed_clock(one) for one in room.owed if one.due_at is not None],
        "roles": list(_roles(room, actor)),
        "assign_url": url_of(room.incident, "roles") if room.may.command and room.is_open else None,
        "checklist": _checklist(room),
        "tasks": tasks,
        "tasks_open": ngettext("%(n)d open", "%(n)d open", still) % {"n": still} if still else "",
        "task_url": url_of(room.incident, "tasks") if room.may.work else None,
        "similar": [
            {
                "severity": one.severity,
                "title": f"{one.public_id}, {one.title}",
                "second": length(one.resolved_at - one.declared_at) if one.resolved_at else "",
                "url": url_of(one),
            }
            for one in room.similar
        ],
        "deployed": [_deployed(room, one) for one in room.changes],
        "customers": [{"name": one.name, "second": "", "share": ""} for one in room.customers],
        "customers_count": len(room.customers),
        "places": list(_places(room)),
        "brief": list(_brief(room)),
    }


def ticket_context(room: Room, lines: Iterable[Line], actor: Actor, *, kind: str = "") -> Dict:
    """The same for SEV3 and SEV4, which are worked on as a ticket (design section 9)."""
    fix = next((one for one in room.owed if one.kind == Kind.FIX_BY), None)
    commander = room.incident.commander
    facts: list[Dict] = [
        {"word": _("Commander"), "value": commander.name if commander else _("Nobody commands")},
        *(
            {"word": _("Service"), "value": one.name, "url": f"/services/{one.handle}"}
            for one in room.services
        ),
    ]
    if room.incident.summary:
        facts.append({"word": _("Impact"), "value": room.incident.summary})
    clock = owed_clock(fix) if fix is not None else None
    return room_context(room, lines, actor, kind=kind) | {"facts": facts, "clock": clock}


def _here(room: Room) -> Iterator[Person]:
    """Who commands, and who has joined."""
    commander = room.incident.commander if room.is_open else None
    if commander is not None:
        yield commander
    for row in room.responders:
        if row.state in _HERE and row.person != commander:
            yield row.person


def _about(room: Room) -> str:
    teams = dict.fromkeys(one.team.name for one in room.services if one.team is not None)
    return ", ".join([*teams, *(one.name for one in room.services)])


def _actions(room: Room, *, is_here: bool) -> Iterator[Dict]:
    """At most one filled button: the step that is next."""
    incident, may = room.incident, room.may
    if may.work and room.is_open and not is_here:
        yield {"label": _("I am here"), "url": url_of(incident, "presence", "joined"), "style": "line"}
    if may.command and room.is_open:
        yield _link(_("Hand over"), url_of(incident, "handover"))
    if may.work:
        yield _link(_("Post update"), url_of(incident, "update"), "edge", key="u")
    if not may.command:
        return
    if incident.phase == Phase.MONITORING:
        yield _link(_("Resolve"), url_of(incident, "resolve"), "filled", icon="check")
    elif incident.phase in (Phase.INVESTIGATING, Phase.MITIGATING):
        yield _link(_("Impact has stopped"), url_of(incident, "mitigate"), icon="shield-check")
    if room.is_open and room.next_phase in (Phase.MOBILIZING, Phase.INVESTIGATING, Phase.MITIGATING):
        words = {
            Phase.MOBILIZING: _("Start mobilizing"),
            Phase.INVESTIGATING: _("Start investigating"),
            Phase.MITIGATING: _("Start mitigating"),
        }
        fields = {"phase": room.next_phase.value}
        yield {"label": words[room.next_phase], "url": url_of(incident, "phase"), "fields": fields}
    if not room.is_open and not Phase(incident.phase).is_aside:
        yield _link(_("Reopen"), url_of(incident, "reopen"))


def _link(label: str, url: str, style: str = "line", **more: Any) -> Dict:
    return {"label": label, "url": url, "style": style, "method": "get", **more}


def _banners(room: Room, actor: Actor) -> Iterator[Dict]:
    incident = room.incident
    if incident.commander_id is None and room.is_open:
        claim = {"label": _("Take command"), "url": url_of(incident, "claim"), "style": "filled"}
        yield {
            "bold": _("Nobody commands this incident."),
            "text": _("Take command so that one person decides."),
            "kind": "now",
            "action": claim if room.may.claim else None,
        }
    if room.handover is not None and room.is_open:
        yield _handover_banner(room, actor)
    for name in incident.flags:
        flag = room.standard.flags.get(name)
        if flag is not None:
            yield {"bold": flag.title, "text": flag.banner, "kind": "soon", "icon": "flag"}
    if incident.major and room.is_open:
        yield {
            "bold": _("Major incident."),
            "text": _("It is worked on without a break until it is resolved."),
            "kind": "soon",
        }
    if incident.phase == Phase.MERGED:
        into = f"INC-{incident.merged_into_id}"
        action = _link(into, f"/incidents/{into}", "edge")
        yield {"bold": _("Merged into %(into)s.") % {"into": into}, "kind": "line", "action": action}


def _handover_banner(room: Room, actor: Actor) -> Dict:
    standing = room.handover
    assert standing is not None
    names = {"old": standing.outgoing.name, "new": standing.incoming.name}
    if room.may.take:
        return {
            "bold": _("%(old)s is handing over command to you.") % names,
            "text": standing.report or _("Read the situation report, then say that you have command."),
            "kind": "you",
            "action": _link(_("I have command"), url_of(room.incident, "take"), "filled"),
        }
    bold = _("%(old)s is handing over command to %(new)s.") % names
    return {"bold": bold, "text": _("Until %(new)s says so, nothing changes.") % names, "kind": "you"}


def _strip(room: Room, actor: Actor) -> Dict:
    incident = room.incident
    since = incident.commander_since or incident.declared_at
    ran = room.at - since
    handover = next((one for one in room.owed if one.kind == Kind.HANDOVER_BY), None)
    update = room.next_update
    second: Any = [_("since "), since, *([f", {length(ran)}"] if ran >= _WORTH_SAYING else [])]
    if incident.commander_id is None:
        second = _("for %(length)s") % {"length": length(ran)}
    return {
        "commander": person_dict(incident.commander, actor),
        "commander_second": second,
        "commander_handover": [_("handover due "), handover.due_at] if handover is not None else None,
        "impact": _impact(room),
        "curve": None,
        "decision": None,
        "clock": owed_clock(update, live=True, note=[update.due_at]) if update is not None else None,
    }


def _impact(room: Room) -> Dict | None:
    """A summary that begins with a figure shows the figure large."""
    incident = room.incident
    words = {
        "complete": _("Complete loss"),
        "degraded": _("Degraded"),
        "inconvenience": _("Annoyance"),
    }
    found = _FIGURE.match(incident.summary)
    if found:
        return {"figure": found[1].strip(), "words": found[2]}
    if incident.impact in words or incident.summary:
        return {"figure": words.get(incident.impact, ""), "words": incident.summary}
    return None


def _stop(stop: Any) -> Dict:
    return {
        "name": stop.phase.value,
        "state": stop.state.value,
        "at": stop.at,
        "seconds": stop.spent.total_seconds(),
        "returned": stop.returned,
    }


def _known(room: Room) -> Dict:
    text = room.document.body if room.document is not None else ""
    parts = _HEADING.split(text)
    sections = [
        {"title": title.strip(), "text": body.strip()}
        for title, body in zip(parts[1::2], parts[2::2], strict=True)
    ]
    if sections and parts[0].strip():
        sections.insert(0, {"title": _("Now"), "text": parts[0].strip()})
    edit = url_of(room.incident, "document") if room.may.work else None
    return {"sections": sections, "text": text, "editors": [], "edit_url": edit}


def _filters(kind: str) -> list[Dict]:
    words = (
        ("", _("All")),
        ("decision", _("Decisions")),
        ("update", _("Updates")),
        ("say", _("Said")),
        ("task", _("Tasks")),
    )
    return [
        {"word": word, "url": f"?kind={value}" if value else "?", "chosen": value == kind}
        for value, word in words
    ]


def _commands(room: Room, *, is_here: bool) -> Iterator[Dict]:
    """What the command bar offers this viewer now, the likeliest first."""
    may, is_open = room.may, room.is_open
    update = room.next_update
    offers: tuple[tuple[Verb, str, bool], ...] = (
        (Verb.CLAIM, _("Take command"), may.claim),
        (Verb.TAKE, _("Say that you have command"), may.take),
        (Verb.JOIN, _("Say that you are here"), may.work and is_open and not is_here),
        (Verb.UPDATE, _("Write the next update"), may.work),
        (Verb.MITIGATED, _("Impact has ended"), may.command and is_open),
        (Verb.RESOLVE, _("Resolve, through the gate"), may.command and is_open),
        (Verb.TASK, _("Order a task"), may.work),
        (Verb.PAGE, _("Page a person or a team"), may.work),
        (Verb.HANDOVER, _("Pass command"), may.command and is_open),
        (Verb.ROLE, _("Give somebody a role"), may.command and is_open),
        (Verb.SEVERITY, _("Change the severity"), may.command and is_open),
        (Verb.IMPACT, _("Say what is affected"), may.work),
        (Verb.PHASE, _("Move to another phase"), may.command),
        (Verb.HYPOTHESIS, _("Write down a theory"), may.work),
        (Verb.DECISION, _("Write down a decision"), may.work),
        (Verb.CHECK, _("Hold a status check"), may.work and is_open),
        (Verb.NOTE, _("Write a note"), may.work),
        (Verb.READY, _("Say that you are ready"), may.work and is_open),
        (Verb.REOPEN, _("Take it up again"), may.work and not is_open),
    )
    for verb, word, is_offered in offers:
        if is_offered:
            end = FORMS[verb].written.partition(" ")[2].lower()
            if verb is Verb.UPDATE and update is not None:
                end = _("an update is due")
            yield {"verb": f"/{verb}", "word": word, "end": end}


def _roles(room: Room, actor: Actor) -> Iterator[Dict]:
    for line in room.roles:
        if line.role == COMMANDER or (line.role in SHARED and line.how is not HeldHow.GIVEN):
            continue
        if line.how is HeldHow.GIVEN:
            for person in line.people:
                yield {"role": line.role, "person": person_dict(person, actor)}
        else:
            yield {"role": line.role, "person": None, "word": _holder_word(line, actor)}


def _holder_word(line: RoleLine, actor: Actor) -> str:
    if line.how is HeldHow.NO_COMMANDER:
        return _("nobody, until somebody commands")
    if any(person.pk == actor.id for person in line.people):
        return _("you hold it until given away")
    return _("the commander holds it until given away")


def _checklist(room: Room) -> Dict | None:
    """The first list that still has something to do, mine before the phase's."""
    lists = [one for one in room.checklists if any(item.tick is None for item in one.items)]
    chosen: ListView | None = next(iter([*lists, *room.checklists]), None)
    if chosen is None or not room.is_open:
        return None
    done = [item for item in chosen.items if item.tick is not None]
    may = room.may.work
    return {
        "title": chosen.list.title,
        "second": room.incident.severity,
        "done": len(done),
        "total": len(chosen.items),
        "done_text": _("%(count)d done, last: %(what)s") % {"count": len(done), "what": done[-1].words}
        if done
        else "",
        "lines": [
            {
                "done": False,
                "word": item.words,
                "url": url_of(room.incident, "tick", chosen.name, item.name) if may else None,
            }
            for item in chosen.items
            if item.tick is None
        ],
    }


def _task(room: Room, row: Any, actor: Actor) -> Dict:
    return {
        "id": str(row.pk),
        "done": row.state == "done",
        "word": row.title,
        "person": person_dict(row.assignee, actor),
        "url": url_of(room.incident, "tasks", str(row.pk), "done") if room.may.work else None,
    }


def _deployed(room: Room, change: ChangeEvent) -> Dict:
    """A change of an affected service, or of one below it, and how far it is from the beginning."""
    apart = room.incident.declared_at - change.changed_at
    words = _("%(length)s before") if apart >= timedelta(0) else _("%(length)s after")
    links = [link["href"] for link in change.links if is_web_address(link["href"])]
    return {
        "title": change.summary,
        "second": f"{change.service.name}, {words % {'length': length(abs(apart))}}",
        "url": links[0] if links else f"/services/{change.service.handle}",
    }


def _places(room: Room) -> Iterator[Dict]:
    for group in room.groups:
        yield {"icon": "bell", "word": group.summary, "url": f"/alerts/{group.public_id}"}
    if room.groups_count > len(room.groups):
        every = ngettext("%(n)s group of alerts", "All %(n)s groups of alerts", room.groups_count)
        url = f"/alerts?state=all&q={room.incident.public_id}"
        yield {"icon": "bell", "word": every % {"n": room.groups_count}, "url": url}
    for face in room.faces:
        state = STATE_WORDS.get(face.state, face.state)
        words = {"page": face.page.name, "state": state}
        yield {
            "icon": "radio-tower",
            "word": _("%(page)s: %(state)s") % words,
            "url": f"/status/{face.page.handle}/",
        }
    for service in room.services:
        if service.runbook_url:
            words = {"service": service.name}
            yield {"icon": "file-text", "word": _("Runbook: %(service)s") % words, "url": service.runbook_url}
    if room.pages and room.may.publish and room.is_open:
        yield {"icon": "megaphone", "word": _("Tell customers"), "url": url_of(room.incident, "publish")}
    if not room.is_open:
        yield {"icon": "file-text", "word": _("Postmortem"), "url": url_of(room.incident, "postmortem")}


def _brief(room: Room) -> Iterator[str]:
    incident = room.incident
    yield _("%(severity)s: %(title)s") % {"severity": incident.severity, "title": incident.title}
    if incident.commander is not None:
        yield _("%(who)s commands.") % {"who": incident.commander.name}
    if incident.summary:
        yield incident.summary
    if room.updates:
        yield room.updates[0].body
