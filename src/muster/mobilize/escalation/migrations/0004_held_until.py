from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("escalation", "0003_turns")]

    operations = [
        migrations.AddField(
            model_name="escalation",
            name="held_until",
            field=models.DateTimeField(null=True),
        ),
    ]
