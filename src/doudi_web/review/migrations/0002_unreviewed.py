"""Emergencies that nobody has reviewed are a table of their own, as long as what waits for a review."""

from django.db import migrations, models

_KEPT = """
CREATE FUNCTION doudi_emergency_waits() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  IF NEW.kind = 'passed' THEN
    INSERT INTO review_unreviewed (visit, event, facility) VALUES (NEW.visit, NEW.id, NEW.facility)
    ON CONFLICT (visit) DO UPDATE SET event = EXCLUDED.event, facility = EXCLUDED.facility;
  ELSE
    DELETE FROM review_unreviewed WHERE visit = NEW.visit;
  END IF;
  RETURN NULL;
END$$;
CREATE TRIGGER emergency_waits AFTER INSERT ON review_event FOR EACH ROW
  WHEN (NEW.kind IN ('passed', 'reviewed')) EXECUTE FUNCTION doudi_emergency_waits();
INSERT INTO review_unreviewed (visit, event, facility)
SELECT e.visit, e.id, e.facility FROM review_event e WHERE e.kind = 'passed' AND NOT EXISTS (
  SELECT 1 FROM review_event n WHERE n.visit = e.visit AND n.kind IN ('passed', 'reviewed') AND n.id > e.id);
"""
_NOT_KEPT = """
DROP TRIGGER emergency_waits ON review_event; DROP FUNCTION doudi_emergency_waits();
"""


class Migration(migrations.Migration):
    """The table, filled from the events, and the trigger that keeps it."""

    dependencies = [("review", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Unreviewed",
            fields=[
                ("visit", models.BigIntegerField(primary_key=True, serialize=False)),
                ("event", models.BigIntegerField()),
                ("facility", models.CharField(max_length=40)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["facility", "event"], name="unreviewed_of_hospital")
                ]
            },
        ),
        migrations.RunSQL(_KEPT, _NOT_KEPT),
    ]
