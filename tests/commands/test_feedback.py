"""What people say of an alert afterwards: given, changed, taken back; refused, stranger, twice at once."""

import threading

import pytest
from django.db import connection

from database import Database
from engine import settle
from muster.core.noise import FeedbackRefusal
from muster.core.permissions import Denied, system
from muster.core.refusal import Refused
from muster.detect.commands import receive_signals
from muster.detect.models import Alert
from muster.evaluate.commands import give_feedback, withdraw_feedback
from muster.evaluate.models import AlertFeedback
from muster.evaluate.queries import feedback_of
from muster.foundation.access import queries
from muster.foundation.access.models import Audience
from muster.foundation.catalog.reasons import NotFound
from muster.foundation.timeline.models import Event
from muster.foundation.timeline.queries import told
from muster.foundation.timeline.reactor import prepare
from muster.foundation.timeline.verify import verify
from muster.web.screens.entries import names_of
from people import Cast
from senders import make_service, trigger

TESTS = system("tests")


@pytest.fixture
def alert(key: str) -> Alert:
    """An open alert of service checkout; there is a service orders beside."""
    prepare()
    make_service(actor=TESTS, at=queries.now(), handle="orders")
    receive_signals([trigger(key)])
    settle()
    return Alert.objects.get(dedup_key="k1")


def say(cast: Cast, who: str, alert: Alert, said: str, target: str = "") -> AlertFeedback:
    someone = cast(who)
    return give_feedback(alert.pk, said, actor=someone.actor, at=someone.at, target=target)


def history() -> list[str]:
    """What the timeline says of feedback, who first."""
    events = Event.objects.filter(subject__startswith="alert_feedback:").order_by("id")
    return [f"{line.actor_name} {line.sentence}" for line in told(events, names_of)]


def test_each_person_has_one_word_and_may_change_it(alert: Alert, cast: Cast) -> None:
    # R43
    say(cast, "ana", alert, "useful")
    say(cast, "ana", alert, "wrong_target", "orders")
    say(cast, "ben", alert, "duplicate")
    say(cast, "sam", alert, "noise")
    given = feedback_of(cast("ana").actor, alert)
    assert [(row.person.handle, row.said) for row in given] == [
        ("sam", "noise"),
        ("ben", "duplicate"),
        ("ana", "wrong_target"),
    ]
    assert history() == [
        "Ana found the alert useful",
        "Ana said that the alert belongs elsewhere: orders",
        "Ben called the alert a duplicate",
        "Sam called the alert noise",
    ]
    assert not verify().findings


def test_saying_the_same_again_writes_nothing(alert: Alert, cast: Cast) -> None:
    say(cast, "ana", alert, "noise")
    before = Event.objects.count()
    say(cast, "ana", alert, "noise")
    assert Event.objects.count() == before


def test_a_word_is_taken_back_and_may_be_given_again(alert: Alert, cast: Cast) -> None:
    ana = cast("ana")
    withdraw_feedback(alert.pk, actor=ana.actor, at=ana.at)
    assert history() == []
    say(cast, "ana", alert, "noise")
    for _ in range(2):
        withdraw_feedback(alert.pk, actor=ana.actor, at=ana.at)
    assert feedback_of(ana.actor, alert) == []
    assert history()[1:] == ["Ana took back what they had said of the alert"]
    say(cast, "ana", alert, "useful")
    assert [row.said for row in feedback_of(ana.actor, alert)] == ["useful"]
    assert AlertFeedback.objects.count() == 1


def test_auditors_say_nothing(alert: Alert, cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        say(cast, "ada", alert, "noise")
    assert refused.value.reason is Denied.ROLE
    assert not AlertFeedback.objects.exists()


def test_who_may_not_see_the_alert_finds_none(alert: Alert, cast: Cast, database: Database) -> None:
    secret = Audience.objects.create(name="INC").pk
    database.as_owner("ALTER TABLE detect_alert DISABLE TRIGGER ALL")
    database.as_owner("UPDATE detect_alert SET audience_id = %s", secret)
    database.as_owner("ALTER TABLE detect_alert ENABLE TRIGGER ALL")
    with pytest.raises(Alert.DoesNotExist):
        say(cast, "ana", alert, "noise")
    ana = cast("ana")
    with pytest.raises(Alert.DoesNotExist):
        withdraw_feedback(alert.pk, actor=ana.actor, at=ana.at)


def test_what_is_wrong_is_refused_with_its_reason(alert: Alert, cast: Cast) -> None:
    for said, target, reason in (
        ("rubbish", "", FeedbackRefusal.UNKNOWN),
        ("noise", "orders", FeedbackRefusal.NAMES_A_SERVICE),
        ("wrong_target", "checkout", FeedbackRefusal.NAMES_ITS_OWN),
        ("wrong_target", "nowhere", NotFound.SERVICE),
    ):
        with pytest.raises(Refused) as refused:
            say(cast, "ana", alert, said, target)
        assert refused.value.reason is reason
    assert history() == []


def test_said_twice_at_once_it_is_one_word(alert: Alert, cast: Cast) -> None:
    gate, outcomes = threading.Barrier(2), []

    def tell() -> None:
        gate.wait()
        try:
            outcomes.append(say(cast, "ana", alert, "noise").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=tell) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 2
    assert len(set(outcomes)) == 1
    assert history() == ["Ana called the alert noise"]
