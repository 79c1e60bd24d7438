"""Who works here: a small company whose every phone is a webhook of ours."""

from collections.abc import Callable, Sequence

TEXT = """version: 1
organisation: {{name: Acme, timezone: Europe/Madrid, fallback: [person:cleo]}}
people:
{people}teams: [{{handle: payments, name: Payments, members: [ana, ben, dora], manager: cleo}}]
schedules:
  - {{handle: primary, team: payments, timezone: Europe/Madrid,
     layers: [{{every: 1 week, start: "2020-01-06T09:00", people: [ana]}}]}}
policies:
  - {{handle: plain, steps: [{{after: 0s, notify: [schedule:primary]}}, {{after: 4h, notify: [person:ben]}}]}}
  - {{handle: ladder, steps: [{{after: 0s, notify: [person:dora]}}, {{after: 2s, notify: [person:ben]}}],
     then_after: 4h}}
  - {{handle: far2, steps: [{{after: 0s, notify: [person:far2]}}], then_after: 4h}}
  - {{handle: far3, steps: [{{after: 0s, notify: [person:far3]}}], then_after: 4h}}
  - {{handle: far4, steps: [{{after: 0s, notify: [person:far4]}}], then_after: 4h}}
services:
  - {{handle: plain, name: Plain, team: payments, policy: plain}}
  - {{handle: ladder, name: Ladder, team: payments, policy: ladder}}
  - {{handle: far2, name: Far 2, team: payments, policy: far2}}
  - {{handle: far3, name: Far 3, team: payments, policy: far3}}
  - {{handle: far4, name: Far 4, team: payments, policy: far4}}
integrations:
  - {{handle: plain, service: plain, kind: pagerduty}}
  - {{handle: ladder, service: ladder, kind: pagerduty}}
  - {{handle: far2, service: far2, kind: pagerduty}}
  - {{handle: far3, service: far3, kind: pagerduty}}
  - {{handle: far4, service: far4, kind: pagerduty}}
{pages}"""
_PERSON = """  - {{handle: {handle}, name: {name}, email: {handle}@example.com, role: {role},
     timezone: Europe/Madrid, contacts: [{{kind: webhook, url: "{url}"}}],
     rules: {{high: [{{after: 0s, use: webhook}}]}}}}
"""
PEOPLE = {
    "ana": "Ana Ruiz",
    "ben": "Ben Okafor",
    "cleo": "Cleo Diaz",
    "dora": "Dora Lind",
    "far2": "Fay Two",
    "far3": "Fay Three",
    "far4": "Fay Four",
    "gone1": "Gil One",
    "gone2": "Gil Two",
}
"""Everybody. `far2` and the like have a road that a test cuts, and nobody else's with it; `gone1` leaves."""


def configuration(url_of: Callable[[str], str], pages: Sequence[str] = ()) -> str:
    """The file for `muster apply`; `url_of` tells where a person's pages go, `pages` are status pages."""
    people = [
        _PERSON.format(
            handle=handle, name=name, role="manager" if handle == "cleo" else "responder", url=url_of(handle)
        )
        for handle, name in PEOPLE.items()
    ]
    return TEXT.format(people="".join(people), pages=_pages(pages))


def _pages(slugs: Sequence[str]) -> str:
    one = "  - {{slug: {}, name: Acme, visibility: public, components: [{{name: P, service: plain}}]}}\n"
    return "status_pages:\n" + "".join(map(one.format, slugs)) if slugs else ""
