"""Handles: names of configured things in files, URLs and text, unique per kind for ever (design 13)."""

import re
import unicodedata
from typing import TypeVar

from django.db import connection
from django.db.models import QuerySet

from muster.core.refusal import Refused
from muster.foundation.catalog.models import Configured
from muster.foundation.catalog.reasons import Invalid, Taken

RowT = TypeVar("RowT", bound=Configured)

HANDLE = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_NAMELESS = re.compile(r"[^a-z0-9]+")

_CLAIM = """
    INSERT INTO catalog_handle (kind, handle) VALUES (%s, %s)
    ON CONFLICT (kind, handle) DO NOTHING
"""


def named(rows: QuerySet[RowT], handle: str) -> RowT | None:
    """The one of these rows that has this handle, or had it once."""
    return (
        rows.filter(handle=handle).first() or rows.filter(aliases__contains=[handle]).order_by("id").first()
    )


def handle_of(name: str, otherwise: str) -> str:
    """A handle made of a name ("Payments primary" is `payments-primary`), or `otherwise` of none."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return _NAMELESS.sub("-", plain).strip("-")[:63] or otherwise


def check(handle: str) -> str:
    """Return the handle.

    Raises:
        Refused: it is not `[a-z0-9][a-z0-9-]{0,62}`.
    """
    if not HANDLE.fullmatch(handle):
        raise Refused(Invalid.HANDLE, {"handle": handle[:80]})
    return handle


def claim(kind: str, handle: str) -> str:
    """Take a handle for a new or renamed thing of this kind, within the command that makes it.

    Of two commands that want the same handle at once, the second waits for the first and is refused.

    Raises:
        Refused: the form is wrong, or it was taken before, be it by a retired thing or as an alias.
    """
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [kind, check(handle)])
        if cursor.rowcount == 0:
            raise Refused(Taken.HANDLE, {"handle": handle})
    return handle
