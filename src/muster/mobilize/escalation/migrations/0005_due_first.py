from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("escalation", "0004_held_until")]

    operations = [
        migrations.AddIndex(
            model_name="escalation",
            index=models.Index(
                condition=models.Q(("state", "running")), fields=["sev1", "due_at"], name="escalation_due_first"
            ),
        ),
    ]
