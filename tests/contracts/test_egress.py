"""The egress guard: no form of a private address gets a socket, whoever asks (I22, S20 to S34)."""

import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import httpx
import pytest

from fakes.webhook import WebhookReceiver, reset, status, trickle
from muster.adapters.egress import Answer, Egress
from muster.adapters.peers import Allowed, EgressReason, EgressRefused

NOTHING = Allowed()

PRIVATE = [  # S20, S21
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.168.1.1",
    "192.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "fe80::1",
    "fe80::1%lo",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:0a00:0001::1",
    "2002:0808:0808::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]
NOT_ADDRESSES = [  # S22: what the C library would read as 127.0.0.1, and what only a resolver knows
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
    "127.0.0.01",
    "localhost",
    "example.com",
    "",
    " 127.0.0.1",
    "127.0.0.1\x00",
    "１２７.0.0.1",
]
GLOBAL = ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_refused_in_any_writing(address: str) -> None:
    assert NOTHING.judge(address, 443) is EgressReason.PRIVATE


@pytest.mark.parametrize("text", NOT_ADDRESSES)
def test_what_is_not_a_plain_address_is_refused(text: str) -> None:
    assert NOTHING.judge(text, 443) is EgressReason.NOT_AN_ADDRESS
    assert not Allowed.parse("0.0.0.0/0,::/0").permits(text, 443)


@pytest.mark.parametrize("address", GLOBAL)
def test_a_global_address_passes(address: str) -> None:
    assert NOTHING.judge(address, 443) is EgressReason.GLOBAL


def test_only_what_the_admin_listed_passes_beyond_that() -> None:  # S34
    listed = Allowed.parse(" 10.0.0.0/8 , fd00::/8,", [("127.0.0.1", 5432)])
    assert listed.judge("10.1.2.3", 443) is EgressReason.LISTED
    assert listed.judge("::ffff:10.1.2.3", 443) is EgressReason.LISTED
    assert listed.judge("64:ff9b::10.1.2.3", 443) is EgressReason.LISTED
    assert listed.judge("fd00::1", 443) is EgressReason.LISTED
    assert listed.judge("127.0.0.1", 5432) is EgressReason.LISTED
    assert listed.judge("127.0.0.1", 5433) is EgressReason.PRIVATE
    assert listed.judge("192.168.1.1", 443) is EgressReason.PRIVATE


@pytest.mark.parametrize("text", ["x", "10.0.0.0/33", "10.0.0.0/8 11.0.0.0/8"])
def test_a_bad_list_is_refused_when_it_is_read(text: str) -> None:
    with pytest.raises(ValueError):
        Allowed.parse(text)


@pytest.fixture
def hook() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as opened:
        yield opened


@pytest.fixture
def open_egress() -> Egress:
    return Egress(Allowed.parse("127.0.0.0/8,::1/128"))


def post(egress: Egress, url: str, seconds: float = 2) -> Answer:
    return egress.post(url, b"{}", {}, seconds=seconds, limit_bytes=1000)


def test_a_listed_target_is_reached(open_egress: Egress, hook: WebhookReceiver) -> None:  # negative control
    answer = post(open_egress, hook.url)
    assert (answer.status, answer.body, answer.truncated) == (200, b"{}", False)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f.1"]
)
def test_no_way_of_writing_loopback_reaches_it(hook: WebhookReceiver, host: str) -> None:
    with pytest.raises((EgressRefused, httpx.InvalidURL, socket.gaierror)):
        post(Egress(NOTHING), f"http://{host}:{hook.port}/")
    assert hook.connections == 0


