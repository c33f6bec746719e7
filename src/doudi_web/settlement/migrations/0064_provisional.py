"""What waits is a table of its own, as long as the queue: an index of what once waited is as long as the past."""

from django.db import migrations, models

_PLATFORM = """strpos({row}.result, '"platform"],') > 0"""
_UNREGISTERED = """strpos({row}.result, '"provisional_reasons":["eligibility"') > 0"""


def _is(condition: str, row: str) -> str:
    return condition.format(row=row)


_KEPT = f"""
CREATE FUNCTION doudi_provisional() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO settlement_provisional (settlement, facility, platform, unregistered)
  VALUES (NEW.id, NEW.facility, {_is(_PLATFORM, "NEW")}, {_is(_UNREGISTERED, "NEW")});
  RETURN NULL;
END$$;
CREATE TRIGGER provisional AFTER INSERT ON settlement_settlement FOR EACH ROW
  WHEN ({_is(_PLATFORM, "NEW")} OR {_is(_UNREGISTERED, "NEW")}) EXECUTE FUNCTION doudi_provisional();
CREATE FUNCTION doudi_provisional_no_more() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  DELETE FROM settlement_provisional WHERE settlement = NEW.settlement;
  RETURN NULL;
END$$;
CREATE TRIGGER provisional_no_more AFTER INSERT ON settlement_posting FOR EACH ROW
  WHEN (NEW.kind IN ('reverse', 'erase')) EXECUTE FUNCTION doudi_provisional_no_more();
INSERT INTO settlement_provisional (settlement, facility, platform, unregistered)
SELECT s.id, s.facility, {_is(_PLATFORM, "s")}, {_is(_UNREGISTERED, "s")} FROM settlement_settlement s
WHERE ({_is(_PLATFORM, "s")} OR {_is(_UNREGISTERED, "s")}) AND NOT EXISTS (
  SELECT 1 FROM settlement_posting u WHERE u.settlement = s.id AND u.kind = 'reverse');
DROP INDEX awaiting_platform; DROP INDEX awaiting_platform_of;
DROP INDEX provisional_of_all; DROP INDEX provisional_of_facility;
"""
_NOT_KEPT = f"""
DROP TRIGGER provisional ON settlement_settlement; DROP FUNCTION doudi_provisional();
DROP TRIGGER provisional_no_more ON settlement_posting; DROP FUNCTION doudi_provisional_no_more();
CREATE INDEX awaiting_platform ON settlement_settlement (id)
  WHERE {_is(_PLATFORM, "settlement_settlement")};
CREATE INDEX awaiting_platform_of ON settlement_settlement (facility, id)
  WHERE {_is(_PLATFORM, "settlement_settlement")};
CREATE INDEX provisional_of_all ON settlement_settlement (id)
  WHERE {_is(_UNREGISTERED, "settlement_settlement")};
CREATE INDEX provisional_of_facility ON settlement_settlement (facility, id)
  WHERE {_is(_UNREGISTERED, "settlement_settlement")};
"""


class Migration(migrations.Migration):
    """The table, filled from what was answered and not reversed, and the triggers that keep it."""

    dependencies = [("settlement", "0063_corrected")]
    operations = [
        migrations.CreateModel(
            name="Provisional",
            fields=[
                ("settlement", models.BigIntegerField(primary_key=True, serialize=False)),
                ("facility", models.CharField(max_length=40)),
                ("platform", models.BooleanField()),
                ("unregistered", models.BooleanField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["facility", "settlement"], name="provisional_of_hospital")
                ]
            },
        ),
        migrations.RunSQL(_KEPT, _NOT_KEPT),
    ]
