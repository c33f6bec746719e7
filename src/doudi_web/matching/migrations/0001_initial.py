"""The mapping queue; what it reads of withdrawn lines and refused bills has indexes of its own."""

from django.db import migrations, models

_AGAIN = """
CREATE FUNCTION doudi_visit_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO matching_again (visit) VALUES (NEW.id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER runs_again AFTER UPDATE OF settled ON settlement_visit
  FOR EACH ROW WHEN (OLD.settled IS NOT NULL AND NEW.settled IS NULL) EXECUTE FUNCTION doudi_visit_again();
"""
_NOT_AGAIN = "DROP TRIGGER runs_again ON settlement_visit; DROP FUNCTION doudi_visit_again()"


class Migration(migrations.Migration):
    """Its tables; an index of refused bills that stand; that a visit runs again is noted by the database."""

    initial = True

    dependencies = [("settlement", "0051_awaiting")]

    operations = [
        migrations.CreateModel(
            name="Again",
            fields=[
                ("visit", models.BigIntegerField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="Doubt",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("facility", models.CharField(db_index=True, max_length=40)),
                ("item", models.BigIntegerField(db_index=True)),
                ("what", models.CharField(max_length=16)),
                ("code", models.CharField(max_length=200)),
                ("own", models.TextField()),
                ("catalogue", models.TextField()),
                ("mark", models.CharField(max_length=16)),
            ],
        ),
        migrations.CreateModel(
            name="Looked",
            fields=[
                ("facility", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("lists", models.CharField(max_length=140)),
                ("day", models.DateField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("done", models.BigIntegerField()),
                ("seen", models.BigIntegerField()),
                ("pending", models.BigIntegerField(null=True)),
                ("until", models.BigIntegerField(null=True)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Refused",
            fields=[
                ("refused", models.BigIntegerField(primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("facility", models.CharField(max_length=40)),
                ("code", models.CharField(max_length=200)),
                ("name", models.TextField()),
                ("stated_code", models.CharField(blank=True, default="", max_length=200)),
                ("unit_price", models.BigIntegerField(null=True)),
                ("found", models.DateTimeField()),
                ("suggestions", models.JSONField(default=list)),
                ("suggested_for", models.CharField(blank=True, default="", max_length=64)),
                ("kept", models.TextField(blank=True, default="")),
            ],
            options={
                "indexes": [models.Index(fields=["suggested_for"], name="item_of_suggestions")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("facility", "code"), name="one_item_of_hospital"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Line",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("facility", models.CharField(max_length=40)),
                ("item", models.BigIntegerField(db_index=True)),
                ("what", models.CharField(max_length=16)),
                ("visit", models.BigIntegerField(db_index=True, null=True)),
                ("feeline", models.BigIntegerField(null=True, unique=True)),
                ("refused", models.BigIntegerField(null=True)),
                ("line", models.CharField(max_length=200)),
                ("amount", models.BigIntegerField()),
                ("day", models.DateField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["facility", "what", "item"], name="charged_of_hospital"),
                    models.Index(
                        condition=models.Q(("visit", None)),
                        fields=["facility"],
                        name="refused_of_hospital",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("refused", "line"), name="one_refused_line_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("item", models.BigIntegerField()),
                ("facility", models.CharField(max_length=40)),
                ("own_code", models.CharField(max_length=200)),
                ("own_name", models.TextField()),
                ("code", models.CharField(blank=True, max_length=200)),
                ("code_name", models.TextField(blank=True)),
                ("valid_from", models.DateField(null=True)),
                ("identical", models.BooleanField(default=False)),
                ("note", models.CharField(blank=True, max_length=400)),
                ("based_on", models.TextField()),
                ("state", models.CharField(default="open", max_length=12)),
                ("made", models.DateTimeField()),
                ("made_by", models.CharField(max_length=80)),
                ("decided", models.DateTimeField(null=True)),
                ("decided_by", models.CharField(blank=True, default="", max_length=80)),
                ("reason", models.CharField(blank=True, default="", max_length=400)),
                ("installed", models.CharField(blank=True, default="", max_length=64)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["item", "id"], name="proposal_of_item"),
                    models.Index(fields=["facility", "id"], name="matching_of_hospital"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "open")),
                        fields=("item",),
                        name="one_open_of_item",
                    )
                ],
            },
        ),
        migrations.RunSQL(_AGAIN, _NOT_AGAIN),
        migrations.RunSQL(
            "CREATE INDEX open_refused ON settlement_quarantined (id) WHERE released IS NULL",
            "DROP INDEX open_refused",
        ),
        migrations.RunSQL(
            "CREATE INDEX withdrawn_of_visit ON settlement_feeline (visit_id, id) WHERE withdrawn IS NOT NULL",
            "DROP INDEX withdrawn_of_visit",
        ),
    ]
