"""What a district hands in is looked at before it is kept: form, digest, sums that close. The last one holds."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

from django.db import transaction

from doudi.errors import Fault, fault
from doudi.money import yuan
from doudi.source_text import Document, shown
from doudi_web.audit_log.actions import record
from doudi_web.indicators.delivering import AMOUNTS, FORM, KINDS, digest_of
from doudi_web.indicators.models import Delivery
from doudi_web.register.divisions import known_districts
from doudi_web.settlement import tables
from doudi_web.settlement.replaying import fen
from doudi_web.tenancy.clock import now, told
from doudi_web.tenancy.models import District
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

Json = Mapping[str, Any]
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,14})\.[0-9]{2}", re.ASCII)
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])", re.ASCII)
_DISTRICT = re.compile(r"[0-9]{6}", re.ASCII)
_MOST = 10**12
_PARTS = {"standings": "standing", "months": "month"}
_TAKING = 0x63697479
_LISTED = 60


def take(actor: Actor, document: Document) -> tuple[int, dict[str, Any]]:
    """Keep a district's figures: 201; the same ones again 200. Raises Refusal 403, 409 (older than what is held),
    422 with every fault."""
    actor.must(Act.CITY_DELIVER)
    faults = list(_faults(document))
    if faults:
        raise Refusal(422, faults)
    body = cast("dict[str, Any]", document.value)
    district, year = str(body["district"]), int(body["year"])
    as_of = datetime.fromisoformat(str(body["as_of"]))
    with transaction.atomic():
        tables.driver().execute("SELECT pg_advisory_xact_lock(%s)", [_TAKING])
        last = Delivery.objects.filter(district=district, year=year).order_by("-id").first()
        is_same = last is not None and last.digest == body["digest"]
        if last is not None and not is_same and as_of < last.as_of:
            raise Refusal.of(409, "S706", "as_of", held=told(last.as_of), stated=told(as_of))
        if not is_same:
            last = Delivery.objects.create(
                district=district, year=year, as_of=as_of, digest=body["digest"], content=body,
                received=now(), received_by=actor.key,
            )  # fmt: skip
        detail = {"year": year, "digest": body["digest"], "new": not is_same}
        record(actor, "city.take", f"district:{district}", detail=detail)
    assert last is not None
    return 200 if is_same else 201, {
        "district": district, "year": year, "as_of": told(last.as_of), "digest": last.digest,
        "received": told(last.received),
    }  # fmt: skip


def _faults(document: Document) -> Iterator[Fault]:
    """Everything that is wrong with a delivery; of a form that is not known nothing else is looked at."""
    body = document.value
    if not isinstance(body, dict) or body.get("form") != FORM:
        form = body.get("form") if isinstance(body, dict) else None
        yield fault("S702", document.where(("form",)), form=shown(form, 80), known=FORM)
        return
    shape = list(_of_shape(document, body))
    yield from shape
    if shape:
        return
    if digest_of(dict(body)) != body["digest"]:
        yield fault(
            "S703",
            document.where(("digest",)),
            stated=str(body["digest"])[:16],
            found=digest_of(dict(body))[:16],
        )
    if (
        str(body["district"]) not in known_districts()
        and not District.objects.filter(pk=body["district"]).exists()
    ):
        yield fault("S705", document.where(("district",)), district=str(body["district"]))
    yield from _open_sums(document, body)


def _of_shape(document: Document, body: Json) -> Iterator[Fault]:
    """Values that are not of their kind."""

    def wrong(path: tuple[str | int, ...], value: object, expected: str) -> Fault:
        if value is None:
            return fault("F201", document.where(path), key=str(path[-1]), expected=expected)
        return fault("F203", document.where(path), value=shown(value, 80), expected=expected)

    district, year = body.get("district"), body.get("year")
    if not isinstance(district, str) or not _DISTRICT.fullmatch(district):
        yield wrong(("district",), district, "六位区划代码")
    if not _is_count(year) or not 2000 <= cast("int", year) < 2100:
        yield wrong(("year",), year, "年份")
    if not isinstance(body.get("digest"), str):
        yield wrong(("digest",), body.get("digest"), "摘要")
    if not _is_moment(body.get("as_of")):
        yield wrong(("as_of",), body.get("as_of"), "带时区的时间")
    for key in _PARTS:
        if not isinstance(body.get(key), list) or len(body[key]) > _LISTED:
            yield wrong((key,), body.get(key), f"至多 {_LISTED} 项的一列")
    floor = body.get("floor")
    if (
        not isinstance(floor, dict)
        or not _is_amount(floor.get("spent"))
        or not (floor.get("budget") is None or _is_amount(floor["budget"]))
    ):
        yield wrong(("floor",), floor, "兜底资金 {spent, budget}")
    people = body.get("people")
    if not isinstance(people, dict) or not all(
        _is_count(people.get(k)) for k in ("poor", "with_doctor")
    ):
        yield wrong(("people",), people, "人数 {poor, with_doctor}")
    for path, one in _groups(body):
        if path[-1] == "residents":
            if one is not None and not (
                isinstance(one, dict) and all(_is_count(one.get(k)) for k in ("visits", "inside"))
            ):
                yield wrong(path, one, "人次 {visits, inside}，或 null（人次太少）")
        elif path[-1] in ("standing", "month"):
            if not isinstance(one, str) or (path[-1] == "month" and not _MONTH.fullmatch(one)):
                yield wrong(path, one, "身份的代码，或月份")
        elif one is not None and not _is_sums(one):
            yield wrong(path, one, "人次和金额，或 null（人次太少）")


def _groups(body: Json) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Every group of a delivery with its place."""
    for name in (*KINDS, "residents"):
        yield (name,), body.get(name)
    for key, of in _PARTS.items():
        listed = cast("object", body.get(key))
        parts = cast("list[object]", listed) if isinstance(listed, list) else []
        for number, part in enumerate(parts):
            found = cast("Json", part) if isinstance(part, dict) else {}
            yield (key, number, of), found.get(of)
            for name in (*KINDS, "residents"):
                yield (key, number, name), found.get(name)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST


