"""Verifying postings: each is digested again from its row, its settlement, its entries and its sums."""

import json
from typing import Any

import psycopg

from doudi.money import yuan
from doudi_web.settlement import accumulators, assessed, tables
from doudi_web.settlement.accumulators import person_of
from doudi_web.settlement.findings import Counts, Erasure, Findings, streamed
from doudi_web.settlement.ledger import Parts, decoded, instant, parts_of, sm3
from doudi_web.settlement.opened import KIND
from doudi_web.settlement.verify_rows import (
    ENTRIES,
    POSTINGS,
    SUMS,
    Eraser,
    Groups,
    PostingRows,
    posting_of,
)


def check_postings(
    db: "psycopg.Connection[tables.Row]", findings: Findings, counts: Counts
) -> list[Erasure]:
    """Check every posting in the order of the ledger; what was erased."""
    erased: list[Erasure] = []
    with (
        streamed(db, "entries", ENTRIES) as entries,
        streamed(db, "sums", SUMS) as sums,
        streamed(db, "postings", POSTINGS) as postings,
    ):
        of_entries = Groups(entries, lambda row: _extra(findings, "settlement_entry", row))
        of_sums = Groups(sums, lambda row: _extra(findings, "settlement_accumulatorentry", row))
        for row in postings:
            one = posting_of(row, of_entries.of(row[0]), of_sums.of(row[0]))
            _count(one, counts)
            _check(one, findings, erased)
        of_entries.rest()
        of_sums.rest()
    return erased


def _extra(findings: Findings, table: str, row: tables.Row) -> None:
    part = "一条分录" if table == "settlement_entry" else "一条累计"
    findings.add("S453", f"{table} {row[1]}", row[0], part=part)
    if table != "settlement_entry":
        findings.persons.add(person_of(row[2]))


def _count(one: PostingRows, counts: Counts) -> None:
    counts.postings += 1
    counts.settlements += one.kind == "settle" and one.settled is not None
    counts.openings += one.opened is not None
    counts.entries += len(one.entries)
    counts.sums += len(one.sums)
    counts.unsealed += not one.is_sealed


def _check(one: PostingRows, findings: Findings, erased: list[Erasure]) -> None:
    """Everything that one posting says; where nothing else is wrong, also that it sums to zero."""
    before = findings.count
    told = _told(one, findings)
    if told is not None:
        if one.kind == "erase":
            _check_eraser(one, told, findings)
        elif one.eraser is not None:
            assert one.settlement is not None, "joined by it"
            _check_erased(one, one.eraser, findings)
            erased.append(
                Erasure(one.settlement, one.eraser.client, instant(one.eraser.posted), one.eraser.reason)
            )  # fmt: skip
        else:
            _check_parts(one, told, findings)
    for _, number, *_, is_placed, _ in one.sums:
        if findings.count == before and not is_placed:
            findings.add(
                "S451", f"settlement_accumulatorentry {number}", one.id, part="这条累计的位置"
            )
    total = sum(amount for _, _, _, amount in one.entries)
    if findings.count == before and total:
        findings.add("S450", one.where, one.id, sum=yuan(total))
    if findings.count == before and one.kind == assessed.KIND and not _is_of_hospital(one):
        findings.add("S453", one.where, one.id, part="一次按期追回（不只是这家医院和基金）")
    if findings.count == before and one.kind == "settle" and one.eraser is None:
        _check_sums(one, findings)
    if findings.count > before:
        findings.persons |= one.persons()


def _is_of_hospital(one: PostingRows) -> bool:
    """Whether an assessment moves what its row says between its hospital and its fund, and nothing of a person."""
    assert one.assessed is not None, "told where it is missing"
    _, facility, _, amount, fund, *_ = one.assessed
    return one.plain_entries() == assessed.entries_of(facility, fund, amount) and not one.sums


