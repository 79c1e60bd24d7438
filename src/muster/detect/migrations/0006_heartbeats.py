"""Heartbeats, and what was heard of each."""

import django.db.models.deletion
import muster.core.heartbeats
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("detect", "0005_descriptions")]
    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("audience_id", models.BigIntegerField(db_default=1, default=1)),
                ("last_event_id", models.BigIntegerField()),
                ("name", models.TextField()),
                ("description", models.TextField(default="")),
                ("schedule", models.TextField()),
                ("timezone", models.TextField()),
                ("grace", models.DurationField()),
                ("severity", models.TextField()),
                ("message", models.TextField(default="")),
                ("labels", models.JSONField(default=dict)),
                ("tags", models.JSONField(default=list)),
                ("made_by", models.TextField(default="hand")),
                (
                    "state",
                    models.TextField(choices=[(state, state) for state in muster.core.heartbeats.BeatState]),
                ),
                ("since", models.DateTimeField(null=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("took", models.DurationField(null=True)),
                ("spared_until", models.DateTimeField(null=True)),
                ("last_ping_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("pings", models.BigIntegerField(default=0)),
                (
                    "integration",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="heartbeat",
                        to="detect.integration",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="heartbeat_due"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Ping",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("slot", models.SmallIntegerField()),
                ("number", models.BigIntegerField()),
                ("kind", models.TextField()),
                ("at", models.DateTimeField()),
                ("exit_status", models.SmallIntegerField(null=True)),
                ("took", models.DurationField(null=True)),
                ("body", models.TextField(default="")),
                (
                    "heartbeat",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="heard", to="detect.heartbeat"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("heartbeat", "slot"), name="ping_slot")],
            },
        ),
    ]
