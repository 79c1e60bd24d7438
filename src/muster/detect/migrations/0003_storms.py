"""Identical repeats of a storm are counted without a row; alerts are counted up in place.

The rows of alerts leave room in their pages, so that counting moves no index entry (a HOT update). The indexes that
go were Django's own for foreign keys: nothing looks alerts up by them that `alert_service` does not serve.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("detect", "0002_signals_by_day")]
    operations = [
        migrations.AddField("alert", "unkept", models.BigIntegerField(default=0)),
        migrations.AlterField(
            "alert",
            "integration",
            models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to="detect.integration"
            ),
        ),
        migrations.AlterField(
            "alert",
            "service",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="alerts",
                to="catalog.service",
            ),
        ),
        migrations.AlterField(
            "alert",
            "acknowledged_by",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="access.person",
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE detect_alert SET (fillfactor = 60)", "ALTER TABLE detect_alert RESET (fillfactor)"
        ),
    ]
