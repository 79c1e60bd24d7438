"""A mailbox on loopback: an IMAP server with one account and one folder (RFC 3501, 2177), with faults."""

import base64
import contextlib
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from urllib.parse import quote

PASSWORD = 'pa"ss \\wörd'
_WORD = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\S+)')
_FETCH = re.compile(rb"(\d+) \(.*BODY\.PEEK\[\]<0\.(\d+)>\)")
_STORE = re.compile(rb"(\d+) \+FLAGS\.SILENT \((.*)\)")
_TICK_S = 0.02


@dataclass
class Stored:
    """A letter in the box."""

    content: bytes
    flags: set[str] = field(default_factory=set)
    arrived: str = "29-Nov-2026 01:02:03 +0000"

    @property
    def is_seen(self) -> bool:
        return "\\Seen" in self.flags


@dataclass
class Faults:
    """What the server does wrong. UIDs in `drops` end the connection when they are asked for, in place of
    those in `floods` comes no end."""

    drops: set[int] = field(default_factory=set)
    drops_at_store: bool = False
    refuses_store: bool = False
    forgets_store: bool = False
    read_only: bool = False
    waits: bool = True
    says_plain: bool = True
    refuses_sign_in: str = ""
    hangs_in_fetch: bool = False
    floods: set[int] = field(default_factory=set)


class ImapServer:
    """`with ImapServer() as box:`, then `box.deliver(letter)`, `box.wait_for(lambda: ...)`."""

    def __init__(
        self,
        *,
        user: str = "muster@in.example.com",
        password: str = PASSWORD,
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        folder: str = "INBOX",
        validity: int = 7,
    ) -> None:
        self.user, self.password, self.folder, self.validity = user, password, folder, validity
        self.tls, self.starttls = tls, starttls
        self.faults = Faults()
        self.letters: dict[int, Stored] = {}
        self.fetched: list[int] = []
        self.heard: list[str] = []
        self.sign_ins = 0
        # While there is one, nothing is marked: who asks waits for it, and is then dropped.
        self.hold_store: threading.Event | None = None
        self.at_store = threading.Event()
        self._next = 1
        self._changed = threading.Condition()
        self._open: list[socket.socket] = []

    def __enter__(self) -> "ImapServer":
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # closing alone would not end a wait for visitors
        self._listener.close()
        self.drop_everybody()
        if self.hold_store is not None:
            self.hold_store.set()

    def url(self, mailboxes: str, *, password: str = "", folder: str = "") -> str:
        """For `MUSTER_MAIL_IN`."""
        scheme = "imaps" if self.tls else "imap+starttls" if self.starttls else "imap"
        secret = quote(password or self.password, safe="")
        where = f"&folder={quote(folder)}" if folder else ""
        return f"{scheme}://{quote(self.user, safe='')}:{secret}@127.0.0.1:{self.port}/?{mailboxes}{where}"

    def deliver(self, letter: EmailMessage | bytes) -> int:
        """A letter arrives; its UID."""
        content = letter if isinstance(letter, bytes) else letter.as_bytes()
        with self._changed:
            uid, self._next = self._next, self._next + 1
            self.letters[uid] = Stored(re.sub(rb"\r?\n", b"\r\n", content))
            self._changed.notify_all()
        return uid

    def drop_everybody(self) -> None:
        """End all connections."""
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def wait_for(self, true: Callable[[], bool], seconds: float = 15) -> None:
        """Until it is true. Raises `AssertionError`."""
        until = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < until, f"it did not come about; heard: {self.heard[-20:]}"
            time.sleep(_TICK_S)

    def wait_until_read(self, *uids: int) -> None:
        """Until these letters are marked as read."""
        self.wait_for(lambda: all(self.letters[uid].is_seen for uid in uids))

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self._open.append(connection)
            with connection:
                _Talk(self, connection).run()

    def store(self, uid: int, flags: set[str]) -> None:
        """Flags are set."""
        with self._changed:
            self.letters[uid].flags |= flags


