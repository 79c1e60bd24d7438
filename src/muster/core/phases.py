"""The life of an incident: its phases, the arrows between them, and what each move writes.

The phases and the arrows are code and stand here (design section 9; R1, R7); the Standard may rename, hide or
skip a phase, never add an arrow. Pure: every function takes what is and the instant `at` (aware), and returns
the `Change` to record. What is not allowed raises `Refused` with a `PhaseRefusal` and its facts. Free text
that explains a move travels as the text `why`, never in the payload. The gate itself is `muster.core.gate`.

Columns written: `phase`, `mitigated_at`, `resolved_at`, `closed_at`, and `merged_into_id` by `merge`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from muster.core.change import Change
from muster.core.gate import GateItem, unmet
from muster.core.refusal import Refused


class PhaseRefusal(StrEnum):
    """Why a move of an incident was refused."""

    ALREADY_RESOLVED = "already_resolved"
    ALREADY_THERE = "already_there"
    REASON_NEEDED = "reason_needed"
    GATE_CLOSED = "gate_closed"
    ONLY_BY_RESOLVING = "only_by_resolving"
    ONLY_BY_REOPENING = "only_by_reopening"
    ONLY_THE_COMMANDER = "only_the_commander"
    PHASE_SKIPPED = "phase_skipped"
    NOT_RESOLVED = "not_resolved"
    OVER = "over"
    NOT_CLOSED_YET = "not_closed_yet"
    MAJOR_IS_WORKED_CONTINUOUSLY = "major_is_worked_continuously"
    SEVERITY_HAS_NO_BACKLOG = "severity_has_no_backlog"
    INTO_ITSELF = "into_itself"


class Phase(StrEnum):
    """An incident's phases in order, then the three ways to end without resolving (R1, design section 9)."""

    TRIAGE = "triage"
    MOBILIZING = "mobilizing"
    INVESTIGATING = "investigating"
    MITIGATING = "mitigating"
    MONITORING = "monitoring"
    RESOLVED = "resolved"
    REVIEWING = "reviewing"
    CLOSED = "closed"
    DISMISSED = "dismissed"
    MERGED = "merged"
    BACKLOG = "backlog"

    @property
    def is_open(self) -> bool:
        """True before `resolved`: somebody still has to work on it."""
        return self in WORKING

    @property
    def is_aside(self) -> bool:
        """True for an incident that ended without being resolved; there is no way back from it."""
        return self in ASIDE


ORDER: Final = (
    Phase.TRIAGE,
    Phase.MOBILIZING,
    Phase.INVESTIGATING,
    Phase.MITIGATING,
    Phase.MONITORING,
    Phase.RESOLVED,
    Phase.REVIEWING,
    Phase.CLOSED,
)
WORKING: Final = frozenset(ORDER[:5])
AFTER: Final = frozenset(ORDER[5:])
ASIDE: Final = frozenset({Phase.DISMISSED, Phase.MERGED, Phase.BACKLOG})


class Step(StrEnum):
    """How a phase change moved: kept as the change's reason."""

    FORWARD = "forward"
    SKIPPED_FORWARD = "skipped_forward"
    STEPPED_BACK = "stepped_back"
    IMPACT_STOPPED = "impact_stopped"


class ClosedBy(StrEnum):
    """On whose word an incident was resolved."""

    COMMANDER = "commander"
    ON_BEHALF = "on_behalf"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class IncidentLife:
    """What the moves need to know of an incident.

    `skips` are the phases that the Standard skips for its severity; `has_backlog` whether the severity may
    end in the ticket backlog; `worked_continuously` whether it is a major incident, never set aside (R4).
    """

    phase: Phase
    skips: frozenset[Phase] = frozenset()
    mitigated_at: datetime | None = None
    has_backlog: bool = False
    worked_continuously: bool = False


def next_phase(life: IncidentLife) -> Phase | None:
    """Return the phase that one step forward leads to, the skipped ones passed over; None at the end."""
    if life.phase.is_aside:
        return None
    ahead = ORDER[ORDER.index(life.phase) + 1 :]
    return next((phase for phase in ahead if phase not in life.skips), None)


