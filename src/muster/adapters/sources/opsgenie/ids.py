"""The UUIDs that Opsgenie's clients know things by, made from our numbers and read back (wire rule 8).

Nothing is stored for them: a UUID of version 8 (RFC 9562) holds what it is about. A client may keep the id of
the request that created an alert, and close the alert by it years later (docs/decisions/opsgenie-ids.md).
"""

import hashlib
import secrets
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER_BITS = 44
_CHECK_BITS = 10
_SALT_BITS = 8
_VERSION = 8


class Thing(IntEnum):
    """What an id stands for: a thing, or a request of this kind. The numbers are for ever."""

    ALERT = 0
    INTEGRATION = 1
    CREATE = 2
    CLOSE = 3
    ACKNOWLEDGE = 4
    UNACKNOWLEDGE = 5
    SNOOZE = 6
    ADD_NOTE = 7
    ADD_TAGS = 8
    REMOVE_TAGS = 9
    ADD_DETAILS = 10
    REMOVE_DETAILS = 11
    UPDATE_MESSAGE = 12
    UPDATE_DESCRIPTION = 13
    UPDATE_PRIORITY = 14
    ASSIGN = 15
    ESCALATE = 16
    ADD_RESPONDER = 17
    ADD_TEAM = 18
    DELETE = 19


class Outcome(IntEnum):
    """What became of a request. The numbers are for ever."""

    MISSING = 0
    DONE = 1
    UNCHANGED = 2
    REFUSED = 3


@dataclass(frozen=True, slots=True)
class Known:
    """What one of our ids says: of a thing its number; of a request the alert's number (or 0), when it was
    carried out, and how it ended."""

    thing: Thing
    number: int
    at: datetime = _EPOCH
    outcome: Outcome = Outcome.DONE


def id_of(thing: Thing, number: int, at: datetime | None = None) -> str:
    """The id of an alert or an integration: always the same one."""
    return _made(Known(thing, number, at or _EPOCH), salt=0)


def request_id(thing: Thing, number: int, at: datetime | None, outcome: Outcome) -> str:
    """A new id for a request that was carried out."""
    return _made(Known(thing, number, at or _EPOCH, outcome), salt=secrets.randbits(_SALT_BITS))


def read_id(text: str) -> Known | None:
    """What an id says, or None when it is none of ours."""
    try:
        whole = uuid.UUID(text)
        if len(text) != len(str(whole)) or whole.version != _VERSION:
            return None
        number, salt, check, middle = _parts(whole)
        known = Known(
            Thing(middle >> 2 & 0x1F),
            number,
            _EPOCH + timedelta(milliseconds=whole.int >> 80),
            Outcome(middle & 0b11),
        )
    except (ValueError, OverflowError):
        return None
    return known if check == _check(known, salt) else None


def _parts(whole: uuid.UUID) -> tuple[int, int, int, int]:
    low = whole.int & ((1 << 62) - 1)
    salt = low & ((1 << _SALT_BITS) - 1)
    check = low >> _SALT_BITS & ((1 << _CHECK_BITS) - 1)
    return low >> (_SALT_BITS + _CHECK_BITS), salt, check, whole.int >> 64 & 0xFFF


def _made(known: Known, salt: int) -> str:
    number = known.number & ((1 << _NUMBER_BITS) - 1)
    low = (number << _CHECK_BITS | _check(known, salt)) << _SALT_BITS | salt
    middle = known.thing << 2 | known.outcome
    high = _milliseconds(known.at) << 16 | _VERSION << 12 | middle
    return str(uuid.UUID(int=high << 64 | 0b10 << 62 | low))


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _check(known: Known, salt: int) -> int:
    """A few bits over the others, so that a mistyped or a foreign id finds nothing."""
    said = f"{known.thing:d}.{known.number}.{_milliseconds(known.at)}.{known.outcome:d}.{salt}"
    return int.from_bytes(hashlib.blake2s(said.encode(), digest_size=2).digest()) >> (16 - _CHECK_BITS)
