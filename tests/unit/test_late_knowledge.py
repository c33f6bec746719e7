"""What a pack says of a standing learned late: read, inherited, shown; and no amount rests on it."""

import json
from pathlib import Path

import pytest

from doudi import Bundle, Shelf, settle_bundle
from doudi.compile import check_pack
from doudi.packs.load import Files, load
from doudi.packs.model import Effect, Pack, Status
from doudi.wire.pack_folder import PackFolder
from faults.bills import SOUND
from faults.command import called
from faults.packs import found
from faults.test_extends import over, pack

SHIPPED = PackFolder(Path(__file__).parents[2] / "packs")
BANAN = "cn/500000/500113/2019"
SAYS = {
    "example": (Effect.FORWARD, Status.DECLARED, "第十二条 身份补认"),
    BANAN: (Effect.REOPEN, Status.UNVERIFIED, "身份补认"),
    "cn/500000/2025": (Effect.REOPEN, Status.UNVERIFIED, "身份补认"),
    "cn/230000/230800/2018": (Effect.REOPEN, Status.UNVERIFIED, "身份补认"),
}


def _with(pack_id: str, late: str) -> dict[str, Files]:
    """The shipped pack with another text in the place of its own section, at the end of `pack.yaml`."""
    files = dict(SHIPPED.find(pack_id) or {})
    head, _, _ = files["pack.yaml"].decode().partition("\nlate_knowledge:")
    return {pack_id: {**files, "pack.yaml": f"{head}\n{late}".encode()}}


def _others(pack_id: str) -> dict[str, Pack]:
    """The pack with no such section, and with each effect."""
    cite = SAYS[pack_id][2]
    texts = {
        effect: f"late_knowledge: {{effect: {effect}, cite: sources/rules.md#{cite}, status: weak}}\n"
        for effect in Effect
    }
    return {
        name: load(pack_id, _with(pack_id, text).get)
        for name, text in {"": "", **texts}.items()
    }  # fmt: skip


def test_every_shipped_pack_says_it_with_a_source() -> None:
    said = {
        pack_id: load(pack_id, SHIPPED.find).late_knowledge for pack_id in SHIPPED.ids()
    }  # fmt: skip
    assert {
        name: late and (late.effect, late.status, late.cite.heading) for name, late in said.items()
    } == SAYS
    for name, (_, status, heading) in SAYS.items():
        text = (SHIPPED.find(name) or {})["sources/rules.md"].decode()
        article = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        assert ("没有找到条文；暂按" in article) == (status == Status.UNVERIFIED)


def test_a_pack_need_not_say_it() -> None:
    assert _others("example")[""].late_knowledge is None


# Catches a key that gets into the compiled policy: bills would be settled under another fingerprint.
@pytest.mark.parametrize("pack_id", SAYS)
def test_it_leaves_every_fingerprint(pack_id: str) -> None:
    own, faults = check_pack(load(pack_id, SHIPPED.find))
    assert (len(own) > 0, faults) == (True, [])
    others = _others(pack_id)
    assert {p.late_knowledge and p.late_knowledge.effect for p in others.values()} == {
        None, Effect.REOPEN, Effect.FORWARD,
    }  # fmt: skip
    for other in others.values():
        policies, faults = check_pack(other)
        assert faults == []
        assert [(p.since, p.fingerprint, p.outline) for p in policies] == [
            (p.since, p.fingerprint, p.outline) for p in own
        ]


def test_no_settlement_prints_its_mark() -> None:
    bill = json.dumps({"bills": [SOUND]}).encode()
    printed: set[tuple[str, ...]] = set()
    for late in (
        "",
        "late_knowledge: {effect: reopen, cite: sources/rules.md#第二条 费用分解, status: unverified}",
    ):
        packs = _with("example", late)
        run = settle_bundle(Shelf(packs.get, (), "example"), Bundle({"b.json": bill}))
        assert run.faults == ()
        printed.add(tuple(run.settlements[0].unverified))
    assert len(printed) == 1
    assert not any("late" in path for path in printed.pop())


OWN = "late_knowledge: {effect: reopen, cite: sources/own.md#第一条 本县, status: strong}\n"


@pytest.mark.parametrize(("text", "effect", "owner"), [
    ("", Effect.FORWARD, "example"), (OWN, Effect.REOPEN, "over"), ("late_knowledge: null\n", None, None),
])  # fmt: skip
def test_it_is_inherited_overridden_and_dropped_as_a_whole(
    tmp_path: Path, text: str, effect: Effect | None, owner: str | None
) -> None:
    late = pack(over(tmp_path, text)).late_knowledge
    assert (late and late.effect, late and late.cite.pack) == (effect, owner)


def test_what_the_base_does_not_say_cannot_be_dropped(tmp_path: Path) -> None:
    root = over(tmp_path, "late_knowledge: null\n")
    path = root / "example" / "pack.yaml"
    path.write_text(path.read_text().partition("\nlate_knowledge:")[0] + "\n")
    (fault,) = found(root, "over")
    assert (fault.code, fault.where) == ("P101", "over/pack.yaml:5 late_knowledge")


def _shown(*arguments: str) -> str:
    done = called("pack", *arguments)
    assert done.returncode == 0
    return done.stdout.decode()


@pytest.mark.parametrize("command", ["show", "explain"])
def test_a_person_is_shown_what_it_does_and_how_sure_that_is(command: str) -> None:
    day = ("--on", "2019-05-01") if command == "explain" else ()
    assert (
        "身份补认\n  结算以后才知道的身份，以前的结算按它重算，差额列为建议。\n"
        "  未证实  巴南区 2019 年贫困人员就医结算规则（整理稿） · 身份补认\n"
    ) in _shown(command, BANAN, *day)
    assert "  结算以后才知道的身份，只管以后的就医，以前的结算不动。\n  声明  " in _shown(
        command, "example"
    )


def test_a_program_is_told_it_with_the_situation() -> None:
    whole = json.loads(_shown("explain", "example", "--on", "2025-03-01", "--json"))
    assert whole["late_knowledge"] == {
        "effect": "forward", "cite": "sources/rules.md#第十二条 身份补认",
        "document": "青禾县城乡居民就医费用结算办法（虚构，教学用）", "status": "declared",
    }  # fmt: skip


def test_a_difference_is_told_with_both_sources(tmp_path: Path) -> None:
    root = over(tmp_path, OWN)
    text = _shown("diff", str(root / "example"), str(root / "over"))
    assert "身份补认\n身份补认\n    以前的结算  forward  →  reopen\n" in text
    assert "    新依据  有原文  白石县的规定 · 第一条 本县" in text
