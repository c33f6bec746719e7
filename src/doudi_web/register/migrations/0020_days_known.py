"""When the register came to know that somebody died or moved out: these days are facts as well.

Of those that it had, what is known is when the last statement of the person was written.
"""

from django.db import migrations

FACTS = """
INSERT INTO register_fact (person_id, kind, code, valid_from, known, recorded, detail)
SELECT p.id, d.kind, '', d.day, coalesce(i.confirmed, i.at, now()), now(), '{}'
FROM register_person p LEFT JOIN register_import i ON i.id = p.changed_by_id,
  LATERAL (VALUES ('died', p.died), ('moved_out', p.moved_out)) AS d(kind, day)
WHERE d.day IS NOT NULL AND p.withdrawn IS NULL AND NOT EXISTS (
  SELECT 1 FROM register_fact f WHERE f.person_id = p.id AND f.kind = d.kind)
"""


class Migration(migrations.Migration):
    dependencies = [("register", "0001_initial")]
    operations = [migrations.RunSQL(FACTS, migrations.RunSQL.noop)]
