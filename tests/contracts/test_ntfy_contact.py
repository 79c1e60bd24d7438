"""Pages by ntfy: what the phone shows, what its buttons do, and who may publish."""

import dataclasses
from collections.abc import Iterator

import pytest

from fakes.ntfy import NtfyServer
from fakes.webhook import status
from muster.adapters.contacts.ntfy.channel import MESSAGE_LIMIT_BYTES, NtfyChannel
from muster.adapters.egress import Egress
from muster.core.ports.contact import Contact, SendFailed
from muster.core.ports.contact_form import Failure, FailureReason, Message


@pytest.fixture
def ntfy() -> Iterator[NtfyServer]:
    with NtfyServer() as opened:
        yield opened


@pytest.fixture
def channel(egress: Egress) -> NtfyChannel:
    return NtfyChannel(egress, seconds=2)


def ana(ntfy: NtfyServer, **more: str) -> Contact:
    return Contact("1", "ntfy", {"server": ntfy.server, "topic": "ana-7"} | more)


def failed(channel: NtfyChannel, contact: Contact, message: Message) -> SendFailed:
    with pytest.raises(SendFailed) as caught:
        channel.send(contact, message)
    return caught.value


def test_an_urgent_page_pierces_silence_and_a_low_one_does_not(  # R44
    channel: NtfyChannel, ntfy: NtfyServer, message: Message
) -> None:
    channel.send(ana(ntfy), message)
    channel.send(ana(ntfy), dataclasses.replace(message, urgency="low", key="other"))
    assert [one["priority"] for one in ntfy.published] == [5, 3]
    assert ntfy.published[0]["title"] == message.headline
    assert "/var is full ünïcode" in ntfy.published[0]["message"]


def test_one_button_acknowledges_and_the_other_opens_the_page(
    channel: NtfyChannel, ntfy: NtfyServer, message: Message
) -> None:
    channel.send(ana(ntfy), message)
    assert ntfy.press("Acknowledge") == ("POST", message.ack_post_url)
    assert ntfy.press("Open in Muster") == ("GET", message.ack_url)
    assert ntfy.published[0]["click"] == message.ack_url


def test_a_second_attempt_changes_the_notification_and_makes_no_other(  # I6
    channel: NtfyChannel, ntfy: NtfyServer, message: Message
) -> None:
    channel.send(ana(ntfy), message)
    channel.send(ana(ntfy), message)
    assert (len(ntfy.published), len(ntfy.shown)) == (2, 1)


def test_a_token_is_sent_and_a_wrong_one_is_refused_for_good(
    channel: NtfyChannel, ntfy: NtfyServer, message: Message
) -> None:
    ntfy.token = "tk_right"
    channel.send(ana(ntfy, token="tk_right"), message)
    why = failed(channel, ana(ntfy, token="tk_wrong"), message)
    assert (why.failure, why.reason) == (Failure.PERMANENT, FailureReason.SIGN_IN_REFUSED)
    assert "tk_wrong" not in str(why)


def test_the_page_of_a_portal_is_no_yes(
    channel: NtfyChannel, ntfy: NtfyServer, message: Message
) -> None:  # V7
    for body in (b"<html>Sign in to the Wi-Fi</html>", b"", b"[]", b'{"ok": true}', b"[" * 60000):
        ntfy.answer = status(200, body=body)
        why = failed(channel, ana(ntfy), message)
        assert (why.failure, why.reason) == (Failure.TEMPORARY, FailureReason.UNEXPECTED_ANSWER)


def test_an_alert_can_neither_add_a_button_nor_grow_into_an_attachment(  # I24
    channel: NtfyChannel, ntfy: NtfyServer, message: Message
) -> None:
    nasty = dataclasses.replace(
        message, headline='x","actions":[]\r\n\x00', lines=("ü\n" * 9000, "\ud800") * 9
    )
    channel.send(ana(ntfy), nasty)
    [sent] = ntfy.published
    assert len(sent["actions"]) == 2
    assert sent["title"].isprintable()
    assert len(sent["message"].encode()) <= MESSAGE_LIMIT_BYTES


def test_without_an_address_of_ours_there_are_no_buttons_but_there_is_a_page(
    channel: NtfyChannel, ntfy: NtfyServer, message: Message
) -> None:
    channel.send(
        ana(ntfy), dataclasses.replace(message, url="/a", ack_url="/p/x", ack_post_url="/p/x/acknowledge")
    )
    assert ntfy.published[0]["actions"] == []


@pytest.mark.parametrize("topic", ["", "a b", "../x", "a/b", "x" * 65])
def test_a_topic_that_is_none_is_refused_unsent(
    channel: NtfyChannel, ntfy: NtfyServer, message: Message, topic: str
) -> None:
    why = failed(channel, ana(ntfy, topic=topic), message)
    assert (why.failure, why.reason) == (Failure.PERMANENT, FailureReason.BAD_CONTACT)
    assert ntfy.requests == []
