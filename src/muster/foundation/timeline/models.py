"""The timeline's tables: events, erasable text, the chain, lanes, parked reactions (design section 4)."""

from __future__ import annotations

from typing import Any, ClassVar, Self, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import models

from muster.core.permissions import EVERYONE, Actor


def database_now() -> models.Func:
    """The database's `now()` as a default. (Django's `Now` is the statement's time.)"""
    return models.Func(function="now", output_field=models.DateTimeField())


@models.Field.register_lookup
class Among(models.Lookup):
    """`pk__among=numbers`, `about__among=names`: as `__in`, as one array: five hundred parameters take longer
    than the query."""

    lookup_name = "among"

    def get_prep_lookup(self) -> list[Any]:
        """The values, whatever held them."""
        return list(self.rhs)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """`column = ANY(array)`. Raises `EmptyResultSet` for none: then Django asks nothing."""
        if not self.rhs:
            raise EmptyResultSet
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*params, self.rhs)


RowT = TypeVar("RowT", bound=models.Model, covariant=True)


class RecordedQuerySet(models.QuerySet[RowT]):
    """Rows that somebody may or may not see."""

    def visible_to(self, actor: Actor) -> Self:
        """Only what this actor may see: everyone's rows and those of their audiences (design section 10)."""
        if actor.sees_everything:
            return self
        return self.filter(audience_id__in=actor.audiences)


class Recorded(models.Model):
    """A row with a state: only the pen writes it, and each change names its event.

    `touched` lists counters that are not state: `touch()` may write them without an event. `lock_order` is
    in which order many rows are locked.
    """

    subject_kind: ClassVar[str]
    touched: ClassVar[frozenset[str]] = frozenset()
    lock_order: ClassVar[tuple[str, ...]] = ("pk",)

    id = models.BigAutoField(primary_key=True)
    audience_id = models.BigIntegerField(default=EVERYONE, db_default=EVERYONE)
    last_event_id = models.BigIntegerField()

    objects = RecordedQuerySet.as_manager()

    class Meta:
        abstract = True

    @property
    def subject(self) -> str:
        """How events name this row, for example `alert:7`."""
        return f"{self.subject_kind}:{self.pk}"


class Event(models.Model):
    """One thing that happened: append-only; a trigger refuses UPDATE, DELETE and TRUNCATE.

    `audience_id` is that of the row when it was written; a `Restriction` made later overrules it.
    """

    id = models.BigAutoField(primary_key=True)
    command = models.UUIDField()
    cause = models.BigIntegerField(null=True)
    kind = models.TextField()
    subject = models.TextField()
    incident = models.BigIntegerField(null=True)
    audience_id = models.BigIntegerField(default=EVERYONE, db_default=EVERYONE)
    actor = models.TextField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    payload = models.JSONField()
    digest = models.BinaryField()

    class Meta:
        indexes = [
            models.Index(fields=["subject", "id"], name="event_subject"),
            models.Index(
                fields=["incident", "id"], name="event_incident", condition=models.Q(incident__isnull=False)
            ),
            models.Index(fields=["kind", "at"], name="event_kind"),
            models.Index(fields=["command"], name="event_command"),
        ]


class EventText(models.Model):
    """Human text of an event, kept apart so that it can be erased; its salted digest stays in the payload."""

    pk = models.CompositePrimaryKey("event_id", "name")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="texts", db_constraint=False)
    name = models.TextField()
    salt = models.BinaryField()
    body = models.TextField()


class Restriction(models.Model):
    """Whose an incident's or a subject's events are from now on, whatever audience they were written with."""

    scope = models.TextField(primary_key=True)
    audience_id = models.BigIntegerField()


class Repair(Recorded):
    """One time that the guard was lifted by hand; the event's text says why."""

    subject_kind = "repair"

    begun_at = models.DateTimeField()


class Outbox(models.Model):
    """Committed events that are not sealed yet."""

    event_id = models.BigIntegerField(primary_key=True)


class Link(models.Model):
    """The chain: one gap-free `seq` for each event. `lane` is a hash of its subject, -1 if nobody reacts.

    `kind` is the event's, so that whoever looks through a lane for kinds reads no events; NULL where nobody
    reacts, and in links of versions that did not write it.
    """

    seq = models.BigIntegerField(primary_key=True)
    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="link", db_constraint=False)
    lane = models.SmallIntegerField()
    kind = models.TextField(null=True)
    prev_hash = models.BinaryField()
    hash = models.BinaryField()
    sealed_at = models.DateTimeField(db_default=database_now())

    class Meta:
        indexes = [models.Index(fields=["lane", "seq"], name="link_lane")]


class Anchor(models.Model):
    """A signed head of the chain that was also written outside PostgreSQL."""

    seq = models.BigIntegerField(primary_key=True)
    hash = models.BinaryField()
    signature = models.BinaryField()
    place = models.TextField()
    at = models.DateTimeField(db_default=database_now())


class Lane(models.Model):
    """How far one group of reactions has come in one lane."""

    group = models.TextField()
    lane = models.SmallIntegerField()
    seq = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "lane"], name="lane_once")]


class Wanted(models.Model):
    """An event kind that some worker reacts to, or once did. Each worker adds its own before it reacts, so
    that a sealer of another version gives such events a lane."""

    kind = models.TextField(primary_key=True)


class Parked(models.Model):
    """An event whose reaction failed, or that waits behind such an event of its subject."""

    id = models.BigAutoField(primary_key=True)
    group = models.TextField()
    subject = models.TextField()
    seq = models.BigIntegerField()
    event_id = models.BigIntegerField()
    attempts = models.SmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True)
    error = models.TextField(default="")
    parked_at = models.DateTimeField(db_default=database_now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "event_id"], name="parked_once")]
        indexes = [
            models.Index(fields=["due_at"], name="parked_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["group", "subject", "seq"], name="parked_subject"),
        ]


class Beat(models.Model):
    """The last sign of life of each process, by the database's clock.

    `loops` says of each thread of a worker how many seconds ago it last turned: one that stands does not.
    """

    process = models.TextField(primary_key=True)
    kind = models.TextField()
    version = models.TextField(default="")
    at = models.DateTimeField(db_default=database_now())
    loops = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
