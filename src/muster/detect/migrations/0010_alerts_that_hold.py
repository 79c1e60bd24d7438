"""Until when an alert holds unless its sender repeats it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("detect", "0009_change_events")]
    operations = [
        migrations.AddField("alert", "holds_until", models.DateTimeField(null=True)),
        migrations.AddIndex(
            model_name="alert",
            index=models.Index(
                fields=["holds_until"],
                name="alert_holds",
                condition=models.Q(("holds_until__isnull", False), models.Q(("state", "resolved"), _negated=True)),
            ),
        ),
    ]
