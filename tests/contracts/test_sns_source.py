"""CloudWatch through Amazon SNS (wire facts 3.4): read, judged, and confirmed against a real HTTPS server."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from contracts.payloads import WIRE, captured, knock
from fakes.aws import TOPIC, Aws
from fakes.certificate import server_context
from fakes.webhook import WebhookReceiver, status
from muster.adapters.egress import Egress
from muster.adapters.peers import Allowed
from muster.adapters.sources.sns import door as sns
from muster.adapters.sources.sns.guard import SnsGuard
from muster.adapters.sources.sns.signature import is_signed, public_key
from muster.core.knock import FetchFailed
from muster.core.ports.source_form import Malformed
from muster.core.signals import Action, Signal

FIXTURES = json.loads((WIRE / "payloads" / "aws_sns_signed.json").read_text())
MESSAGES: dict[str, dict[str, Any]] = FIXTURES["messages"]
AWS_HOSTS = ("us-east-1.amazonaws.com", "us-gov-west-1.amazonaws.com", "cn-north-1.amazonaws.com.cn")
ALARM = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu-high"


def read(message: dict[str, Any]) -> Signal:
    (signal,) = sns.DOOR.translate({}, message)
    return signal


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_an_alarm_keeps_what_people_need_to_see(version: str) -> None:
    signal = read(MESSAGES[f"notification_alarm_{version}"])
    assert (signal.action, signal.dedup_key) == (Action.TRIGGER, ALARM)
    assert (signal.summary, signal.source, signal.class_) == (
        "cpu-high",
        "i-0123456789abcdef0",
        "CPUUtilization",
    )
    assert signal.labels["InstanceId"] == "i-0123456789abcdef0"
    assert signal.details["AlarmDescription"] == "CPU over 50%"
    assert signal.occurred_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert "Unsubscribe" not in json.dumps(signal.raw)


def test_ok_ends_the_alarm_and_the_word_of_an_emulator_is_read_too() -> None:
    signal = read(MESSAGES["notification_ok_v2"])
    assert (signal.action, signal.dedup_key) == (Action.RESOLVE, ALARM)
    assert signal.ended_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert read(captured("moto_sns_notification")).dedup_key == ALARM


def test_an_alarm_without_data_is_a_warning() -> None:
    message = dict(MESSAGES["notification_alarm_v2"])
    message["Message"] = message["Message"].replace('"ALARM"', '"INSUFFICIENT_DATA"')
    signal = read(message)
    assert (signal.action, signal.severity.value, signal.summary) == (
        Action.TRIGGER,
        "warning",
        "cpu-high: no data",
    )


def test_a_composite_alarm_has_a_rule_in_the_place_of_a_trigger() -> None:
    alarm = {"AlarmName": "all", "AlarmArn": "arn:x", "NewStateValue": "ALARM", "AlarmRule": "ALARM(a)"}
    signal = read({"Type": "Notification", "Message": json.dumps(alarm), "TopicArn": TOPIC})
    assert (signal.dedup_key, signal.details["AlarmRule"]) == ("arn:x", "ALARM(a)")


def test_anything_else_that_is_published_opens_an_alert_under_its_title() -> None:
    plain = read(MESSAGES["notification_no_subject_v2"])
    assert (plain.action, plain.summary) == (Action.TRIGGER, "plain text, no subject")
    event = {"detail-type": "EC2 Instance State-change", "source": "aws.ec2", "detail": {"state": "stopped"}}
    one, again = (
        read({"Type": "Notification", "Message": json.dumps(event | {"id": n}), "TopicArn": TOPIC})
        for n in (1, 2)
    )
    assert (one.summary, one.source) == ("EC2 Instance State-change", "aws.ec2")
    assert one.dedup_key == again.dedup_key != plain.dedup_key


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_a_confirmation_says_nothing(kind: str) -> None:
    assert sns.DOOR.translate({}, {"Type": kind}) == []


def test_raw_delivery_is_told_to_be_turned_off() -> None:
    with pytest.raises(Malformed) as caught:
        sns.DOOR.translate({}, {"AlarmName": "cpu-high", "NewStateValue": "ALARM"})
    assert "raw message delivery" in caught.value.errors[0]


@pytest.mark.parametrize("name", [name for name in MESSAGES if name[-2:] in ("v1", "v2")])
def test_what_is_signed_is_known_and_any_change_of_it_is_seen(name: str) -> None:
    key = public_key(FIXTURES["signing_cert_pem"].encode())
    message = MESSAGES[name]
    assert is_signed(message, key)
    for member in ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Token", "SubscribeURL"):
        if member in message:
            assert not is_signed(message | {member: message[member] + "x"}, key), member
            assert not is_signed({k: v for k, v in message.items() if k != member}, key), member
    for other in ("", "%", "AAAA", None):
        assert not is_signed(message | {"Signature": other}, key)
    assert not is_signed(message | {"SignatureVersion": "3"}, key)
    assert not is_signed(MESSAGES["tampered"], key)


@pytest.fixture
def aws() -> Iterator[Aws]:
    context, trusted = server_context()
    with WebhookReceiver(tls=context) as hook:
        yield Aws(hook, trusted)


@pytest.mark.parametrize("version", ["1", "2"])
def test_what_aws_signed_is_taken_and_its_certificate_asked_for_once(aws: Aws, version: str) -> None:
    for number in range(3):
        assert aws.ask(aws.signed(version, MessageId=f"m-{number}")) is None
    assert [request.target for request in aws.hook.requests] == ["/SimpleNotificationService-1.pem"]


def test_what_somebody_else_signed_is_not(aws: Aws) -> None:
    assert aws.refused(aws.signed() | {"Message": "Disk empty"}) == 403
    aws.key = rsa.generate_private_key(65537, 2048)
    assert aws.refused(aws.signed()) == 403
    assert aws.refused({**aws.signed(), "SignatureVersion": "3"}) == 403


def test_a_subscription_is_confirmed_at_once_and_its_topic_kept(aws: Aws) -> None:
    assert aws.ask(aws.signed(Type="SubscriptionConfirmation")) is None
    assert [request.target for request in aws.hook.requests] == [
        "/SimpleNotificationService-1.pem",
        "/?Action=ConfirmSubscription&Token=t",
    ]
    assert aws.learned == {"topic": TOPIC}
    assert aws.refused(aws.signed(TopicArn=TOPIC + "2")) == 403
    assert aws.refused(aws.signed()) is None


def test_nothing_is_confirmed_for_another_topic_or_by_a_forged_message(aws: Aws) -> None:
    other = {"topic": TOPIC + "-of-ours"}
    assert aws.refused(aws.signed(Type="SubscriptionConfirmation"), other) == 403
    forged = aws.signed(Type="SubscriptionConfirmation") | {"SubscribeURL": "https://127.0.0.1:1/"}
    assert aws.refused(forged) == 403
    assert [request.target for request in aws.hook.requests] == ["/SimpleNotificationService-1.pem"]
    assert aws.refused(aws.signed(), {"topic": f"arn:other, {TOPIC}"}) is None


@pytest.mark.parametrize(("minutes", "status_"), [(0, None), (59, None), (-59, None), (61, 403), (-61, 403)])
def test_a_message_is_of_this_hour(aws: Aws, minutes: int, status_: int | None) -> None:
    sent = datetime(2026, 1, 1, tzinfo=UTC)
    assert aws.refused(aws.signed(), now=sent + timedelta(minutes=minutes)) == status_


def test_raw_delivery_and_strangers_are_told_what_to_change(aws: Aws) -> None:
    raw = aws.ask({"AlarmName": "x"}, **{"x-amz-sns-rawdelivery": "true"})
    assert raw is not None
    assert raw.status == 400
    assert b"raw message delivery" in raw.body
    for message in ({}, [], "x", {"Type": ["Notification"]}, {"Type": "Other"}):
        assert aws.refused(message) == 400
    assert aws.hook.connections == 0


def test_what_aws_does_not_say_yes_to_comes_again(aws: Aws) -> None:
    aws.hook.answer = status(500)
    with pytest.raises(FetchFailed):
        aws.ask(aws.signed())
    aws.hook.answer = status(200, body=b"no certificate")
    with pytest.raises(FetchFailed):
        aws.ask(aws.signed())
    aws.egress = Egress(Allowed())
    with pytest.raises(FetchFailed):
        aws.ask(aws.signed())


@pytest.mark.parametrize(
    "address",
    [
        "http://sns.us-east-1.amazonaws.com/x.pem",
        "https://sns.us-east-1.amazonaws.com.evil.example/x.pem",
        "https://sns.us-east-1.amazonaws.com@evil.example/x.pem",
        "https://sns.us-east-1.amazonaws.com:8443/x.pem",
        "https://evil.example/sns.us-east-1.amazonaws.com/x.pem",
        "https://sns.us-east-1.amazonaws.com\\@evil.example/x.pem",
        "https://snsXus-east-1.amazonaws.com/x.pem",
        "https://sqs.us-east-1.amazonaws.com/x.pem",
        "https://sns.s3-us-west-2.amazonaws.com/x.pem",
        "https://sns.s3.amazonaws.com/x.pem",
        "https://sns.us-east-1.amazonaws.com/x.txt",
        "https://[::1/x.pem",
        "",
    ],
)
def test_no_certificate_is_asked_for_anywhere_else(address: str) -> None:
    asked: list[str] = []
    message = MESSAGES["notification_alarm_v2"] | {"SigningCertURL": address}
    refusal = SnsGuard().admit(knock(json.dumps(message).encode(), {}, {}, fetch=_keeping(asked)))
    assert refusal is not None
    assert (refusal.status, asked) == (403, [])


@pytest.mark.parametrize(
    "host",
    [f"sns.{where}" for where in AWS_HOSTS],
)
def test_at_aws_it_is(host: str) -> None:
    asked: list[str] = []
    address = f"https://{host}/SimpleNotificationService-1.pem"
    message = MESSAGES["notification_alarm_v2"] | {"SigningCertURL": address}
    assert SnsGuard().admit(knock(json.dumps(message).encode(), {}, {}, fetch=_keeping(asked))) is None
    assert asked == [address]


def _keeping(asked: list[str]) -> Any:
    """Answers with the certificate of the fixtures, and keeps who was asked."""

    def answer(url: str) -> bytes:
        asked.append(url)
        return str(FIXTURES["signing_cert_pem"]).encode()

    return answer