def advance(life: IncidentLife, to: Phase, *, at: datetime, why: str = "") -> Change:
    """Move an incident to another phase before `resolved`, or from `resolved` to `reviewing`.

    One step forward needs no reason; a skip forward or a step back does. Entering `monitoring` is `mitigate`.

    Raises:
        Refused: there is no such arrow, the Standard skips that phase, or a reason is missing.
    """
    if to is Phase.MONITORING and life.phase in WORKING:
        return mitigate(life, at=at, why=why)
    _refuse_impossible(life, to)
    step = _step(life, to)
    if step is not Step.FORWARD and not why.strip():
        raise Refused(
            PhaseRefusal.REASON_NEEDED, {"before": life.phase.value, "to": to.value, "step": step.value}
        )
    columns: dict[str, Any] = {"phase": to.value}
    if to in WORKING and life.mitigated_at is not None:
        columns["mitigated_at"] = None
    return Change("incident.phase_changed", columns, _moved(life, to), _text(why), step)


def mitigate(life: IncidentLife, *, at: datetime, why: str = "") -> Change:
    """State that impact has stopped: stamp `mitigated_at` and enter `monitoring`, from any phase before it.

    The statement is the reason, so passing over phases needs no other (R6: mitigate first, cause afterwards).

    Raises:
        Refused: the incident is monitoring already, or over.
    """
    if life.phase is Phase.MONITORING:
        raise Refused(PhaseRefusal.ALREADY_THERE, {"phase": life.phase.value})
    _refuse_over(life, Phase.MONITORING)
    columns = {"phase": Phase.MONITORING.value, "mitigated_at": at}
    payload = _moved(life, Phase.MONITORING)
    return Change("incident.mitigated", columns, payload, _text(why), Step.IMPACT_STOPPED)


def resolve(
    life: IncidentLife, items: Iterable[GateItem], *, at: datetime, by: ClosedBy, why: str = ""
) -> Change:
    """Declare the incident resolved, through the gate (R7).

    Only on the commander's word; a manager or admin on the commander's behalf gives a reason, and so does
    whoever resolves from a phase before `monitoring`. Impact that was never said to have stopped stops now.

    Raises:
        Refused: not the commander, the gate is closed (`detail["unmet"]`), no reason given, or over.
    """
    _refuse_over(life, Phase.RESOLVED)
    if by is ClosedBy.NOBODY:
        raise Refused(PhaseRefusal.ONLY_THE_COMMANDER)
    items = tuple(items)
    missing = unmet(items)
    if missing:
        raise Refused(
            PhaseRefusal.GATE_CLOSED, {"unmet": {item.name.value: item.why.value for item in missing}}
        )
    skipped = _passed_over(life, Phase.RESOLVED)
    if (by is ClosedBy.ON_BEHALF or skipped) and not why.strip():
        raise Refused(PhaseRefusal.REASON_NEEDED, {"by": by.value, "skipped": skipped})
    columns = {
        "phase": Phase.RESOLVED.value,
        "resolved_at": at,
        "mitigated_at": life.mitigated_at or at,
    }
    payload = _moved(life, Phase.RESOLVED) | {"gate": {item.name.value: item.why.value for item in items}}
    return Change("incident.resolved", columns, payload, _text(why), by)


def reopen(life: IncidentLife, *, why: str) -> Change:
    """Take a resolved, reviewing or closed incident back to `investigating`; a reason is needed.

    Raises:
        Refused: it is not resolved, it ended aside, or the reason is missing.
    """
    if life.phase not in AFTER:
        raise Refused(
            PhaseRefusal.NOT_RESOLVED if life.phase.is_open else PhaseRefusal.OVER,
            {"phase": life.phase.value},
        )
    if not why.strip():
        raise Refused(PhaseRefusal.REASON_NEEDED, {"before": life.phase.value})
    columns = {
        "phase": Phase.INVESTIGATING.value,
        "mitigated_at": None,
        "resolved_at": None,
        "closed_at": None,
    }
    payload = {"before": life.phase.value, "phase": Phase.INVESTIGATING.value}
    return Change("incident.reopened", columns, payload, _text(why), Step.STEPPED_BACK)


def close(life: IncidentLife, items: Iterable[GateItem], *, at: datetime, why: str = "") -> Change:
    """Close an incident whose review is complete (R53: it is not over until its follow-up is done).

    Raises:
        Refused: it is not reviewing (or resolved, where the Standard skips the review), or something is owed.
    """
    if life.phase is not Phase.REVIEWING and next_phase(life) is not Phase.CLOSED:
        over = life.phase is Phase.CLOSED or life.phase.is_aside
        raise Refused(PhaseRefusal.OVER if over else PhaseRefusal.NOT_RESOLVED, {"phase": life.phase.value})
    missing = unmet(items)
    if missing:
        raise Refused(
            PhaseRefusal.NOT_CLOSED_YET, {"unmet": {item.name.value: item.why.value for item in missing}}
        )
    columns = {"phase": Phase.CLOSED.value, "closed_at": at}
    return Change("incident.closed", columns, _moved(life, Phase.CLOSED), _text(why), Step.FORWARD)


