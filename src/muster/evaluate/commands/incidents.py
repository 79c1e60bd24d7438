"""The only writers of incidents' columns: declaring, severity, what is affected, each move of their life."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from muster.core import severity as rules
from muster.core.change import Change
from muster.core.decision import Decision as Decided
from muster.core.permissions import Actor, ActorKind, Right, require
from muster.core.phases import Phase
from muster.core.refusal import Refused
from muster.core.standard import Standard
from muster.core.standard.severities import Impact, Scope
from muster.detect.models import Alert
from muster.evaluate.models import AlertGroup, Decision, Incident
from muster.evaluate.reasons import Evaluate
from muster.foundation.access.commands import give_grant
from muster.foundation.catalog.models import Service
from muster.foundation.standard import queries as standards
from muster.foundation.timeline.pen import command, lock, lock_many, record


class SeverityReason(StrEnum):
    """Where an incident's severity comes from."""

    PERSON = "person"
    MATRIX = "matrix"
    RULE = "rule"
    NOT_SURE = "not_sure"
    FLAG = "flag"
    MAJOR = "major"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What somebody says when they declare. Without a severity, the matrix of impact and scope says it."""

    title: str
    services: tuple[int, ...] = ()
    severity: str = ""
    impact: str = ""
    scope: str = ""
    summary: str = ""
    alert: int | None = None
    products: tuple[int, ...] = ()
    customers: tuple[int, ...] = ()
    flags: tuple[str, ...] = ()
    threat: bool = False
    impact_started_at: datetime | None = None
    drill: bool = False
    via: str = "web"
    extra: Mapping[str, Any] = field(default_factory=dict)


@command
def declare_incident(said: Declaration, *, actor: Actor, at: datetime) -> Incident:
    """Declare an incident: anyone signed in may, but auditors; a false alarm is better than a miss (R3).

    It is bound for life to the version of the Standard in force now. An alert named here brings its whole
    group along. Who is paged follows from the event (`mobilize`).

    Raises:
        Refused: an auditor, no title, an unknown severity or service, or the alert has an incident.
    """
    require(actor, Right.DECLARE)
    if not said.title.strip():
        raise Refused(Evaluate.TITLE_NEEDED)
    version = standards.current()
    severity, why, major = _judged(
        said, version.standard, *_severity(said, version, by_rule=actor.kind is ActorKind.SYSTEM)
    )
    alert = Alert.objects.visible_to(actor).get(pk=said.alert) if said.alert is not None else None
    group = _free_group(alert)
    commander = actor.id if version.standard.command.selection == "declarer" and _is_person(actor) else None
    said_facts = _said(said, severity, why, _services(said, alert))
    columns = (
        said_facts
        | _began(said, alert, actor, at)
        | {
            "title": said.title.strip()[:200],
            "summary": said.summary,
            "standard_id": version.id,
            "major": major,
            "commander_id": commander,
            "commander_since": at if commander else None,
        }
    )
    facts = said_facts | {
        "standard": version.number,
        "commander": commander,
        "group": group.pk if group else None,
        "alert": said.alert,
        "via": said.via,
    }
    text = {"title": columns["title"]} | ({"summary": said.summary} if said.summary else {})
    incident = record(Incident(), Change("incident.declared", columns, facts, text), actor=actor, at=at)
    if commander is not None:
        give_grant(commander, "incident_commander", f"incident:{incident.pk}", actor=actor, at=at)
    if group is not None:
        _link(group, incident, actor, at)
    return incident


def _said(said: Declaration, severity: str, why: SeverityReason, services: list[int]) -> dict[str, Any]:
    """What was said, as the row and its event both keep it."""
    return {
        "severity": severity,
        "severity_reason": why.value,
        "impact": said.impact,
        "scope": said.scope,
        "services": services,
        "products": list(said.products),
        "customers": list(said.customers),
        "flags": list(said.flags),
        "threat": said.threat,
        "drill": said.drill,
    }


def _began(said: Declaration, alert: Alert | None, actor: Actor, at: datetime) -> dict[str, Any]:
    """The incident's first time stamps: from its alert where it has one."""
    fired = (alert.fired_at or alert.opened_at) if alert is not None else at
    return {
        "phase": Phase.TRIAGE.value,
        "phase_since": at,
        "declared_by_id": actor.id if _is_person(actor) else None,
        "declared_via": said.via,
        "impact_started_at": said.impact_started_at or fired,
        "detected_at": alert.opened_at if alert is not None else at,
        "acknowledged_at": at if _is_person(actor) else None,
        "declared_at": at,
    }


def _is_person(actor: Actor) -> bool:
    return actor.kind is ActorKind.PERSON


def _severity(said: Declaration, version: standards.Version, *, by_rule: bool) -> tuple[str, SeverityReason]:
    known = version.standard.severities
    if said.severity:
        name = said.severity.upper().replace(" ", "")
        if name not in known:
            raise Refused(
                Evaluate.SEVERITY_UNKNOWN, {"severity": said.severity[:40], "known": ", ".join(known)}
            )
        return name, SeverityReason.RULE if by_rule else SeverityReason.PERSON
    if said.impact and said.scope:
        try:
            return version.standard.matrix[Impact(said.impact)][Scope(said.scope)], SeverityReason.MATRIX
        except (ValueError, KeyError):
            raise Refused(
                Evaluate.SEVERITY_UNKNOWN,
                {"severity": f"{said.impact} x {said.scope}"[:80], "known": ", ".join(known)},
            ) from None
    return _not_sure(known), SeverityReason.NOT_SURE


