"""Letters that came in by SMTP: read as their integration says, and kept as any sender's signals are."""

import logging
from collections.abc import Mapping
from typing import Any

import msgspec
from django.db import connections

from muster.core.intake import IntakeReason
from muster.core.ports.source_form import Door, Malformed, Translate
from muster.core.signals import Signal
from muster.core.unreadable import Unreadable, unreadable
from muster.detect.commands import UNFIT, Received, key_hash, receive_signals, remains_of
from muster.detect.queries import integration_by_key
from muster.detect.source_kinds import source_of

KIND = "email"
log = logging.getLogger(__name__)


def knows_key(key: str) -> bool:
    """Whether an integration of the kind has this key."""
    try:
        found = integration_by_key(key_hash(key.lower()))
        return found is not None and found[1] == KIND
    finally:
        connections.close_all()


def take_letter(key: str, letter: Mapping[str, Any]) -> bool:
    """Keep what a letter says; False when no integration of the kind has this key.

    Mail servers do not care for case, so keys are written small. Raises what the database raises while it is
    away: the sender's server comes again.
    """
    hash_, source = key_hash(key.lower()), source_of(KIND)
    try:
        found = integration_by_key(hash_)
        if found is None or found[1] != KIND or source is None:
            return False
        signals, unread = _read(source.doors[0], found[3] or {}, letter, key)
        if not signals and unread is None:
            return True
        return _keep(Received(hash_, KIND, signals, unread))
    finally:
        connections.close_all()


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


def _keep(received: Received) -> bool:
    try:
        [taken] = receive_signals([received])
    except UNFIT:
        rest = remains_of(received)
        if rest is None:
            raise
        [taken] = receive_signals([rest])
    return taken.known
