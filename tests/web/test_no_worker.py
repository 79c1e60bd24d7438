"""The banner while no worker runs: on every page of somebody who has signed in (peers 7a)."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from database import Database
from muster.core.permissions import system
from muster.foundation.access.commands import set_password
from muster.foundation.access.queries import now
from people import Cast

BANNER = b"Nobody is paged: no worker runs."


def routes(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    """Every address that takes no argument and is no act of signing in or out, nor the API."""
    for one in patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, path)
        elif "<" not in path and "^" not in path:
            yield path


@pytest.fixture
def browser(cast: Cast, standard: None) -> Client:
    client = Client()
    client.force_login(set_password(cast.id("admin"), "a long secret", actor=system("tests"), at=now()))
    return client


def test_it_stands_on_every_page_and_goes_when_a_worker_is_seen(browser: Client, database: Database) -> None:
    pages = {}
    for path in sorted(set(routes(get_resolver().url_patterns))):
        answer = browser.get(path)
        if answer.status_code == 200 and b'class="shell' in answer.content:
            pages[path] = answer.content
    assert len(pages) > 25
    assert [path for path, content in pages.items() if BANNER not in content] == []
    database.as_owner(
        "INSERT INTO timeline_beat (process, kind, version, at) VALUES ('w', 'worker', '', now())"
    )
    assert BANNER not in browser.get("/alerts").content
