"""What the page of a person shows, put together from what the rooms tell: nothing is asked here, and nothing
reckoned but ages, days and places in drawings."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from doudi.dates import CHINA, age_on
from doudi_web.desk.timeline import Timeline, timeline
from doudi_web.register.words import stated_words, word

Json = Mapping[str, Any]
SOON = 45
"""Days before its end from which on a standing is shown as ending."""

NEAR = Decimal("0.8")
"""The part of a limit from which on a sum is close to it."""

KINDS: Mapping[str, "str | Promise"] = {
    "inpatient": gettext_lazy("住院"),
    "chronic_outpatient": gettext_lazy("慢性病门诊"),
    "major_outpatient": gettext_lazy("重大疾病门诊"),
    "outpatient": gettext_lazy("普通门诊"),
}
_ORDER = {words[0]: n for n, words in enumerate(stated_words()["standing"].values())}
"""Standings as the register lists them, those with the widest claim first."""
_COLUMNS = {"standing": "standing", "tier": "insurance_tier"}


def shown_file(file: Json, today: date) -> dict[str, Any]:
    """Who somebody is, what they are entitled to until when, whom to call."""
    person = file["person"]
    facts = [_fact(one) for one in file["facts"]]
    drawn = [f for f in facts if f["kind"] in ("standing", "tier", "disease")]
    standings = [f for f in facts if f["kind"] in ("standing", "tier")]
    held = [f for f in standings if f["kind"] == "standing" and not f["is_old"]]
    held.sort(key=lambda f: _ORDER.get(f["label"], len(_ORDER)))
    doctors = [one for one in person["doctors"] if _holds(one, today)]
    return {
        "person": person,
        "age": age_on(date.fromisoformat(person["birth_date"]), today),
        "place": file["place"],
        "standings_now": [f for f in held if _covers(f, today)],
        "ending": next((f for f in held if _ends_soon(f, today)), None),
        "ended": [f for f in held if f["end"] is not None and f["end"] <= today],
        "tier": None if person["insurance_tier"] is None else word("insurance_tier", person["insurance_tier"]),
        "timeline": _timeline(drawn, today),
        "standings": [_row(f, today) for f in sorted(standings, key=_newest)],
        "diseases": [f for f in facts if f["kind"] == "disease" and not f["is_old"]],
        "doctor": doctors[-1] if doctors else None,
        "clinic": None if not doctors else file["facilities"].get(doctors[-1]["facility"]),
        "plan": None if person["plan"] is None else [s for s in person["plan"].rstrip("。").split("；") if s],
        "household": [_member(one, today) for one in file["household"]["members"]],
        "unseen": file["household"]["unseen"],
        "more": file["household"]["more"],
        "household_code": file["household"]["code"],
    }  # fmt: skip


def found_row(one: Json, today: date) -> dict[str, Any]:
    """Somebody in a list, masked."""
    held = [word("standing", s["code"]) for s in one["standings"] if _holds(s, today)]
    return {
        **one,
        "age": age_on(date.fromisoformat(one["birth_date"]), today),
        "standings_now": held,
    }


def shown_sums(sums: Json) -> dict[str, Any]:
    """How much of a year's sums is used, the fullest first; what each is made of beside it."""
    names = [name for name in sums["titles"] if name in sums["sums"] or name in sums["limits"]]
    names += [name for name in sums["sums"] if name not in sums["titles"]]
    rows = [_sum(name, sums) for name in names]
    rows.sort(key=lambda row: (row["part"] is None, -(row["part"] or 0), row["is_zero"]))
    full = [row for row in rows if row["is_full"] and not row["begins"]]
    most = next(
        (r for r in rows if r["part"] is not None and not r["begins"] and not r["is_zero"]), None
    )
    return {"rows": rows, "full": full, "most": most, "year": sums["year"], "more": sums["more"]}


