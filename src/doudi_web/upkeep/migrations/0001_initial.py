"""What townships stated of their people."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The tables."""

    initial = True
    dependencies = [("settlement", "0063_corrected")]

    operations = [
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("township", models.CharField(max_length=9)),
                ("person", models.CharField(db_index=True, max_length=64)),
                ("kind", models.CharField(max_length=12)),
                ("statement", models.BinaryField()),
                ("says", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=64)),
                ("reason", models.CharField(max_length=400)),
                ("document", models.CharField(default="", max_length=100)),
                ("state", models.CharField(max_length=12)),
                ("asked", models.DateTimeField()),
                ("asked_by", models.CharField(max_length=80)),
                ("decided", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(default="", max_length=80)),
                ("decision", models.CharField(default="", max_length=400)),
                ("became", models.BigIntegerField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["township", "id"], name="change_of_township"),
                    models.Index(
                        condition=models.Q(("state", "waiting")),
                        fields=["id"],
                        name="waiting_change",
                    ),
                ],
            },
        ),
    ]
