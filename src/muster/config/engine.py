"""The worker process, wired: who may be reached outside, by what, and the loop."""

import threading
from collections.abc import Iterator

from django.conf import settings
from django.utils.module_loading import import_string

from muster.adapters.calendars.ical.reader import IcalReader
from muster.adapters.egress import Egress
from muster.adapters.endpoints import endpoints, mail_endpoint, web_endpoint
from muster.adapters.outside import Outside
from muster.adapters.peers import Allowed, install_guard
from muster.adapters.publishers.folder.publisher import FolderPublisher
from muster.config import wiring
from muster.config.environment import Environment
from muster.config.mail_in import WayIn, letters, way_in
from muster.core.ports.contact import Channels
from muster.detect import signal_days
from muster.foundation.timeline import due
from muster.mobilize.oncall import due as oncall_due
from muster.mobilize.paging.due import due_works
from muster.mobilize.reach import due as reach
from muster.mobilize.watch import due as watch
from muster.respond.statuspage import due as publishing
from muster.worker import loop

_PING_S = 5.0


def run(stop: threading.Event) -> None:
    """Run one worker until `stop` is set."""
    env: Environment = settings.ENV
    way = way_in(env.mail_in)
    allowed = Allowed(env.allow_private_targets, endpoints(_named(env, way)))
    install_guard(allowed)
    egress = Egress(allowed, own_url=env.base_url)
    ways = channels(Outside(egress, env.secret_key, env.base_url, env.email_url))
    due.register(*signal_days.due_works(env.keep_signals_days))
    due.register(*due_works(ways), *reach.due_works(ways), *oncall_due.due_works(ways, IcalReader(egress)))
    due.register(*watch.due_works(ways, sign_of_life(egress, env.heartbeat_url)))
    if env.data is not None:
        pages = FolderPublisher(env.data / "status")
        due.register(*publishing.due_works(pages, env.base_url))
    with letters(way, egress):
        loop.run(stop)


def sign_of_life(egress: Egress, url: str) -> watch.Ping | None:
    """How the outside watcher is told that all is well; None where none is named."""
    if not url:
        return None

    def ping() -> None:
        answer = egress.get(url, seconds=_PING_S)
        if not 200 <= answer.status < 300:
            raise Unheard(answer.status)

    return ping


class Unheard(Exception):
    """The outside watcher answered, and not with a yes."""


def channels(outside: Outside) -> Channels:
    """The ways of reaching a person that this installation has: the wiring names them."""
    return Channels(
        {
            form.kind: import_string(f"muster.adapters.contacts.{form.kind}.channel.open_channel")(outside)
            for form in wiring.CONTACT_FORMS
        }
    )


def _named(env: Environment, way: WayIn | None) -> Iterator[tuple[str, int]]:
    """What the admin named is listed, also on a private network: mail servers, our own door, the watcher."""
    yield from mail_endpoint(env.email_url)
    yield from web_endpoint(env.heartbeat_url)
    if way is not None:
        yield way.host, way.port
