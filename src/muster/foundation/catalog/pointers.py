"""What points at a thing: asked before it is retired (design 13: refused while something live points at it).

A thing cannot know what stands above it, so each stage registers the question it can answer, in `ready()`:
`pointers.register("service", lambda row: [f"integration:{i.handle}" for i in ...])`. The kinds are the
`subject_kind` of the rows: person, team, position, schedule, policy, service, product, customer ...
"""

from collections.abc import Callable

from muster.foundation.timeline.models import Recorded

Question = Callable[[Recorded], list[str]]
"""Answers what live things of a stage point at this row, as `kind:handle`."""

_questions: dict[str, list[Question]] = {}


def register(kind: str, question: Question) -> None:
    """Add a question about rows of this kind, once."""
    asked = _questions.setdefault(kind, [])
    if question not in asked:
        asked.append(question)


def pointing_at(row: Recorded) -> list[str]:
    """Every live thing that points at this row, as `kind:handle`, in the order of their names."""
    return sorted({name for question in _questions.get(row.subject_kind, []) for name in question(row)})
