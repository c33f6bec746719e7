"""Making a notice, taking objections, replying."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection, transaction

from doudi.errors import fault
from doudi.source_text import shown
from doudi.wire.identity_numbers import has_identity_number
from doudi_web.audit_log.actions import record, record_each, subject_of
from doudi_web.notices.masking import Row, masked, pooled
from doudi_web.notices.models import Notice, Objection
from doudi_web.register import sealing
from doudi_web.register.words import word
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LONGEST_DAYS = 366
HANGS_DAYS = 7
"""For how many days a notice hangs where nobody says otherwise. No document says it: unverified."""


class Kind(StrEnum):
    """Of what."""

    STANDING = "standing"
    AID = "aid"


MOST = 5_000
"""Lines of one notice."""
TITLES = {Kind.STANDING: "困难群众身份认定公示", Kind.AID: "医疗救助、政府兜底发放公示"}
_PLACE = """
JOIN tenancy_village v ON v.code = coalesce(p.village_id,
  (SELECT h.village_id FROM register_household h WHERE h.code = p.household_id))
"""
_NAMES = f"""
SELECT p.id, p.name FROM register_person p {_PLACE} WHERE v.township_id = %s AND p.withdrawn IS NULL
  AND p.name IS NOT NULL
"""
_STANDINGS = f"""
SELECT p.id, p.name, v.name, f.code, f.valid_from FROM register_fact f JOIN register_person p ON p.id = f.person_id
{_PLACE} WHERE v.township_id = %s AND f.kind = 'standing' AND f.superseded IS NULL AND p.withdrawn IS NULL
  AND f.valid_from BETWEEN %s AND %s ORDER BY v.code, p.id LIMIT %s
"""
_AID = f"""
SELECT p.id, p.name, v.name, sum(e.amount) FROM register_person p {_PLACE}
JOIN settlement_settlement s ON s.person = p.id
JOIN settlement_posting g ON g.settlement = s.id
JOIN settlement_entry e ON e.posting = g.id AND e.account IN ('fund:medical_assistance', 'fund:floor')
WHERE v.township_id = %s AND p.withdrawn IS NULL AND s.settled >= (%s || ' 00:00+08')::timestamptz
  AND s.settled < (%s || ' 00:00+08')::timestamptz
GROUP BY p.id, p.name, v.code, v.name HAVING sum(e.amount) > 0 ORDER BY v.code, p.id
LIMIT %s
"""


def make(actor: Actor, kind: str, days: Sequence[str]) -> int:
    """A notice of a period, hanging from a day to another: what it shows is fixed. Raises Refusal 403, 422.

    `days`: the first and last of the period, the first and last on which it hangs.
    """
    actor.must(Act.NOTICES_WRITE)
    wrong, read = [], []
    for key, text in zip(("first", "last", "hangs_from", "hangs_to"), days, strict=True):
        try:
            read.append(date.fromisoformat(text) if len(text) == 10 else None)
        except ValueError:
            read.append(None)
        if read[-1] is None:
            wrong.append(
                fault("F203", key, value=shown(text, 20), expected="日期（如 2019-11-01）")
            )
    if kind not in {k.value for k in Kind}:
        wrong.append(fault("F203", "kind", value=shown(kind, 20), expected="公示什么"))
    if wrong:
        raise Refusal(422, wrong)
    first, last, hangs_from, hangs_to = (day for day in read if day is not None)
    if not first <= last or (last - first).days > LONGEST_DAYS or not hangs_from <= hangs_to:
        expected = f"先后对的日子，一期不超过 {LONGEST_DAYS} 天"
        raise Refusal.of(422, "F203", "last", value=str(last), expected=expected)
    today = now().date()
    if kind == Kind.AID and last > today:  # it would be fixed without what is still to be paid
        raise Refusal.of(
            422, "F302", "last", earlier="最后一天", earlier_value=last, later="今天", later_value=today
        )  # fmt: skip
    assert actor.township is not None, "who makes a notice belongs to a township"
    people, rows = _found(Kind(kind), actor.township, first, last)
    if not rows:
        raise Refusal.of(422, "S749", "first", what="这一期没有要公示的人")
    if len(rows) > MOST:
        expected = f"一期不超过 {MOST:,} 行，把日子写短"
        raise Refusal.of(422, "F203", "last", value=str(last), expected=expected)
    with transaction.atomic():
        made = Notice.objects.create(
            township=actor.township, kind=kind, first=first, last=last, hangs_from=hangs_from, hangs_to=hangs_to,
            rows=[asdict(row) for row in pooled(list(zip(people, rows, strict=True)))], made=now(), by=actor.key,
        )  # fmt: skip
        record(actor, "notices.make", f"notice:{made.pk}", detail={"kind": kind, "rows": len(rows)})
        each = ((subject_of(one), {"notice": made.pk}) for one in dict.fromkeys(people))
        record_each(actor, "notices.show", each)
    return made.pk


def _found(kind: Kind, town: str, first: date, last: date) -> tuple[list[str], list[Row]]:
    span = [town, first.isoformat()]
    borne = _surnames(town)
    with connection.cursor() as cursor:
        if kind is Kind.STANDING:
            cursor.execute(_STANDINGS, [*span, last.isoformat(), MOST + 1])
            found = cursor.fetchall()
            rows = [
                Row(v, _name(p, n, borne), word("standing", code), day.isoformat(), None)
                for p, n, v, code, day in found
            ]
        else:
            cursor.execute(_AID, [*span, (last + timedelta(days=1)).isoformat(), MOST + 1])
            found = cursor.fetchall()
            rows = [
                Row(v, _name(p, n, borne), "医疗救助和政府兜底", "", int(fen))
                for p, n, v, fen in found
            ]
    return [row[0] for row in found], rows


def _surnames(town: str) -> Counter[str]:
    """How many people of the township bear each first character: names are opened here, and none is told."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES, [town])
        return Counter(
            sealing.opened(bytes(name), f"{one}.name")[:1] for one, name in cursor.fetchall()
        )


