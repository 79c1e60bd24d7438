"""`/rules`: what is planned, held back, changed, delayed and grouped, by whom and why; and tried before."""

from datetime import datetime
from typing import Any

from ninja import Query, Router, Status
from pydantic import AwareDatetime, Field

from muster.evaluate import commands
from muster.evaluate.queries import rule_of, rules
from muster.evaluate.rule_showing import shown_rule
from muster.evaluate.trial import try_rule
from muster.foundation.access.http import Body, Paging, Shown, page_of
from muster.foundation.access.requests import Request

router = Router(tags=["rules"])


class RuleOut(Shown):
    """A rule of evaluation. `state` is active, over or retired; `next_from` and `next_until` are when planned
    work goes on."""

    handle: str
    name: str
    kind: str
    position: int
    matchers: list[str]
    fields: dict[str, Any]
    why: str
    author: str | None
    ends_at: datetime | None
    state: str
    next_from: datetime | None
    next_until: datetime | None
    retired_at: datetime | None


class RulePage(Shown):
    """Newest first."""

    items: list[RuleOut]
    next: str | None


class RuleFields(Body):
    """What a rule of its kind says (docs/evaluation.md): what is absent is left out."""

    starts: str | None = Field(None, max_length=40)
    lasts: str | None = Field(None, max_length=20)
    timezone: str | None = Field(None, max_length=80)
    repeat: str | None = Field(None, max_length=500)
    services: list[str] | None = Field(None, max_length=200)
    teams: list[str] | None = Field(None, max_length=200)
    source: list[str] | None = Field(None, max_length=50)
    equal: list[str] | None = Field(None, max_length=20)
    severity: str | None = Field(None, max_length=20)
    summary: str | None = Field(None, max_length=1000)
    labels: dict[str, str] | None = None
    service: str | None = Field(None, max_length=63)
    urgency: str | None = Field(None, max_length=20)
    declare: str | None = Field(None, max_length=40)
    drop: bool | None = None
    last: bool | None = None
    times: int | None = None
    within: str | None = Field(None, max_length=20)
    changes: int | None = None
    by: list[str] | None = Field(None, max_length=20)
    alike: bool | None = None


class RuleIn(Body):
    """A new rule: all `matchers` must match; `kind` says which fields there are."""

    handle: str = Field(max_length=63)
    kind: str = Field(max_length=40)
    name: str = Field("", max_length=200)
    matchers: list[str] = Field(default_factory=list, max_length=50)
    fields: RuleFields = Field(default_factory=lambda: RuleFields.model_validate({}))
    why: str = Field(max_length=1000)
    ends_at: AwareDatetime | None = None
    position: int = Field(100, ge=0, le=100_000)


class RuleChange(Body):
    """What to change; what is absent stays. `fields` are given whole; `ends_at` null: it never ends."""

    name: str | None = Field(None, max_length=200)
    matchers: list[str] | None = Field(None, max_length=50)
    fields: RuleFields | None = None
    why: str | None = Field(None, max_length=1000)
    ends_at: AwareDatetime | None = None
    position: int | None = Field(None, ge=0, le=100_000)


class RuleTried(Body):
    """A rule to try, saved or not; a `handle` that is there is tried in its place."""

    kind: str = Field(max_length=40)
    handle: str = Field("", max_length=63)
    matchers: list[str] = Field(default_factory=list, max_length=50)
    fields: RuleFields = Field(default_factory=lambda: RuleFields.model_validate({}))
    position: int = Field(100, ge=0, le=100_000)
    days: int = Field(7, ge=1, le=90)


class Example(Shown):
    """An alert that the rule would have treated otherwise."""

    id: str
    summary: str
    service: str
    opened_at: datetime
    outcome: str
    incident: str | None


class TrialOut(Shown):
    """What a rule would have done to the alerts of the last days.

    `held`: nobody would have been paged; `delayed`: later; `changed`: other fields, another service or
    urgency. `pages` and `pages_then` are how many pages there were, and would have been. `incidents` are
    those to which an alert belonged that would have been held. `is_whole`: no alert was left out for their
    number.
    """

    sentence: str
    since: datetime
    alerts: int
    held: int
    delayed: int
    changed: int
    pages: int
    pages_then: int
    incidents: list[str]
    examples: list[Example]
    is_whole: bool


class RuleQuery(Paging):
    """Which rules: of one `kind`, and with `active` only those in use."""

    kind: str = Field("", max_length=40)
    active: bool = False


@router.get("/rules", response=RulePage)
def list_rules(request: Request, asked: Query[RuleQuery]) -> dict[str, Any]:
    """All rules."""
    arrival = request.arrival
    rows = rules(arrival.actor, asked.kind)
    if asked.active:
        rows = rows.filter(retired_at__isnull=True).exclude(ends_at__lte=arrival.at)
    return page_of(rows, asked, lambda row: shown_rule(row, arrival.at))


@router.post("/rules/try", response=TrialOut)
def try_a_rule(request: Request, given: RuleTried) -> dict[str, Any]:
    """What it would have done to the alerts of the last days; nothing is saved."""
    arrival = request.arrival
    said = given.model_dump(exclude={"fields"}) | {"fields": given.fields.model_dump(exclude_none=True)}
    trial = try_rule(actor=arrival.actor, at=arrival.at, **said)
    return trial.as_json()


@router.get("/rules/{handle}", response=RuleOut)
def rule(request: Request, handle: str) -> dict[str, Any]:
    """One rule."""
    return shown_rule(rule_of(request.arrival.actor, handle), request.arrival.at)


@router.post("/rules", response={201: RuleOut})
def add_rule(request: Request, given: RuleIn) -> Status[dict[str, Any]]:
    """Make a rule; open alerts are judged by it too."""
    arrival = request.arrival
    said = given.model_dump(exclude={"fields"}) | {"fields": given.fields.model_dump(exclude_none=True)}
    row = commands.add_rule(actor=arrival.actor, at=arrival.at, **said)
    return Status(201, shown_rule(row, arrival.at))


@router.patch("/rules/{handle}", response=RuleOut)
def change_rule(request: Request, handle: str, given: RuleChange) -> dict[str, Any]:
    """Change a rule."""
    arrival = request.arrival
    row = rule_of(arrival.actor, handle)
    asked = given.model_dump(exclude_unset=True, exclude={"fields"})
    changes = {key: value for key, value in asked.items() if value is not None or key == "ends_at"}
    if given.fields is not None:
        changes["fields"] = given.fields.model_dump(exclude_none=True)
    return shown_rule(commands.change_rule(row.pk, changes, actor=arrival.actor, at=arrival.at), arrival.at)


@router.post("/rules/{handle}/retire", response=RuleOut)
def retire_rule(request: Request, handle: str) -> dict[str, Any]:
    """Take it out of use; what it holds back is decided anew."""
    arrival = request.arrival
    row = rule_of(arrival.actor, handle)
    return shown_rule(commands.retire_rule(row.pk, actor=arrival.actor, at=arrival.at), arrival.at)


@router.post("/rules/{handle}/restore", response=RuleOut)
def restore_rule(request: Request, handle: str) -> dict[str, Any]:
    """Put it back in use."""
    arrival = request.arrival
    row = rule_of(arrival.actor, handle)
    return shown_rule(commands.restore_rule(row.pk, actor=arrival.actor, at=arrival.at), arrival.at)
