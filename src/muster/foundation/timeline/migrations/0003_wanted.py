from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("timeline", "0002_beat_loops")]

    operations = [
        migrations.CreateModel(
            name="Wanted",
            fields=[("kind", models.TextField(primary_key=True, serialize=False))],
        ),
    ]
