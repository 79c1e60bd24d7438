"""How Opsgenie's clients ping a heartbeat: by its name, with the key of an API integration (wire facts 2.3).

The Python SDK does it with GET, scripts with POST. Unlike Opsgenie, who answers before it looks, we say when
there is no heartbeat of that name: its job would be watched by nobody.
"""

import re
from urllib.parse import unquote

from muster.adapters.sources.opsgenie import answers
from muster.adapters.sources.opsgenie.door import SCHEME
from muster.core.authorization import key_after
from muster.core.ports.ping_form import PingDoor, Pinged
from muster.core.ports.source_form import Reply
from muster.core.text import clean_text

PONG = "PONG - Heartbeat received"
PREFIX = b"/v2/heartbeats/"
_PATH = re.compile(rb"/v2/heartbeats/([^/]+)/ping/?")
_METHODS = ("GET", "PATCH", "POST", "PUT")
_BODY_LIMIT = "Send at most 26214400 bytes in one request."


def read(method: str, raw_path: bytes, authorization: str) -> Pinged | Reply | None:
    """The heartbeat that is pinged. A `%2F` is part of its name (wire rule 7)."""
    match = _PATH.fullmatch(raw_path)
    if match is None:
        return None
    if method not in _METHODS:
        allowed = ", ".join(_METHODS)
        return answers.refused(405, f"Use {allowed}.", ("allow", allowed))
    name = clean_text(unquote(match[1].decode("latin-1"), errors="replace"))
    return Pinged(key_after(SCHEME, authorization), name=name)


DOOR = PingDoor(
    name="opsgenie-heartbeat",
    prefix=PREFIX,
    read=read,
    heard=lambda seconds: answers.done(PONG, seconds=seconds, status=202),
    unknown_key=answers.unauthorized,
    unknown_name=lambda _name: answers.refused(404, "There is no such heartbeat."),
    unfit=lambda: answers.not_processable(["The request holds a value that cannot be stored."]),
    cut=lambda: answers.refused(400, "The body was cut."),
    too_large=lambda: answers.refused(413, _BODY_LIMIT),
    overloaded=answers.throttled,
    unavailable=answers.unavailable,
)
