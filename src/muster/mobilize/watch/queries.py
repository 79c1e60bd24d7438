"""How the auditor, the workers and the outside watcher fare, for people."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from muster.core.permissions import Actor
from muster.core.watch import LOOP_STANDS_AFTER, Silent, silent
from muster.foundation.timeline.models import Beat
from muster.mobilize.watch.models import ClockJump, Finding, Watch

WORKER_SEEN_WITHIN = timedelta(seconds=30)
REMEMBERED = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker that was seen lately, and those of its threads that stand."""

    process: str
    version: str
    seen_at: datetime
    standing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """The auditor's last pass, and whether the outside watcher may hear that all is well."""

    watch: Watch
    silent: Silent | None
    workers: tuple[Worker, ...]


def health(at: datetime) -> Health:
    """How all that watches over pages fares now."""
    watch = Watch.objects.filter(pk=1).first() or Watch(pk=1)
    seen = Beat.objects.filter(kind="worker", at__gte=at - WORKER_SEEN_WITHIN, at__lte=at)
    workers = tuple(_worker(row) for row in seen.order_by("process"))
    return Health(watch, silent(watch.clean_at, at=at), workers)


def is_anything_wrong() -> bool:
    """Whether the auditor found something that is not put right (everybody's to know)."""
    return Finding.objects.filter(ended_at__isnull=True, mended_at__isnull=True).exists()


def _worker(row: Beat) -> Worker:
    limit = LOOP_STANDS_AFTER.total_seconds()
    standing = tuple(sorted(name for name, age in row.loops.items() if age > limit))
    return Worker(row.process, row.version, row.at, standing)


def open_findings(actor: Actor) -> QuerySet[Finding]:
    """What is wrong now, oldest first."""
    return Finding.objects.visible_to(actor).filter(ended_at__isnull=True).order_by("id")


def past_findings(actor: Actor, at: datetime) -> QuerySet[Finding]:
    """What was wrong lately, newest first."""
    rows = Finding.objects.visible_to(actor).filter(ended_at__isnull=False, found_at__gt=at - REMEMBERED)
    return rows.order_by("-id")


def clock_jumps(actor: Actor, at: datetime) -> QuerySet[ClockJump]:
    """When the database's clock was set lately, newest first."""
    return ClockJump.objects.visible_to(actor).filter(jumped_at__gt=at - REMEMBERED).order_by("-id")