def _is_amount(value: object) -> bool:
    return isinstance(value, str) and _AMOUNT.fullmatch(value) is not None


def _is_moment(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _is_sums(one: object) -> bool:
    if not isinstance(one, dict):
        return False
    found = cast("dict[str, object]", one)
    return all(_is_count(found.get(k)) for k in ("visits", "over")) and all(
        _is_amount(found.get(k)) for k in AMOUNTS
    )


def _open_sums(document: Document, body: Json) -> Iterator[Fault]:
    """Sums that do not close: payers and total, parts and whole, what is within and all."""
    for path, one in _groups(body):
        if path[-1] in KINDS and one is not None:
            borne = sum(fen(one[key]) for key in AMOUNTS[1:])
            if borne != fen(one["total"]) or one["over"] > one["visits"]:
                yield _open(document, path, "各方相加", borne, "总费用", fen(one["total"]))
        elif path[-1] == "residents" and one is not None and one["inside"] > one["visits"]:
            yield _open(
                document, path, "区内人次", one["inside"] * 100, "全部人次", one["visits"] * 100
            )
    for key in _PARTS:
        yield from _open_parts(document, body, key)


def _open_parts(document: Document, body: Json, key: str) -> Iterator[Fault]:
    """Parts that do not come to the whole; where some are hidden, parts that are more than it."""
    for name in (*KINDS, "residents"):
        whole, parts = body[name], [part[name] for part in body[key]]
        told_ = [part for part in parts if part is not None]
        fields: Sequence[str] = (
            ("visits", "inside") if name == "residents" else ("visits", "over", *AMOUNTS)
        )
        if whole is None:
            continue
        for field in fields:
            found, stated = sum(_worth(part[field]) for part in told_), _worth(whole[field])
            if found > stated or (found != stated and len(told_) == len(parts)):
                yield _open(document, (key, name, field), "各项相加", found, "合计", stated)


def _worth(value: object) -> int:
    return value * 100 if isinstance(value, int) else fen(str(value))


def _open(
    document: Document, path: tuple[str | int, ...], left: str, found: int, right: str, stated: int
) -> Fault:
    return fault(
        "S704", document.where(path), where=".".join(str(part) for part in path), left=left,
        found=yuan(found), right=right, stated=yuan(stated),
    )  # fmt: skip
