"""What somebody proposes to take back of a period, until another one decides."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The table; one proposal of a hospital's period is open at a time."""

    dependencies = [("clearing", "0002_hold")]
    operations = [
        migrations.CreateModel(
            name="ToAssess",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("facility", models.CharField(max_length=40)),
                ("period", models.CharField(max_length=7)),
                ("amount", models.BigIntegerField()),
                ("reason", models.CharField(max_length=400)),
                ("made", models.DateTimeField()),
                ("made_by", models.CharField(max_length=80)),
                ("state", models.CharField(default="open", max_length=12)),
                ("decided", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(blank=True, default="", max_length=80)),
                ("said", models.CharField(blank=True, default="", max_length=400)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["facility", "period"],
                        condition=models.Q(state="open"),
                        name="one_to_assess",
                    )
                ]
            },
        )
    ]
