"""What an integration is told in secret, such as the key of a sender's signature, encrypted."""

import muster.foundation.access.fields
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("detect", "0003_storms")]
    operations = [
        migrations.AddField("integration", "sealed", muster.foundation.access.fields.SealedJSONField(null=True)),
    ]
