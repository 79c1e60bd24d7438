"""The page's history as RSS 2.0 and Atom (RFC 4287), one item per incident with all its posts (R45)."""

from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as Xml

from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from muster.respond.statuspage.rendering.as_json import stamp
from muster.respond.statuspage.rendering.view import IncidentView, PageView, public_key
from muster.respond.statuspage.words import STATE_WORDS

_ATOM = "http://www.w3.org/2005/Atom"


def feed_files(page: PageView) -> dict[str, bytes]:
    """Return both feeds by their path."""
    return {"history.rss": rss(page), "history.atom": atom(page)}


def rss(page: PageView) -> bytes:
    """The history as RSS 2.0."""
    root = Xml.Element("rss", version="2.0")
    channel = Xml.SubElement(root, "channel")
    _add(channel, "title", _title(page))
    _add(channel, "link", page.url)
    _add(channel, "description", _title(page))
    _add(channel, "pubDate", format_datetime(page.updated_at.astimezone(UTC)))
    for one in page.incidents:
        item = Xml.SubElement(channel, "item")
        _add(item, "title", one.title)
        _add(item, "description", _posts(one))
        _add(item, "pubDate", format_datetime(one.updated_at.astimezone(UTC)))
        _add(item, "link", _link(one, page))
        _add(item, "guid", _link(one, page))
    return _bytes(root)


def atom(page: PageView) -> bytes:
    """The history as Atom."""
    host = urlsplit(page.url).netloc or "localhost"
    root = Xml.Element("feed", {"xmlns": _ATOM, "xml:lang": "en"})
    _add(root, "id", f"tag:{host},2005:/history")
    _add(root, "title", _title(page))
    _add(root, "updated", stamp(page.updated_at) or "")
    Xml.SubElement(root, "link", rel="alternate", type="text/html", href=page.url)
    Xml.SubElement(root, "link", rel="self", type="application/atom+xml", href=f"{page.url}/history.atom")
    author = Xml.SubElement(root, "author")
    _add(author, "name", page.name)
    for one in page.incidents:
        entry = Xml.SubElement(root, "entry")
        _add(entry, "id", f"tag:{host},2005:Incident/{public_key('incident', one.id)}")
        _add(entry, "published", stamp(one.created_at) or "")
        _add(entry, "updated", stamp(one.updated_at) or "")
        Xml.SubElement(entry, "link", rel="alternate", type="text/html", href=_link(one, page))
        _add(entry, "title", one.title)
        content = Xml.SubElement(entry, "content", type="html")
        content.text = _posts(one)
    return _bytes(root)


def _title(page: PageView) -> str:
    return _("%(name)s Status - Incident History") % {"name": page.name}


def _link(one: IncidentView, page: PageView) -> str:
    return f"{page.url}/incidents/{public_key('incident', one.id)}/"


def _posts(one: IncidentView) -> str:
    """The posts as HTML text, every word of them inert."""
    rows = [(_when(post.posted_at), STATE_WORDS[post.state], post.body) for post in one.posts]
    body = format_html_join("", "<p><small>{}</small><br><strong>{}</strong> - {}</p>", rows)
    return str(format_html("{}", body))


def _when(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _add(parent: Xml.Element, name: str, text: str) -> None:
    Xml.SubElement(parent, name).text = _printable(text)


def _printable(text: str) -> str:
    """Control characters may not stand in XML 1.0."""
    return "".join(char for char in text if char in "\t\n\r" or ord(char) >= 32)


def _bytes(root: Xml.Element) -> bytes:
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode").encode()
