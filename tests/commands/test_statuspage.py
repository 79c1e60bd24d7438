"""What customers read: pages, components, posts, and when the bytes are live."""

import json
from collections.abc import Mapping
from datetime import timedelta
from xml.etree import ElementTree as Xml

import pytest

from database import Clock
from engine import settle
from muster.core.permissions import Denied
from muster.core.ports.publisher import Published, PublishFailed, PublishReason
from muster.core.ports.publisher_form import PublisherForm
from muster.core.refusal import Refused
from muster.core.status_page import ComponentState, PageRefusal, PageState
from muster.foundation.access import queries as access
from muster.foundation.obligations.models import Obligation
from muster.foundation.timeline.models import Event
from muster.respond.statuspage import commands, queries
from muster.respond.statuspage.commands import Part, Post
from muster.respond.statuspage.due import publish_wanted_pages
from muster.respond.statuspage.models import Component, PageIncident, PageUpdate, Publication, StatusPage
from muster.respond.warroom import commands as room
from muster.respond.warroom.commands import Words
from people import Cast
from rooms import TESTS, Declare

BASE = "https://muster.example"


class Shelf:
    """A publisher that keeps what it was given; it can refuse, and it can be slow."""

    form = PublisherForm(kind="shelf", name="Shelf")

    def __init__(self) -> None:
        self.pages: dict[str, dict[str, bytes]] = {}
        self.refuse = False
        self.meanwhile = lambda: None

    def publish(self, slug: str, files: Mapping[str, bytes]) -> Published:
        if self.refuse:
            raise PublishFailed(PublishReason.NO_SPACE)
        self.meanwhile()
        self.pages[slug] = dict(files)
        return Published(digest=f"{slug}{len(files)}", files=len(files), written=len(files))

    def json(self, slug: str, name: str) -> dict:
        """One of the page's JSON files."""
        return json.loads(self.pages[slug][f"api/v2/{name}.json"])


@pytest.fixture
def shelf() -> Shelf:
    """Where pages go."""
    return Shelf()


@pytest.fixture
def page(cast: Cast) -> StatusPage:
    """A public page with two components."""
    made = commands.add_page(actor=TESTS, at=access.now(), handle="main", name="Acme")
    parts = [Part("API"), Part("Checkout", group="Shop")]
    commands.replace_components(made.pk, parts, actor=TESTS, at=access.now())
    return made


def component(name: str = "Checkout") -> Component:
    """A component by name."""
    return Component.objects.get(name=name, retired_at__isnull=True)


def tell(page: StatusPage, cast: Cast, incident_id: int | None = None, **more: object) -> PageUpdate:
    """Ana publishes."""
    ana = cast("ana")
    said = {"title": "Checkout fails", "components": {component().pk: ComponentState.MAJOR}} | more
    post = Post("About six in ten checkouts fail.", **said)  # type: ignore[arg-type]
    return commands.publish_on_page(page.pk, post, actor=ana.actor, at=ana.at, incident_id=incident_id)


def test_it_is_live_only_when_the_bytes_are(page: StatusPage, cast: Cast, shelf: Shelf) -> None:
    update = tell(page, cast)
    assert Publication.objects.get().live < update.generation
    shelf.refuse = True
    assert publish_wanted_pages(shelf, BASE) == 1
    row = Publication.objects.get()
    assert (row.live < update.generation, row.reason) == (True, "no_space")
    assert publish_wanted_pages(shelf, BASE) == 0  # not before the pause is over


def test_it_is_tried_again_until_it_is_live(page: StatusPage, cast: Cast, shelf: Shelf, clock: Clock) -> None:
    update = tell(page, cast)
    shelf.refuse = True
    publish_wanted_pages(shelf, BASE)
    shelf.refuse = False
    clock.advance(timedelta(seconds=3))
    assert publish_wanted_pages(shelf, BASE) == 1
    row = Publication.objects.get()
    assert (row.live >= update.generation, row.reason) == (True, "")
    assert row.due_at == row.due_at.replace(hour=0, minute=0, second=0, microsecond=0)  # made anew daily
    assert publish_wanted_pages(shelf, BASE) == 0


def test_whoever_dies_while_publishing_keeps_no_other_page_waiting(page: StatusPage, shelf: Shelf) -> None:
    commands.add_page(actor=TESTS, at=access.now(), handle="second", name="Acme elsewhere")

    def dies() -> None:
        raise SystemExit

    shelf.meanwhile = dies
    with pytest.raises(SystemExit):
        publish_wanted_pages(shelf, BASE)
    shelf.meanwhile = lambda: None
    assert [publish_wanted_pages(shelf, BASE), publish_wanted_pages(shelf, BASE)] == [1, 0]
    assert len(shelf.pages) == 1