def names(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """A name server of ours: `socket.getaddrinfo` answers in turn, the last for ever."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_args: object, **_more: object) -> list[object]:
        if host[0].isdigit():
            addresses = [host]
        else:
            asked.append(host)
            addresses = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_name_with_one_private_address_is_only_tried_at_the_others(
    monkeypatch: pytest.MonkeyPatch, hook: WebhookReceiver
) -> None:  # S23
    names(monkeypatch, ["127.0.0.1", "192.0.2.1"])
    with pytest.raises(EgressRefused):
        Egress(NOTHING).addresses("mixed.example", hook.port)
    names(monkeypatch, ["127.0.0.1", "8.8.8.8"])
    assert Egress(NOTHING).addresses("mixed.example", 443) == ["8.8.8.8"]


def test_a_name_that_changes_its_answer_is_asked_once(
    monkeypatch: pytest.MonkeyPatch, hook: WebhookReceiver
) -> None:  # S24
    asked = names(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    egress = Egress(Allowed.parse("127.0.0.1/32"))
    assert post(egress, f"http://rebind.example:{hook.port}/").status == 200
    assert asked == ["rebind.example"]


def test_a_redirect_is_an_answer_and_not_followed(open_egress: Egress, hook: WebhookReceiver) -> None:  # S25
    for target in (hook.url, "http://169.254.169.254/", "file:///etc/passwd", "gopher://127.0.0.1/"):
        hook.answer = status(302, ("location", target))
        assert post(open_egress, hook.url).status == 302
    assert hook.connections == 4


@pytest.mark.parametrize("port", [22, 25, 5432, 6379])
def test_ports_of_other_protocols_are_refused(open_egress: Egress, port: int) -> None:  # S27
    with pytest.raises(EgressRefused) as caught:
        post(open_egress, f"http://127.0.0.1:{port}/")
    assert caught.value.reason is EgressReason.PORT_REFUSED


def test_proxies_of_the_environment_are_not_used(  # S28
    monkeypatch: pytest.MonkeyPatch, open_egress: Egress, hook: WebhookReceiver
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1/")
    assert post(open_egress, hook.url).status == 200


def test_our_own_front_door_is_refused(hook: WebhookReceiver) -> None:  # S31
    egress = Egress(Allowed.parse("127.0.0.0/8"), own_url=f"http://127.0.0.1:{hook.port}")
    with pytest.raises(EgressRefused) as caught:
        post(egress, hook.url)
    assert caught.value.reason is EgressReason.OWN_ADDRESS


def test_an_answer_is_cut_and_never_unpacked(open_egress: Egress, hook: WebhookReceiver) -> None:  # S29
    hook.answer = status(200, ("content-encoding", "gzip"), body=b"\x1f\x8b" + b"x" * 5000)
    answer = post(open_egress, hook.url)
    assert (len(answer.body), answer.truncated) == (1000, True)


def test_a_request_ends_in_time_however_its_answer_trickles(
    open_egress: Egress, hook: WebhookReceiver
) -> None:
    hook.answer = trickle(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 500, 0.05)
    with pytest.raises(httpx.TimeoutException):
        post(open_egress, hook.url, seconds=0.5)


def test_a_connection_that_is_reset_is_a_transport_error(open_egress: Egress, hook: WebhookReceiver) -> None:
    hook.answer = reset(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n")
    with pytest.raises(httpx.TransportError):
        post(open_egress, hook.url)


def test_other_schemes_and_unix_sockets_are_refused(open_egress: Egress) -> None:  # S32
    for url in ("ftp://127.0.0.1/", "file:///etc/passwd", "unix:///run/x.sock"):
        with pytest.raises((httpx.UnsupportedProtocol, httpx.TransportError)):
            post(open_egress, url)


HOOK = """
import asyncio, http.client, smtplib, socket, ssl, sys, urllib.request
import httpx
from muster.adapters.peers import Allowed, install_guard
port = int(sys.argv[1])
install_guard(Allowed.parse(sys.argv[2]))

def plain(): socket.create_connection(("127.0.0.1", port), 2).close()
def by_name(): socket.socket().connect(("localhost", port))
def odd(): socket.socket().connect(("127.1", port))
def mapped():
    s = socket.socket(socket.AF_INET6); s.connect(("::ffff:127.0.0.1", port))
def nonblocking():
    s = socket.socket(); s.setblocking(False); s.connect_ex(("127.0.0.1", port))
def datagram(): socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port))
def url(): urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).read()
def raw():
    c = http.client.HTTPConnection("127.0.0.1", port, timeout=2); c.request("GET", "/"); c.getresponse()
def mail(): smtplib.SMTP("127.0.0.1", port, timeout=2)
def modern(): httpx.get(f"http://127.0.0.1:{port}/", timeout=2)
async def _a():
    _r, w = await asyncio.open_connection("127.0.0.1", port); w.close()
def loop(): asyncio.run(_a())

for act in (plain, by_name, odd, mapped, nonblocking, datagram, url, raw, mail, modern, loop):
    try:
        act(); print(act.__name__, "open")
    except Exception as why:
        seen = why
        while seen is not None and "refused:" not in str(seen):
            seen = seen.__cause__ or seen.__context__
        print(act.__name__, "refused" if seen is not None else f"open {type(why).__name__}")
a, b = socket.socketpair(); a.close(); b.close()
left = socket.socket(socket.AF_UNIX)
try: left.connect("/nowhere/at/all.sock")
except FileNotFoundError: print("unix passes")
"""


def guarded(port: int, listed: str) -> dict[str, str]:
    """What a process with the audit hook may do, in a process of its own: a hook cannot be taken back."""
    script = [sys.executable, "-c", textwrap.dedent(HOOK), str(port), listed]
    done = subprocess.run(script, capture_output=True, text=True, timeout=60, check=True)
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


def test_every_library_in_a_guarded_process_is_refused(hook: WebhookReceiver) -> None:
    said = guarded(hook.port, "")
    assert said.pop("unix") == "passes"
    assert len(said) == 11
    assert set(said.values()) == {"refused"}, said
    assert hook.connections == 0


def test_the_same_libraries_reach_what_the_admin_listed(hook: WebhookReceiver) -> None:  # negative control
    hook.answer = status(200)
    said = guarded(hook.port, "127.0.0.0/8")
    assert {name for name, result in said.items() if result == "refused"} == {"by_name", "odd"}
    assert hook.connections >= 5
