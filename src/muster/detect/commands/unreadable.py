"""What doors could not read: kept in its own row, told to the integration's people (I1; design section 5).

One alert of our own for each integration and hour, which counts every such payload; at most ten bodies a
minute get a row. Strangers come here never: the batch has found the integration of the key before.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import QuerySet

from muster.core import unreadable
from muster.core.intake import META_SCOPE
from muster.core.lifecycle import AlertState
from muster.core.permissions import Actor, system
from muster.core.signals import SignalSeverity, bounded_key
from muster.core.unreadable import KIND, Unreadable
from muster.detect.commands import intake_sql
from muster.detect.commands.alerts import clear_meta_alerts, open_meta_alert
from muster.detect.commands.intake_sql import Sender
from muster.detect.commands.traffic import count_unreadable
from muster.detect.models import Alert, Integration
from muster.foundation.timeline.pen import command, lock_many, touch

ACTOR = system("keep_unreadable")
GONE_AFTER = timedelta(hours=1)
"""Our own alert is resolved when nothing unreadable has come for so long."""


def keep_unreadable(found: Sequence[tuple[Sender, Unreadable]], at: datetime) -> None:
    """Keep a batch's unreadable payloads, within the transaction of the intake.

    Each integration is locked, so that two processes never both open its alert or count on the same number.
    """
    rows = {row.pk: row for row in lock_many(Integration, {sender.id for sender, _ in found})}
    for sender_id, group in groupby(sorted(found, key=lambda one: one[0].id), key=lambda one: one[0].id):
        _keep(rows[sender_id], [one for _, one in group], at)


def _keep(integration: Integration, found: Sequence[Unreadable], at: datetime) -> None:
    alert, is_new = _alert_of_hour(integration, found[0], at)
    lately = 0 if is_new else intake_sql.rows_within_a_minute(alert.pk, unreadable.KEPT_A_MINUTE)
    kept = found[: max(unreadable.KEPT_A_MINUTE - lately, 0)]
    intake_sql.keep_unread(integration.pk, alert.pk, [(one.reason, one.as_json()) for one in kept])
    count_unreadable(integration.pk, Counter(one.reason for one in found))
    alert.count += len(found) - is_new
    alert.unkept += len(found) - len(kept)
    alert.last_seen_at = at
    touch([alert], "count", "unkept", "last_seen_at")


def _alert_of_hour(integration: Integration, first: Unreadable, at: datetime) -> tuple[Alert, bool]:
    """The one alert about an integration in this hour, locked, and whether it is new.

    One that somebody has resolved counts on: it is one for each hour, however often it is put aside.
    """
    about = unreadable.about(integration.handle, at)
    rows = Alert.objects.select_for_update(no_key=True).filter(
        dedup_scope=META_SCOPE, dedup_key=bounded_key(f"{KIND}:{about}")
    )
    found = rows.order_by("-id").first()
    if found is not None:
        return found, False
    standing = _standing().filter(labels__about__startswith=f"{integration.handle}:")
    before = [said for said in standing.values_list("labels__about", flat=True) if said != about]
    opened = open_meta_alert(
        KIND,
        about,
        actor=ACTOR,
        at=at,
        summary=unreadable.summary(integration.handle, first),
        severity=SignalSeverity.WARNING,
        service_id=integration.service_id,
    )
    clear_meta_alerts([(KIND, said) for said in before], actor=ACTOR, at=at)
    return opened, True


def _standing() -> QuerySet[Alert]:
    return Alert.objects.filter(dedup_scope=META_SCOPE, labels__kind=KIND).exclude(state=AlertState.RESOLVED)


@command
def clear_unreadable_alerts(*, actor: Actor, at: datetime) -> int:
    """Resolve our own alerts about integrations that have sent nothing unreadable for an hour."""
    quiet = _standing().filter(last_seen_at__lte=at - GONE_AFTER)
    about = list(quiet.values_list("labels__about", flat=True))
    clear_meta_alerts([(KIND, said) for said in about], actor=actor, at=at)
    return len(about)
