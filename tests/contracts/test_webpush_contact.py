"""Pages by web push: sealed as RFC 8291 says, signed as RFC 8292 says, and what the browser is told."""

import dataclasses
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from fakes.push import PushService, octets, text
from fakes.webhook import status
from muster.adapters.contacts.webpush.channel import WebPushChannel
from muster.adapters.contacts.webpush.sealing import LIMIT_BYTES, seal
from muster.adapters.contacts.webpush.vapid import public_key
from muster.adapters.egress import Egress
from muster.core.ports.contact import Contact, SendFailed
from muster.core.ports.contact_form import Failure, FailureReason, Message

SECRET = "a key for tests only, not a secret at all"


@pytest.fixture
def service() -> Iterator[PushService]:
    with PushService(key=public_key(SECRET)) as opened:
        yield opened


def channel(egress: Egress, secret: str = SECRET) -> WebPushChannel:
    return WebPushChannel(egress, secret_key=secret, subject="https://muster.example.com", seconds=2)


def failed(channel: WebPushChannel, contact: Contact, message: Message) -> SendFailed:
    with pytest.raises(SendFailed) as caught:
        channel.send(contact, message)
    return caught.value


def test_the_example_of_the_rfc_is_sealed_to_the_same_bytes() -> None:
    # RFC 8291, section 5 and appendix A.
    own = ec.derive_private_key(
        int.from_bytes(octets("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), ec.SECP256R1()
    )
    point = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    sealed = seal(
        b"When I grow up, I want to be a watermelon",
        octets(point),
        octets("BTBZMqHH6r4Tts7J_aSIgg"),
        own_key=own,
        salt=octets("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert text(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_the_browser_reads_the_page_and_has_both_buttons(
    egress: Egress, service: PushService, message: Message
) -> None:
    channel(egress).send(Contact("1", "webpush", service.subscription), message)
    [shown] = service.shown
    assert shown["title"] == message.headline
    assert "/var is full ünïcode" in shown["body"]
    assert (shown["acknowledge"], shown["acknowledge_label"]) == (message.ack_post_url, "Acknowledge")
    assert (shown["open"], shown["open_label"]) == (message.ack_url, "Open in Muster")
    assert service.requests[0].headers["urgency"] == "high"
    assert b"Disk full" not in service.requests[0].body  # the push service reads nothing


def test_a_second_attempt_takes_the_place_of_the_first(
    egress: Egress, service: PushService, message: Message
) -> None:  # I6
    for _ in range(2):
        channel(egress).send(Contact("1", "webpush", service.subscription), message)
    assert len({one.headers["topic"] for one in service.requests}) == 1
    assert (len(service.taken), len(service.shown)) == (2, 1)


def test_only_the_installation_that_the_browser_subscribed_to_may_push(
    egress: Egress, service: PushService, message: Message
) -> None:
    other = channel(egress, "another installation's key, of no worth at all")
    why = failed(other, Contact("1", "webpush", service.subscription), message)
    assert (why.failure, why.detail) == (Failure.PERMANENT, "403")
    assert service.taken == []


@pytest.mark.parametrize("code", [404, 410])
def test_a_subscription_that_has_ended_is_gone_for_good(
    egress: Egress, service: PushService, message: Message, code: int
) -> None:
    service.answer = status(code)
    why = failed(channel(egress), Contact("1", "webpush", service.subscription), message)
    assert (why.failure, why.reason) == (Failure.PERMANENT, FailureReason.GONE)


def test_a_200_is_no_yes(egress: Egress, service: PushService, message: Message) -> None:  # V7
    service.answer = status(200, body=b'{"error": "quota"}')
    why = failed(channel(egress), Contact("1", "webpush", service.subscription), message)
    assert (why.failure, why.reason) == (Failure.TEMPORARY, FailureReason.UNEXPECTED_ANSWER)


def test_whatever_an_alert_says_fits_one_push(egress: Egress, service: PushService, message: Message) -> None:
    for nasty in ('"' * 9000, "\\" * 9000, "ü" * 9000, "\U0001f525" * 9000, "\ud800" * 900):
        said = dataclasses.replace(message, headline=nasty, lines=(nasty,) * 20)
        channel(egress).send(Contact("1", "webpush", service.subscription), said)
    assert len(service.taken) == 5
    assert len(seal(b"x" * LIMIT_BYTES, service.browser.point, service.browser.auth)) == 4096


@pytest.mark.parametrize(
    "values",
    [{"p256dh": "AAAA"}, {"auth": "AAAA"}, {"p256dh": "B" * 87}, {"endpoint": "ftp://x"}, {"auth": "é"}],
)
def test_what_is_no_subscription_is_refused_unsent(
    egress: Egress, service: PushService, message: Message, values: dict[str, str]
) -> None:
    contact = Contact("1", "webpush", service.subscription | values)
    why = failed(channel(egress), contact, message)
    assert (why.failure, why.reason) == (Failure.PERMANENT, FailureReason.BAD_CONTACT)
    assert service.requests == []


def test_the_key_is_the_same_in_every_process_and_another_for_another_secret() -> None:
    public_key_again = public_key.__wrapped__ if hasattr(public_key, "__wrapped__") else public_key
    assert public_key_again(SECRET) == public_key(SECRET) != public_key("x" * 40)
    assert len(octets(public_key(SECRET))) == 65
