"""What a batch notes is one row: the alert of each line, who sent it, how often, and how often without a row."""

from django.db import migrations

BY_BATCH = """
    ALTER TABLE detect_tally ALTER alert_id TYPE bigint[] USING ARRAY[alert_id],
        ALTER integration_id TYPE bigint[] USING ARRAY[integration_id],
        ALTER times TYPE int[] USING ARRAY[times], ALTER unkept TYPE int[] USING ARRAY[unkept];
    ALTER TABLE detect_tally RENAME alert_id TO alert_ids;
    ALTER TABLE detect_tally RENAME integration_id TO integration_ids;
    ALTER TABLE detect_tally RESET (autovacuum_vacuum_threshold);
    CREATE VIEW detect_noted AS
        SELECT line.*, at FROM detect_tally, unnest(alert_ids, integration_ids, times, unkept)
            AS line(alert_id, integration_id, times, unkept)
"""
BY_LINE = """
    CREATE TEMPORARY TABLE noted ON COMMIT DROP AS SELECT * FROM detect_noted;
    DROP VIEW detect_noted;
    DELETE FROM detect_tally;
    ALTER TABLE detect_tally RENAME alert_ids TO alert_id;
    ALTER TABLE detect_tally RENAME integration_ids TO integration_id;
    ALTER TABLE detect_tally ALTER alert_id TYPE bigint USING alert_id[1],
        ALTER integration_id TYPE bigint USING integration_id[1],
        ALTER times TYPE int USING times[1], ALTER unkept TYPE int USING unkept[1];
    ALTER TABLE detect_tally SET (autovacuum_vacuum_threshold = 10000);
    INSERT INTO detect_tally SELECT * FROM noted
"""


class Migration(migrations.Migration):
    dependencies = [("detect", "0013_tallies")]
    operations = [migrations.RunSQL(BY_BATCH, BY_LINE)]
