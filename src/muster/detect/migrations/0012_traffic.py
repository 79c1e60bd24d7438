"""How many signals each integration brings. What came before this is not counted: its hours are over soon."""

import django.db.models.deletion
from django.db import migrations, models

BEGIN = """
    INSERT INTO detect_trafficmark (id, signal, received_at)
    SELECT 1, coalesce((SELECT max(id) FROM detect_signal), 0), now()
"""


class Migration(migrations.Migration):
    dependencies = [("detect", "0011_letters")]
    operations = [
        migrations.CreateModel(
            name="Traffic",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("seconds", models.IntegerField()),
                ("starts_at", models.DateTimeField()),
                ("disposition", models.TextField()),
                ("reason", models.TextField()),
                ("signals", models.BigIntegerField()),
                (
                    "integration",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="detect.integration",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("integration", "seconds", "starts_at", "disposition", "reason"),
                        name="traffic_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TrafficMark",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("signal", models.BigIntegerField()),
                ("received_at", models.DateTimeField()),
            ],
        ),
        migrations.RunSQL(BEGIN, migrations.RunSQL.noop),
    ]
