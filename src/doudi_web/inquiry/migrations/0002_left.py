"""What waits to be judged is a table of its own, as long as what waits: samples of years are not looked through."""

from django.db import migrations, models

_KEPT = """
CREATE FUNCTION doudi_sample_left() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  INSERT INTO inquiry_left (drawn) VALUES (NEW.id);
  RETURN NULL;
END$$;
CREATE TRIGGER left_to_judge AFTER INSERT ON inquiry_drawn FOR EACH ROW EXECUTE FUNCTION doudi_sample_left();
CREATE FUNCTION doudi_sample_judged() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
  DELETE FROM inquiry_left WHERE drawn = NEW.drawn_id;
  RETURN NULL;
END$$;
CREATE TRIGGER judged AFTER INSERT ON inquiry_judged FOR EACH ROW EXECUTE FUNCTION doudi_sample_judged();
INSERT INTO inquiry_left (drawn) SELECT n.id FROM inquiry_drawn n
WHERE NOT EXISTS (SELECT 1 FROM inquiry_judged j WHERE j.drawn_id = n.id);
"""
_NOT_KEPT = """
DROP TRIGGER left_to_judge ON inquiry_drawn; DROP FUNCTION doudi_sample_left();
DROP TRIGGER judged ON inquiry_judged; DROP FUNCTION doudi_sample_judged();
"""


class Migration(migrations.Migration):
    """The table, filled from the samples, and the triggers that keep it; an index of what was found last."""

    dependencies = [("inquiry", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Left",
            fields=[("drawn", models.BigIntegerField(primary_key=True, serialize=False))],
        ),
        migrations.AddIndex(
            model_name="judged", index=models.Index(fields=["drawn", "id"], name="judged_of_drawn")
        ),
        migrations.RunSQL(_KEPT, _NOT_KEPT),
    ]
