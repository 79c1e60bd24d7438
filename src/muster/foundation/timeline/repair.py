"""Lifting the guard by hand: as the owner role only, with a reason that stays in the timeline (design 4)."""

import contextlib
from collections.abc import Iterator
from datetime import datetime

from django.db import connection, transaction

from muster.core.change import Change
from muster.core.permissions import Actor
from muster.foundation.timeline.guard import APP_ROLE
from muster.foundation.timeline.models import Repair
from muster.foundation.timeline.pen import command, record


class NotTheOwner(Exception):
    """The application's own role may not lift the guard."""


@contextlib.contextmanager
def repair(reason: str, *, actor: Actor, at: datetime) -> Iterator[Repair]:
    """Within this block, rows with a state may be written without events; events themselves never.

    One transaction; the event `timeline.repaired` with the reason is written first.

    Raises:
        NotTheOwner: the connection runs as the application's role.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone() == (APP_ROLE,):
            raise NotTheOwner(f"Connect as the owner of the database, not as {APP_ROLE}.")
        cursor.execute("SELECT set_config('muster.repair', 'on', true)")
        yield _begin(reason, actor=actor, at=at)


@command
def _begin(reason: str, *, actor: Actor, at: datetime) -> Repair:
    change = Change("timeline.repaired", {"begun_at": at}, {}, {"reason": reason})
    return record(Repair(), change, actor=actor, at=at)
