"""The type of the whole Standard (design section 8)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from muster.core.phases import IncidentLife, Phase
from muster.core.standard.learning import (
    Actions,
    Evidence,
    Flag,
    Metrics,
    Postmortem,
    Process,
    Retention,
)
from muster.core.standard.people import Call, ChangeControl, Command, OnCall, Roles
from muster.core.standard.response import (
    Bridge,
    Chat,
    Checklist,
    Declaration,
    Detection,
    Documents,
    Investigation,
    Phases,
    Resolution,
    StatusPage,
    Template,
    Ticket,
    Updates,
)
from muster.core.standard.severities import Impact, Major, Readiness, Scope, Severity


@dataclass(frozen=True, slots=True)
class Standard:
    """The process as data: one version of it, complete. `targets` says whom a name in a page list means."""

    name: str
    about: str
    process: Process
    principles: Mapping[str, str]
    three_cs: Mapping[str, str]
    major: Major
    phases: Phases
    detection: Detection
    declaration: Declaration
    severities: Mapping[str, Severity]
    matrix: Mapping[Impact, Mapping[Scope, str]]
    targets: Mapping[str, str]
    readiness: Readiness
    roles: Roles
    command: Command
    change_control: ChangeControl
    call: Call
    on_call: OnCall
    checklists: Mapping[str, Checklist]
    investigation: Investigation
    updates: Updates
    templates: Mapping[str, Template]
    chat: Chat
    bridge: Bridge
    documents: Documents
    resolution: Resolution
    status_page: StatusPage
    ticket: Ticket
    flags: Mapping[str, Flag]
    evidence: Evidence
    postmortem: Postmortem
    actions: Actions
    metrics: Metrics
    anti_patterns: Mapping[str, str]
    glossary: Mapping[str, str]
    links: Mapping[str, str]
    tools: tuple[str, ...]
    retention: Retention = field(default_factory=Retention)

    def severity(self, name: str) -> Severity:
        """Return the policy of a level. Raises KeyError when the Standard has no such level."""
        return self.severities[name]

    def life(
        self, severity: str, phase: str, *, mitigated_at: datetime | None, is_major: bool
    ) -> IncidentLife:
        """Return what the moves of `muster.core.phases` need to know of an incident of this severity."""
        level = self.severities[severity]
        return IncidentLife(
            phase=Phase(phase),
            skips=frozenset(level.skips),
            mitigated_at=mitigated_at,
            has_backlog=level.may_end_in_backlog,
            worked_continuously=is_major and self.major.worked_continuously,
        )

    def stage_of(self, phase: Phase) -> str:
        """Return the title that this Standard gives to a phase; the phase's own name where it gives none."""
        return next((stage.title for stage in self.phases.stages if phase in stage.covers), phase.value)

    def checklist_of(self, *, role: str | None = None, phase: Phase | None = None) -> tuple[Checklist, ...]:
        """Return the checklists of a role or a phase, in order."""
        lists = self.checklists.values()
        return tuple(
            item for item in lists if (role and item.role == role) or (phase and item.phase is phase)
        )
