"""Applying a configuration file: one transaction whatever its size (the exception of design section 13)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from muster.core.permissions import Actor, Right, require
from muster.core.refusal import Refused
from muster.foundation.access.models import Organisation
from muster.foundation.catalog.configuration import APPLY_ORDER, Applying
from muster.foundation.timeline.pen import command, lock
from muster.foundation.timeline.refusals import told
from muster.web.configuration.document import Document, read_document
from muster.web.configuration.plan import RETIRED, Action, Step, check, make_plan, names_after
from muster.web.configuration.reasons import Finding, refusal
from muster.web.configuration.standing import standing_now


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done, or would be; `shown` holds what is shown once, by section (integration keys)."""

    plan: Sequence[Step]
    is_dry_run: bool
    shown: Mapping[str, Sequence[Mapping[str, str]]]


@command
def apply_configuration(
    text: str,
    *,
    actor: Actor,
    at: datetime,
    base_url: str = "",
    dry_run: bool = False,
    prune: bool = False,
) -> Outcome:
    """Make things be as the file says, all or nothing; a dry run does the same and rolls back.

    Idempotent: the same file again changes nothing. Two applies wait for each other.

    Raises:
        Refused: not an admin; or the file, with its findings by line.
    """
    require(actor, Right.CONFIGURE)
    document = read_document(text)
    with transaction.atomic():
        lock(Organisation, 1)
        standing = standing_now()
        findings = check(document, names_after(document, standing))
        if findings:
            raise refusal(findings)
        plan = make_plan(document, standing, prune=prune)
        applying = Applying(actor, at, base_url, dry_run)
        _apply(plan, document, applying)
        if dry_run:
            transaction.set_rollback(True)
    return Outcome(plan, dry_run, {} if dry_run else applying.shown)


def _apply(plan: Sequence[Step], document: Document, applying: Applying) -> None:
    for name in APPLY_ORDER:
        steps = [step for step in plan if step.section.name == name]
        back = [step for step in steps if RETIRED in step.fields]
        _in_their_order(back, document, lambda step: step.section.restore(step.handle, applying))
        for step in steps:
            with _told_with_its_line(step, document):
                _make(step, applying)
        for step in steps:
            if step.action is Action.CREATE and step.entry:
                with _told_with_its_line(step, document):
                    step.section.finish(step.entry.form, applying)
    for name in reversed(APPLY_ORDER):
        gone = [step for step in plan if step.section.name == name and step.action is Action.RETIRE]
        _in_their_order(gone, document, lambda step: step.section.retire(step.handle, applying))


def _make(step: Step, applying: Applying) -> None:
    if step.action is Action.CREATE and step.entry:
        step.section.create(step.entry.form, applying)
    fields = frozenset(step.fields) - {RETIRED}
    if step.action is Action.CHANGE and fields:
        step.section.change(step.handle, step.merged, fields, applying)


def _in_their_order(steps: Sequence[Step], document: Document, act: Callable[[Step], None]) -> None:
    """Retire or bring back things of one section that stand on each other: what is refused is tried again
    after the others, as long as one of them gives way."""
    waiting = list(steps)
    while waiting:
        refused: list[Step] = []
        for step in waiting:
            try:
                with transaction.atomic():
                    act(step)
            except Refused:
                refused.append(step)
        if len(refused) == len(waiting):
            with _told_with_its_line(refused[0], document):
                act(refused[0])
        waiting = refused


@contextmanager
def _told_with_its_line(step: Step, document: Document) -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        reason = told(refused).sentence
        if step.entry is None:
            raise refusal([Finding(1, step.section.name, reason)]) from refused
        raise refusal([document.finding(step.entry.path, reason)]) from refused