def _judged(
    said: Declaration, standard: Standard, severity: str, why: SeverityReason
) -> tuple[str, SeverityReason, bool]:
    """A flag or a major incident may demand a worse level than was said (R4, R48); a flag must be known."""
    answer = rules.judge(standard, _situation(said), chosen=severity)
    if answer.severity != severity:
        why = SeverityReason.FLAG if answer.decided_by.voice is rules.Voice.FLAG else SeverityReason.MAJOR
    return answer.severity, why, answer.major.is_major


def _situation(said: Declaration | Incident) -> rules.Situation:
    """What was said of an incident, as the rules of severity ask for it."""
    flags = frozenset(said.flags)
    return rules.Situation(
        flags=flags,
        active_flags=flags,
        interrupted={"all": frozenset(said.customers)},
        imminent_threat=said.threat,
    )


def _not_sure(known: Iterable[str]) -> str:
    """Nobody is sure yet: the second level, so that people come; the commander corrects it (R3)."""
    names = list(known)
    return names[min(1, len(names) - 1)]


def _free_group(alert: Alert | None) -> AlertGroup | None:
    if alert is None:
        return None
    decision = Decision.objects.filter(alert=alert).first()
    if decision is None or decision.group_id is None:
        return None
    group = lock(AlertGroup, decision.group_id)
    if group.incident_id is not None:
        raise Refused(Evaluate.ALERT_HAS_INCIDENT, {"incident": f"INC-{group.incident_id}"})
    return group


def _services(said: Declaration, alert: Alert | None) -> list[int]:
    wanted = list(dict.fromkeys([*said.services, *([alert.service_id] if alert else [])]))
    known = set(Service.objects.filter(pk__in=wanted, retired_at__isnull=True).values_list("id", flat=True))
    for service_id in wanted:
        if service_id not in known:
            raise Refused(Evaluate.SERVICE_UNKNOWN, {"service": service_id})
    return wanted


def _link(group: AlertGroup, incident: Incident, actor: Actor, at: datetime) -> None:
    change = Change("group.linked", {"incident_id": incident.pk}, {"incident": incident.pk})
    record(group, change, actor=actor, at=at, incident=incident.pk)


@command
def declare_by_rule(found: Sequence[tuple[Alert, Decided]], *, actor: Actor, at: datetime) -> None:
    """Declare an incident for each of these alerts' groups that has none, because a rule says so.

    A severity that the Standard no longer has is left open: people come all the same, and correct it.
    """
    if not found:
        return
    known = standards.current().standard.severities
    for alert, decided in found:
        group = AlertGroup.objects.filter(members__alert=alert, incident_id__isnull=True).first()
        if group is None:
            continue
        said = Declaration(
            title=group.summary.strip() or alert.public_id,
            services=(alert.service_id,),
            severity=decided.declare if decided.declare in known else "",
            alert=alert.pk,
            via="rule",
        )
        declare_incident(said, actor=actor, at=at)


@command
def link_alert(alert_id: int, incident_id: int, *, actor: Actor, at: datetime) -> AlertGroup | None:
    """Attach an alert, and so its whole group, to an incident."""
    require(actor, Right.RESPOND)
    alert = Alert.objects.visible_to(actor).get(pk=alert_id)
    group = _free_group(alert)
    incident = lock(Incident, incident_id)
    if group is not None:
        _link(group, incident, actor, at)
    return group


@command
def unlink_groups(incident_id: int, *, actor: Actor, at: datetime) -> None:
    """Detach every group from a dismissed incident."""
    ids = list(AlertGroup.objects.filter(incident_id=incident_id).values_list("id", flat=True))
    for group in lock_many(AlertGroup, ids):
        change = Change("group.unlinked", {"incident_id": None}, {"incident": incident_id})
        record(group, change, actor=actor, at=at, incident=incident_id)


@command
def relink_groups(incident_id: int, into: int, *, actor: Actor, at: datetime) -> None:
    """Attach every group of a merged incident to the one that it was merged into."""
    ids = list(AlertGroup.objects.filter(incident_id=incident_id).values_list("id", flat=True))
    for group in lock_many(AlertGroup, ids):
        facts = {"incident": into, "before": incident_id}
        record(group, Change("group.linked", {"incident_id": into}, facts), actor=actor, at=at, incident=into)


@command
def write_incident(
    incident_id: int, decide: Callable[[Incident], Change | None], *, actor: Actor, at: datetime
) -> Incident:
    """Lock an incident, let the caller's rule decide, and record what it says.

    Later stages (respond, restore, review) bring their rules in this way, so that an incident's columns have
    one writer. The caller has asked whether the actor may. A change of phase stamps `phase_since`.
    """
    row = lock(Incident, incident_id)
    change = decide(row)
    if change is None:
        return row
    if "phase" in change.set and change.set["phase"] != row.phase:
        columns = dict(change.set) | {"phase_since": at}
        change = Change(change.kind, columns, change.payload, change.text, change.reason)
    return record(row, change, actor=actor, at=at, incident=incident_id)


@command
def change_severity(incident_id: int, severity: str, *, actor: Actor, at: datetime, why: str) -> Incident:
    """Change an incident's severity, within the version of the Standard that it is bound to.

    Raises:
        Refused: not the commander (or a manager on their behalf), an unknown severity, one below what a flag
            or a major incident demands, or a milder one without a reason.
    """
    row = lock(Incident, incident_id)
    require(actor, Right.COMMAND_INCIDENT, incident=incident_id, incident_role="incident_commander")
    if severity == row.severity:
        return row
    standard = standards.version_of(row.standard_id).standard
    change = rules.change_severity(standard, row.severity, severity, _situation(row), why=why)
    columns = dict(change.set) | {"severity_reason": SeverityReason.PERSON.value}
    change = Change(change.kind, columns, change.payload, change.text)
    return record(row, change, actor=actor, at=at, incident=incident_id)