def dismiss(life: IncidentLife, *, why: str) -> Change:
    """End it as a false positive: from any phase before `resolved`, with a reason (R3)."""
    return _aside(life, Phase.DISMISSED, why)


def merge(life: IncidentLife, *, into: int, own_id: int, why: str) -> Change:
    """End it as a duplicate of incident `into`: from any phase before `resolved`, with a reason."""
    if into == own_id:
        raise Refused(PhaseRefusal.INTO_ITSELF, {"incident": own_id})
    change = _aside(life, Phase.MERGED, why)
    return Change(
        change.kind, {**change.set, "merged_into_id": into}, {**change.payload, "into": into}, change.text
    )


def send_to_backlog(life: IncidentLife, *, why: str) -> Change:
    """End it in the ticket backlog, where the Standard lets its severity go there; never a major one (R4)."""
    if life.worked_continuously and life.phase.is_open:
        raise Refused(PhaseRefusal.MAJOR_IS_WORKED_CONTINUOUSLY)
    if not life.has_backlog and life.phase.is_open:
        raise Refused(PhaseRefusal.SEVERITY_HAS_NO_BACKLOG)
    return _aside(life, Phase.BACKLOG, why)


_ASIDE_EVENT: Final[Mapping[Phase, str]] = {
    Phase.DISMISSED: "incident.dismissed",
    Phase.MERGED: "incident.merged",
    Phase.BACKLOG: "incident.sent_to_backlog",
}


def _aside(life: IncidentLife, to: Phase, why: str) -> Change:
    _refuse_over(life, to)
    if not why.strip():
        raise Refused(PhaseRefusal.REASON_NEEDED, {"before": life.phase.value, "to": to.value})
    return Change(_ASIDE_EVENT[to], {"phase": to.value}, _moved(life, to), _text(why))


def _refuse_over(life: IncidentLife, to: Phase) -> None:
    if not life.phase.is_open:
        resolved = life.phase is Phase.RESOLVED and to is Phase.RESOLVED
        reason = PhaseRefusal.ALREADY_RESOLVED if resolved else PhaseRefusal.OVER
        raise Refused(reason, {"phase": life.phase.value, "to": to.value})


def _refuse_impossible(life: IncidentLife, to: Phase) -> None:
    detail = {"before": life.phase.value, "to": to.value}
    if life.phase.is_aside or to.is_aside or to is Phase.CLOSED:
        raise Refused(PhaseRefusal.OVER if life.phase.is_aside else PhaseRefusal.NOT_CLOSED_YET, detail)
    if to is life.phase:
        raise Refused(PhaseRefusal.ALREADY_THERE, detail)
    if to in life.skips:
        raise Refused(PhaseRefusal.PHASE_SKIPPED, detail)
    if life.phase in AFTER and to in WORKING:
        raise Refused(PhaseRefusal.ONLY_BY_REOPENING, detail)
    if to is Phase.RESOLVED or (to is Phase.REVIEWING and life.phase.is_open):
        raise Refused(PhaseRefusal.ONLY_BY_RESOLVING, detail)


def _step(life: IncidentLife, to: Phase) -> Step:
    if ORDER.index(to) < ORDER.index(life.phase):
        return Step.STEPPED_BACK
    return Step.SKIPPED_FORWARD if _passed_over(life, to) else Step.FORWARD


def _passed_over(life: IncidentLife, to: Phase) -> list[str]:
    """The phases between, in order, without those that the Standard skips anyway."""
    if life.phase.is_aside or to.is_aside:
        return []
    between = ORDER[ORDER.index(life.phase) + 1 : ORDER.index(to)]
    return [phase.value for phase in between if phase not in life.skips]


def _moved(life: IncidentLife, to: Phase) -> dict[str, Any]:
    payload: dict[str, Any] = {"before": life.phase.value, "phase": to.value}
    skipped = _passed_over(life, to)
    return payload | ({"skipped": skipped} if skipped else {})


def _text(why: str) -> dict[str, str]:
    return {"why": why.strip()} if why.strip() else {}
