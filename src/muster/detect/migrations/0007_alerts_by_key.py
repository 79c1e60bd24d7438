from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("detect", "0006_heartbeats")]

    operations = [
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(fields=["dedup_scope", "dedup_key", "-id"], name="alert_key"),
        ),
    ]