class _Talk:
    """One connection."""

    def __init__(self, server: ImapServer, connection: socket.socket) -> None:
        self._server = server
        self._connection = connection
        self._left = b""
        self._known = 0
        self._is_over = False
        self._wraps = False

    def run(self) -> None:
        """Until the client has had enough."""
        self._say(b"* OK ready")
        while not self._is_over and (line := self._line()) is not None:
            tag, _, rest = line.partition(b" ")
            name, _, said = rest.partition(b" ")
            verb = name.decode("ascii", "replace").upper()
            if verb == "UID":
                name, _, said = said.partition(b" ")
                verb = f"UID {name.decode('ascii', 'replace').upper()}"
            self._server.heard.append(verb)
            act = getattr(self, "_" + verb.lower().replace(" ", "_"), None)
            self._say(tag + b" " + (act(said) if act is not None else b"BAD unknown"))
            if self._wraps and self._server.starttls is not None:
                self._connection = self._server.starttls.wrap_socket(self._connection, server_side=True)
                self._wraps = False

    def _say(self, line: bytes) -> None:
        self._connection.sendall(line + b"\r\n")

    def _line(self, seconds: float | None = None) -> bytes | None:
        while b"\r\n" not in self._left:
            self._connection.settimeout(seconds)
            try:
                heard = self._connection.recv(65536)
            except TimeoutError:
                return b""
            if not heard:
                return None
            self._left += heard
        line, _, self._left = self._left.partition(b"\r\n")
        return line

    def _capability(self, _: bytes) -> bytes:
        offers = ["IMAP4rev1"]
        offers += ["STARTTLS"] if self._server.starttls is not None else []
        offers += ["AUTH=PLAIN"] if self._server.faults.says_plain else []
        offers += ["IDLE"] if self._server.faults.waits else []
        self._say(f"* CAPABILITY {' '.join(offers)}".encode())
        return b"OK done"

    def _starttls(self, _: bytes) -> bytes:
        self._wraps = True
        return b"OK done"

    def _login(self, said: bytes) -> bytes:
        user, password = (
            re.sub(rb"\\(.)", rb"\1", quoted) if quoted or not bare else bare
            for quoted, bare in _WORD.findall(said)
        )
        return self._signed_in(user, password)

    def _authenticate(self, _: bytes) -> bytes:
        self._say(b"+ ")
        _, user, password = base64.b64decode(self._line() or b"").split(b"\0")
        return self._signed_in(user, password)

    def _signed_in(self, user: bytes, password: bytes) -> bytes:
        self._server.sign_ins += 1
        if code := self._server.faults.refuses_sign_in:
            return f"NO [{code}] not now".encode()
        right = (user.decode(), password.decode()) == (self._server.user, self._server.password)
        return b"OK done" if right else b"NO [AUTHENTICATIONFAILED] wrong for " + user

    def _select(self, said: bytes) -> bytes:
        if said.strip(b'"').decode() != self._server.folder:
            return b"NO no such folder"
        self._exists()
        self._say(b"* FLAGS (\\Seen \\Flagged \\Deleted)")
        self._say(f"* OK [UIDVALIDITY {self._server.validity}] stays".encode())
        return b"OK [READ-ONLY] chosen" if self._server.faults.read_only else b"OK [READ-WRITE] chosen"

    def _exists(self) -> None:
        self._known = len(self._server.letters)
        self._say(f"* {self._known} EXISTS".encode())

    def _noop(self, _: bytes) -> bytes:
        if self._known != len(self._server.letters):
            self._exists()
        return b"OK done"

    def _idle(self, _: bytes) -> bytes:
        if not self._server.faults.waits:
            return b"BAD not here"
        self._say(b"+ idling")
        while (line := self._line(_TICK_S)) is not None and line.upper() != b"DONE":
            if self._known != len(self._server.letters):
                self._exists()
        return b"OK done"

    def _uid_search(self, said: bytes) -> bytes:
        assert said == b"UNSEEN UNDELETED", said
        found = [str(uid) for uid, one in sorted(self._server.letters.items()) if not one.is_seen]
        self._say(f"* SEARCH {' '.join(found)}".strip().encode())
        return b"OK done"

    def _uid_fetch(self, said: bytes) -> bytes:
        asked = _FETCH.fullmatch(said)
        assert asked is not None, said
        uid, most = int(asked[1]), int(asked[2])
        self._server.fetched.append(uid)
        if self._server.faults.hangs_in_fetch:
            time.sleep(60)
        letter = self._server.letters.get(uid)
        if uid in self._server.faults.drops:
            self._connection.shutdown(socket.SHUT_RDWR)
            self._is_over = True
        elif letter is not None:
            content = letter.content[:most]
            size = 2**40 if uid in self._server.faults.floods else len(content)
            head = f'* 1 FETCH (UID {uid} INTERNALDATE "{letter.arrived}" BODY[]<0> {{{size}}}'
            self._say(head.encode())
            self._connection.sendall(content + b")\r\n")
        return b"OK done"

    def _uid_store(self, said: bytes) -> bytes:
        asked = _STORE.fullmatch(said)
        assert asked is not None, said
        faults = self._server.faults
        self._server.at_store.set()
        held = self._server.hold_store
        if held is not None:
            held.wait(60)
        if held is not None or faults.drops_at_store:
            self._connection.shutdown(socket.SHUT_RDWR)
            self._is_over = True
            return b""
        if faults.refuses_store:
            return b"NO not allowed"
        if not faults.forgets_store:
            self._server.store(int(asked[1]), set(asked[2].decode().split()))
        return b"OK done"

    def _logout(self, _: bytes) -> bytes:
        self._say(b"* BYE")
        self._is_over = True
        return b"OK done"