def _told(one: PostingRows, findings: Findings) -> Parts | None:
    """The digests that the posting keeps of its parts; None where they are not what it committed to."""
    told, content = decoded(one.parts), sm3(one.parts)
    if told is not None and content == one.content:
        return told
    is_content = one.salt is not None and sm3(one.salt, one.content) == one.commitment
    part = "各部分的摘要" if told is None or is_content else "内容的摘要"
    findings.add("S451", one.where, one.id, part=f"{part}（parts、content）")
    return None


def _check_parts(one: PostingRows, told: Parts, findings: Findings) -> None:
    """Hold each part against its digest; the salt is to blame where none fits."""
    settled = one.settled
    if one.salt is None:
        findings.add("S452", one.where, one.id, part="盐，又没有抹去的记录")
        return
    kept = _kept(one)
    now = parts_of(
        one.salt, one.head(), one.row(), one.plain_entries(), one.plain_sums(),
        [_bytes(content) for content in kept],
    )  # fmt: skip
    if _nothing_fits(now, told) and sm3(one.salt, one.content) != one.commitment:
        findings.add("S451", one.where, one.id, part="盐")
        return
    before = findings.count
    if now.head != told.head:
        findings.add("S451", one.where, one.id, part="记账的抬头（时间、消息号、理由）")
    if one.kind == "settle" and settled is None:
        findings.add("S452", one.where, one.id, part=f"结算 {one.settlement}")
    elif one.kind == KIND and one.opened is None:
        findings.add("S452", one.where, one.id, part=f"期初累计 {one.opening}")
    elif one.kind == assessed.KIND:
        _check_assessed(one, told, now, findings)
    elif one.opened is not None and now.row != told.row:
        findings.add("S451", f"settlement_opening {one.opening}", one.id, part="这笔期初累计")
    elif settled is not None:
        where = f"settlement_settlement {settled.id}"
        if now.row != told.row:
            findings.add("S451", where, one.id, part="结算的登记（人、机构、就诊、时间）")
        for name, content, is_one, was in zip(
            ("结果", "依据"), kept, now.kept, told.kept, strict=False
        ):
            if content is None:
                findings.add("S452", where, one.id, part=f"{name}，又没有抹去的记录")
            elif is_one != was:
                findings.add("S451", where, one.id, part=name)
    _check_rows(one, told, now, findings)
    if findings.count == before and sm3(one.salt, one.content) != one.commitment:
        findings.add("S451", one.where, one.id, part="承诺（commitment）")


def _kept(one: PostingRows) -> tuple[str | bytes | None, ...]:
    """What is kept with a posting beside its entries and sums."""
    if one.kind == assessed.KIND:
        return () if one.assessed is None else (one.figures,)
    return (
        ()
        if one.settled is None or one.kind != "settle"
        else (one.settled.result, one.settled.evidence)
    )


def _check_assessed(one: PostingRows, told: Parts, now: Parts, findings: Findings) -> None:
    """An assessment's row and the figures that it rests on."""
    where = f"settlement_assessment {one.assessment}"
    if one.assessed is None:
        findings.add("S452", one.where, one.id, part=f"按期追回 {one.assessment}")
    elif now.row != told.row:
        findings.add("S451", where, one.id, part="这次按期追回")
    elif now.kept != told.kept:
        findings.add("S451", where, one.id, part="这次按期追回所依据的数")


def _bytes(content: str | bytes | None) -> bytes:
    return content.encode() if isinstance(content, str) else content or b""


def _nothing_fits(now: Parts, told: Parts) -> bool:
    pairs = [
        (now.head, told.head),
        *zip(now.entries, told.entries, strict=False),
        *zip(now.sums, told.sums, strict=False),
        *zip(now.kept, told.kept, strict=False),
    ]
    return all(is_one != was for is_one, was in pairs)


