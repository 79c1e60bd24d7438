"""What a sender tells people of its alert, and what only its protocol knows of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("detect", "0004_integration_secrets")]
    operations = [
        migrations.AddField("alert", "description", models.TextField(db_default="", default="")),
        migrations.AddField(
            "alert", "tags", models.JSONField(db_default=models.Value([], models.JSONField()), default=list)
        ),
        migrations.AddField(
            "alert", "vendor", models.JSONField(db_default=models.Value({}, models.JSONField()), default=dict)
        ),
    ]
