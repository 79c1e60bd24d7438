"""The table of signals, partitioned by day."""

from importlib import resources

from django.db import migrations

SQL = resources.files("muster.detect").joinpath("signal.sql").read_text()


class Migration(migrations.Migration):
    dependencies = [("detect", "0001_initial")]
    operations = [migrations.RunSQL(SQL, "DROP TABLE detect_signal")]
