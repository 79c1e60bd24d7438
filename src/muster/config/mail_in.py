"""Where letters come in, wired: by SMTP to a door of ours, or read from a mailbox (`MUSTER_MAIL_IN`)."""

import contextlib
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from django.db import InterfaceError, OperationalError

from muster.adapters.egress import Egress
from muster.adapters.mailboxes.imap.box import Box
from muster.adapters.mailboxes.imap.reader import NotNow, Reader
from muster.adapters.sources.email.letter import letter_of
from muster.config.mail_way import way_named
from muster.core.letters import Aside
from muster.core.reply import Reply, ReplyAnswer
from muster.detect.letters import (
    clear_unreachable_box,
    knows_key,
    set_letter_aside,
    take_letter,
    tell_unreachable_box,
)
from muster.mobilize.escalation.replies import take_reply

if TYPE_CHECKING:
    from muster.adapters.mailboxes.smtp.door import MailDoor

log = logging.getLogger(__name__)


class WayIn(Protocol):
    """What `MUSTER_MAIL_IN` names: a place to listen, or a server to read from."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int: ...


def way_in(url: str) -> "MailDoor | Box | None":
    """What the admin named, or None. What is wrong with it is logged, and told by `muster doctor`: paging
    does not wait for a mailbox."""
    try:
        return way_named(url)
    except ValueError as error:
        log.error("no letters are taken, MUSTER_MAIL_IN cannot be used: %s", error)
        return None


@contextlib.contextmanager
def letters(way: "MailDoor | Box | None", egress: Egress) -> Iterator[None]:
    """Take letters while the worker runs; a place to listen that another worker has is no fault."""
    if isinstance(way, Box):
        reader = Reader(way, egress, Hands())
        reader.start()
        try:
            yield
        finally:
            reader.stop()
        return
    opened = None
    if way is not None:
        try:
            opened = way.open(take_reply, _Alerts())
        except OSError as error:
            log.warning("letters are not taken here: %s", error)
    try:
        yield
    finally:
        if opened is not None:
            opened.stop()


class _Alerts:
    """Letters that are alerts, by SMTP."""

    def knows(self, key: str) -> bool:
        return knows_key(key)

    def take(self, key: str, content: bytes) -> bool:
        return take_letter(key, letter_of(content))


class Hands:
    """Those who take what a mailbox holds. While the database is away, each raises `NotNow`."""

    def alert(self, key: str, content: bytes, arrived: str) -> bool:
        """Keep a letter, once."""
        with storing():
            return take_letter(key, letter_of(content), arrived=arrived)

    def reply(self, reply: Reply) -> ReplyAnswer:
        """Judge a reply."""
        with storing():
            return take_reply(reply)

    def set_aside(self, box: str, why: Aside) -> None:
        """Raise our own alert about a letter."""
        with storing():
            set_letter_aside(box, why)

    def unreachable(self, box: str, why: str) -> None:
        """Raise our own alert about a box."""
        with storing():
            tell_unreachable_box(box, why)

    def reachable(self, box: str) -> None:
        """End it."""
        with storing():
            clear_unreachable_box(box)


@contextlib.contextmanager
def storing() -> Iterator[None]:
    """What the database says while it is away, as the reader knows it: `NotNow`."""
    try:
        yield
    except (OperationalError, InterfaceError) as why:
        raise NotNow from why
