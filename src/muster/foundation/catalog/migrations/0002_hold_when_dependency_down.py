from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("catalog", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="service",
            name="hold_when_dependency_down",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
