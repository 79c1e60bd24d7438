"""What a storm repeats is noted here, and added up on the alerts about once a second (`repeating`)."""

from django.db import migrations

TALLIES = """
    CREATE TABLE detect_tally (
        alert_id bigint NOT NULL,
        integration_id bigint NOT NULL,
        times int NOT NULL,
        unkept int NOT NULL,
        at timestamptz NOT NULL DEFAULT now()
    ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000)
"""


class Migration(migrations.Migration):
    dependencies = [("detect", "0012_traffic")]
    operations = [migrations.RunSQL(TALLIES, "DROP TABLE detect_tally")]
