"""The envelopes that Opsgenie's clients read: always an object, with an id of its own (wire facts 2.1)."""

import re
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from muster.adapters.sources.opsgenie.ids import Outcome, Thing, request_id
from muster.core.ports.source_form import Receipt, Reply, json_reply

PROCESSED = "Request will be processed"
NOT_PROCESSABLE = "Request body is not processable. Please check the errors."
_FIELD = re.compile(r"([A-Za-z][\w.\[\]]{0,60}): (.+)", re.S)
_UNLIMITED = (("x-ratelimit-state", "OK"),)
_THROTTLED = (
    ("x-ratelimit-state", "THROTTLED"),
    ("x-ratelimit-reason", "ACCOUNT"),
    ("x-ratelimit-period-in-sec", "1"),
    ("retry-after", "1"),
)


def data(value: Any, *, seconds: float, **more: Any) -> Reply:
    """200 with what was asked for."""
    return _reply(200, {"data": value, **more}, seconds, "")


def created(value: Any, *, seconds: float) -> Reply:
    """201 with what was made."""
    return _reply(201, {"result": "Created", "data": value}, seconds, "")


def done(result: str, *, seconds: float, status: int = 200) -> Reply:
    """What was done at once, and has nothing to show."""
    return _reply(status, {"result": result}, seconds, "")


def processed(thing: Thing, receipt: Receipt) -> Reply:
    """202: the signal is on disk, and its request can be asked about."""
    number = receipt.alerts[0] if receipt.alerts else 0
    outcome = Outcome.DONE if number else Outcome.MISSING
    return taken(request_id(thing, number, receipt.at, outcome), seconds=receipt.seconds)


def taken(request: str, *, seconds: float) -> Reply:
    """202 with the id of the request."""
    return _reply(202, {"result": PROCESSED}, seconds, request)


def refused(status: int, message: str, *headers: tuple[str, str], **more: Any) -> Reply:
    """Any error."""
    return _reply(status, {"message": message, **more}, 0.0, "", *headers)


def not_processable(errors: Sequence[str]) -> Reply:
    """422: sentences that begin with a field's name and a colon are told by that field."""
    found: dict[str, str] = {}
    rest: list[str] = []
    for error in errors:
        match = _FIELD.fullmatch(error)
        if match is None:
            rest.append(error)
        else:
            found[match[1]] = match[2]
    return refused(422, " ".join([NOT_PROCESSABLE, *rest]), errors=found)


def throttled() -> Reply:
    """429: come back at once (wire rule 10)."""
    return refused(429, "You are making too many requests. Nothing was stored: send it again.", *_THROTTLED)


def unavailable() -> Reply:
    """503."""
    words = "The database is away. Nothing was stored: send it again."
    return refused(503, words, ("retry-after", "1"))


def unauthorized(key: str) -> Reply:
    """401."""
    if not key:
        return refused(401, "Send your integration's key: 'Authorization: GenieKey <key>'.")
    return refused(401, "This key is unknown or revoked.")


def _reply(
    status: int, body: Mapping[str, Any], seconds: float, request: str, *headers: tuple[str, str]
) -> Reply:
    took, name = round(seconds, 3), request or str(uuid.uuid4())
    limits = () if status == 429 else _UNLIMITED
    fields = (*headers, *limits, ("x-response-time", str(took)))
    made = json_reply(status, {**body, "took": took, "requestId": name}, *fields)
    return Reply(made.status, made.body, made.content_type, made.headers, request_id=name)
