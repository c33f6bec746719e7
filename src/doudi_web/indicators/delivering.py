"""A district's figures of a year as it hands them to the city: sums alone, small groups hidden, with a digest."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from doudi.money import yuan
from doudi_web.audit_log.actions import record
from doudi_web.indicators.asked import POOR, Wanted, month_of, months, text_of
from doudi_web.indicators.dashboard import money
from doudi_web.indicators.facts import CHRONIC, INPATIENT, INSIDE, UNKNOWN
from doudi_web.indicators.keeping import up_to_date
from doudi_web.indicators.models import People
from doudi_web.indicators.reading import Driver, Key, Sums, home, sums_by
from doudi_web.indicators.suppression import LEAST, hidden, is_small
from doudi_web.settlement import tables
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.models import District
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

FORM = "doudi.district-figures/1"
Json = dict[str, Any]
KINDS: Mapping[str, tuple[str, ...]] = {"inpatient": INPATIENT, "chronic": CHRONIC}
AMOUNTS = ("total", "funds", "hospital", "waits", "patient")


def delivery(actor: Actor, year: int) -> Json:
    """The district's figures of a year, of the poor. Raises Refusal 403, 409 where they are not all in yet."""
    actor.must(Act.INDICATORS_READ)
    db = tables.driver()
    as_of, where = up_to_date(db), home(db)
    if as_of.is_late or as_of.at is None or not where:
        raise Refusal.of(409, "S707", str(year), year=year)
    made = made_of(db, where, year, told(as_of.at))
    record(
        actor,
        "indicators.deliver",
        f"district:{where}",
        detail={"year": year, "digest": made["digest"]},
    )
    return made


def made_of(db: Driver, district: str, year: int, as_of: str) -> Json:
    """The same, from the sums as they stand."""
    first, last = year * 100 + 1, min(year * 100 + 12, max(month_of(now().date()), year * 100 + 1))
    wanted = Wanted(first, last, POOR)
    of = {
        key: one
        for key, one in sums_by(
            db, wanted, ("month", "standing", "kind", "place", "district")
        ).items()
        if key[4] == district
    }
    found = money(db, year)
    people = People.objects.filter(township__startswith=district)
    content: Json = {
        "form": FORM, "district": district, "name": _name(district), "year": year, "from": text_of(first),
        "to": text_of(last), "as_of": as_of, "least": LEAST,
        **_whole(of),
        "standings": _parts(of, 1, sorted({key[1] for key in of}), "standing"),
        "months": _parts(of, 0, [str(month) for month in months(first, last)], "month"),
        "floor": {"spent": yuan(found.net), "budget": None if found.budget is None else yuan(found.budget.amount)},
        "people": {
            "poor": sum(p.poor for p in people), "with_doctor": sum(p.poor_with_doctor for p in people),
        },
    }  # fmt: skip
    return {**content, "digest": digest_of(content)}


def digest_of(content: Json) -> str:
    """The SHA-256 of a delivery without its digest: of its JSON with keys in order, without spaces."""
    said = {key: value for key, value in content.items() if key != "digest"}
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _name(district: str) -> str:
    found = District.objects.filter(pk=district).first()
    return district if found is None else found.name


def _of_kinds(of: Mapping[Key, Sums], kinds: tuple[str, ...]) -> Sums:
    return Sums.of([one for key, one in of.items() if key[2] in kinds])


def _visits(of: Mapping[Key, Sums]) -> tuple[int, int]:
    """Visits of which it is known where they were, and those within."""
    known = [(key, one.n) for key, one in of.items() if key[3] != UNKNOWN]
    return sum(n for _, n in known), sum(n for key, n in known if key[3] == INSIDE)


def _told(one: Sums) -> Json:
    return {
        "visits": one.n,
        "over": one.over,
        **{name: yuan(getattr(one, name)) for name in AMOUNTS},
    }


def _whole(of: Mapping[Key, Sums]) -> Json:
    """Both kinds and the visits within; null where it is too small to be told."""
    made: Json = {}
    for name, kinds in KINDS.items():
        one = _of_kinds(of, kinds)
        made[name] = None if is_small(one.n) else _told(one)
    visits, inside = _visits(of)
    made["residents"] = None if is_small(visits) else {"visits": visits, "inside": inside}
    return made


def _parts(of: Mapping[Key, Sums], place: int, keys: list[str], name: str) -> list[Json]:
    """The same by the part of the key at `place`: hidden parts are null, and cannot be had from the whole."""
    parts = {key: {k: one for k, one in of.items() if str(k[place]) == key} for key in keys}
    made: dict[str, Json] = {key: {name: _shown(name, key)} for key in keys}
    for kind, kinds in KINDS.items():
        sums = {key: _of_kinds(part, kinds) for key, part in parts.items()}
        gone = hidden({key: one.n for key, one in sums.items()})
        for key, one in sums.items():
            made[key][kind] = None if key in gone else _told(one)
    visits = {key: _visits(part) for key, part in parts.items()}
    gone = hidden({key: count for key, (count, _) in visits.items()})
    for key, (count, inside) in visits.items():
        made[key]["residents"] = None if key in gone else {"visits": count, "inside": inside}
    return list(made.values())


def _shown(name: str, key: str) -> str:
    return text_of(int(key)) if name == "month" else key
