"""Whom no page would reach: asked of whoever proves it, which stands above on-call and registers here."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

Answer = Callable[[Sequence[int], datetime], set[int]]

_answers: list[Answer] = []


def register(answer: Answer) -> None:
    """Ask this, too, which of some people cannot be reached at a moment."""
    if answer not in _answers:
        _answers.append(answer)


def unreachable(people: Iterable[int], at: datetime) -> set[int]:
    """Those of these people whom no page would reach."""
    wanted = list(dict.fromkeys(people))
    return {person for answer in _answers for person in answer(wanted, at)} if wanted else set()
