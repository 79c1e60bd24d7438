"""Letters that were taken, by their marks, so that one which comes again is known."""

from datetime import datetime

from django.db import connection

from muster.core.permissions import Actor
from muster.detect.models import Letter
from muster.foundation.timeline.pen import command

_REMEMBER = "INSERT INTO detect_letter (mark, taken_at) VALUES (%s, now()) ON CONFLICT DO NOTHING"


def remember_letter(mark: bytes) -> bool:
    """Note that a letter is taken, within the transaction that keeps it; False when it was taken before.

    Two that read the same letter at the same time: one waits here until the other has kept it.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REMEMBER, [mark])
        return bool(cursor.rowcount)


@command
def forget_letters(before: datetime, *, actor: Actor, at: datetime) -> int:
    """Forget the marks of letters that were taken before that time; returns how many."""
    forgotten, _ = Letter.objects.filter(taken_at__lt=before).delete()
    return forgotten
