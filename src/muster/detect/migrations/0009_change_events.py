"""What was done to services on purpose, as their senders say."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("detect", "0008_signal_days")]
    operations = [
        migrations.CreateModel(
            name="ChangeEvent",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("audience_id", models.BigIntegerField(db_default=1, default=1)),
                ("last_event_id", models.BigIntegerField()),
                ("dedup_key", models.TextField()),
                ("summary", models.TextField()),
                ("source", models.TextField(default="")),
                ("links", models.JSONField(default=list)),
                ("labels", models.JSONField(default=dict)),
                ("changed_at", models.DateTimeField()),
                (
                    "integration",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="detect.integration",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="catalog.service",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["service", "-changed_at"], name="change_service"),
                    models.Index(fields=["integration", "dedup_key"], name="change_key"),
                ],
            },
        ),
    ]
