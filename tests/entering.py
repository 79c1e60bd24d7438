"""People in a browser's stead: signed in, with a session of their own."""

from collections.abc import Callable

import pytest
from django.test import Client

from muster.core.permissions import system
from muster.foundation.access import commands, queries
from people import Cast

Enter = Callable[[str], Client]


def signed_in(cast: Cast, handle: str) -> Client:
    """This person's browser."""
    secret = "a long enough password"
    account = commands.set_password(cast.id(handle), secret, actor=system("tests"), at=queries.now())
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def enter(cast: Cast) -> Enter:
    """Sign somebody in."""
    return lambda handle: signed_in(cast, handle)
