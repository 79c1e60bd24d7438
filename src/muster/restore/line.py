"""Obeys one line that somebody typed in a room (`core.slash`): the command bar now, chat later (design 9)."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from muster.core.permissions import Actor
from muster.core.phases import Phase, PhaseRefusal
from muster.core.refusal import Refused
from muster.core.severity import parse_severity
from muster.core.slash import Said, Verb, read_line
from muster.evaluate.commands import change_severity
from muster.evaluate.models import Incident
from muster.mobilize.escalation.commands import Presence, be_responder, page_target
from muster.respond.warroom import commands as room
from muster.respond.warroom.commands import ImpactSaid, Words
from muster.respond.warroom.queries import person_in_use, standard_of
from muster.restore import commands

_ENTRIES = {
    Verb.SAY: "note",
    Verb.NOTE: "note",
    Verb.HYPOTHESIS: "hypothesis",
    Verb.DECISION: "decision",
    Verb.ACTION: "action",
}
_PRESENCE = {Verb.JOIN: Presence.JOINED, Verb.READY: Presence.READY, Verb.LEAVE: Presence.LEFT}


@dataclass(frozen=True, slots=True)
class Obeyed:
    """What a line did, in words ("" where the timeline shows it), or the screen (`go`) that it asks for."""

    words: str = ""
    go: str = ""


def obey_line(incident: Incident, line: str, *, actor: Actor, at: datetime) -> Obeyed:
    """Do what a line says, by exactly one command.

    Raises:
        Refused: the line cannot be read, or the command refused.
    """
    said = read_line(line)
    if said.verb in _ENTRIES:
        room.say(incident.pk, said.text, actor=actor, at=at, kind=_ENTRIES[said.verb])
        return Obeyed()
    if said.verb in _PRESENCE:
        be_responder(incident.pk, actor.id or 0, _PRESENCE[said.verb], actor=actor, at=at)
        return Obeyed()
    return _life(incident, said, actor, at) or _work(incident, said, actor, at)


def _life(incident: Incident, said: Said, actor: Actor, at: datetime) -> Obeyed | None:
    """What moves the incident itself."""
    if said.verb is Verb.MITIGATED:
        commands.mitigate(incident.pk, actor=actor, at=at, why=said.text)
        return Obeyed(_("The impact has stopped."))
    if said.verb is Verb.RESOLVE:
        return Obeyed(go="resolve")  # the gate is a screen: what is missing is said there
    if said.verb is Verb.REOPEN:
        commands.reopen(incident.pk, actor=actor, at=at, why=said.text)
        return Obeyed(_("Reopened."))
    if said.verb is Verb.PHASE:
        if said.word.lower() not in set(Phase):
            raise Refused(PhaseRefusal.PHASE_SKIPPED, {"phase": said.word[:40]})
        room.move_phase(incident.pk, Phase(said.word.lower()), actor=actor, at=at, why=said.text)
        return Obeyed()
    if said.verb is Verb.SEVERITY:
        level = parse_severity(said.word, standard_of(incident))
        change_severity(incident.pk, level, actor=actor, at=at, why=said.text)
        return Obeyed(_("The severity is %(level)s.") % {"level": level})
    if said.verb is Verb.IMPACT:
        room.change_impact(incident.pk, ImpactSaid(summary=said.text), actor=actor, at=at)
        return Obeyed()
    return None


def _work(incident: Incident, said: Said, actor: Actor, at: datetime) -> Obeyed:
    """What people do within it."""
    person = person_in_use(said.person) if said.person else None
    if said.verb is Verb.UPDATE:
        words = Words(said.text, said.word or "internal")
        room.post_update(incident.pk, words, actor=actor, at=at)
        return Obeyed(_("Posted."))
    if said.verb is Verb.CHECK:
        room.say(
            incident.pk, said.text or _("Status check"), actor=actor, at=at, kind=room.EntryKind.STATUS_CHECK
        )
    elif said.verb is Verb.CLAIM:
        room.claim_command(incident.pk, actor=actor, at=at)
        return Obeyed(_("You command."))
    elif said.verb is Verb.TAKE:
        room.take_command(incident.pk, actor=actor, at=at, why=said.text)
        return Obeyed(_("You have command."))
    elif said.verb is Verb.PAGE:
        summary = said.text or incident.title
        target = f"person:{said.word[1:]}" if said.word.startswith("@") else said.word
        page_target(target, actor=actor, at=at, summary=summary, incident=incident.pk)
        return Obeyed(_("Paged %(target)s.") % {"target": target})
    elif said.verb is Verb.TASK:
        assignee = person.pk if person is not None else None
        room.add_task(incident.pk, said.text, actor=actor, at=at, assignee=assignee)
    elif person is not None and said.verb is Verb.HANDOVER:
        room.offer_command(incident.pk, person.pk, actor=actor, at=at, report=said.text)
        return Obeyed(_("Handing over command to %(who)s.") % {"who": person.name})
    elif person is not None and said.verb is Verb.ROLE:
        room.assign_role(incident.pk, said.word.lower(), person.pk, actor=actor, at=at)
    return Obeyed()
