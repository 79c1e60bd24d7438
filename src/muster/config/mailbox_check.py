"""Whether letters could come in, for the doctor: needs no database."""

from muster.adapters.egress import Egress
from muster.adapters.endpoints import endpoints
from muster.adapters.mailboxes.imap.box import Box
from muster.adapters.mailboxes.imap.reader import problem
from muster.adapters.peers import Allowed
from muster.config.environment import Environment
from muster.config.mail_way import way_named


def mail_in_problem(env: Environment) -> str | None:
    """What is wrong with `MUSTER_MAIL_IN`, as one clause; None where it is well, or not set.

    A mailbox is opened, and nothing in it changed. A door of ours is the worker's to open.
    """
    try:
        box = way_named(env.mail_in)
    except ValueError as error:
        return str(error)
    if not isinstance(box, Box):
        return None
    allowed = Allowed(env.allow_private_targets, endpoints([(box.host, box.port)]))
    why = problem(box, Egress(allowed))
    return None if why is None else f"{box.name}: {why}"
