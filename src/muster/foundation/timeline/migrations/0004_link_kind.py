from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("timeline", "0003_wanted")]

    operations = [migrations.AddField("link", "kind", models.TextField(null=True))]
