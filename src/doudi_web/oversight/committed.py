"""Whether a settlement is what its posting committed to; else which part was altered."""

from doudi_web.oversight.audited import Audited, Posted
from doudi_web.settlement.ledger import (
    Parts,
    decoded,
    parts_of,
    posting_head,
    settlement_row,
    sm3,
)
from doudi_web.settlement.replaying import Stored

HEAD = "记账的抬头（时间、消息号、理由）"
"""What no amount rests on."""
ANSWER, EVIDENCE = "结果", "依据"


def altered(one: Audited) -> tuple[str, ...]:
    """The parts that are not as they were posted; empty where all is."""
    if one.posted is None:
        return ("记账（不在了）",)
    if one.stored is None or one.posted.salt is None:
        return ("结果、依据或盐（空了，又没有抹去的记录）",)
    told = decoded(one.posted.parts)
    if told is None or sm3(one.posted.parts) != one.posted.content:
        return ("各部分的摘要",)
    if sm3(one.posted.salt, one.posted.content) != one.posted.commitment:
        return ("承诺或盐",)
    return tuple(_altered(one, one.stored, one.posted, told, one.posted.salt))


def _altered(one: Audited, stored: Stored, posted: Posted, told: Parts, salt: bytes) -> list[str]:
    head = posting_head(
        "settle", one.id, posted.client, posted.message, posted.posted, posted.month, posted.reason
    )  # fmt: skip
    row = settlement_row(
        one.client, one.message, one.message_digest, stored.visit, stored.person, stored.facility, stored.settled,
        stored.sequence, stored.year,
    )  # fmt: skip
    kept = (stored.text.encode(), bytes(stored.packed))
    now = parts_of(salt, head, row, posted.entries, posted.sums, kept)
    pairs = (
        (HEAD, now.head, told.head),
        ("结算的登记（人、机构、就诊、时间）", now.row, told.row),
        ("分录", now.entries, told.entries),
        ("累计", now.sums, told.sums),
        (ANSWER, now.kept[:1], told.kept[:1]),
        (EVIDENCE, now.kept[1:], told.kept[1:]),
    )
    return [name for name, is_one, was in pairs if is_one != was]
