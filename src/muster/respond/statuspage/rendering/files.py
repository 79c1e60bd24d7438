"""All files of a page: HTML, JSON, feeds, and the style sheets and the font that stand beside them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders

from muster.respond.statuspage.rendering.as_json import json_files
from muster.respond.statuspage.rendering.feeds import feed_files
from muster.respond.statuspage.rendering.html import html_files
from muster.respond.statuspage.rendering.view import PageView

ASSETS = ("css/status.css", "css/tokens.css", "vendor/inter/inter-page.woff2")


def page_files(page: PageView) -> Mapping[str, bytes]:
    """Return a whole page: path (relative, forward slashes) to bytes."""
    assets = {f"assets/{name}": _asset(name) for name in ASSETS}
    return {**assets, **json_files(page), **feed_files(page), **html_files(page)}


@cache
def _asset(name: str) -> bytes:
    found = finders.find(name)
    if not isinstance(found, str):
        raise FileNotFoundError(name)
    return Path(found).read_bytes()
