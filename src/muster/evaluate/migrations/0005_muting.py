from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("evaluate", "0004_feedback")]

    operations = [
        migrations.AddField(model_name="silence", name="caught", field=models.JSONField(null=True)),
        migrations.AddField(model_name="rule", name="ends", field=models.JSONField(null=True)),
    ]
