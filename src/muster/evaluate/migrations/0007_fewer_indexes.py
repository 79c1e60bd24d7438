"""Incidents have an index already, and what a person acknowledged is looked for among what is open."""

import django.db.models.deletion
from django.db import migrations, models

_DROP = """
DROP INDEX IF EXISTS evaluate_alertgroup_incident_id_a15d7f3f;
DROP INDEX IF EXISTS evaluate_alertgroup_acknowledged_by_id_40c94590;
"""


class Migration(migrations.Migration):
    dependencies = [("evaluate", "0006_alert_views")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_DROP, migrations.RunSQL.noop)],
            state_operations=[
                migrations.AlterField(
                    "alertgroup",
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="groups",
                        to="evaluate.incident",
                    ),
                ),
                migrations.AlterField(
                    "alertgroup",
                    "acknowledged_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.person",
                    ),
                ),
            ],
        )
    ]
