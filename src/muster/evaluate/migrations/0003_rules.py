import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("access", "0004_person_hours"),
        ("evaluate", "0002_held_until"),
    ]

    operations = [
        migrations.CreateModel(
            name="Rule",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("audience_id", models.BigIntegerField(db_default=1, default=1)),
                ("last_event_id", models.BigIntegerField()),
                ("handle", models.TextField(unique=True)),
                ("name", models.TextField()),
                ("aliases", models.JSONField(default=list)),
                ("made_by", models.TextField(default="hand")),
                ("retired_at", models.DateTimeField(null=True)),
                ("kind", models.TextField()),
                ("position", models.IntegerField(default=100)),
                ("matchers", models.JSONField(default=list)),
                ("spec", models.JSONField(default=dict)),
                ("why", models.TextField(default="")),
                ("ends_at", models.DateTimeField(null=True)),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="access.person",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.AddField(
            model_name="alertgroup",
            name="held_back",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="decision", name="again_count", field=models.BigIntegerField(null=True)
        ),
        migrations.AddField(model_name="decision", name="because", field=models.BigIntegerField(null=True)),
        migrations.AddField(model_name="decision", name="changed", field=models.JSONField(null=True)),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(
                condition=models.Q(("again_count__isnull", False)), fields=["alert"], name="decision_counts"
            ),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(
                condition=models.Q(("because__isnull", False)), fields=["because"], name="decision_because"
            ),
        ),
    ]
