"""A web process with the product's doors and edge, for the tests of this ring."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from serving import Web, serving


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """One process for all tests here."""
    folder: Path = tmp_path_factory.mktemp("web")
    (folder / "main").mkdir()
    (folder / "main" / "index.html").write_text("<h1>All systems operational</h1>")
    with serving(folder) as web:
        yield web


@pytest.fixture
def web(running: Web) -> Iterator[Web]:
    """The process, with its database well before and after."""
    yield running
    running.request("GET", "/control?mode=ok")
