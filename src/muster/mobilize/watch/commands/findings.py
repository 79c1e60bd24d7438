"""What a pass of the auditor found, put right, or found wrong no more."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection

from muster.core.change import Change
from muster.core.permissions import Actor
from muster.core.signals import SignalSeverity
from muster.core.watch import TOLD_FOR, Check, Found
from muster.detect.commands import clear_meta_alerts, open_meta_alert
from muster.foundation.timeline.pen import command, record_many
from muster.mobilize.watch.commands import clock
from muster.mobilize.watch.models import ClockJump, Finding

META = "audit"
_LOCK = 0x61756474


@command
def record_pass(
    found: Sequence[Found], mended: Collection[tuple[str, str]], *, actor: Actor, at: datetime
) -> list[Found]:
    """Keep what a pass found: new findings are raised and told, those put right are marked, the rest end.

    Returns the new ones.

    Our own alert about a check is one, however much is found; it belongs to the built-in service and comes
    through no door (I26). It is resolved when nothing was found wrong for a while.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    wrong = {one.key: one for one in found}
    rows = Finding.objects.select_for_update(no_key=True).filter(ended_at__isnull=True)
    standing = {(row.check_name, row.about): row for row in rows.order_by("id")}
    fresh = [one for key, one in wrong.items() if key not in standing]
    raised = record_many([Finding() for _ in fresh], [_raised(one, at) for one in fresh], actor=actor, at=at)
    standing |= {(row.check_name, row.about): row for row in raised}
    _mark(standing, [key for key in wrong if key in mended], "mended", actor, at)
    _mark(standing, [key for key in standing if key not in wrong], "ended", actor, at)
    _tell(fresh, actor, at)
    _clear(actor, at)
    return fresh


def _raised(one: Found, at: datetime) -> Change:
    columns = {"check_name": one.check.value, "about": one.about, "facts": one.facts, "found_at": at}
    return Change(
        "finding.raised", columns, {"check": one.check.value, "about": one.about, "facts": one.facts}
    )


def _mark(
    standing: dict[tuple[str, str], Finding],
    keys: Sequence[tuple[str, str]],
    how: str,
    actor: Actor,
    at: datetime,
) -> None:
    rows = [standing[key] for key in keys if getattr(standing[key], f"{how}_at") is None]
    changes = [
        Change(f"finding.{how}", {f"{how}_at": at}, {"check": row.check_name, "about": row.about})
        for row in rows
    ]
    record_many(rows, changes, actor=actor, at=at)


def _tell(fresh: Sequence[Found], actor: Actor, at: datetime) -> None:
    for check in dict.fromkeys(one.check for one in fresh):
        about = ", ".join(one.about for one in fresh if one.check is check)
        open_meta_alert(
            META,
            check.value,
            actor=actor,
            at=at,
            summary=f"The auditor found {check.value.replace('_', ' ')}: {about[:200]}",
            severity=SignalSeverity.CRITICAL,
        )


def _clear(actor: Actor, at: datetime) -> None:
    """Resolve our alerts about what was not found for a while."""
    late = Finding.objects.filter(ended_at__isnull=True) | Finding.objects.filter(ended_at__gt=at - TOLD_FOR)
    lately = set(late.values_list("check_name", flat=True))
    gone = [(META, check.value) for check in Check if check.value not in lately]
    if not ClockJump.objects.filter(jumped_at__gt=at - TOLD_FOR, jumped_at__lte=at).exists():
        gone.append((clock.META, clock.ABOUT))
    clear_meta_alerts(gone, actor=actor, at=at)
