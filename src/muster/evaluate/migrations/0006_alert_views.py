"""Saved views of the alert inbox."""

import django.db.models.deletion
from django.db import migrations, models


def _person() -> models.Field:
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="access.person"
    )


class Migration(migrations.Migration):
    dependencies = [("evaluate", "0005_muting"), ("access", "0001_initial"), ("catalog", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="AlertView",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("audience_id", models.BigIntegerField(db_default=1, default=1)),
                ("last_event_id", models.BigIntegerField()),
                ("name", models.TextField()),
                ("state", models.TextField()),
                ("words", models.TextField(default="")),
                ("is_default", models.BooleanField(default=False)),
                ("retired_at", models.DateTimeField(null=True)),
                ("owner", _person()),
                ("made_by", _person()),
                (
                    "team",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.team",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner",),
                        name="one_default_view",
                        condition=models.Q(is_default=True, retired_at__isnull=True),
                    ),
                    models.UniqueConstraint(
                        fields=("team",),
                        name="one_default_view_of_team",
                        condition=models.Q(is_default=True, retired_at__isnull=True),
                    ),
                    models.UniqueConstraint(
                        fields=("owner", "name"),
                        name="view_name_once",
                        condition=models.Q(retired_at__isnull=True),
                    ),
                    models.UniqueConstraint(
                        fields=("team", "name"),
                        name="view_name_once_in_team",
                        condition=models.Q(retired_at__isnull=True),
                    ),
                ],
                "abstract": False,
            },
        ),
    ]
