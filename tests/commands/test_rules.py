"""Rules are made, changed, retired and restored; what they hold back pages when they let it go."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine import settle
from muster.core.permissions import Denied, system
from muster.core.refusal import Refused
from muster.core.rule_form import RuleRefusal
from muster.core.signals import SignalSeverity
from muster.detect.commands import receive_signals
from muster.evaluate import commands
from muster.evaluate.due import decide_again
from muster.evaluate.models import Decision, Rule
from muster.evaluate.reasons import Evaluate
from muster.foundation.access import queries
from muster.foundation.catalog.commands import change_service
from muster.foundation.catalog.models import Service
from muster.foundation.catalog.reasons import NotFound, Taken
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.escalation.models import Escalation
from muster.mobilize.paging.models import Delivery
from muster.restore import commands as restore
from people import Cast
from ruling import alert, groups, local, said, sender
from senders import resolve, trigger

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
CRITICAL, WARNING = SignalSeverity.CRITICAL, SignalSeverity.WARNING


@pytest.fixture(autouse=True)
def lanes(database) -> None:
    """Lanes stand at the head."""
    prepare()


def test_a_rule_is_kept_with_its_author_and_reason(rule: Callable[..., Rule], cast: Cast) -> None:
    """One event; the reason is human text and stands apart."""
    row = rule("calm", "wait", ["service=checkout"], lasts="300s")
    assert (row.spec, row.author_id, row.why) == ({"lasts": "5m"}, cast.id("admin"), "a test")
    event = Event.objects.get(subject=f"rule:{row.pk}")
    assert (event.kind, event.payload["kind"]) == ("rule.added", "wait")
    assert event.payload["why"].keys() == {"text"}


def test_only_an_admin_makes_rules_but_every_responder_announces_work(
    rule: Callable[..., Rule], cast: Cast, key: str
) -> None:
    ana = cast("ana")
    with pytest.raises(Refused) as refused:
        commands.add_rule(
            actor=ana.actor,
            at=ana.at,
            handle="a",
            kind="wait",
            matchers=["a=b"],
            fields={"lasts": "5m"},
            why="x",
        )
    assert refused.value.reason is Denied.ROLE
    work = {"starts": local(ana.at), "lasts": "2h", "timezone": "UTC", "services": ["checkout"]}
    row = commands.add_rule(
        actor=ana.actor, at=ana.at, handle="work", kind="maintenance", fields=work, why="new disks"
    )
    assert row.spec["services"] == [Service.objects.get(handle="checkout").pk]
    sam = cast("sam")
    with pytest.raises(Refused):
        commands.retire_rule(row.pk, actor=sam.actor, at=sam.at)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"why": "  "}, RuleRefusal.NO_REASON),
        ({"matchers": []}, RuleRefusal.NO_MATCHER),
        ({"matchers": ["("]}, Evaluate.BAD_MATCHER),
        ({"kind": "event", "fields": {"declare": "SEV99"}}, Evaluate.SEVERITY_UNKNOWN),
        ({"kind": "event", "fields": {"service": "gone"}}, NotFound.SERVICE),
        ({"ends_at": datetime.fromisoformat("2020-01-01T00:00+00:00")}, RuleRefusal.ENDS_IN_THE_PAST),
        ({"handle": "taken"}, Taken.HANDLE),
    ],
)
def test_what_is_refused_writes_nothing(
    rule: Callable[..., Rule], cast: Cast, standard: None, said: dict[str, Any], reason: Any
) -> None:
    rule("taken", "wait", ["a=b"], lasts="5m")
    admin = cast("admin")
    given = {"handle": "fresh", "kind": "wait", "matchers": ["a=b"], "fields": {"lasts": "5m"}, "why": "x"}
    with pytest.raises(Refused) as refused:
        commands.add_rule(actor=admin.actor, at=admin.at, **(given | said))
    assert refused.value.reason is reason
    assert Rule.objects.count() == 1


def test_a_rule_is_changed_with_before_and_after(rule: Callable[..., Rule], cast: Cast) -> None:
    row, admin = rule("calm", "wait", ["service=checkout"], lasts="5m"), cast("admin")
    changes = {"fields": {"lasts": "10m"}, "position": 5}
    changed = commands.change_rule(row.pk, changes, actor=admin.actor, at=admin.at)
    assert (changed.spec, changed.position) == ({"lasts": "10m"}, 5)
    event = Event.objects.filter(subject=f"rule:{row.pk}").latest("id")
    assert event.payload["spec"] == {"before": {"lasts": "5m"}, "after": {"lasts": "10m"}}
    again = commands.change_rule(row.pk, changes, actor=admin.actor, at=admin.at)
    assert again.last_event_id == event.pk


def test_work_that_goes_on_holds_and_pages_when_it_ends(rule: Callable[..., Rule], key: str, clock) -> None:
    now = clock.now()
    rule("work", "maintenance", starts=local(now - HOUR), lasts="2h", timezone="UTC", services=["checkout"])
    receive_signals([trigger(key)])
    settle()
    assert alert().suppressed_by == "maintenance:work"
    assert "Maintenance is under way on checkout until" in said("maintenance")
    assert not groups().exists()
    clock.advance(HOUR + MINUTE)
    assert decide_again() == 1
    settle()
    assert alert().suppressed_by is None
    assert groups().get().state == "triggered"


def test_work_comes_again_by_its_rule(rule: Callable[..., Rule], key: str, clock) -> None:
    """A weekly window that began weeks ago holds now, and not an hour before."""
    now = clock.now()
    first = local(now - timedelta(weeks=3) - MINUTE)
    rule(
        "weekly",
        "maintenance",
        starts=first,
        lasts="2h",
        timezone="UTC",
        services=["checkout"],
        repeat="FREQ=WEEKLY",
    )
    receive_signals([trigger(key)])
    settle()
    assert alert().suppressed_by == "maintenance:weekly"
    clock.advance(3 * HOUR)
    receive_signals([trigger(key, "k2")])
    settle()
    assert alert("k2").suppressed_by is None
    clock.advance(timedelta(days=7) - 3 * HOUR)
    receive_signals([trigger(key, "k3")])
    settle()
    assert alert("k3").suppressed_by == "maintenance:weekly"


def test_work_that_is_called_off_lets_its_alerts_page(
    rule: Callable[..., Rule], cast: Cast, key: str, clock
) -> None:
    now = clock.now()
    row = rule(
        "work", "maintenance", starts=local(now - HOUR), lasts="9h", timezone="UTC", services=["checkout"]
    )
    receive_signals([trigger(key)])
    settle()
    ana = cast("ana")
    commands.retire_rule(row.pk, actor=ana.actor, at=ana.at, why="postponed")
    settle()
    assert alert().suppressed_by is None
    assert groups().get().state == "triggered"
    commands.restore_rule(row.pk, actor=ana.actor, at=cast("ana").at)
    settle()
    assert alert().suppressed_by == "maintenance:work"


def test_work_that_is_over_is_refused(rule: Callable[..., Rule], key: str, clock) -> None:
    with pytest.raises(Refused) as refused:
        rule("w", "maintenance", starts="2020-01-01T02:00", lasts="2h", timezone="UTC", services=["checkout"])
    assert refused.value.reason is RuleRefusal.NEVER_HAPPENS


def test_a_worse_alert_explains_others_until_it_is_over(rule: Callable[..., Rule], key: str) -> None:
    """As in Alertmanager: source, target and equal labels."""
    rule("cluster", "inhibition", ["severity=warning"], source=["severity=critical"], equal=["cluster"])
    one, two = {"labels": {"cluster": "a"}}, {"labels": {"cluster": "b"}}
    receive_signals([trigger(key, "root", severity=CRITICAL, **one)])
    settle()
    receive_signals(
        [trigger(key, "k1", severity=WARNING, **one), trigger(key, "k2", severity=WARNING, **two)]
    )
    settle()
    assert (alert().suppressed_by, alert("k2").suppressed_by) == ("inhibition:cluster", None)
    assert said("inhibit") == f"ALR-{alert('root').pk} is open and explains it (rule cluster)."
    receive_signals([resolve(key, "root")])
    settle()
    assert alert().suppressed_by is None
    assert Decision.objects.get(alert=alert()).group is not None


def test_a_cause_that_comes_later_stops_the_paging_of_what_it_explains(
    rule: Callable[..., Rule], key: str, paged: None
) -> None:
    rule("cluster", "inhibition", ["severity=warning"], source=["severity=critical"])
    receive_signals([trigger(key, "k1", severity=WARNING)])
    settle()
    group = groups().get()
    assert Escalation.objects.get(about=group.subject).state == "running"
    waiting = Delivery.objects.filter(page__about=group.subject)
    assert [row.state for row in waiting] == ["queued"]
    receive_signals([trigger(key, "root", severity=CRITICAL)])
    settle()
    assert alert().suppressed_by == "inhibition:cluster"
    assert [(row.state, row.reason) for row in waiting.all()] == [("cancelled", "held_back")]
    assert Escalation.objects.get(about=group.subject).state == "stopped"
    receive_signals([resolve(key, "root")])
    settle()
    group.refresh_from_db()
    assert (group.state, group.epoch) == ("triggered", 2)
    assert Escalation.objects.get(about=group.subject).state == "running"


def depends(above: str, below: str) -> None:
    row = Service.objects.get(handle=above)
    changes = {"depends_on": [Service.objects.get(handle=below).pk], "hold_when_dependency_down": True}
    change_service(row.pk, changes, actor=system("tests"), at=queries.now())


def test_what_stands_on_what_is_down_is_one_story(key: str) -> None:
    """The database cries, the service above it is held, and pages when the database is back (peer 11b)."""
    below = sender("orders-db")
    depends("checkout", "orders-db")
    receive_signals([trigger(below, "db", severity=CRITICAL)])
    settle()
    receive_signals([trigger(key, "k1"), trigger(key, "k2")])
    settle()
    assert {alert(name).suppressed_by for name in ("k1", "k2")} == {"dependency:orders-db"}
    assert f"checkout → orders-db (ALR-{alert('db').pk})" in said("dependency")
    assert groups().count() == 1
    receive_signals([resolve(key, "k2"), resolve(below, "db")])
    settle()
    assert alert().suppressed_by is None
    assert groups().get(service__handle="checkout").state == "triggered"


def test_what_is_down_by_an_incident_holds_until_that_is_dismissed(
    key: str, cast: Cast, standard: None
) -> None:
    sender("orders-db")
    depends("checkout", "orders-db")
    receive_signals([trigger(key)])
    settle()
    assert alert().suppressed_by is None
    ana = cast("ana")
    services = (Service.objects.get(handle="orders-db").pk,)
    said = commands.Declaration("Orders are down", services=services, severity="SEV2")
    incident = commands.declare_incident(said, actor=ana.actor, at=ana.at)
    settle()
    assert alert().suppressed_by == "dependency:orders-db"
    admin = cast("admin")
    restore.dismiss(incident.pk, actor=admin.actor, at=admin.at, why="a test of the pager")
    settle()
    assert alert().suppressed_by is None
