"""Signals have a part for each day: made ahead, dropped when old."""

from importlib import resources

from django.db import migrations, models

SQL = resources.files("muster.detect").joinpath("signal_days.sql").read_text()
GONE = "DROP FUNCTION detect_make_signal_day(date), detect_drop_signal_part(text)"


class Migration(migrations.Migration):
    dependencies = [("detect", "0007_alerts_by_key")]
    operations = [
        migrations.CreateModel(
            name="SignalDay",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("audience_id", models.BigIntegerField(db_default=1, default=1)),
                ("last_event_id", models.BigIntegerField()),
                ("part", models.TextField()),
                ("last_day", models.DateField(null=True)),
                ("signals", models.BigIntegerField()),
                ("dropped_at", models.DateTimeField()),
            ],
            options={"abstract": False},
        ),
        migrations.RunSQL(SQL, GONE),
    ]
