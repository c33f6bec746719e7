"""Districts, townships, villages: made when somebody is registered there, named and grouped by import."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from django.db import transaction

from doudi.errors import Fault, Faulty, fault
from doudi.source_text import Document, read_yaml
from doudi_web.audit_log.actions import record
from doudi_web.register.person_form import DivisionForm
from doudi_web.register.reading import raise_any, read_list
from doudi_web.tenancy.models import District, Township, Village
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor


@cache
def known_districts() -> Mapping[str, tuple[str, str]]:
    """Districts that come with the program: code → name, group."""
    text = files("doudi_web.register").joinpath("divisions.yaml").read_text("utf-8")
    stated: dict[str, dict[str, str]] = read_yaml("divisions.yaml", text).value
    return {
        code: (name, group) for group, listed in stated.items() for code, name in listed.items()
    }


def made_divisions(districts: Iterable[str], villages: Iterable[str]) -> None:
    """Rows for divisions that the register meets for the first time; named by their code where nobody said more."""
    villages = sorted(set(villages))
    wanted = sorted({*districts, *(code[:6] for code in villages)})
    District.objects.bulk_create(
        [District(code=code, **_named(code)) for code in wanted], ignore_conflicts=True
    )
    townships = sorted({code[:9] for code in villages})
    Township.objects.bulk_create(
        [Township(code=code, name=code, district_id=code[:6]) for code in townships],
        ignore_conflicts=True,
    )
    Village.objects.bulk_create(
        [Village(code=code, name=code, township_id=code[:9]) for code in villages],
        ignore_conflicts=True,
    )


def write_divisions(actor: Actor, document: Document, request_id: str = "") -> dict[str, int]:
    """Names and groups of divisions: `{divisions: [{code, name, group?}]}`. Raises Refusal with every fault."""
    actor.must(Act.PERSONS_WRITE)
    try:
        stated = _read(document)
    except Faulty as error:
        raise Refusal(422, error.faults) from error
    counts = {"created": 0, "changed": 0, "unchanged": 0}
    with transaction.atomic():
        for one in sorted(stated, key=lambda d: len(d.code)):
            counts[_write(one)] += 1
        record(actor, "divisions.write", "divisions", request_id=request_id, detail=counts)
    return counts


def _read(document: Document) -> list[DivisionForm]:
    read, faults = read_list(document, "divisions", DivisionForm)
    for path, one in read:
        reason = _wrong(one)
        if reason:
            faults.append(
                fault("S436", document.where((*path, "code")), code=one.code, reason=reason)
            )
    faults += _twice(document, [(path, one.code) for path, one in read])
    raise_any(faults)
    return [one for _, one in read]


def _wrong(one: DivisionForm) -> str:
    if not (one.code.isascii() and one.code.isdecimal() and len(one.code) in (6, 9, 12)):
        return "不是六位、九位或十二位数字"
    return "只有区县有分组" if one.group is not None and len(one.code) != 6 else ""


def _twice(document: Document, codes: list[tuple[tuple[str | int, ...], str]]) -> Iterable[Fault]:
    seen: set[str] = set()
    for path, code in codes:
        if code in seen:
            yield fault("S434", document.where((*path, "code")), what="区划代码", who=code)
        seen.add(code)


def _write(one: DivisionForm) -> str:
    """Created, changed or unchanged; the divisions above it are made where they are not there."""
    above: dict[str, Any] = {}
    match len(one.code):
        case 6:
            table, above = District, _named(one.code)
        case 9:
            made_divisions([one.code[:6]], ())
            table, above = Township, {"district_id": one.code[:6]}
        case _:
            made_divisions([one.code[:6]], ())
            Township.objects.get_or_create(
                code=one.code[:9], defaults={"name": one.code[:9], "district_id": one.code[:6]}
            )
            table, above = Village, {"township_id": one.code[:9]}
    said = {"name": one.name} | ({} if one.group is None else {"group": one.group})
    row = table.objects.filter(pk=one.code).first()
    if row is None:
        table.objects.create(code=one.code, **(above | said))
        return "created"
    if all(getattr(row, key) == value for key, value in said.items()):
        return "unchanged"
    table.objects.filter(pk=one.code).update(**said)
    return "changed"


def _named(code: str) -> dict[str, str]:
    name, group = known_districts().get(code, (code, ""))
    return {"name": name, "group": group}
