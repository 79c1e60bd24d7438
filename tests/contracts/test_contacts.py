"""What every channel keeps: success only on a final positive answer, one key on every attempt (V, I6)."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import muster
from contracts.lines import LINES, SECONDS, Line
from fakes.webhook import WebhookReceiver, endless
from muster.adapters.contacts.webhook.channel import WebhookChannel
from muster.adapters.egress import Egress
from muster.adapters.outside import Outside
from muster.adapters.peers import Allowed
from muster.config import engine, wiring
from muster.core.ports.contact import Channels, Contact, SendFailed
from muster.core.ports.contact_form import Failure, FailureReason, Message
from muster.web.templatetags.shapes import symbols


@pytest.fixture(params=list(LINES))
def line(request: pytest.FixtureRequest, egress: Egress) -> Iterator[Line]:
    with LINES[request.param](egress) as opened:
        yield opened


def failure(line: Line, message: Message) -> SendFailed:
    """How a send fails, in a bounded time."""
    started = time.monotonic()
    with pytest.raises(SendFailed) as caught:
        line.channel.send(line.contact, message)
    assert time.monotonic() - started < SECONDS + 3
    return caught.value


def test_a_good_send_returns(line: Line, message: Message) -> None:  # R39
    line.behave("good")
    line.channel.send(line.contact, message)
    assert len(line.keys()) == 1


def test_every_attempt_carries_the_same_key_also_after_a_lost_answer(line: Line, message: Message) -> None:
    for mode in ("good", "temporary", "reset", "good", "good"):
        line.behave(mode)
        if mode == "good":
            line.channel.send(line.contact, message)
        else:
            failure(line, message)
    assert len(line.keys()) >= 3
    assert len(set(line.keys())) == 1


def test_two_deliveries_have_two_keys(line: Line, message: Message) -> None:
    line.behave("good")
    other = Message(**{**{n: getattr(message, n) for n in Message.__slots__}, "key": "dl_8"})  # type: ignore[attr-defined]
    for one in (message, other):
        line.channel.send(line.contact, one)
    assert len(set(line.keys())) == 2


def test_it_works_again_after_any_failure(line: Line, message: Message) -> None:
    for mode in ("temporary", "reset", "hang in the middle"):
        line.behave(mode)
        failure(line, message)
        line.behave("good")
        line.channel.send(line.contact, message)


def test_the_failure_names_neither_the_contact_nor_what_was_answered(
    line: Line, message: Message
) -> None:  # I23
    line.behave("permanent")
    text = str(failure(line, message))
    assert "ana@example.com" not in text
    assert "/pages" not in text
    assert "never" not in text


@pytest.mark.parametrize("kind", list(LINES))
def test_a_private_address_that_nobody_listed_is_refused_before_a_byte_is_sent(
    kind: str, message: Message
) -> None:
    with LINES[kind](Egress(Allowed())) as line:  # S20, S33
        line.behave("good")
        failed = failure(line, message)
        assert (failed.failure, failed.reason) == (Failure.PERMANENT, FailureReason.TARGET_REFUSED)
        assert line.keys() == []


def test_a_kind_that_nobody_serves_fails_at_once(message: Message) -> None:
    with pytest.raises(SendFailed) as caught:
        Channels({}).send(Contact("1", "pigeon", {}), message)
    assert caught.value.permanent


def test_every_channel_describes_itself_and_checks_its_own_fields(egress: Egress) -> None:
    with ExitStack() as stack:
        for kind, make in LINES.items():
            line = stack.enter_context(make(egress))
            form = line.channel.form
            assert form.kind == kind == line.contact.kind
            assert list(form.problems(line.contact.values)) == []
            assert {name for name, _ in form.problems({"nonsense": 1})} >= {"nonsense", form.address_field}


def test_a_channel_is_one_folder_and_one_line_in_the_wiring(egress: Egress) -> None:
    """Nothing else knows the kinds: every folder is wired, opens, is drawn, and stands in this contract."""
    package = Path(muster.__file__).parent / "adapters" / "contacts"
    folders = {one.parent.name for one in package.glob("*/channel.py")}
    assert folders == {form.kind for form in wiring.CONTACT_FORMS} == set(LINES)
    opened = engine.channels(Outside(egress, "a key for tests only, not a secret at all"))
    assert {kind: channel.form for kind, channel in opened.by_kind.items()} == {
        form.kind: form for form in wiring.CONTACT_FORMS
    }
    assert {form.icon for form in wiring.CONTACT_FORMS} <= set(symbols())


def test_an_answer_without_end_is_not_read_to_its_end(egress: Egress, message: Message) -> None:  # S29
    with WebhookReceiver() as hook:
        hook.answer = endless(b"HTTP/1.1 200 OK\r\n\r\n")
        channel = WebhookChannel(egress, master_secret="m", seconds=5)
        started = time.monotonic()
        channel.send(Contact("1", "webhook", {"url": hook.url}), message)
        assert time.monotonic() - started < 4.5  # less than the time-out: it stopped of itself