def _check_rows(one: PostingRows, told: Parts, now: Parts, findings: Findings) -> None:
    """Entries and sums: which was altered, which is missing, which is one too many."""
    for table, name, rows, is_ones, was in (
        ("settlement_entry", "分录", one.entries, now.entries, told.entries),
        ("settlement_accumulatorentry", "累计", one.sums, now.sums, told.sums),
    ):
        if is_ones == was:
            continue
        if len(is_ones) == len(was):
            for row, is_one, wanted in zip(rows, is_ones, was, strict=True):
                if is_one != wanted:
                    findings.add("S451", f"{table} {row[1]}", one.id, part=f"这条{name}")
            continue
        left = list(was)
        strangers: list[tables.Row] = []
        for row, is_one in zip(rows, is_ones, strict=True):
            if is_one in left:
                left.remove(is_one)
            else:
                strangers.append(row)
        for row in strangers:
            if len(is_ones) > len(was):
                _extra(findings, table, (one.id, *row[1:]))
            else:
                findings.add("S451", f"{table} {row[1]}", one.id, part=f"这条{name}")
        for number, digest in enumerate(was, 1):
            if digest in left and len(is_ones) < len(was):
                findings.add("S452", one.where, one.id, part=f"第 {number} 条{name}")


def _check_erased(one: PostingRows, eraser: Eraser, findings: Findings) -> None:
    """What is left of an erased settlement is held by the posting that erased it."""
    settled, told = one.settled, decoded(eraser.parts)
    if settled is None:
        findings.add("S452", one.where, one.id, part=f"结算 {one.settlement}")
        return
    where = f"settlement_settlement {settled.id}"
    for name, content in (("结果", settled.result), ("依据", settled.evidence)):
        if content is not None:
            findings.add("S453", where, one.id, part=f"{name}（已经抹去的）")
    if one.salt is not None:
        findings.add("S453", one.where, one.id, part="盐（已经抹去的）")
    if told is None:
        return  # named at the eraser
    now = parts_of(
        eraser.salt, {}, settled.row(), one.plain_entries(), one.plain_sums(),
        [what_is_left(one.head(), one.content, one.commitment)],
    )  # fmt: skip
    if now.row != told.row:
        findings.add("S451", where, one.id, part="结算的登记（人、机构、就诊、时间）")
    if now.kept != told.kept:
        findings.add("S451", one.where, one.id, part="记账的抬头或承诺")
    _check_rows(one, told, now, findings)


def what_is_left(head: dict[str, Any], content: bytes, commitment: bytes) -> bytes:
    """What an erasing posting commits to of the posting that it erases, beside its entries and sums."""
    return json.dumps(
        [head, content.hex(), commitment.hex()], ensure_ascii=False, sort_keys=True
    ).encode()


def _check_eraser(one: PostingRows, told: Parts, findings: Findings) -> None:
    """An erasing posting has a head and a salt of its own, and no entries."""
    for row in one.entries:
        _extra(findings, "settlement_entry", row)
    for row in one.sums:
        _extra(findings, "settlement_accumulatorentry", row)
    if one.salt is None:
        findings.add("S452", one.where, one.id, part="盐")
        return
    if parts_of(one.salt, one.head(), None, (), (), ()).head != told.head:
        findings.add("S451", one.where, one.id, part="记账的抬头（时间、消息号、理由）")
    elif sm3(one.salt, one.content) != one.commitment:
        findings.add("S451", one.where, one.id, part="承诺（commitment）")


def _check_sums(one: PostingRows, findings: Findings) -> None:
    """What a settlement saw before it is what openings and earlier entries come to."""
    settled = one.settled
    if settled is None or settled.result is None or settled.person in findings.persons:
        return
    result = json.loads(settled.result)
    person = accumulators.person_owner(settled.person)
    for _, number, owner, _, name, _, _, _, before in one.sums:
        stated = result["accumulators" if owner == person else "episode_accumulators"].get(name)
        if stated is None or stated["before"] != yuan(before):
            saw = "没有" if stated is None else stated["before"]
            where = f"settlement_accumulatorentry {number}"
            findings.add("S461", where, one.id, name=name, stated=saw, found=yuan(before))
