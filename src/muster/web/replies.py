"""How the answers of doors are sent."""

import msgspec

from muster.core.ports.source_form import Reply
from muster.web.asgi_types import Headers, Send
from muster.web.headers import REQUEST_ID


def closing(reply: Reply) -> Reply:
    """The same answer, after which the connection ends: what is left of the body is not read."""
    return msgspec.structs.replace(reply, headers=(*reply.headers, ("connection", "close")))


async def respond(send: Send, reply: Reply) -> None:
    """Send a door's answer."""
    headers: Headers = [
        (b"content-type", reply.content_type.encode("latin-1")),
        (b"content-length", b"%d" % len(reply.body)),
    ]
    if reply.request_id:
        headers.append((REQUEST_ID, reply.request_id.encode("latin-1")))
    if reply.headers:
        headers += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