def _name(person: str, sealed: bytes | None, borne: Mapping[str, int]) -> str:
    return "*" if sealed is None else masked(sealing.opened(bytes(sealed), f"{person}.name"), borne)


def listed(actor: Actor, most: int = 50) -> list[Notice]:
    """Notices, the last first: of the officer's township, of any for the district. Raises Refusal 403."""
    actor.must(Act.NOTICES_READ)
    found = Notice.objects.order_by("-id")
    return list((found if actor.township is None else found.filter(township=actor.township))[:most])


def one(actor: Actor, number: int) -> tuple[Notice, list[tuple[Objection, str]]]:
    """A notice with its objections. Raises Refusal 403, 404."""
    actor.must(Act.NOTICES_READ)
    found = _notice(actor, number)
    record(actor, "notices.read", f"notice:{number}")
    said = Objection.objects.filter(notice=number).order_by("id")
    return found, [(one_, sealing.opened(one_.says, f"objection.{one_.pk}")) for one_ in said]


def objected(actor: Actor, number: int, says: str) -> None:
    """Somebody objects: who and what, as it was said; kept sealed. Raises Refusal 403, 404, 422."""
    actor.must(Act.NOTICES_WRITE)
    if not 0 < len(says) <= 1_000:
        raise Refusal.of(422, "F201", "says", key="says", expected="谁提的、提什么，1 至 1,000 字")
    with transaction.atomic():
        notice = _notice(actor, number)
        made = Objection.objects.create(notice=notice, says=b"", at=now(), by=actor.key)
        made.says = sealing.seal(says, f"objection.{made.pk}")
        made.save()
        record(actor, "notices.object", f"notice:{number}", detail={"objection": made.pk})


def reply(actor: Actor, number: int, objection: int, text: str) -> None:
    """What was found and replied. Raises Refusal 403, 404, 409, 422."""
    actor.must(Act.NOTICES_WRITE)
    if not 0 < len(text) <= 400 or has_identity_number(text):
        raise Refusal.of(
            422, "F201", "reply", key="reply", expected="查的结果和答复，1 至 400 字，不写身份证号"
        )
    with transaction.atomic():
        _notice(actor, number)
        found = Objection.objects.select_for_update().filter(pk=objection, notice=number).first()
        if found is None:
            raise Refusal.of(404, "S744", str(objection), what="异议", number=objection)
        if found.replied is not None:
            what = f"异议 {objection}"
            raise Refusal.of(
                409, "S745", str(objection), what=what, state="答复过", wanted="再答复"
            )
        found.reply, found.replied, found.replied_by = text, now(), actor.key
        found.save()
        record(actor, "notices.reply", f"notice:{number}", detail={"objection": objection})


def rows_of(notice: Notice) -> list[Row]:
    """The lines of a notice."""
    said: list[dict[str, Any]] = notice.rows
    return [Row(**row) for row in said]


def _notice(actor: Actor, number: int) -> Notice:
    found = Notice.objects.filter(pk=number)
    if actor.township is not None:
        found = found.filter(township=actor.township)
    notice = found.first()
    if notice is None:
        raise Refusal.of(404, "S744", str(number), what="公示", number=number)
    return notice
