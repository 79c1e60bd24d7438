"""A story of a name that changes its answer: no socket is opened to a private address (S24)."""

import json

from fakes.webhook import WebhookReceiver
from faults.cells.outcome import Outcome
from faults.rig.site import Plan, Site
from faults.stories import Story

_POST = """
import json, socket
from muster.adapters.egress import Egress
from muster.adapters.peers import Allowed
answers = [["8.8.8.8"], ["127.0.0.1"]]
given = []
def getaddrinfo(host, port, *_, **__):
    if host[0].isdigit():
        found = [host]
    else:
        found = answers[min(len(given), 1)]
        given.append(host)
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]
connected = []
create = socket.create_connection
def create_connection(address, *rest, **more):
    connected.append(address[0])
    if address[0] == "8.8.8.8":
        raise ConnectionRefusedError
    return create(address, *rest, **more)
socket.getaddrinfo, socket.create_connection = getaddrinfo, create_connection
try:
    Egress(Allowed(())).post("http://rebind.example:%d/pages", b"{}", {}, seconds=3)
except Exception as why:
    print(json.dumps({"refused": type(why).__name__, "connected": connected}))
else:
    print(json.dumps({"refused": "", "connected": connected}))
"""


def _rebind(site: Site) -> list[Outcome]:
    """A name server says a public address first, and the loopback when it is asked again."""
    with WebhookReceiver() as inside:
        told = json.loads(site.python(_POST % inside.port))
        site.history.write(op="socket", key="rebind", to="127.0.0.1", opened=inside.connections, **told)
    return [Outcome("rebinding")]


REBINDING = Story(Plan(webs=1, workers=1), _rebind, "rebinding")
