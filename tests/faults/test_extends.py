"""A pack over another: values by name, layers by id, null drops; whose cite is whose; circles; what is lost."""

import json
from pathlib import Path

import pytest

from doudi import Bundle, Shelf, settle_bundle
from doudi.adjudication import Adjudication
from doudi.packs.load import load
from doudi.packs.model import Pack
from doudi.wire.pack_folder import PackFolder
from faults.bills import SOUND, mutated
from faults.packs import change, folder, found, line_of, write
from faults.told import flaws

RULES = "# 白石县的规定\n\n## 第一条 本县\n另有规定。\n"
HEAD = """pack: over
title: {zh: 白石县, en: Baishi}
district: "990102"
extends: example
"""
CITED = "{cite: sources/own.md#第一条 本县, status: declared}"
OWN = "cite: sources/own.md#第一条 本县\n    status: declared\n"
BASIC = f"""layers:
  - layer: basic
    title: 基本医保
    payer: {{name: 基金, field: hifp_pay}}
    {OWN}    rules:
      - rule: all
        title: 全部
        base: in_scope
        deductible: {{limit: basic.deductible, met: stay_deductible_met}}
        rate: basic.rate
        round: half_up
        cap: {{limit: basic.outpatient_cap, paid: outpatient_paid}}
        cite: sources/own.md#第一条 本县
        status: declared
parameters:
  basic.outpatient_rate: null
"""


def over(root: Path, text: str = "") -> Path:
    """The example pack, and a pack that extends it with this text."""
    folder(root)
    write(root, "over/pack.yaml", HEAD + text)
    write(root, "over/sources/own.md", RULES)
    return root


def pack(root: Path, pack_id: str = "over") -> Pack:
    return load(pack_id, PackFolder(root).find)


def settled(root: Path) -> Adjudication:
    """The sound bill of that district under whatever pack is in force there."""
    packs = PackFolder(root)
    heads, faults = packs.heads()
    assert faults == []
    bill = mutated(SOUND, {"person.district": "990102", "facility.district": "990102"})
    run = settle_bundle(Shelf(packs.find, heads), Bundle({"b.json": json.dumps(bill).encode()}))
    assert run.faults == ()
    return run.settlements[0]


def test_a_pack_that_adds_nothing_pays_what_the_base_pays(tmp_path: Path) -> None:
    root = over(tmp_path)
    assert found(root, "over") == []
    one = settled(root)
    assert one.pack == "over"
    assert one.payments["basic"] == (827_000 - 30_000) * 80 // 100


def test_a_value_is_overridden_by_its_name_and_the_others_stay(tmp_path: Path) -> None:
    value = f"""parameters:
  basic.deductible:
    title: 起付标准
    unit: yuan
    values: {{2024-01-01: 200}}
    {OWN}"""
    root = over(tmp_path, value)
    assert found(root, "over") == []
    assert settled(root).deductible_met == 20_000
    mine, base = pack(root), pack(root, "example")
    assert mine.parameters["basic.deductible"].by == ()
    assert mine.parameters["basic.rate"] == base.parameters["basic.rate"]
    assert [*mine.parameters] == [*base.parameters]


def test_a_layer_is_replaced_by_its_id_where_it_stood(tmp_path: Path) -> None:
    root = over(tmp_path, BASIC)
    assert found(root, "over") == []
    layers = pack(root).layers
    assert [la.id for la in layers] == [la.id for la in pack(root, "example").layers]
    assert [rule.name for rule in layers[0].rules] == ["all"]
    assert layers[0].given_at_most is None


def test_a_layer_of_a_new_id_is_the_last_turn(tmp_path: Path) -> None:
    text = f"""layers:
  - layer: village
    title: 村里补助
    payer: {{name: 村里, field: oth_pay}}
    given: {{at_most: total - basic - critical_illness - medical_assistance - charity_fund}}
    {OWN}"""
    root = over(tmp_path, text)
    assert found(root, "over") == []
    assert pack(root).layers[-1].id == "village"


def test_a_null_drops_what_the_base_states(tmp_path: Path) -> None:
    root = over(tmp_path, "floor: null\nparameters: {floor.share: null}\n")
    assert found(root, "over") == []
    assert pack(root).floor is None
    one = settled(root)
    assert one.payments["floor"] == 0
    assert one.patient_limit is None


def test_cites_of_the_base_resolve_in_the_base_and_its_own_in_its_own(tmp_path: Path) -> None:
    root = over(tmp_path, BASIC)
    mine = pack(root)
    assert mine.layers[0].basis.cite.pack == "over"
    assert mine.layers[0].basis.cite.document == "白石县的规定"
    assert mine.layers[1].basis.cite.pack == "example"
    assert "青禾县" in mine.layers[1].basis.cite.document
    sentences = {e.layer: e.document for e in settled(root).explanation}
    assert sentences["basic"] == "白石县的规定"
    assert "青禾县" in sentences["medical_assistance"]


# Catches a rule of the base that is restated and has to be given a source that it does not come from.
def test_a_cite_leads_to_a_file_of_the_base_where_the_pack_has_none_of_that_name(
    tmp_path: Path,
) -> None:
    text = BASIC.replace("sources/own.md#第一条 本县", "sources/rules.md#第五条 门诊", 1)
    root = over(tmp_path, text)
    assert found(root, "over") == []
    cite = pack(root).layers[0].basis.cite
    assert (cite.pack, cite.heading) == ("example", "第五条 门诊")
    assert pack(root).layers[0].rules[0].basis.cite.pack == "over"
    write(root, "over/sources/rules.md", "# 本县的\n\n## 第一条\n")
    (fault,) = found(root, "over")
    assert (fault.code, "第五条 门诊" in fault.what) == ("P106", True)


