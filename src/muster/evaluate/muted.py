"""What is muted: silences and planned work, now and as a calendar, and what they hold back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet

from muster.core.dependencies import WORST
from muster.core.lifecycle import AlertState
from muster.core.permissions import Actor
from muster.core.recurrence import Span
from muster.core.rule_form import RuleKind
from muster.core.silence import Caught, catches_more
from muster.detect.models import Alert
from muster.evaluate.matching import CRITICAL
from muster.evaluate.models import Rule
from muster.evaluate.queries import open_by_service, rules, silences
from muster.evaluate.rule_rows import services_of, spans_of, times_of
from muster.evaluate.rule_showing import shown_fields, shown_matchers
from muster.evaluate.rulebook import silence_facts
from muster.foundation.catalog.models import Service

LOOKED_AT = 20_000
"""Among so many alerts, the newest, what was held back is counted; what is held now is always counted."""
MOST = 300
"""So many silences, rules, and blocks of a calendar are shown at most."""
SOON = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Swallowed:
    """What is held back: how many alerts are held now and were since it began, of which services now; how
    many of them critical, and the worst incidents (`INC-7`) that are about one of those services, or about
    one that planned work names."""

    now: int = 0
    since: int = 0
    critical: int = 0
    services: frozenset[int] = frozenset()
    worst: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Muting:
    """A silence, or one occurrence of planned work. `by` is how decisions name it; `where` the services that
    planned work is about, `matchers` what else must match; `planned_end` is None for silences, `changed` the
    event by which its rule was changed last."""

    by: str
    key: str
    name: str
    matchers: tuple[str, ...]
    where: tuple[str, ...]
    who: str
    who_handle: str
    why: str
    start: datetime
    end: datetime
    recurs: bool = False
    planned_end: datetime | None = None
    when_made: Caught | None = None
    changed: int = 0
    swallowed: Swallowed = field(default_factory=Swallowed)

    @property
    def is_silence(self) -> bool:
        """Silences have numbers; planned work has the handle of its rule."""
        return self.by.startswith("silence:")

    def ends_soon(self, at: datetime) -> bool:
        """Whether it ends within the hour."""
        return self.start <= at < self.end <= at + SOON

    @property
    def is_whole(self) -> bool:
        """Whether its services are muted altogether: planned work that asks for nothing else of an alert."""
        return not self.is_silence and not self.matchers

    @property
    def catches_more(self) -> bool:
        """Whether it holds back more than it caught when it was made."""
        held = self.swallowed
        return catches_more(self.when_made, Caught(held.now, len(held.services)))


@dataclass(frozen=True, slots=True)
class Mutings:
    """What mutes anything in some time, what ends first on top; not `whole` where more was left out."""

    found: list[Muting]
    whole: bool


def muted_now(actor: Actor, at: datetime) -> list[Muting]:
    """What is in force at this instant, what ends first on top, with what it holds back."""
    going = [one for one in mutings(actor, at, at + timedelta(seconds=1)).found if one.start <= at < one.end]
    return _counted(going, actor)


def mutings(actor: Actor, a: datetime, b: datetime) -> Mutings:
    """What mutes anything between two instants, what ends first on top, and whether that is all."""
    found = [*_silences(actor, a, b), *planned_work(actor, a, b, most=MOST + 1)]
    found.sort(key=lambda one: (one.end, one.start, one.by))
    whole = len(found) <= MOST and _works(actor, a).count() <= MOST
    return Mutings(found[:MOST], whole)


def _silences(actor: Actor, a: datetime, b: datetime) -> list[Muting]:
    rows = silences(actor).filter(starts_at__lt=b, ends_at__gt=a).exclude(ended_at__lte=a)
    found = []
    for row in rows.exclude(ended_at__lte=F("starts_at"))[: MOST + 1]:
        facts = silence_facts(row)
        caught = Caught(row.caught["alerts"], row.caught["services"]) if row.caught else None
        found.append(
            Muting(
                by=f"silence:{row.pk}",
                key=str(row.pk),
                name=", ".join(str(one) for one in facts.matchers),
                matchers=tuple(str(one) for one in facts.matchers),
                where=(),
                who=row.made_by.name,
                who_handle=row.made_by.handle,
                why=row.why,
                start=row.starts_at,
                end=facts.over_at,
                when_made=caught,
            )
        )
    return [one for one in found if one.end > one.start]


def planned_work(actor: Actor, a: datetime, b: datetime, *, most: int) -> list[Muting]:
    """The planned work between two instants; of each rule so many occurrences at most."""
    found: list[Muting] = []
    for row in _works(actor, a)[:MOST]:
        found += [_work(row, span) for span in times_of(row, a, b) if span.start < b][:most]
    return found


def _works(actor: Actor, a: datetime) -> QuerySet[Rule]:
    return rules(actor, RuleKind.MAINTENANCE).filter(retired_at__isnull=True).exclude(ends_at__lte=a)


def _work(row: Rule, span: Span) -> Muting:
    near = spans_of(row.spec, span.start, span.start + timedelta(seconds=1))
    planned = next((one.end for one in near if one.start == span.start), span.end)
    fields = shown_fields(row.spec)
    return Muting(
        by=f"maintenance:{row.handle}",
        key=row.handle,
        name=row.name,
        matchers=tuple(shown_matchers(row.matchers)),
        where=(*fields.get("services", ()), *fields.get("teams", ())),
        who=row.author.name if row.author is not None else row.made_by,
        who_handle=row.author.handle if row.author is not None else "",
        why=row.why,
        start=span.start,
        end=span.end,
        recurs="repeat" in row.spec,
        planned_end=planned,
        changed=row.last_event_id,
    )


def _counted(going: Sequence[Muting], actor: Actor) -> list[Muting]:
    """With what each holds back: six statements, however many there are."""
    if not going:
        return []
    bys = sorted({one.by for one in going})
    held = Alert.objects.visible_to(actor).filter(suppressed_by__in=bys).exclude(state=AlertState.RESOLVED)
    now: dict[str, tuple[int, int]] = {
        by: (count, critical)
        for by, count, critical in held.values_list("suppressed_by").annotate(
            n=Count("id"), critical=Count("id", filter=Q(severity=CRITICAL))
        )
    }
    where: dict[str, set[int]] = {}
    for by, service in held.order_by().values_list("suppressed_by", "service_id").distinct():
        where.setdefault(str(by), set()).add(service)
    named = _named(going, actor)
    about = {by: where.get(by, set()) | named.get(by, set()) for by in bys}
    since, worst = _since(going, actor), _worst(actor)
    return [
        replace(
            one,
            swallowed=Swallowed(
                now=now.get(one.by, (0, 0))[0],
                since=max(since[index], now.get(one.by, (0, 0))[0]),
                critical=now.get(one.by, (0, 0))[1],
                services=frozenset(where.get(one.by, ())),
                worst=tuple(sorted({name for pk in about[one.by] for name in worst.get(pk, ())})),
            ),
        )
        for index, one in enumerate(going)
    ]


def _named(going: Sequence[Muting], actor: Actor) -> Mapping[str, set[int]]:
    """The services that planned work names, by themselves or by their team, whether it holds anything or
    not."""
    handles = [one.key for one in going if not one.is_silence]
    if not handles:
        return {}
    services = list(Service.objects.visible_to(actor))
    numbers = {row.handle: row.pk for row in services}
    works = rules(actor, RuleKind.MAINTENANCE).filter(handle__in=handles)
    return {
        f"maintenance:{row.handle}": {numbers[handle] for handle in services_of(row.spec, services)}
        for row in works
    }


def _since(going: Sequence[Muting], actor: Actor) -> list[int]:
    """How many alerts each held back since it began, among the newest."""
    numbers = Alert.objects.visible_to(actor).order_by("-id").values_list("id", flat=True)
    floor = next(iter(numbers[LOOKED_AT : LOOKED_AT + 1]), 0)
    rows = Alert.objects.visible_to(actor).filter(pk__gt=floor, suppressed_by__in=[one.by for one in going])
    counts = {
        f"n{index}": Count("id", filter=Q(suppressed_by=one.by, last_seen_at__gte=one.start))
        for index, one in enumerate(going)
    }
    told: dict[str, Any] = rows.aggregate(**counts)
    return [told[f"n{index}"] for index in range(len(going))]


def _worst(actor: Actor) -> Mapping[int, set[str]]:
    """The open incidents of the worst level, by the services that they are about."""
    return {
        pk: {one.public_id for one in about if one.severity == WORST}
        for pk, about in open_by_service(actor).items()
    }