def test_a_change_during_publishing_is_published_next(page: StatusPage, cast: Cast, shelf: Shelf) -> None:
    shelf.meanwhile = lambda: tell(page, cast) and None
    publish_wanted_pages(shelf, BASE)
    assert shelf.json("main", "incidents")["incidents"] == []
    shelf.meanwhile = lambda: None
    assert publish_wanted_pages(shelf, BASE) == 1
    assert len(shelf.json("main", "incidents")["incidents"]) == 1


def test_a_publisher_that_was_overtaken_is_published_over(
    page: StatusPage, cast: Cast, shelf: Shelf, clock: Clock
) -> None:
    """Its lease ran out, another took the page: what it wrote may be old."""

    def overtaken() -> None:
        shelf.meanwhile = lambda: None
        clock.advance(timedelta(minutes=2))
        tell(page, cast)
        publish_wanted_pages(shelf, BASE)

    shelf.meanwhile = overtaken
    publish_wanted_pages(shelf, BASE)
    assert shelf.json("main", "incidents")["incidents"] == []  # the late writer won, for now
    assert publish_wanted_pages(shelf, BASE) == 1
    assert len(shelf.json("main", "incidents")["incidents"]) == 1


def test_the_page_shows_ninety_days_and_moves_on_each_day(
    page: StatusPage, cast: Cast, shelf: Shelf, clock: Clock
) -> None:
    tell(page, cast)
    clock.advance(timedelta(hours=1))
    publish_wanted_pages(shelf, BASE)
    assert publish_wanted_pages(shelf, BASE) == 0
    before = shelf.pages["main"]["index.html"].decode()
    assert before.count('class="is-major" title=') >= 1
    clock.advance(timedelta(days=1))
    assert publish_wanted_pages(shelf, BASE) == 1
    assert shelf.pages["main"]["index.html"].decode().count('class="is-major" title=') > before.count(
        'class="is-major" title='
    )


def test_readers_of_statuspage_find_its_shape(page: StatusPage, cast: Cast, shelf: Shelf) -> None:
    """R45; the keys and words of the public API."""
    tell(page, cast)
    publish_wanted_pages(shelf, BASE)
    summary = shelf.json("main", "summary")
    assert set(summary) == {"page", "components", "incidents", "scheduled_maintenances", "status"}
    assert summary["status"] == {"indicator": "critical", "description": "Major Service Outage"}
    assert summary["page"]["url"] == "https://muster.example/status/main"
    group, checkout = [one for one in summary["components"] if one["name"] in ("Shop", "Checkout")]
    assert (group["group"], group["components"], group["status"]) == (True, [checkout["id"]], "major_outage")
    assert (checkout["group_id"], checkout["status"]) == (group["id"], "major_outage")
    [incident] = summary["incidents"]
    assert (incident["status"], incident["impact"]) == ("investigating", "critical")
    [update] = incident["incident_updates"]
    assert update["body"] == "About six in ten checkouts fail."
    assert update["affected_components"][0]["new_status"] == "major_outage"
    assert len(incident["id"]) == 12
    assert incident["created_at"].endswith("Z")
    for name in (
        "status",
        "components",
        "incidents",
        "incidents/unresolved",
        "scheduled-maintenances/active",
    ):
        assert "page" in shelf.json("main", name)


def test_the_page_and_its_feeds_say_it_in_words(page: StatusPage, cast: Cast, shelf: Shelf) -> None:
    tell(page, cast, title="Checkout <b>fails</b> & more")
    publish_wanted_pages(shelf, BASE)
    files = shelf.pages["main"]
    html = files["index.html"].decode()
    assert "Checkout &lt;b&gt;fails&lt;/b&gt; &amp; more" in html
    assert "<script" not in html
    assert 'href="assets/css/status.css"' in html
    assert {"assets/css/status.css", "assets/css/tokens.css"} <= set(files)
    item = Xml.fromstring(files["history.rss"]).find("channel/item")
    assert item is not None
    assert item.findtext("title") == "Checkout <b>fails</b> & more"
    address = item.findtext("link", "").removeprefix("https://muster.example/status/main/")
    assert f"{address}index.html" in files
    atom = Xml.fromstring(files["history.atom"])
    assert len(atom.findall("{http://www.w3.org/2005/Atom}entry")) == 1


def test_nothing_internal_gets_out(page: StatusPage, declare: Declare, cast: Cast, shelf: Shelf) -> None:
    incident = declare("SEV1")
    ana = cast("ana")
    tell(page, cast, incident.pk, title="Trouble with payments")
    room.say(incident.pk, "it was the intern's deploy", actor=ana.actor, at=ana.at)
    room.post_update(incident.pk, Words("INTERNAL ONLY numbers", "internal"), actor=ana.actor, at=ana.at)
    publish_wanted_pages(shelf, BASE)
    everything = b" ".join(content for path, content in shelf.pages["main"].items() if "assets" not in path)
    for secret in (b"intern", b"INTERNAL", b"SEV1", b"INC-", b"Ana", incident.title.encode()):
        assert secret not in everything.replace(b"internal_", b""), secret


