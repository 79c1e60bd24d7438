"""Nobody looks for escalations by their incident or by the version of their policy."""

import django.db.models.deletion
from django.db import migrations, models

_DROP = """
DROP INDEX IF EXISTS escalation_escalation_incident_id_7daba0c5;
DROP INDEX IF EXISTS escalation_escalation_policy_version_id_e55cf518;
"""


class Migration(migrations.Migration):
    dependencies = [("escalation", "0005_due_first")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(_DROP, migrations.RunSQL.noop)],
            state_operations=[
                migrations.AlterField(
                    "escalation",
                    "incident",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="evaluate.incident",
                    ),
                ),
                migrations.AlterField(
                    "escalation",
                    "policy_version",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="escalation.policyversion",
                    ),
                ),
            ],
        )
    ]
