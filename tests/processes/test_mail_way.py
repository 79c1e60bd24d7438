"""Which mailboxes are ours says the same reader that takes the letters."""

import pytest

from muster.config.mail_in import way_in
from muster.config.mail_way import mailboxes_in
from muster.core.letters import Mailboxes

BOTH = "to=ack@in.example.com&alerts=alerts@in.example.com"


@pytest.mark.parametrize("url", [f"imaps://u:p@mail.example.com/?{BOTH}", f"smtp://127.0.0.1:2525/?{BOTH}"])
def test_what_is_taken_has_its_addresses(url: str) -> None:
    way = way_in(url)
    assert way is not None
    assert mailboxes_in(url) == Mailboxes("ack@in.example.com", "alerts@in.example.com")
    assert mailboxes_in(url) == (way.replies, way.alerts)


@pytest.mark.parametrize(
    "url",
    [
        "",
        f"imap://u:p@mail.example.com/?{BOTH}",
        f"imaps://mail.example.com/?{BOTH}",
        f"smtp://127.0.0.1/?{BOTH}",
        "imaps://u:p@mail.example.com/?to=ack@in.example.com&alerts=nobody",
    ],
)
def test_where_nothing_is_taken_no_page_names_an_address_for_replies(url: str) -> None:
    assert way_in(url) is None
    assert mailboxes_in(url) == Mailboxes("", "")
