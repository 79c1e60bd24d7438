"""Calls have an index of their incidents already."""

import django.db.models.deletion
from django.db import migrations, models

_DROP = "DROP INDEX IF EXISTS paging_call_incident_id_a87cbe29"


class Migration(migrations.Migration):
    dependencies = [("paging", "0003_posts")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_DROP, migrations.RunSQL.noop)],
            state_operations=[
                migrations.AlterField(
                    "call",
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calls",
                        to="evaluate.incident",
                    ),
                ),
            ],
        )
    ]
