"""The audience of everybody who is signed in is number 1."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("access", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "INSERT INTO access_audience (id, name) VALUES (1, 'everyone') ON CONFLICT DO NOTHING;"
            "SELECT setval('access_audience_id_seq', 1)",
            migrations.RunSQL.noop,
        )
    ]
