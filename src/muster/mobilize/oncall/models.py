"""Who is on call: schedules, their versions and overrides, and what stands around them (design section 7)."""

from __future__ import annotations

from typing import Any

from django.db import models

from muster.core.cover import Cover, CoverState
from muster.core.oncall import Effect
from muster.foundation.access.fields import SealedJSONField
from muster.foundation.access.models import Contact, Person
from muster.foundation.catalog.models import Configured, Team
from muster.foundation.timeline.models import Recorded


class Schedule(Configured):
    """A rota. What it says stands in its versions, so that editing never rewrites the past."""

    subject_kind = "schedule"

    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="schedules", null=True)
    timezone = models.TextField()


class ScheduleVersion(Recorded):
    """What a schedule says from `valid_from` on, in the form of `core.schedule_form` with persons as ids."""

    subject_kind = "schedule_version"

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="versions")
    valid_from = models.DateTimeField()
    spec = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "valid_from"], name="schedule_version_once")
        ]


class Override(Recorded):
    """Changes who has an interval. Times as written: local to the schedule, or with an offset.

    `kind` is a `core.oncall.Effect`; `replaces` is whose place the person takes, for that kind alone. It
    counts only from `added_at` on and until `retired_at`: what has been never changes (design 7, 13).
    """

    subject_kind = "override"

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="overrides")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    kind = models.TextField(default=Effect.COVER.value, db_default=Effect.COVER.value)
    replaces = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", null=True)
    start = models.TextField()
    end = models.TextField()
    made_by = models.TextField(default="hand")
    added_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)


class CoverRequest(Recorded):
    """Somebody asks a colleague (or anyone of the team) to take an interval; with `back_*` it is a swap.

    Times are instants. Its note is text of the event that asked.
    """

    subject_kind = "cover_request"

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="cover_requests")
    asker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", null=True)
    taken_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", null=True)
    start = models.DateTimeField()
    end = models.DateTimeField()
    back_start = models.DateTimeField(null=True)
    back_end = models.DateTimeField(null=True)
    state = models.TextField(default=CoverState.ASKED.value)
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="cover_due", condition=models.Q(due_at__isnull=False))
        ]

    @property
    def wish(self) -> Cover:
        """The request as the rules see it."""
        back = (self.back_start, self.back_end) if self.back_start and self.back_end else None
        return Cover(self.asker_id, self.asked_id, (self.start, self.end), back)


class Leave(Recorded):
    """Somebody is away from `start` to `end` (instants). Its note is text of its event."""

    subject_kind = "leave"

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    start = models.DateTimeField()
    end = models.DateTimeField()
    added_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)


class Availability(Recorded):
    """What says by itself when somebody is away: the public holidays of a place, a calendar of theirs.

    `calendar` is its address (`{url}`), a secret. Only busy times are kept, as pairs of RFC 3339 instants.
    `problem` is why the last reading failed, empty when it did not.
    """

    subject_kind = "availability"
    touched = frozenset({"read_at", "due_at"})

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="+")
    holidays = models.TextField(default="")
    calendar: Any = SealedJSONField(null=True)
    busy = models.JSONField(default=list)
    problem = models.TextField(default="")
    read_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="availability_due", condition=models.Q(due_at__isnull=False))
        ]


PLANNED = "planned"
"""The kind of a feed that shows planned work, and nobody's shifts."""


class Feed(Recorded):
    """A secret address under which a calendar of shifts can be read; only its hash is stored.

    `of` names whose: `person:3`, `schedule:7`, `team:2`; or `planned:0`, planned work.
    """

    subject_kind = "feed"
    touched = frozenset({"last_read_at"})

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    of = models.TextField()
    hash = models.BinaryField(unique=True)
    added_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    last_read_at = models.DateTimeField(null=True)


class HandoffNote(Recorded):
    """What whoever goes off call leaves for whoever comes on; the words are text of its event."""

    subject_kind = "handoff_note"

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="notes")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()


class Notice(Recorded):
    """A word to somebody that is no page: their shift begins, a colleague asks them to cover.

    `about` is the subject it speaks of, `key` makes it once. It goes by the person's own rules to the first
    `contact` that takes it; where none does it ends `failed` and says so. `facts` are for its words.
    """

    subject_kind = "notice"
    touched = frozenset({"due_at"})

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    kind = models.TextField()
    about = models.TextField()
    key = models.TextField(unique=True)
    facts = models.JSONField(default=dict)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.TextField(default="queued")
    attempts = models.SmallIntegerField(default=0)
    reason = models.TextField(default="")
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="notice_due", condition=models.Q(due_at__isnull=False))
        ]


class Outlook(Recorded):
    """The coming shifts of a schedule (`core.outlook`) by the zone data of `release`, kept until newer data
    comes. `stamp` is the newest event of its versions and overrides: an edit that moves a shift is no news.
    """

    subject_kind = "outlook"
    touched = frozenset({"release", "stamp", "until", "shifts"})

    schedule = models.OneToOneField(Schedule, on_delete=models.PROTECT, related_name="outlook")
    release = models.TextField()
    stamp = models.BigIntegerField()
    until = models.DateTimeField()
    shifts = models.JSONField()
