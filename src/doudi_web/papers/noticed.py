"""A notice on paper, as it hangs: masked, from when to when, whom to tell."""

from dataclasses import dataclass
from typing import ClassVar

from doudi_web.notices import making
from doudi_web.papers.found import ring
from doudi_web.papers.kinds import Kind, Print
from doudi_web.papers.printing import Of, preview, prints
from doudi_web.papers.words import cut, money
from doudi_web.papers.words import day as written
from doudi_web.tenancy.models import Township
from doudi_web.tenancy.roles import Act
from doudi_web.tenancy.who import Actor


@dataclass(frozen=True, slots=True)
class Notice:
    """What hangs."""

    kind: ClassVar[Kind] = Kind.NOTICE
    printed: Print
    title: str
    place: str
    period: str
    hangs: str
    count: str
    last: str
    rows: tuple[tuple[str, ...], ...]
    office_phone: str


def notice(actor: Actor, number: int, *, is_print: bool) -> bytes:
    """A notice: printed and counted, or as a preview. Raises Refusal 403, 404, 503."""
    if is_print:
        actor.must(Act.NOTICES_WRITE)
    found, _ = making.one(actor, number)
    rows, district = making.rows_of(found), ring("")
    is_aid = found.kind == making.Kind.AID
    place = Township.objects.filter(pk=found.township).values_list("name", flat=True).first()

    def make(print_: Print) -> Notice:
        return Notice(
            print_, making.TITLES[making.Kind(found.kind)], place or found.township,
            f"{written(found.first)} 至 {written(found.last)}",
            f"{written(found.hangs_from)} 至 {written(found.hangs_to)}", str(len(rows)),
            "金额（元）" if is_aid else "起始日",
            tuple(
                (cut(r.village, 20), r.name, r.what, "—" if r.amount is None else money(r.amount))
                if is_aid else (cut(r.village, 20), r.name, r.what, r.since)
                for r in rows
            ),
            "" if district is None else cut(district.phone, 24),
        )  # fmt: skip

    of = Of(Kind.NOTICE, str(number), "", f"notice:{number}")
    return prints(actor, of, make) if is_print else preview(actor, of, make)
