"""Messages of SNS: CloudWatch's alarms, and whatever else is published to the topic (wire facts 3.4)."""

from collections.abc import Iterator, Mapping
from typing import Any

from muster.core.decoding import NotDecodable, decode_json
from muster.core.ports.source_form import Malformed
from muster.core.reading import (
    made_key,
    mapping_of,
    objects_in,
    short_texts_of,
    text_of,
    text_or_json,
)
from muster.core.signals import Action, Signal, SignalSeverity, make_signal
from muster.core.text import sender_time

NOT_KEPT = ("UnsubscribeURL", "SubscribeURL", "Token")
"""Who has them may end the subscription, or make one."""
_CONFIRMATIONS = ("SubscriptionConfirmation", "UnsubscribeConfirmation")
_STATES = {
    "ALARM": (Action.TRIGGER, SignalSeverity.ERROR),
    "INSUFFICIENT_DATA": (Action.TRIGGER, SignalSeverity.WARNING),
    "OK": (Action.RESOLVE, SignalSeverity.ERROR),
}
_DETAILS = ("AlarmDescription", "NewStateReason", "OldStateValue", "AlarmRule", "Trigger")


def translate(headers: Mapping[str, str], body: Any, /) -> list[Signal]:
    """Read one message, by its `Type` alone. A confirmation says nothing. Raises `Malformed`."""
    if not isinstance(body, Mapping):
        raise Malformed(["Send the message of SNS as it is, one JSON object"])
    kind = body.get("Type")
    if kind in _CONFIRMATIONS:
        return []
    if kind != "Notification":
        raise Malformed(["'Type' is not one of SNS: turn raw message delivery off"])
    said = _decoded(text_of(body.get("Message")))
    alarm = mapping_of(said)
    if text_of(alarm.get("NewStateValue")) in _STATES and _alarm_key(alarm):
        return [_alarm(alarm, body)]
    return [_message(said, body)]


def _decoded(text: str) -> Any:
    """The JSON in a message's text, or the text itself."""
    try:
        return decode_json(text.encode("utf-8", "replace"))
    except NotDecodable:
        return text


def _alarm_key(alarm: Mapping[str, Any]) -> str:
    return text_of(alarm.get("AlarmArn")) or text_of(alarm.get("AlarmName"))


def _alarm(alarm: Mapping[str, Any], body: Mapping[str, Any]) -> Signal:
    """An alarm of CloudWatch; a composite one has a rule in the trigger's place."""
    state = text_of(alarm.get("NewStateValue"))
    action, severity = _STATES[state]
    trigger = mapping_of(alarm.get("Trigger"))
    dimensions = dict(_dimensions(trigger))
    at = sender_time(alarm.get("StateChangeTime"))
    name = text_of(alarm.get("AlarmName")) or _alarm_key(alarm)
    region = text_of(alarm.get("Region"))
    return make_signal(
        action,
        _alarm_key(alarm),
        summary=f"{name}: no data" if state == "INSUFFICIENT_DATA" else name,
        severity=severity,
        source=next(iter(dimensions.values()), ""),
        component=text_of(trigger.get("Namespace")),
        group=region,
        class_=text_of(trigger.get("MetricName")),
        labels={
            **dimensions,
            **short_texts_of(
                {
                    "alarm": alarm.get("AlarmName"),
                    "account": alarm.get("AWSAccountId"),
                    "region": region,
                    "namespace": trigger.get("Namespace"),
                    "metric": trigger.get("MetricName"),
                    "topic": body.get("TopicArn"),
                }
            ),
        },
        details={name: alarm[name] for name in _DETAILS if alarm.get(name) not in (None, "")},
        client="CloudWatch",
        occurred_at=at if action is Action.TRIGGER else None,
        ended_at=at if action is Action.RESOLVE else None,
        raw=_kept(body),
    )


def _dimensions(trigger: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for dimension in objects_in(trigger.get("Dimensions")):
        yield from short_texts_of({text_of(dimension.get("name")): dimension.get("value")}).items()


def _message(said: Any, body: Mapping[str, Any]) -> Signal:
    """Anything else that is published: it opens an alert, and nothing but a person ends it."""
    subject = text_of(body.get("Subject")).strip()
    inner = mapping_of(said)
    first_line = next(iter(text_or_json(said).strip().splitlines()), "")
    title = subject or text_of(inner.get("detail-type")).strip() or first_line
    if not title:
        raise Malformed(["'Message' and 'Subject' are both empty"])
    return make_signal(
        Action.TRIGGER,
        made_key([text_of(body.get("TopicArn")), title, text_of(inner.get("source"))]),
        summary=title,
        severity=SignalSeverity.ERROR,
        source=text_of(inner.get("source")),
        labels=short_texts_of({"topic": body.get("TopicArn"), "source": inner.get("source")}),
        details=inner or {"message": text_or_json(said)},
        client="Amazon SNS",
        occurred_at=sender_time(body.get("Timestamp")),
        raw=_kept(body),
    )


def _kept(body: Mapping[str, Any]) -> dict[str, Any]:
    """The message without what opens something: whoever has that address may end the subscription."""
    return {name: value for name, value in body.items() if name not in NOT_KEPT}
