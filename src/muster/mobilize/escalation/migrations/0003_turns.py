from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("escalation", "0002_acknowledged_for")]

    operations = [
        migrations.AddField(
            model_name="policy",
            name="turns",
            field=models.JSONField(db_default={}, default=dict),
        ),
    ]
