"""What every stage's `api.py` shares: schemas, pagination, public ids. The rules stay in the commands.

    from ninja import Query, Router
    from muster.foundation.access.http import Body, Paging, Shown, page_of

    router = Router(tags=["alerts"])

    class AlertOut(Shown): ...
    class AlertPage(Shown):
        items: list[AlertOut]
        next: str | None

    @router.get("/alerts", response=AlertPage)
    def list_alerts(request: Request, paging: Query[Paging]) -> dict[str, object]:
        rows = Alert.objects.visible_to(request.arrival.actor)
        return page_of(rows, paging, show)

`config/urls.py` mounts the router. Errors need nothing: raise `Refused` (or let the command do it) and the
root answers `application/problem+json`. Paths have no slash at their end; both forms are accepted.
"""

import base64
import binascii
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from ninja import Schema
from ninja.errors import HttpError
from pydantic import ConfigDict, Field

RowT = TypeVar("RowT", bound=Model)

LARGEST_PAGE = 200


class Body(Schema):
    """What a request says: keys that we do not know are refused, never ignored."""

    model_config = ConfigDict(extra="forbid", str_max_length=100_000)


class Shown(Schema):
    """What an answer says."""


class Paging(Schema):
    """Query of every list: newest first, `limit` at most 200, `cursor` from the answer before."""

    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: str = Field("", max_length=200)


def page_of(rows: "QuerySet[RowT]", paging: Paging, show: Callable[[RowT], Any]) -> dict[str, Any]:
    """One page of rows, newest (highest id) first, and the cursor of the next page or None.

    Rows that come in between pages neither repeat nor skip others.

    Raises:
        HttpError: 400, the cursor is not one of ours.
    """
    wanted = rows.order_by("-pk")
    if paging.cursor:
        wanted = wanted.filter(pk__lt=position_of(paging.cursor))
    found = list(wanted[: paging.limit + 1])
    more = len(found) > paging.limit
    shown = found[: paging.limit]
    return {"items": [show(row) for row in shown], "next": cursor_at(shown[-1].pk) if more else None}


def cursor_at(position: int) -> str:
    """An opaque cursor that continues below this id."""
    return base64.urlsafe_b64encode(f"v1:{position}".encode()).decode().rstrip("=")


def position_of(cursor: str) -> int:
    """The id that a cursor continues below.

    Raises:
        HttpError: 400, it is not one of ours.
    """
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
        version, _colon, position = text.partition(":")
        if version != "v1" or not position.isdecimal() or len(position) > 18:
            raise ValueError(cursor)
        return int(position)
    except (ValueError, binascii.Error, UnicodeDecodeError):
        words = _("This cursor is not one of ours. Take it from `next` of the answer before.")
        raise HttpError(HTTPStatus.BAD_REQUEST, words) from None


def number_of(public_id: str, prefix: str) -> int:
    """The number of `INC-42`, `inc-42` or `42`, as commands accept them (design 4). `prefix` is `INC`.

    Raises:
        HttpError: 404, it is not of that form, so there is nothing there.
    """
    match = re.fullmatch(rf"(?:{prefix}-)?([0-9]{{1,18}})", public_id, re.IGNORECASE | re.ASCII)
    if match is None:
        words = _("%(id)s is no id here; write it like %(prefix)s-7.")
        raise HttpError(HTTPStatus.NOT_FOUND, words % {"id": public_id[:40], "prefix": prefix})
    return int(match[1])