def test_a_private_page_is_never_put_outside(page: StatusPage, cast: Cast, shelf: Shelf) -> None:
    publish_wanted_pages(shelf, BASE)
    assert "index.html" in shelf.pages["main"]
    commands.change_page(page.pk, {"visibility": "private"}, actor=TESTS, at=access.now())
    publish_wanted_pages(shelf, BASE)
    assert shelf.pages["main"] == {}


def test_a_retired_page_is_taken_off_and_nothing_is_published_on_it(
    page: StatusPage, cast: Cast, shelf: Shelf
) -> None:
    commands.retire_page(page.pk, actor=TESTS, at=access.now())
    publish_wanted_pages(shelf, BASE)
    assert shelf.pages["main"] == {}
    with pytest.raises(Refused) as refused:
        tell(page, cast)
    assert refused.value.reason is PageRefusal.RETIRED


def test_resolving_mends_what_it_touched_unless_another_touches_it(page: StatusPage, cast: Cast) -> None:
    first, second = tell(page, cast).page_incident, tell(page, cast, title="And cards").page_incident
    ana = cast("ana")
    commands.resolve_on_page(first.pk, actor=ana.actor, at=ana.at)
    assert component().state == "major_outage"
    commands.resolve_on_page(second.pk, actor=ana.actor, at=ana.at, body="All is well.")
    assert component().state == "operational"
    assert PageIncident.objects.get(pk=second.pk).state == "resolved"
    with pytest.raises(Refused) as refused:
        commands.resolve_on_page(second.pk, actor=ana.actor, at=ana.at)
    assert refused.value.reason is PageRefusal.RESOLVED_ALREADY


def test_one_incident_has_one_face_on_a_page(page: StatusPage, declare: Declare, cast: Cast) -> None:
    incident = declare()
    first = tell(page, cast, incident.pk)
    again = tell(page, cast, incident.pk, state=PageState.IDENTIFIED)
    assert first.page_incident_id == again.page_incident_id
    assert PageIncident.objects.get().state == "identified"


def test_an_external_update_stands_on_the_page_too(page: StatusPage, declare: Declare, cast: Cast) -> None:
    incident = declare()
    tell(page, cast, incident.pk)
    settle()
    ana = cast("ana")
    room.post_update(
        incident.pk, Words("We undo a release.", "external", "Identified"), actor=ana.actor, at=ana.at
    )
    [face] = queries.faces_of(ana.actor, incident.pk)
    assert (face.state, next(post.body for post in face.updates.all())) == (
        "identified",
        "We undo a release.",
    )
    settle()
    armed = Obligation.objects.filter(kind="update_by", audience="external", state="armed")
    assert [row.due_at for row in armed] == [ana.at + timedelta(minutes=30)]


def test_telling_customers_on_the_page_meets_the_external_update(
    page: StatusPage, declare: Declare, cast: Cast
) -> None:
    incident = declare()
    tell(page, cast, incident.pk)
    settle()
    states = Obligation.objects.filter(kind="update_by", audience="external").order_by("id")
    assert [row.state for row in states] == ["met", "armed"]


@pytest.mark.parametrize("handle", ["sam", "ada"])
def test_strangers_tell_customers_nothing(page: StatusPage, cast: Cast, handle: str) -> None:
    who = cast(handle)
    with pytest.raises(Refused) as refused:
        commands.publish_on_page(page.pk, Post("Boo", title="Boo"), actor=who.actor, at=who.at)
    assert refused.value.reason is Denied.ROLE
    with pytest.raises(Refused):
        commands.set_component_state(component().pk, ComponentState.MAJOR, actor=who.actor, at=who.at)
    with pytest.raises(Refused):
        commands.add_page(actor=who.actor, at=who.at, handle="mine", name="Mine")


def test_words_and_a_title_are_needed(page: StatusPage, cast: Cast) -> None:
    ana = cast("ana")
    for post, why in (
        (Post("  ", title="T"), PageRefusal.WORDS_NEEDED),
        (Post("B"), PageRefusal.TITLE_NEEDED),
        (Post("B", title="T", components={999: ComponentState.MAJOR}), PageRefusal.COMPONENT_NOT_FOUND),
    ):
        with pytest.raises(Refused) as refused:
            commands.publish_on_page(page.pk, post, actor=ana.actor, at=ana.at)
        assert refused.value.reason is why
    assert not PageIncident.objects.exists()


def test_components_are_replaced_whole_and_keep_their_state(page: StatusPage, cast: Cast) -> None:
    ana = cast("ana")
    commands.set_component_state(component("API").pk, ComponentState.DEGRADED, actor=ana.actor, at=ana.at)
    commands.replace_components(page.pk, [Part("Search"), Part("API")], actor=TESTS, at=access.now())
    names = [(row.name, row.state) for row in queries.components_of(page.pk)]
    assert names == [("Search", "operational"), ("API", "degraded_performance")]
    assert Event.objects.filter(kind="component.retired").count() == 1