def shown_visits(visits: Json, today: date) -> dict[str, Any]:
    """The visits that run and those that were settled, each with where and of what kind."""
    running = [
        {**one, "kind": kind_word(str(one["header"].get("kind"))), "days": _days(one["header"], today),
         "illness": _illness(one["header"])}
        for one in visits["running"]
    ]  # fmt: skip
    settled = visits["settled"]
    return {
        "running": running,
        "settled": None if settled is None else [
            {**one, "kind_word": kind_word(one["kind"]), "is_off": one["reversed"]} for one in settled
        ],
        "year": visits["year"],
        "more": visits["more"],
    }  # fmt: skip


def kind_word(kind: str) -> str:
    """What a kind of visit is called."""
    return str(KINDS.get(kind, kind))


def _fact(one: Json) -> dict[str, Any]:
    column = _COLUMNS.get(one["kind"])
    return {
        "kind": one["kind"],
        "label": word(column, one["code"]) if column else one["code"],
        "start": date.fromisoformat(one["from"]),
        "end": None if one["to"] is None else date.fromisoformat(one["to"]),
        "known": _day(one["known"]),
        "until": None if one["superseded"] is None else _day(one["superseded"]),
        "is_old": one["superseded"] is not None,
    }


def _day(moment: str) -> date:
    return datetime.fromisoformat(moment).astimezone(CHINA).date()


def _row(fact: Json, today: date) -> dict[str, Any]:
    """A standing in the table: how many days late it was learned, and whether it holds."""
    late = (fact["known"] - fact["start"]).days if fact["kind"] == "standing" else 0
    soon = (fact["end"] - today).days if _ends_soon(fact, today) else None
    return {**fact, "late": late if late > 0 else None, "holds": _covers(fact, today), "soon": soon}


def _newest(fact: Json) -> tuple[bool, bool, int]:
    return fact["is_old"], fact["kind"] != "standing", -fact["start"].toordinal()


def _covers(fact: Json, day: date) -> bool:
    return (
        not fact["is_old"] and fact["start"] <= day and (fact["end"] is None or day < fact["end"])
    )


def _ends_soon(fact: Json, today: date) -> bool:
    return _covers(fact, today) and fact["end"] is not None and (fact["end"] - today).days <= SOON


def _holds(stated: Json, today: date) -> bool:
    day = today.isoformat()
    return stated["from"] <= day and (stated["to"] is None or day < stated["to"])


def _timeline(facts: Sequence[Json], today: date) -> Timeline | None:
    order = {"standing": 0, "tier": 1, "disease": 2}
    return timeline(sorted(facts, key=lambda f: (order[f["kind"]], f["start"])), today)


def _member(one: Json, today: date) -> dict[str, Any]:
    return {
        **one,
        "age": age_on(date.fromisoformat(one["birth_date"]), today),
        "standings_now": [word("standing", code) for code in one["standings"]],
    }


def _sum(name: str, sums: Json) -> dict[str, Any]:
    used = Decimal(sums["sums"].get(name, "0.00"))
    limit = sums["limits"].get(name)
    amount = None if limit is None or limit["amount"] is None else Decimal(limit["amount"])
    part = None if not amount else min(used / amount, Decimal(1))
    left = None if amount is None else max(amount - used, Decimal(0))
    return {
        "name": name,
        "title": sums["titles"].get(name, name),
        "used": f"{used:.2f}",
        "is_zero": used == 0,
        "limit": None if amount is None else f"{amount:.2f}",
        "unlimited": limit is not None and limit["amount"] is None,
        "begins": limit is not None and limit["begins"],
        "status": None if limit is None else limit["status"],
        "left": None if left is None else f"{left:.2f}",
        "part": part,
        "bar": None if part is None else f"{part * 100:.2f}",
        "is_full": left is not None and left == 0,
        "is_near": part is not None and part >= NEAR and limit is not None and not limit["begins"],
        "openings": [one for one in sums["openings"] if one["name"] == name],
        "entries": [one for one in sums["entries"] if one["name"] == name],
    }


def _days(header: Json, today: date) -> int | None:
    admitted = header.get("admitted")
    return None if admitted is None else (today - date.fromisoformat(str(admitted)[:10])).days + 1


def _illness(header: Json) -> str:
    stated = header.get("diagnoses") or ()
    main = next((one for one in stated if one.get("main")), next(iter(stated), None))
    return _("没有写诊断") if main is None else str(main["name"])
