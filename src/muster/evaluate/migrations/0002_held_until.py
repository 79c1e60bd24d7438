from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("evaluate", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="alertgroup",
            name="held_until",
            field=models.DateTimeField(null=True),
        ),
    ]
