"""Pages as Standard Webhooks (design section 13)."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from fakes.webhook import WebhookReceiver, status
from muster.adapters.contacts.webhook.channel import WebhookChannel
from muster.adapters.contacts.webhook.signature import signature
from muster.adapters.egress import Egress
from muster.core.ports.contact import Contact, SendFailed
from muster.core.ports.contact_form import Failure, FailureReason, Message

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def hook() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as opened:
        yield opened


@pytest.fixture
def channel(egress: Egress) -> WebhookChannel:
    return WebhookChannel(egress, master_secret="master", seconds=2)


def failed(channel: WebhookChannel, contact: Contact, message: Message) -> SendFailed:
    with pytest.raises(SendFailed) as caught:
        channel.send(contact, message)
    return caught.value


def test_the_body_is_the_stable_door(
    channel: WebhookChannel, hook: WebhookReceiver, message: Message
) -> None:
    channel.send(Contact("c1", "webhook", {"url": hook.url}), message)
    sent = hook.requests[0].json
    assert sent["type"] == "page"
    assert sent["data"] == {
        "delivery": "DL-7",
        "page": "PG-3",
        "person": "ana",
        "subject": "GRP-5",
        "summary": "Disk full on db-1",
        "urgency": "high",
        "count": 1,
        "service": "checkout",
        "alert": "ALR-4",
        "incident": None,
        "url": "https://muster.example.com/alerts/ALR-4",
        "ack_url": "https://muster.example.com/p/abc",
    }
    assert hook.requests[0].headers["webhook-id"] == message.key
    assert hook.requests[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize("secret", [SECRET, ""])
def test_the_signature_verifies_over_the_very_bytes(
    channel: WebhookChannel, hook: WebhookReceiver, message: Message, secret: str
) -> None:
    contact = Contact("c1", "webhook", {"url": hook.url, "secret": secret})
    channel.send(contact, message)
    request = hook.requests[0]
    key = base64.b64decode(channel.signing_secret(contact).removeprefix("whsec_"))
    signed = (
        f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
    )
    expected = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert request.headers["webhook-signature"] == expected
    assert abs(int(request.headers["webhook-timestamp"]) - datetime.now(UTC).timestamp()) < 60


def test_the_signature_of_the_published_example_is_ours() -> None:
    # The example of the Standard Webhooks specification's reference libraries.
    body = b'{"test": 2432232314}'
    made = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_contacts_without_a_secret_have_different_ones(channel: WebhookChannel) -> None:
    one, other = Contact("c1", "webhook", {}), Contact("c2", "webhook", {})
    assert channel.signing_secret(one) != channel.signing_secret(other)
    assert channel.signing_secret(one) == channel.signing_secret(one)


def test_nothing_is_signed_with_an_empty_secret() -> None:  # S7
    for secret in ("", "whsec_"):
        with pytest.raises(ValueError, match="empty"):
            signature(secret, "id", 1, b"")


@pytest.mark.parametrize(
    ("code", "failure", "reason"),
    [
        (410, Failure.PERMANENT, FailureReason.GONE),
        (400, Failure.PERMANENT, FailureReason.REFUSED),
        (401, Failure.PERMANENT, FailureReason.REFUSED),
        (404, Failure.PERMANENT, FailureReason.REFUSED),
        (408, Failure.TEMPORARY, FailureReason.REFUSED),
        (429, Failure.TEMPORARY, FailureReason.RATE_LIMITED),
        (500, Failure.TEMPORARY, FailureReason.SERVER_ERROR),
        (503, Failure.TEMPORARY, FailureReason.SERVER_ERROR),
        (302, Failure.PERMANENT, FailureReason.UNEXPECTED_ANSWER),
        (304, Failure.PERMANENT, FailureReason.UNEXPECTED_ANSWER),
    ],
)
def test_every_other_status_is_a_failure(
    channel: WebhookChannel,
    hook: WebhookReceiver,
    message: Message,
    code: int,
    failure: Failure,
    reason: FailureReason,
) -> None:
    hook.answer = status(code, ("location", hook.url + "/elsewhere"))
    why = failed(channel, Contact("c", "webhook", {"url": hook.url}), message)
    assert (why.failure, why.reason, why.detail) == (failure, reason, str(code))
    assert len(hook.requests) == 1  # S25: a redirect is not followed


def test_a_provider_that_asks_for_patience_is_heard(
    channel: WebhookChannel, hook: WebhookReceiver, message: Message
) -> None:
    hook.answer = status(429, ("retry-after", "7"))
    assert failed(channel, Contact("c", "webhook", {"url": hook.url}), message).retry_after == timedelta(
        seconds=7
    )


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "http://user:pass@example.com/",
        "http://example.com\\@127.0.0.1/",
        "http://exa mple.com/",
        "http://example.com/\r\nx: y",
        "http://example.com:6379/",
        "http://example.com:25/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://[::1/",
        "http://example.com:99999/",
        "http://" + "a" * 70 + ".example.com/",
        "//example.com/",
    ],
)
def test_an_address_that_is_no_web_address_is_refused_unsent(  # S22, S26, S27, S32
    channel: WebhookChannel, message: Message, url: str
) -> None:
    why = failed(channel, Contact("c", "webhook", {"url": url}), message)
    assert (why.failure, why.reason) == (Failure.PERMANENT, FailureReason.BAD_CONTACT)
