"""How an incident is found, worked on, told of and ended (R1 to R3, R14, R19, R25 to R38, R45, R46)."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from muster.core.gate import CloseCheck, GateCheck
from muster.core.phases import Phase


class DeclaredBy(StrEnum):
    """Who may declare (R3)."""

    ANYONE = "anyone"
    FIRST_RESPONDER = "first_responder"


class Approval(StrEnum):
    """When public words need approval by Legal or PR (R19)."""

    WHEN_FLAGGED = "when_flagged"
    IF_NEEDED = "if_needed"


class ChecklistKind(StrEnum):
    """Whether the items are duties, or options of which none must be taken."""

    DUTIES = "duties"
    OPTIONS = "options"


@dataclass(frozen=True, slots=True)
class Stage:
    """What people call a stretch of an incident, and the phases of the lifecycle that it covers."""

    id: str
    title: str
    covers: tuple[Phase, ...] = ()


@dataclass(frozen=True, slots=True)
class Phases:
    """The names shown for the phases, and a coarser roll-up (R1). Arrows are code, not data."""

    stages: tuple[Stage, ...]
    overview: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Detection:
    """How incidents come in (R2)."""

    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Declaration:
    """Who declares, and how soon the first facts must stand (R3, R35)."""

    by: DeclaredBy
    first_response_within: timedelta
    first_update_within: timedelta


@dataclass(frozen=True, slots=True)
class Checklist:
    """A list of things to do, for one role or one phase (R32 to R37)."""

    title: str
    items: Mapping[str, str]
    kind: ChecklistKind = ChecklistKind.DUTIES
    role: str | None = None
    phase: Phase | None = None


@dataclass(frozen=True, slots=True)
class Investigation:
    """What an entry of the investigation log holds, and what can be done to stop the impact (R36)."""

    log_entry: Mapping[str, str]
    mitigation_options: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Updates:
    """Who tells whom (R14, R19, R38).

    `audiences` maps each audience to the stream of updates that reaches it; the severities give the time
    between two updates per stream.
    """

    posted_by: str
    audiences: Mapping[str, str]
    next_update_rule: str
    executives_told_by: str
    executives_told_where: str | None
    management_told_by: str
    public_words_approval: Approval


@dataclass(frozen=True, slots=True)
class Template:
    """A message with its fields. `body` names them in braces, for example `{severity}`."""

    title: str
    fields: tuple[str, ...]
    body: str
    statuses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Swoop:
    """Where an executive who drops in is sent, and with which words (R27)."""

    redirect_to: tuple[str, ...]
    script_fields: tuple[str, ...]
    script: str


@dataclass(frozen=True, slots=True)
class Chat:
    """The chat channel of an incident and its commands (R25, R26, R30).

    The patterns know `{date}` (of declaration, in the organisation's zone), `{slug}` and `{id}`.
    """

    channel_pattern: str
    channel_pattern_restricted: str
    bot_posts_deletable: bool
    commands: Mapping[str, str]
    etiquette: Mapping[str, str]
    swoop: Swoop


@dataclass(frozen=True, slots=True)
class Bridge:
    """The conference call (R29)."""

    on_demand: bool
    recording_use: str
    tools: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Documents:
    """Who keeps the living document and the timeline (R20, R31)."""

    live_editors: str
    live_kept_by: str
    timeline_kept_by: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """Who resolves, through which gate, and what must be done before an incident is over (R7, R53)."""

    declared_by: str
    gate: tuple[GateCheck, ...]
    close_requires: tuple[CloseCheck, ...]


@dataclass(frozen=True, slots=True)
class StatusPage:
    """Pages, their components and the states of an incident on them (R45)."""

    pages: tuple[str, ...]
    components: tuple[str, ...]
    states: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ticket:
    """The incident's ticket in a tracker (R46)."""

    type: str
    fields: Mapping[str, str]
    detected_by: tuple[str, ...]
    kept_by: tuple[str, ...]
    detected_by_of_source: Mapping[str, str] = field(default_factory=dict)


def channel_name(chat: Chat, *, declared_on: date, title: str, number: int, is_restricted: bool) -> str:
    """Return the name of an incident's channel (R25): lower case, hyphens, at most 80 characters.

    `declared_on` is the date in the organisation's zone. A restricted incident's name tells no topic (R48).
    """
    pattern = chat.channel_pattern_restricted if is_restricted else chat.channel_pattern
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or str(number)
    name = pattern.replace("{date}", declared_on.isoformat()).replace("{id}", str(number))
    return name.replace("{slug}", slug)[:_LONGEST_CHANNEL_CHARS].rstrip("-")


_LONGEST_CHANNEL_CHARS = 80
