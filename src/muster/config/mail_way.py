"""What `MUSTER_MAIL_IN` names, read in one place: whoever takes letters and whoever gives addresses for them
agree."""

from typing import TYPE_CHECKING

from django.utils.module_loading import import_string

from muster.adapters.mailboxes.imap.box import Box
from muster.core.letters import Mailboxes

if TYPE_CHECKING:
    from muster.adapters.mailboxes.smtp.door import MailDoor

_SMTP = "smtp://"
_MAIL_DOOR = "muster.adapters.mailboxes.smtp.door.MailDoor"
"""An SMTP server, only where one was asked for."""


def way_named(url: str) -> "MailDoor | Box | None":
    """The place to listen or the mailbox to read; None where none is named.

    Raises `ValueError` with one sentence, without the password.
    """
    if not url:
        return None
    kind = import_string(_MAIL_DOOR) if url.startswith(_SMTP) else Box
    way: MailDoor | Box = kind.parse(url)
    return way


def mailboxes_in(url: str) -> Mailboxes:
    """The mailboxes whose `name+token` addresses come in; none where it cannot be used (it is logged)."""
    try:
        way = way_named(url)
    except ValueError:
        way = None
    return Mailboxes("", "") if way is None else Mailboxes(way.replies, way.alerts)
