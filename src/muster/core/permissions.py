"""Who acts, and what they may do: deny by default, the same for web, API, chat and CLI (design 4, 10)."""

from dataclasses import dataclass, field
from enum import StrEnum

from muster.core.refusal import Refused

EVERYONE = 1
"""The audience of rows that everybody who is signed in may see."""


class ActorKind(StrEnum):
    """What kind of thing acts."""

    PERSON = "person"
    INTEGRATION = "integration"
    SYSTEM = "system"


class Role(StrEnum):
    """The organisation's roles, spelled as in the stable doors (design 10)."""

    ADMIN = "admin"
    MANAGER = "manager"
    RESPONDER = "responder"
    STAKEHOLDER = "stakeholder"
    AUDITOR = "auditor"
    PROCESS_OWNER = "process_owner"


class Via(StrEnum):
    """The door through which a person acts."""

    SESSION = "session"
    TOKEN = "token"  # noqa: S105 - the name of a door
    LINK = "link"
    CHAT = "chat"


class Right(StrEnum):
    """What somebody may want to do. Each command asks for exactly one."""

    READ = "read"
    REPORT = "report"
    DECLARE = "declare"
    RESPOND = "respond"
    PAGE = "page"
    COMMAND_INCIDENT = "command_incident"
    EDIT_TEAM = "edit_team"
    EDIT_STANDARD = "edit_standard"
    EDIT_PEOPLE = "edit_people"
    CONFIGURE = "configure"
    PUBLISH_STATUS = "publish_status"
    REVIEW = "review"
    READ_AUDIT = "read_audit"
    OPERATE = "operate"


class Denied(StrEnum):
    """Why somebody may not."""

    NOT_SIGNED_IN = "not_signed_in"
    ROLE = "role"
    NOT_YOUR_TEAM = "not_your_team"
    NOT_COMMANDER = "not_commander"
    LINK_SCOPE = "link_scope"
    NOT_FOUND = "not_found"


class Granted(StrEnum):
    """Why somebody may."""

    SYSTEM = "system"
    ROLE = "role"
    TEAM_MANAGER = "team_manager"
    INCIDENT_ROLE = "incident_role"
    OWN = "own"
    LINK = "link"
    SENDER = "sender"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person (through a session, token, signed link or chat), an integration, or the system.

    `name` is the rule or the due work when the system acts. `scope` is what a signed link is for, for example
    `page:7`; such an actor may read and acknowledge that and nothing else. Of an integration it is the scope
    of its alerts. `incident_roles` holds
    `(incident id, role)` of the grants in force.
    """

    kind: ActorKind
    id: int | None = None
    name: str = ""
    role: Role | None = None
    via: Via = Via.SESSION
    teams: frozenset[int] = frozenset()
    manages: frozenset[int] = frozenset()
    incident_roles: frozenset[tuple[int, str]] = frozenset()
    audiences: frozenset[int] = field(default=frozenset({EVERYONE}))
    scope: str | None = None

    def __str__(self) -> str:
        """How events name the actor: `person:5`, `integration:3`, `system:climb_due_escalations`."""
        return f"{self.kind}:{self.name if self.kind is ActorKind.SYSTEM else self.id}"

    @property
    def sees_everything(self) -> bool:
        """The system itself is not limited by audiences."""
        return self.kind is ActorKind.SYSTEM


def system(name: str) -> Actor:
    """Return the system as an actor, naming the reaction, rule or due work that acts."""
    return Actor(kind=ActorKind.SYSTEM, name=name)


_RESPONDERS = frozenset({Role.RESPONDER, Role.MANAGER, Role.ADMIN})
_SIGNED_IN = frozenset(Role)
_SENDERS = frozenset({Right.READ, Right.RESPOND, Right.PAGE})
"""What an integration may want to do with the alerts of its own scope."""
_MAY: dict[Right, frozenset[Role]] = {
    Right.READ: _SIGNED_IN,
    Right.REPORT: _SIGNED_IN - {Role.AUDITOR},
    Right.DECLARE: _SIGNED_IN - {Role.AUDITOR},
    Right.RESPOND: _RESPONDERS,
    Right.PAGE: _RESPONDERS,
    Right.COMMAND_INCIDENT: frozenset({Role.MANAGER, Role.ADMIN}),
    Right.EDIT_TEAM: frozenset({Role.ADMIN}),
    Right.EDIT_STANDARD: frozenset({Role.PROCESS_OWNER, Role.ADMIN}),
    Right.EDIT_PEOPLE: frozenset({Role.ADMIN}),
    Right.CONFIGURE: frozenset({Role.ADMIN}),
    Right.PUBLISH_STATUS: _RESPONDERS,
    Right.REVIEW: _RESPONDERS | {Role.PROCESS_OWNER},
    Right.READ_AUDIT: frozenset({Role.AUDITOR, Role.ADMIN, Role.PROCESS_OWNER}),
    Right.OPERATE: frozenset({Role.ADMIN}),
}


def decide(
    actor: Actor,
    right: Right,
    *,
    team: int | None = None,
    incident: int | None = None,
    incident_role: str | None = None,
    own: int | None = None,
    link: str | None = None,
    within: str | None = None,
) -> Granted | Denied:
    """Say whether `actor` has `right`, and why.

    `team`: the team whose thing it is (its manager may edit). `incident` with `incident_role`: that role,
    held in that incident, is enough. `own`: the person whose own thing it is. `link`: the scope that a signed
    link must have. `within`: the scope of the alert, which the integration that acts must have.
    """
    if actor.kind is ActorKind.SYSTEM:
        return Granted.SYSTEM
    if actor.kind is ActorKind.INTEGRATION:
        is_own = within is not None and within == actor.scope
        return Granted.SENDER if is_own and right in _SENDERS else Denied.NOT_FOUND
    if actor.kind is not ActorKind.PERSON or actor.id is None:
        return Denied.NOT_SIGNED_IN
    if actor.scope is not None:
        return Granted.LINK if link is not None and actor.scope == link else Denied.LINK_SCOPE
    if own is not None and own == actor.id:
        return Granted.OWN
    if incident is not None and incident_role and (incident, incident_role) in actor.incident_roles:
        return Granted.INCIDENT_ROLE
    if actor.role in _MAY[right]:
        return Granted.ROLE
    if right is Right.EDIT_TEAM:
        return Granted.TEAM_MANAGER if team is not None and team in actor.manages else Denied.NOT_YOUR_TEAM
    return Denied.NOT_COMMANDER if right is Right.COMMAND_INCIDENT else Denied.ROLE


def require(
    actor: Actor,
    right: Right,
    *,
    team: int | None = None,
    incident: int | None = None,
    incident_role: str | None = None,
    own: int | None = None,
    link: str | None = None,
    within: str | None = None,
) -> Granted:
    """Return why the actor may.

    Raises:
        Refused: the actor may not; its reason is a `Denied`.
    """
    answer = decide(
        actor,
        right,
        team=team,
        incident=incident,
        incident_role=incident_role,
        own=own,
        link=link,
        within=within,
    )
    if isinstance(answer, Denied):
        raise Refused(answer, {"right": str(right)})
    return answer
