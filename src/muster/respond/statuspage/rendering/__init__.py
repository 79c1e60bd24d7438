"""A whole status page as bytes, by pure functions from plain data: the same data give the same bytes."""

from muster.respond.statuspage.rendering.files import page_files
from muster.respond.statuspage.rendering.view import ComponentView, IncidentView, PageView, PostView

__all__ = ["ComponentView", "IncidentView", "PageView", "PostView", "page_files"]
