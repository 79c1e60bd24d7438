"""Letters that were taken, so that one which is read again is known."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("detect", "0010_alerts_that_hold")]
    operations = [
        migrations.CreateModel(
            name="Letter",
            fields=[
                ("mark", models.BinaryField(primary_key=True, serialize=False)),
                (
                    "taken_at",
                    models.DateTimeField(
                        db_default=models.Func(function="now", output_field=models.DateTimeField())
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["taken_at"], name="letter_taken")]},
        ),
    ]
