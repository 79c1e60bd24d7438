"""What a storm is made of: the alerts that came, what held them back, and how many pages they became."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min

from muster.core import storm as rules
from muster.core.lifecycle import AlertState
from muster.core.permissions import Actor
from muster.detect.models import Alert, ChangeEvent
from muster.detect.queries import changes_near
from muster.evaluate.models import Decision
from muster.evaluate.words import held_because
from muster.foundation.catalog.models import Service
from muster.foundation.timeline.models import Recorded
from muster.mobilize.paging.models import Delivery, Page

LOOKED_AT = 20_000
"""So many alerts and messages at most are looked at, the newest."""
BACK = timedelta(days=1)
"""A storm is looked for in the time that is past since then."""
WINDOWS: Mapping[str, timedelta] = {"1h": timedelta(hours=1), "6h": timedelta(hours=6), "24h": BACK}
LANES = 12
REASONS = 12
_QUIET = WINDOWS["6h"]


@dataclass(frozen=True, slots=True)
class Held:
    """What one rule, silence, window or dependency held back, and in words why."""

    by: str
    alerts: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Sent:
    """The pages of which a message was taken: how many, how many for each person, when the first message was;
    how many people pages are for. Not `whole` when older ones were left out."""

    pages: int = 0
    people: Mapping[int, int] = field(default_factory=dict)
    first_at: datetime | None = None
    asked: int = 0
    whole: bool = True


@dataclass(frozen=True, slots=True)
class StormReport:
    """All that there is to say. `run` is None when no storm was found, `is_storm` whether it is what
    is drawn, `change` what was changed last before; not `whole` when older alerts or messages were left
    out."""

    window: rules.Window
    run: rules.Run | None
    made: rules.Storm
    services: Mapping[int, Service]
    first: Alert | None
    held: tuple[Held, ...]
    sent: Sent
    change: ChangeEvent | None
    whole: bool
    is_storm: bool

    def name(self, service_id: int | None) -> str:
        """A service's handle; empty for those that are folded together."""
        row = self.services.get(service_id or 0)
        return row.handle if row is not None else ""

    def only(self, service_id: int | None) -> list[rules.GroupSeen]:
        """The groups of one service, or all of them; first seen first."""
        if service_id is None:
            return list(self.made.groups)
        return [one for one in self.made.groups if service_id in one.services]


def storm(actor: Actor, at: datetime, *, of: str = "") -> StormReport:
    """The latest storm that this actor may see; with `of` (a key of `WINDOWS`) the time just past, and where
    there was no storm, too."""
    floor, since = _floor(Alert, actor), at - BACK
    seen = _seen(actor, floor, since)
    run = rules.latest_storm(one.at for one in seen)
    is_storm = run is not None and of not in WINDOWS
    if run is None or not is_storm:
        window = rules.window_until(at, WINDOWS.get(of, _QUIET))
    else:
        window = rules.window_of(run, at)
    made = rules.storm_of(seen, window, most_lanes=LANES)
    lanes = [lane.service for lane in made.lanes if lane.service is not None]
    began = made.first.at if made.first is not None else window.start
    sent = _sent(actor, window)
    older = Alert.objects.visible_to(actor).filter(pk=floor, opened_at__gte=since)
    changes = changes_near(actor, lanes, began, began, most=1)
    return StormReport(
        window=window,
        run=run,
        made=made,
        services=Service.objects.visible_to(actor).select_related("team").in_bulk(lanes),
        first=_first(actor, made),
        held=_held(actor, made),
        sent=sent,
        change=next((one for one in changes if one.changed_at >= window.start), None),
        whole=sent.whole and not older.exists(),
        is_storm=is_storm,
    )


def _floor(model: type[Recorded], actor: Actor) -> int:
    """Up to which number nothing is looked at; 0 where there are not so many."""
    numbers = model.objects.visible_to(actor).order_by("-id").values_list("id", flat=True)
    return next(iter(numbers[LOOKED_AT : LOOKED_AT + 1]), 0)


_COLUMNS = (
    "id",
    "service_id",
    "opened_at",
    "state",
    "suppressed_by",
    "decision__group_id",
    "decision__group__state",
)


def _seen(actor: Actor, floor: int, since: datetime) -> list[rules.Seen]:
    rows = Alert.objects.visible_to(actor).filter(pk__gt=floor, opened_at__gte=since)
    return [
        rules.Seen(pk, service, at, held or "", _waits(state, held, of_group), group, state != _RESOLVED)
        for pk, service, at, state, held, group, of_group in rows.values_list(*_COLUMNS)
    ]


_TRIGGERED, _RESOLVED = AlertState.TRIGGERED.value, AlertState.RESOLVED.value


def _waits(state: str, held: str | None, of_group: str | None) -> bool:
    """Whether somebody is needed for an alert: what waits to be judged counts."""
    return state == _TRIGGERED and not held and of_group in (None, _TRIGGERED)


def _first(actor: Actor, made: rules.Storm) -> Alert | None:
    if made.first is None:
        return None
    return Alert.objects.visible_to(actor).select_related("service").filter(pk=made.first.id).first()


def _held(actor: Actor, made: rules.Storm) -> tuple[Held, ...]:
    """In words, from the stored decision of the first alert that each held back."""
    wanted = made.held[:REASONS]
    rows = Decision.objects.visible_to(actor).filter(alert__in=[example for _by, _count, example in wanted])
    steps: dict[int, Sequence[Mapping[str, Any]]] = {row.alert_id: row.steps for row in rows}
    found = []
    for by, count, example in wanted:
        found.append(Held(by, count, held_because(steps.get(example, ()), by) or by))
    return tuple(found)


def _sent(actor: Actor, window: rules.Window) -> Sent:
    """The pages about groups meanwhile, each once however many messages it took; what was folded into another
    message was no page."""
    floor = _floor(Delivery, actor)
    rows = Delivery.objects.visible_to(actor).filter(
        pk__gt=floor,
        accepted_at__gte=window.since,
        accepted_at__lte=window.end,
        page__about__startswith="group:",
        folded_into__isnull=True,
    )
    pages = dict(rows.values_list("page_id", "page__person_id"))
    people = Counter(pages.values())
    first_at = rows.aggregate(first=Min("accepted_at"))["first"]
    last_page = _floor(Page, actor)
    asked = Page.objects.visible_to(actor).filter(
        pk__gt=last_page,
        started_at__gte=window.since,
        started_at__lte=window.end,
        about__startswith="group:",
    )
    whole = not (
        Delivery.objects.visible_to(actor).filter(pk=floor, created_at__gte=window.since).exists()
        or Page.objects.visible_to(actor).filter(pk=last_page, started_at__gte=window.since).exists()
    )
    return Sent(len(pages), people, first_at, asked.values("person").distinct().count(), whole)


def running_storm(actor: Actor, at: datetime) -> rules.Run | None:
    """Whether a storm may be coming down now, by the newest alerts alone."""
    newest = Alert.objects.visible_to(actor).order_by("-id").values_list("opened_at", flat=True)
    run = rules.latest_storm(one for one in newest[:_NEWEST] if one <= at)
    return run if run is not None and run.goes_on(at) else None


_NEWEST = 200
