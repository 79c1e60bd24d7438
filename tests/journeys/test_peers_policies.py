"""Nobody's ladder is edited in silence: row 23b of peers.csv (grafana/oncall#1054)."""

from typing import Any

import pytest

from calling import Call, answer
from engine import settle
from fakes.smtp import SmtpServer
from muster.adapters.contacts.email.channel import EmailChannel
from muster.adapters.contacts.email.server import SmtpServer as Server
from muster.adapters.egress import Egress
from muster.adapters.peers import Allowed
from muster.core.permissions import system
from muster.core.ports.contact import Channels
from muster.foundation.access.queries import now
from muster.foundation.timeline.reactor import prepare
from muster.mobilize.oncall.commands import claim_notices
from muster.mobilize.oncall.due import tell_one

TESTS = system("tests")
TEAM = """
version: 1
people:
  - {handle: ana, name: Ana, email: ana@example.com, role: responder, contacts: [{kind: email, address: a@example.com}]}
  - {handle: cleo, name: Cleo, email: cleo@example.com, role: manager, contacts: [{kind: email, address: c@example.com}]}
teams: [{handle: pay, name: Pay, members: [ana], manager: cleo}]
policies:
  - {handle: pay, name: Pay, team: pay, steps: [{after: 0s, notify: [person:ana]}, {after: 15m, notify: [manager:pay]}]}
services: [{handle: checkout, name: Checkout, team: pay, policy: pay}]
"""  # noqa: E501 - one thing a line


@pytest.fixture
def house(standard: None, call: Call) -> Call:
    """A team with a policy."""
    prepare()
    answer(call("POST", "/configuration/apply", TEAM))
    settle()
    return call


def _steps(after: str) -> list[dict[str, Any]]:
    return [{"after": "0s", "notify": ["person:ana"]}, {"after": after, "notify": ["manager:pay"]}]


def _told() -> list[str]:
    """The letters that the notices brought to Cleo, who manages the team."""
    with SmtpServer() as smtp:
        channel = EmailChannel(Egress(Allowed.parse("127.0.0.0/8,::1/128")), Server.parse(smtp.url))
        for notice in claim_notices(50, actor=TESTS, at=now()):
            tell_one(notice, Channels({"email": channel}))
        return [str(mail.message["Subject"]) for mail in smtp.to("c@example.com")]


def test_an_edit_says_who_when_and_what_and_can_be_taken_back(house: Call) -> None:
    """23b: in the timeline with before and after; the owners are told; the version before comes back."""
    before = answer(house("GET", "/policies/pay"))
    changed = answer(house("PATCH", "/policies/pay", {"steps": _steps("2h")}))
    assert changed["version"] == before["version"] + 1
    [event] = answer(house("GET", "/timeline?kind=policy.changed"))["items"]
    spec = event["payload"]["spec"]
    assert [spec[when]["steps"][1]["after"] for when in ("before", "after")] == ["15m", "2h"]
    assert event["actor"].startswith("person:")
    assert event["at"]
    settle()
    assert any("Pay" in subject and "changed" in subject for subject in _told())
    versions = answer(house("GET", "/policies/pay/versions"))["items"]
    assert [one["number"] for one in versions] == [2, 1]
    assert versions[1]["steps"][1]["after"] == "15m"
    restored = answer(house("PATCH", "/policies/pay", {"steps": versions[1]["steps"], "version": 2}))
    assert (restored["steps"], restored["version"]) == (before["steps"], 3)


def test_whoever_edits_their_own_teams_ladder_is_not_told_of_it(house: Call) -> None:
    answer(house("PATCH", "/policies/pay", {"steps": _steps("2h")}, who="cleo"))
    settle()
    assert _told() == []