def test_a_base_may_lie_in_a_folder_of_its_own_and_extend_too(tmp_path: Path) -> None:
    root = over(tmp_path)
    write(
        root, "top/down/pack.yaml", 'pack: top/down\ntitle: 下\ndistrict: "990103"\nextends: over\n'
    )
    assert found(root, "top/down") == []
    assert pack(root, "top/down").district == "990103"
    heads, faults = PackFolder(root).heads()
    assert faults == []
    assert {h.id: h.district for h in heads}["top/down"] == "990103"


# ------------------------------------------------------------------------------------- faults

LOST = [
    ("parameters: {basic.rate: null}\n", "P207", "example/pack.yaml", "basic.rate"),
    ("accumulators: {after_basic: null}\n", "P207", "example/pack.yaml", "after_basic"),
    ("groups: {poor: null}\n", "P207", "example/pack.yaml", "poor"),
    ("dimensions: {level: null}\n", "P207", "example/pack.yaml", "level"),
    ("amounts: {out_of_scope: null}\n", "P207", "example/pack.yaml", "out_of_scope"),
    ("decomposition: null\n", "P205", "over/pack.yaml:5 decomposition", "null"),
    ("layers: null\n", "P205", "over/pack.yaml:5 layers", "null"),
    ("parameters: {basic.ratee: null}\n", "P101", "over/pack.yaml:5 parameters.basic.ratee", "basic.ratee"),
    ("valid: {from: 2023-01-01, to: null}\n", "P201", "example/pack.yaml", "2023-01-01"),
    (f"parameters:\n  basic.rate:\n    title: x\n    unit: percent\n    values: {{2024-01-01: 80}}\n    {OWN}",
     "P205", "over/pack.yaml:9 parameters.basic.rate.values.2024-01-01", "80"),
    ("layers:\n  - layer: basic\n  - layer: basic\n", "P108", "over/pack.yaml:7 layers[1]", "layers[1]"),
    ("dimensions: {standing: null}\n", "P214", "example/pack.yaml", "late_knowledge"),
    ("layers: [basic]\n", "P101", "over/pack.yaml:5 layers[0]", "键值表"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "where", "quotes"), LOST, ids=[t.split("\n")[0] for t, *_ in LOST]
)
def test_what_is_dropped_or_overridden_and_still_needed_is_a_fault_where_it_is_used(
    tmp_path: Path, text: str, code: str, where: str, quotes: str
) -> None:
    faults = found(over(tmp_path, text), "over")
    told = [
        f
        for f in faults
        if f.code == code and f.where.startswith(where) and quotes in f.what + f.where
    ]
    assert told, faults
    assert flaws(told[0], quotes) == []


@pytest.mark.parametrize("text", ["floor: null\n", "control: null\nfloor: null\n"])
def test_a_value_of_the_base_that_no_rule_uses_any_more_is_no_fault_of_the_pack_above(
    tmp_path: Path, text: str
) -> None:
    assert found(over(tmp_path, text), "over") == []


def test_a_fault_of_the_base_is_told_at_its_line_in_the_base(tmp_path: Path) -> None:
    root = over(tmp_path)
    text = change(root, {"rate: basic.rate\n": "rate: basic.rat\n"})
    (fault,) = [f for f in found(root, "over") if f.code == "P207"]
    line = line_of(text, "rate: basic.rat\n")
    assert fault.where == f"example/pack.yaml:{line} layers[0].rules[0].rate"
    assert fault in found(root)


CIRCLES = [
    ({"a": "a"}, "a → a"),
    ({"a": "b", "b": "a"}, "a → b → a"),
    ({"a": "b", "b": "c", "c": "a"}, "a → b → c → a"),
    ({"a": "b", "b": "c", "c": "b"}, "a → b → c → b"),
]


@pytest.mark.parametrize(("extends", "chain"), CIRCLES, ids=[chain for _, chain in CIRCLES])
def test_a_circle_of_packs_is_one_fault_that_shows_the_way(
    tmp_path: Path, extends: dict[str, str], chain: str
) -> None:
    for pack_id, base in extends.items():
        write(tmp_path, f"{pack_id}/pack.yaml", f"pack: {pack_id}\nextends: {base}\n")
    (fault,) = found(tmp_path, "a")
    last = chain.split(" → ")[-2]
    assert (fault.code, fault.where) == ("P104", f"{last}/pack.yaml:2 extends")
    assert flaws(fault, chain) == []


@pytest.mark.parametrize("base", ["nowhere", "../example", "/etc", "example/", "", ".", "a\\b"])
def test_extending_what_is_not_below_the_folder_is_a_fault(tmp_path: Path, base: str) -> None:
    folder(tmp_path)
    write(tmp_path, "over/pack.yaml", f'pack: over\nextends: "{base}"\n'.replace("\\", "\\\\"))
    (fault,) = [f for f in found(tmp_path, "over") if f.code == "P105"]
    assert fault.where == "over/pack.yaml:2 extends"
    assert flaws(fault, base) == []
