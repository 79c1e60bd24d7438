"""A timeline in memory for live streams, with gates where a test wants to stop a reader."""

import threading
from collections.abc import Sequence

from muster.web.streams import Audience, Fact, Fragment


class FakeTimeline:
    """Facts in order; who may watch; where readers wait."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []
        self.rights: dict[tuple[int, str], Audience | None] = {}
        self.rendered: list[tuple[int, str, Audience]] = []
        self.before_replay = threading.Event()
        self.in_replay = threading.Event()
        self.before_replay.set()
        self.before_render = threading.Event()
        self.in_render = threading.Event()
        self.before_render.set()
        self.replays: list[tuple[int, int]] = []
        self.away = False
        self.padding = ""
        self._news = threading.Event()

    def add(self, topic: str, text: str, *, rights: bool = False) -> int:
        """A fact is committed and sealed."""
        seq = len(self.facts) + 1
        self.facts.append(Fact(seq, frozenset({topic, "all"}), rights, text))
        self._news.set()
        return seq

    def wait(self, seconds: float) -> None:
        self._news.wait(min(seconds, 0.02))
        self._news.clear()
        if self.away:
            raise ConnectionError("away")

    def head(self) -> int:
        return len(self.facts)

    def after(self, seq: int, limit: int) -> Sequence[Fact]:
        return self.facts[seq : seq + limit]

    def replay(self, topic: str, after: int, upto: int, limit: int) -> Sequence[Fact]:
        found = [fact for fact in self.facts[after:upto] if topic in fact.topics][:limit]
        self.replays.append((after, upto))
        self.in_replay.set()
        self.before_replay.wait(5)
        return found

    def audiences(self, asked: Sequence[tuple[int, str]]) -> Sequence[Audience | None]:
        if self.away:
            raise ConnectionError("away")
        return [self.rights.get(holder, Audience.OBSERVER) for holder in asked]

    def render(self, fact: Fact, topic: str, audience: Audience) -> Sequence[Fragment]:
        self.rendered.append((fact.seq, topic, audience))
        self.in_render.set()
        self.before_render.wait(5)
        if fact.body == "for members" and audience is not Audience.MEMBER:
            return []
        if fact.body == "broken":
            raise RuntimeError("no template")
        return [Fragment("changed", f"{fact.body}{self.padding}")]

    def release(self) -> None:
        pass
