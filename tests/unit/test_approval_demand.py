"""What a pack says of approval above the limit: read, inherited, shown; and no amount rests on it."""

import json
from pathlib import Path

import pytest

from doudi import Bundle, Shelf, settle_bundle
from doudi.compile import check_pack
from doudi.packs.load import Files, load
from doudi.packs.model import Approval, Demand, Pack, Status
from doudi.wire.pack_folder import PackFolder
from faults.bills import SOUND
from faults.command import called
from faults.packs import change, folder, found

SHIPPED = PackFolder(Path(__file__).parents[2] / "packs")
BANAN = "cn/500000/500113/2019"
CITED = "cite: sources/rules.md#第九条 控费, status: weak"
BEFORE = "  consented: {value: leaves"


def _with(text: str) -> dict[str, Files]:
    """The example pack with such a line in its control."""
    files = dict(SHIPPED.find("example") or {})
    own = files["pack.yaml"].decode()
    assert BEFORE in own
    return {"example": {**files, "pack.yaml": own.replace(BEFORE, f"{text}{BEFORE}", 1).encode()}}


def _approval(pack: Pack) -> Approval | None:
    return None if pack.control is None else pack.control.approval


def test_the_packs_that_say_it_say_how_sure_it_is() -> None:
    said = {name: _approval(load(name, SHIPPED.find)) for name in SHIPPED.ids()}
    assert {name for name, one in said.items() if one is not None} == {BANAN}
    own = said[BANAN]
    assert own is not None
    assert (own.demand, own.within_hours, own.status, own.cite.heading) == (
        Demand.EXCEEDED, 24, Status.UNVERIFIED, "控费：超限审批",
    )  # fmt: skip
    text = (SHIPPED.find(BANAN) or {})["sources/rules.md"].decode()
    article = text.partition("\n## 控费：超限审批\n")[2].partition("\n## ")[0]
    assert "没有找到条文；暂按" in article


# Catches a key that gets into the compiled policy: bills would be settled under another fingerprint.
@pytest.mark.parametrize("value", Demand)
def test_it_leaves_every_fingerprint(value: Demand) -> None:
    own, faults = check_pack(load("example", SHIPPED.find))
    assert (len(own) > 0, faults) == (True, [])
    other = load("example", _with(f"  approval: {{value: {value}, {CITED}}}\n").get)
    stated = _approval(other)
    assert stated is not None
    assert (stated.demand, stated.within_hours) == (value, None)
    policies, faults = check_pack(other)
    assert faults == []
    assert [(p.since, p.fingerprint, p.outline) for p in policies] == [
        (p.since, p.fingerprint, p.outline) for p in own
    ]


def test_no_settlement_prints_its_mark() -> None:
    bill = json.dumps({"bills": [SOUND]}).encode()
    printed: set[str] = set()
    for text in (
        "",
        f"  approval: {{value: exceeded, {CITED.replace('weak', 'unverified')}}}\n",
    ):
        run = settle_bundle(Shelf(_with(text).get, (), "example"), Bundle({"b.json": bill}))
        assert run.faults == ()
        printed.add(repr(run.settlements))
    assert len(printed) == 1


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        (f"value: always, {CITED}", "P205", "control.approval.value"),
        (f"value: exceeded, within_hours: 0, {CITED}", "P205", "control.approval.within_hours"),
        ("value: exceeded, status: weak", "P103", "control.approval.cite"),
        (
            f"value: exceeded, {CITED.replace('第九条', '第九十条')}",
            "P106",
            "control.approval.cite",
        ),
        (f"value: exceeded, by: office, {CITED}", "P102", "control.approval.by"),
    ],
)
def test_what_is_wrong_with_it_is_told_at_its_line(
    tmp_path: Path, text: str, code: str, where: str
) -> None:
    root = folder(tmp_path)
    change(root, {BEFORE: f"  approval: {{{text}}}\n{BEFORE}"})
    (fault,) = found(root)
    assert (fault.code, fault.where.endswith(f" {where}")) == (code, True), fault


@pytest.mark.parametrize("command", ["show", "explain"])
def test_a_person_is_shown_what_it_demands_and_how_sure_that_is(command: str) -> None:
    day = ("--on", "2019-05-01") if command == "explain" else ()
    done = called("pack", command, BANAN, *day)
    assert done.returncode == 0
    assert (
        "超限审批\n  超过限额的，医生写明理由，医院医保办同意，从提示起 24 小时以内。\n"
        "  未证实  巴南区 2019 年贫困人员就医结算规则（整理稿） · 控费：超限审批\n"
    ) in done.stdout.decode()


def test_a_program_is_told_it_with_the_situation() -> None:
    done = called("pack", "explain", BANAN, "--on", "2019-05-01", "--json")
    assert json.loads(done.stdout)["approval"] == {
        "demand": "exceeded", "within_hours": 24, "cite": "sources/rules.md#控费：超限审批",
        "document": "巴南区 2019 年贫困人员就医结算规则（整理稿）", "status": "unverified",
    }  # fmt: skip
    silent = called("pack", "explain", "example", "--on", "2025-03-01", "--json")
    assert json.loads(silent.stdout)["approval"] is None
