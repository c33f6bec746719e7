"""Figures from outside: what the platform or a hospital says that a visit came to. What is said last holds."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db import transaction
from pydantic import Field

from doudi.errors import Fault, Faulty, fault
from doudi.source_text import Document, shown
from doudi.wire.bill_form import BillForm, Code, Fen, When
from doudi_web.audit_log.actions import record
from doudi_web.oversight.models import Figure
from doudi_web.policy.rules import generation, rules
from doudi_web.settlement import tables
from doudi_web.settlement.asked import listed, message_of
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor

LIMIT = 100_000  # in one message
SOURCES = {"platform": "平台", "hospital": "医院"}
OF_VISIT = ("total", "hospital", "patient")
"""What a figure may say beside the layers."""

Key = tuple[str, str]


class FigureForm(BillForm):
    """What a source says of one visit."""

    facility: Code = Field(max_length=40)
    visit_id: Code = Field(max_length=64)
    amounts: dict[str, Fen] = Field(min_length=1)
    stated: When | None = None


def take(actor: Actor, document: Document) -> tuple[int, dict[str, int]]:
    """Take figures, all or none: 201 where one is new, else 200; what was taken already is left as it is.

    Raises Refusal 403 (also for another hospital's visit), 422 with every fault.
    """
    actor.must(Act.FIGURES_WRITE)
    source, stated = _read(document)
    for facility in sorted({one.facility for one in stated}):
        actor.must_be_of(facility, Act.FIGURES_WRITE)
    if faults := list(_faults(document, stated)):
        raise Refusal(422, faults)
    with transaction.atomic():
        tables.driver().execute("SELECT pg_advisory_xact_lock(%s)", [_TAKING])
        last = _last(source, stated)
        new = [one for one in stated if last.get(_key(one)) != _content(one)]
        at = now()
        Figure.objects.bulk_create(
            (
                Figure(
                    source=source, facility=one.facility, visit=one.visit_id, amounts=dict(one.amounts),
                    stated=one.stated and one.stated.instant, received=at, client=actor.key,
                )
                for one in new
            ),
            batch_size=1_000,
        )  # fmt: skip
        detail = {"source": source, "taken": len(new), "sent": len(stated)}
        record(actor, "figures.write", "figures", detail=detail)
    return 201 if new else 200, {"taken": len(new), "unchanged": len(stated) - len(new)}


_TAKING = 0x66696775  # one writer at a time: what is said twice at once is taken once
_LAST = """
SELECT DISTINCT ON (facility, visit) facility, visit, amounts::json, stated
FROM oversight_figure JOIN unnest(%s::text[], %s::text[]) AS of(facility, visit) USING (facility, visit)
WHERE source = %s ORDER BY facility, visit, id DESC
"""


def _key(one: FigureForm) -> Key:
    return one.facility, one.visit_id


def _content(one: FigureForm) -> tuple[Any, ...]:
    return dict(one.amounts), one.stated and one.stated.instant


def _last(source: str, stated: Sequence[FigureForm]) -> Mapping[Key, tuple[Any, ...]]:
    """What the source said last of these visits."""
    keys = [[one.facility for one in stated], [one.visit_id for one in stated]]
    rows = tables.driver().execute(_LAST, [*keys, source])
    return {(facility, visit): (amounts, when) for facility, visit, amounts, when in rows}


def _read(document: Document) -> tuple[str, list[FigureForm]]:
    """Source and figures of a message. Raises Refusal 422 with every fault of form."""
    body, faults = message_of(document, "source", "figures")
    source = body.get("source")
    if not isinstance(source, str) or source not in SOURCES:
        expected = "platform（平台）或 hospital（医院）"
        faults.append(
            fault("F201", "source", key="source", expected=expected)
            if source is None
            else fault("F203", "source", value=shown(source, 80), expected=expected)
        )
    found, wrong = listed(document, body, "figures", FigureForm, "对方的数", LIMIT)
    if faults or wrong:
        raise Refusal(422, [*faults, *wrong])
    return str(source), found


def _faults(document: Document, stated: Sequence[FigureForm]) -> Iterator[Fault]:
    """Names that no amount of a settlement has; a hospital that nobody registered; a visit twice."""
    names, registered = known_names(), _registered(stated)
    seen: dict[Key, int] = {}
    for number, one in enumerate(stated):
        path = ("figures", number)
        for name in sorted(set(one.amounts) - set(names)):
            where = document.where((*path, "amounts", name))
            yield fault("S555", where, name=shown(name, 80), names="、".join(names))
        if one.facility not in registered:
            yield fault("S556", document.where((*path, "facility")), facility=one.facility)
        if _key(one) in seen:
            yield fault("S557", document.where(path), visit=one.visit_id, first=seen[_key(one)] + 1)
        seen.setdefault(_key(one), number)


def known_names() -> tuple[str, ...]:
    """What a figure may speak of: the layers of the packs in force, and what every settlement has."""
    ruling = rules(generation())
    layers: dict[str, None] = {}
    for head in ruling.shelf.heads:
        try:
            pack = ruling.shelf.pack(head.id)
        except Faulty:  # a pack that cannot be read rules nothing
            continue
        layers |= dict.fromkeys(layer.id for layer in pack.layers)
    return (*OF_VISIT, *layers, "floor")


_FACILITIES = "SELECT code FROM tenancy_facility WHERE code = ANY(%s)"


def _registered(stated: Sequence[FigureForm]) -> set[str]:
    rows = tables.driver().execute(_FACILITIES, [sorted({one.facility for one in stated})])
    return {code for (code,) in rows}
