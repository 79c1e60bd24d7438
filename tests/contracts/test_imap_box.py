"""What `MUSTER_MAIL_IN` says of a mailbox, read or refused."""

import pytest

from muster.adapters.mailboxes.imap.box import Box, Security


@pytest.mark.parametrize(
    "url",
    [
        "imaps://mail.example.com/?alerts=a@b.example",
        "imaps://u@mail.example.com/?alerts=a@b.example",
        "imaps://u:p@/?alerts=a@b.example",
        "imaps://u:p@mail.example.com/",
        "imaps://u:p@mail.example.com:x/?alerts=a@b.example",
        "imaps://u:p\u2100@mail.example.com/?alerts=a@b.example",
        "imaps://u:p#@mail.example.com/?alerts=a@b.example",
        "imap://u:p@mail.example.com/?alerts=a@b.example",
        "imaps://u:p%0d%0aA@mail.example.com/?alerts=a@b.example",
        "imaps://u:p@mail.example.com/?alerts=a@b.example&folder=%C3%84",
        "pop3://u:p@mail.example.com/?alerts=a@b.example",
    ],
)
def test_a_box_that_is_none_is_said_without_its_password(url: str) -> None:
    with pytest.raises(ValueError) as refused:
        Box.parse(url.replace(":p", ":hush"))
    assert "hush" not in str(refused.value)


def test_what_is_left_out_is_what_most_servers_have() -> None:
    box = Box.parse("imaps://ops%40example.com:p@mail.example.com/?alerts=a@b.example")
    assert (box.user, box.port, box.folder, box.security) == ("ops@example.com", 993, "INBOX", Security.TLS)
    assert Box.parse("imap+starttls://u:p@mail.example.com/?to=a@b.example").port == 143
