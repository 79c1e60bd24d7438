"""Letters that came in, by SMTP or in a mailbox: read as their integration says, and kept as any sender's
signals are."""

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
from django.db import IntegrityError, OperationalError, connections, transaction

from muster.core.intake import IntakeReason
from muster.core.letters import Aside, letter_mark
from muster.core.permissions import system
from muster.core.ports.source_form import Door, Malformed, Translate
from muster.core.signals import Signal, SignalSeverity
from muster.core.unreadable import Unreadable, unreadable
from muster.detect.commands import (
    UNFIT,
    Received,
    clear_meta_alerts,
    key_hash,
    open_meta_alert,
    receive_signals,
    remains_of,
    remember_letter,
)
from muster.detect.queries import integration_by_key
from muster.detect.source_kinds import source_of
from muster.detect.words import ASIDE
from muster.foundation.access.queries import now
from muster.foundation.timeline.pen import is_retried

KIND = "email"
SET_ASIDE, UNREACHABLE = "letter_set_aside", "mailbox_unreachable"
"""The kinds of our own alerts about a mailbox."""
_ATTEMPTS = 4
_READER = system("read_mailbox")
log = logging.getLogger(__name__)


def knows_key(key: str) -> bool:
    """Whether an integration of the kind has this key."""
    with _own_connections():
        found = integration_by_key(key_hash(key.lower()))
        return found is not None and found[1] == KIND


def take_letter(key: str, letter: Mapping[str, Any], *, arrived: str = "") -> bool:
    """Keep what a letter says, once however often it comes; False when the key is nobody's of this kind.

    `arrived` is when its mailbox got it. Mail servers do not care for case, so keys are written small. Raises
    what the database raises while it is away: the letter comes again.
    """
    hash_, source = key_hash(key.lower()), source_of(KIND)
    with _own_connections():
        found = integration_by_key(hash_)
        if found is None or found[1] != KIND or source is None:
            return False
        signals, unread = _read(source.doors[0], found[3] or {}, letter, key)
        if not signals and unread is None:
            return True
        return _keep(Received(hash_, KIND, signals, unread), letter_mark(hash_, letter, arrived))


def set_letter_aside(box: str, why: Aside) -> None:
    """Raise our own alert about a letter in a mailbox that a person must look at; one for each reason, which
    counts the letters."""
    summary = f"A letter in {box} was set aside: {ASIDE[why]}"
    _raise_alert(SET_ASIDE, f"{box}: {why}", summary, counts=True)


def tell_unreachable_box(box: str, why: str) -> None:
    """Raise our own alert, once, about a mailbox that has not been readable for a while."""
    _raise_alert(UNREACHABLE, box, f"Letters do not come in from {box}: {why}")


def clear_unreachable_box(box: str) -> None:
    """It is readable: our own alert about it ends."""
    with _own_connections():
        clear_meta_alerts([(UNREACHABLE, box)], actor=_READER, at=now())


def _raise_alert(kind: str, about: str, summary: str, *, counts: bool = False) -> None:
    severity = SignalSeverity.WARNING
    with _own_connections():
        try:
            open_meta_alert(
                kind, about, actor=_READER, at=now(), summary=summary, severity=severity, counts=counts
            )
        except IntegrityError:
            log.info("another worker has told of %s", about)


def _read(
    door: Door, mapping: Mapping[str, str], letter: Mapping[str, Any], key: str
) -> tuple[tuple[Signal, ...], Unreadable | None]:
    try:
        return tuple(_reading(door, mapping)({}, letter)), None
    except Malformed as why:
        body = msgspec.json.encode(letter)
        return (), unreadable(IntakeReason.NOT_UNDERSTOOD, body, errors=why.errors, secret=key)


def _reading(door: Door, mapping: Mapping[str, str]) -> Translate:
    """By what the integration says; without it, where this version no longer understands that."""
    try:
        return door.configured(mapping) if mapping and door.configured is not None else door.translate
    except Malformed:
        log.warning("a mapping of kind %s is not understood; reading without it", KIND)
        return door.translate


def _keep(received: Received, mark: bytes | None) -> bool:
    """Keep it and its mark, again where another process was in the way (a command does so only outermost)."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _keep_both(received, mark)
        except OperationalError as error:
            if attempt == _ATTEMPTS or not is_retried(error):
                raise
            time.sleep(0.01 * attempt)
    raise AssertionError("unreachable")


def _keep_both(received: Received, mark: bytes | None) -> bool:
    """In one transaction: either both are there or the letter comes again."""
    with transaction.atomic():
        if mark is not None and not remember_letter(mark):
            return True
        is_known = _kept(received)
        if not is_known:
            transaction.set_rollback(True)
        return is_known


def _kept(received: Received) -> bool:
    try:
        [taken] = receive_signals([received])
    except UNFIT:
        rest = remains_of(received)
        if rest is None:
            raise
        [taken] = receive_signals([rest])
    return taken.known


@contextmanager
def _own_connections() -> Iterator[None]:
    """Letters come in by threads of their own, now and then: no connection stays open for them."""
    try:
        yield
    finally:
        connections.close_all()
