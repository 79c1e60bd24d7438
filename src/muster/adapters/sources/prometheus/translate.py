"""What Prometheus posts to an Alertmanager: a bare list of alerts (wire facts 3.1)."""

from collections.abc import Iterator, Mapping
from typing import Any

from muster.core.labelled import fingerprint, labelled_signal, refuse_too_many
from muster.core.ports.source_form import Malformed
from muster.core.reading import texts_of
from muster.core.signals import Action, Signal
from muster.core.text import sender_time


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one post: every alert in it is a trigger that holds until its `endsAt`.

    Prometheus says firing by an end in the future, and resolved by one in the past; which of the two it is,
    the database's clock tells when the signal is taken in (`core.intake.settled`). Raises `Malformed`.
    """
    if not isinstance(body, list):
        raise Malformed(["Send a list of alerts, as to the API v2 of an Alertmanager"])
    refuse_too_many(body)
    errors = list(_errors(body))
    if errors:
        raise Malformed(errors[:20])
    return [_signal(alert) for alert in body]


def _errors(alerts: list[Any]) -> Iterator[str]:
    for index, alert in enumerate(alerts):
        if not isinstance(alert, Mapping):
            yield f"'[{index}]' must be an object"
        elif not texts_of(alert.get("labels")):
            yield f"'[{index}].labels' must name the alert"


def _signal(alert: Mapping[str, Any]) -> Signal:
    labels = texts_of(alert.get("labels"))
    return labelled_signal(
        Action.TRIGGER,
        fingerprint(labels),
        alert,
        labels=labels,
        annotations=texts_of(alert.get("annotations")),
        details={},
        client="Prometheus",
        holds_until=sender_time(alert.get("endsAt")),
        raw=alert,
    )
