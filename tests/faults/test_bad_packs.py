"""Each kind of fault of a pack, from the example pack and a change of its text: its code, its line, its words."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from doudi.packs.document import PackForm
from doudi.packs.form_faults import PATTERNS
from faults.packs import TEXT, change, folder, found, line_of, write
from faults.told import flaws

RATE = "        rate: basic.rate\n"
POOR = "poor: standing in [destitute, dibao, monitored]"
DEDUCTIBLE = "2024-01-01: {1: 100, 2: 300, 3: 500}"
CAP = "cap: {limit: basic.outpatient_cap, paid: outpatient_paid}"
BASE = "base: in_scope - basic\n"
SCOPE = "out_of_scope: out_of_catalogue + over_ceiling"
POINTS = """  points.young:
    title: {zh: 加点, en: points}
    unit: percent
    values: {2024-01-01: 20%}
    cite: sources/rules.md#第四条 住院支付比例
    status: declared
"""
PER_CENT = "\n\ndecomposition:"


@dataclass(frozen=True)
class Bad:
    """Changes of the example pack's text, and the one fault that they make.

    `marker` is a piece of the changed text on the line that the fault shows; `path` the path that it shows.
    """

    code: str
    name: str
    changes: dict[str, str]
    marker: str
    path: str = ""
    quotes: str = ""
    also: tuple[str, ...] = field(default=())  # codes of what follows from it


FORM = [
    Bad("P101", "a file that is a list", {}, "", quotes="键值表"),
    Bad("P102", "unknown key at the top", {"district:": "distrikt: x\ndistrict:"}, "distrikt", "distrikt",
        "distrikt"),
    Bad("P102", "unknown key of a parameter", {"    unit: yuan\n": "    unit: yuan\n    unti: yuan\n"},
        "unti", "parameters.basic.deductible.unti", "unti"),
    Bad("P102", "unknown key of a layer", {"    shown: nonzero": "    show: nonzero"}, "show: nonzero",
        "layers[3].show", "show"),
    Bad("P102", "unknown key of a day's values", {"        status: unverified": "        sure: unverified"},
        "sure: unverified", "parameters.critical.threshold.values.2025-01-01.sure", "sure"),
    Bad("P102", "unknown key of late_knowledge", {"  effect: forward": "  effect: forward\n  since: 2024-01-01"},
        "since: 2024", "late_knowledge.since", "since"),
    Bad("P103", "late_knowledge without its effect", {"  effect: forward": "  # effect: forward"},
        "late_knowledge:", "late_knowledge.effect", "effect"),
    Bad("P103", "late_knowledge without a source", {"  cite: sources/rules.md#第十二条 身份补认\n": ""},
        "late_knowledge:", "late_knowledge.cite", "cite"),
    Bad("P103", "no district", {'district: "990101"\n': ""}, "", "district", "district"),
    Bad("P103", "no cite", {"    cite: sources/rules.md#第三条 住院起付标准\n": ""}, "basic.deductible:",
        "parameters.basic.deductible.cite", "cite"),
    Bad("P103", "no English title", {"{zh: 住院起付标准, en: deductible}": "{zh: 住院起付标准}"},
        "{zh: 住院起付标准}", "parameters.basic.deductible.title.en", "en"),
    Bad("P103", "no otherwise", {"    otherwise: ordinary": "    # otherwise: ordinary"}, "  standing:",
        "dimensions.standing", "otherwise"),
    Bad("P106", "cite of no file", {"cite: sources/rules.md#第三条": "cite: sources/none.md#第三条"},
        "sources/none.md", "parameters.basic.deductible.cite", "sources/none.md"),
    Bad("P106", "cite of no heading", {"cite: sources/rules.md#第三条": "cite: sources/rules.md#第三十条"},
        "第三十条", "parameters.basic.deductible.cite", "第三十条"),
    Bad("P106", "late_knowledge with a cite of no heading", {"#第十二条 身份补认": "#第十三条 身份补认"},
        "#第十三条", "late_knowledge.cite", "第十三条"),
    Bad("P106", "cite without a heading", {"cite: sources/rules.md#第三条 住院起付标准": "cite: sources/rules.md"},
        "cite: sources/rules.md\n", "parameters.basic.deductible.cite", "sources/rules.md"),
    Bad("P106", "cite out of the pack", {"cite: sources/rules.md#第三条": "cite: ../../README.md#第三条"},
        "../../README.md", "parameters.basic.deductible.cite", "../../README.md"),
    Bad("P107", "id that is not the folder", {"pack: example ": "pack: sample "}, "pack: sample", "pack",
        "sample"),
    Bad("P107", "id that is no text", {"pack: example ": "pack: [a] "}, "pack: [a]", "pack", "列表",
        ("P205",)),
    Bad("P105", "extends what is not there", {"district:": "extends: nowhere\ndistrict:"}, "extends",
        "extends", "nowhere"),
    Bad("P105", "extends a way out", {"district:": "extends: ../../etc\ndistrict:"}, "extends", "extends",
        "../../etc"),
    Bad("P104", "extends itself", {"district:": "extends: example\ndistrict:"}, "extends", "extends",
        "example → example"),
]  # fmt: skip

VALUES = [
    Bad("P201", "gap before the first value", {"values: {2024-01-01: 50%}": "values: {2024-02-01: 50%}"},
        "2024-02-01", "parameters.basic.outpatient_rate.values", "2024-02-01"),
    Bad("P202", "rate over 100 %", {"1: {in_district: 90%": "1: {in_district: 900%"}, "900%",
        "parameters.basic.rate.values.2024-01-01.1.in_district", "900%"),
    Bad("P202", "rate over 100 % by a sum of points",
        {RATE: "        rate: basic.rate + points.young\n", PER_CENT: f"\n{POINTS}\ndecomposition:"},
        "rate: basic.rate + points.young", "layers[0].rules[0].rate", "110%"),
    Bad("P203", "missing code", {DEDUCTIBLE: "2024-01-01: {1: 100, 2: 300}"}, "{1: 100, 2: 300}",
        "parameters.basic.deductible.values.2024-01-01", "3"),
    Bad("P203", "one value where a table belongs", {DEDUCTIBLE: "2024-01-01: 100"}, "2024-01-01: 100",
        "parameters.basic.deductible.values.2024-01-01", "1、2、3"),
    Bad("P203", "missing inner code",
        {"3: {in_district: 60%, referred: 50%, unreferred: 40%}": "3: {in_district: 60%, referred: 50%}"},
        "3: {in_district", "parameters.basic.rate.values.2024-01-01.3", "unreferred"),
    Bad("P204", "unknown code", {DEDUCTIBLE: "2024-01-01: {1: 100, 2: 300, 3: 500, 4: 900}"}, "4: 900",
        "parameters.basic.deductible.values.2024-01-01.4", "4"),
    Bad("P204", "unknown code of who has none", {"otherwise: ordinary": "otherwise: nobody"}, "  standing:",
        "dimensions.standing", "nobody"),
    Bad("P205", "rate without per cent", {"1: {in_district: 90%": "1: {in_district: 0.9"}, "0.9",
        "parameters.basic.rate.values.2024-01-01.1.in_district", "0.9"),
    Bad("P205", "yuan with per cent", {DEDUCTIBLE: "2024-01-01: {1: 100%, 2: 300, 3: 500}"}, "100%, 2: 300",
        "parameters.basic.deductible.values.2024-01-01.1", "100%"),
    Bad("P205", "yuan with three decimals", {DEDUCTIBLE: "2024-01-01: {1: 1.001, 2: 300, 3: 500}"}, "1.001",
        "parameters.basic.deductible.values.2024-01-01.1", "1.001"),
    Bad("P205", "negative yuan", {DEDUCTIBLE: "2024-01-01: {1: -1, 2: 300, 3: 500}"}, "-1, 2",
        "parameters.basic.deductible.values.2024-01-01.1", "-1"),
    Bad("P205", "yuan beyond what can be carried",
        {DEDUCTIBLE: "2024-01-01: {1: 9999999999999999, 2: 300, 3: 500}"}, "9999999999999999",
        "parameters.basic.deductible.values.2024-01-01.1", "9999999999999999"),
    Bad("P205", "full-width digits", {DEDUCTIBLE: "2024-01-01: {1: １００, 2: 300, 3: 500}"}, "１００",
        "parameters.basic.deductible.values.2024-01-01.1", "１００"),
    Bad("P205", "null for a value", {DEDUCTIBLE: "2024-01-01: {1: null, 2: 300, 3: 500}"}, "null, 2",
        "parameters.basic.deductible.values.2024-01-01.1", "null"),
    Bad("P205", "unknown unit", {"    unit: yuan\n": "    unit: fen\n"}, "unit: fen",
        "parameters.basic.deductible.unit", "fen"),
    Bad("P205", "unknown status", {"起付标准\n    status: declared": "起付标准\n    status: sure"},
        "status: sure", "parameters.basic.deductible.status", "sure"),
    Bad("P205", "unknown status of a day", {"status: unverified": "status: perhaps"}, "status: perhaps",
        "parameters.critical.threshold.values.2025-01-01.status", "perhaps"),
    Bad("P205", "an effect that is none", {"  effect: forward": "  effect: backward"},
        "effect: backward", "late_knowledge.effect", "backward"),
    Bad("P205", "null for a day's cite", {"cite: sources/rules.md#附：2025 年大病保险起付标准": "cite: null"},
        "cite: null", "parameters.critical.threshold.values.2025-01-01.cite", "null"),
    Bad("P205", "unknown rounding", {"        round: half_up ": "        round: nearest "},
        "round: nearest", "layers[0].rules[0].round", "nearest"),
    Bad("P205", "day that is none",
        {"values: {2024-01-01: 50%}": "values: {2024-01-01: 50%, 2024-02-30: 40%}"}, "2024-02-30",
        "parameters.basic.outpatient_rate.values.2024-02-30", "2024-02-30"),
    Bad("P205", "day written otherwise", {"values: {2024-01-01: 50%}": "values: {2024-1-1: 50%}"},
        "2024-1-1", "parameters.basic.outpatient_rate.values.2024-1-1", "2024-1-1"),
    Bad("P205", "name that is none", {"  floor.share:": "  Floor-Share:"}, "Floor-Share:",
        "parameters.Floor-Share", "Floor-Share"),
    Bad("P205", "district of five digits", {'"990101"': '"99010"'}, "99010", "district", "99010"),
    Bad("P205", "first day of the year that is none", {"starts: 01-01": "starts: 02-29"}, "02-29",
        "benefit_year.starts", "02-29"),
    Bad("P205", "place on the bill that is none", {"of: kind": "of: bill.kind"}, "of: bill.kind",
        "dimensions.kind.of", "bill.kind"),
    Bad("P205", "empty values", {"values: {2024-01-01: 50%}": "values: {}"}, "values: {}",
        "parameters.basic.outpatient_rate.values", "键值表"),
    Bad("P205", "null for a section", {"layers:    ": "layers: null\nx:    "}, "layers: null", "layers",
        "null", ("P102",)),
    Bad("P213", "to before from", {"to: null}": "to: 2023-12-31}"}, "valid:", "valid", "2023-12-31"),
    Bad("P213", "to on from", {"to: null}": "to: 2024-01-01}"}, "valid:", "valid", "2024-01-01"),
]  # fmt: skip

EXPRESSIONS = [
    Bad("P206", "not finished", {POOR: "poor: standing in"}, "poor: standing", "groups.poor",
        "standing in"),
    Bad("P206", "a sign that is none", {POOR: "poor: standing ∈ poor"}, "poor: standing", "groups.poor",
        "∈"),
    Bad("P206", "an equals sign too many", {POOR: "poor: standing == dibao"}, "poor: standing",
        "groups.poor", "=="),
    Bad("P206", "a bracket too many", {SCOPE: "out_of_scope: (out_of_catalogue))"}, "out_of_scope:",
        "amounts.out_of_scope", "out_of_catalogue"),
    Bad("P206", "a decimal", {SCOPE: "out_of_scope: in_scope * 0.5"}, "out_of_scope:",
        "amounts.out_of_scope", "0.5"),
    Bad("P206", "a wrong number of arguments", {SCOPE: "out_of_scope: min(in_scope)"}, "out_of_scope:",
        "amounts.out_of_scope", "min"),
    Bad("P206", "codes that are none", {POOR: "poor: standing in [90%]"}, "poor:", "groups.poor", "90"),
    Bad("P206", "full-width digits", {POOR: "poor: age >= １８"}, "poor:", "groups.poor", "１８"),
    Bad("P206", "no end of it", {POOR: f"poor: {'not ' * 300}major_disease"}, "poor:", "groups.poor",
        "not not"),
    Bad("P206", "a call of what is no function", {SCOPE: "out_of_scope: __import__('os')"}, "out_of_scope:",
        "amounts.out_of_scope", "__import__"),
    Bad("P207", "unknown name", {"when: poor and place": "when: pooor and place"}, "when: pooor",
        "floor.when", "pooor"),
    Bad("P207", "unknown code",
        {"when: kind = inpatient\n        base": "when: kind = hospice\n        base"}, "kind = hospice",
        "layers[0].rules[0].when", "hospice"),
    Bad("P207", "unknown code in a list",
        {"place in [in_district, referred]": "place in [in_district, home]"}, "home]", "floor.when",
        "home"),
    Bad("P207", "unknown dimension of a table", {"    by: level\n": "    by: levels\n"}, "by: levels",
        "parameters.basic.deductible.by", "levels"),
    Bad("P207", "unknown accumulator", {CAP: "cap: {limit: basic.outpatient_cap, paid: outpatient}"},
        "- rule: outpatient", "", "outpatient"),
    Bad("P207", "a layer that is used before it is computed",
        {"base: in_scope - basic\n": "base: in_scope - medical_assistance\n"},
        "base: in_scope - medical_assistance", "layers[1].rules[0].base", "medical_assistance"),
    Bad("P207", "a layer that uses itself",
        {"base: in_scope - basic\n": "base: in_scope - critical_illness\n"},
        "base: in_scope - critical_illness", "layers[1].rules[0].base", "critical_illness"),
    Bad("P208", "an amount times a rate", {SCOPE: "out_of_scope: in_scope * control.limit"},
        "measure: out_of_scope", "control.measure", "金额乘比例"),
    Bad("P208", "an amount and a rate added", {BASE: "base: in_scope - floor.share\n"},
        "base: in_scope - floor.share", "layers[1].rules[0].base", "金额"),
    Bad("P208", "an amount where a condition belongs", {"when: poor and place": "when: in_scope and place"},
        "when: in_scope", "floor.when", "条件"),
    Bad("P208", "a rate where an amount belongs",
        {"share: floor.share, of: total": "share: floor.share, of: floor.share"},
        "of: floor.share", "floor.patient_at_most.of", "金额"),
    Bad("P208", "an amount where a rate belongs", {"share: control.limit": "share: basic.outpatient_cap"},
        "share: basic.outpatient_cap", "control.limit.share", "比例", ("P212",)),
    Bad("P208", "two amounts multiplied", {BASE: "base: in_scope * in_scope\n"},
        "base: in_scope * in_scope", "layers[1].rules[0].base", "比例"),
    Bad("P208", "codes compared by size",
        {"when: kind = inpatient\n        base": "when: level < 2\n        base"}, "level < 2",
        "layers[0].rules[0].when", "level < 2"),
    Bad("P208", "a value that is written in the text", {BASE: "base: pos(in_scope - 100)\n"},
        "in_scope - 100", "layers[1].rules[0].base", "100"),
    Bad("P208", "a rate that is written in the text", {RATE: "        rate: min(basic.rate, 95%)\n"}, "95%",
        "layers[0].rules[0].rate", "95%"),
    Bad("P208", "no limit outside a cap",
        {"given: {at_most: in_scope}": "given: {at_most: assistance.cap}"}, "at_most: assistance.cap",
        "layers[0].given.at_most", "assistance.cap"),
    Bad("P208", "a share with a rounding that is none",
        {BASE: "base: share(in_scope, floor.share, nearest)\n"}, "nearest", "layers[1].rules[0].base",
        "share"),
    Bad("P209", "names in a circle", {SCOPE: "out_of_scope: other + in_scope\n  other: out_of_scope"},
        "measure: out_of_scope", "control.measure", "out_of_scope → other → out_of_scope"),
    Bad("P209", "a name in itself", {POOR: "poor: not poor"}, "when: poor\n", "layers[2].rules[0].when",
        "poor → poor", ("P209", "P209")),
    Bad("P210", "one name for two things", {"  out_of_scope:": "  basic: in_scope\n  out_of_scope:"},
        "- layer: basic", "", "basic"),
    Bad("P210", "a name that is taken", {"  out_of_scope:": "  floor: in_scope\n  out_of_scope:"},
        "  floor: in_scope", "amounts.floor", "floor"),
    Bad("P210", "two rules of one name", {"- rule: outpatient": "- rule: inpatient"},
        "- rule: inpatient\n        title: {zh: 门诊", "", "basic.inpatient"),
]  # fmt: skip

RULES = [
    Bad("P211", "codes of place that are none", {"unreferred: {zh: 未转诊, en": "elsewhere: {zh: 未转诊, en"},
        "  place:", "dimensions.place", "place", ("P204", "P203") * 3),
    Bad("P211", "an accumulator half of an episode", {"    owner: episode": "    owner: person"},
        "stay_deductible_met:", "accumulators.stay_deductible_met", "stay_deductible_met"),
    Bad("P211", "an accumulator of the wrong measure", {"paid: outpatient_paid": "paid: after_basic"},
        "- rule: outpatient", "", "after_basic"),
    Bad("P211", "bands over what was paid", {"over: after_basic": "over: assistance_paid"},
        "- rule: year_total", "", "assistance_paid"),
    Bad("P211", "a deductible met by a position", {"met: stay_deductible_met": "met: after_basic"},
        "- rule: inpatient", "", "after_basic"),
    Bad("P211", "two layers with deductibles",
        {"        rate: assistance": "        deductible: {limit: basic.outpatient_cap}\n        rate: assistance"},
        "- layer: medical_assistance", "", "medical_assistance"),
    Bad("P211", "bands that fall",
        {"values: {2024-01-01: 30000}": "values: {2024-01-01: 9999}"},
        "{from: critical.second_band", "layers[1].rules[0].bands.bands[1].from", "2"),
    Bad("P211", "a layer that can pay nothing",
        {"    given: {at_most: total - basic - critical_illness - medical_assistance}\n": ""},
        "- layer: charity_fund", "layers[3]", "charity_fund"),
    Bad("P211", "neither rate nor bands", {"        rate: basic.outpatient_rate\n": ""},
        "- rule: outpatient", "layers[0].rules[1]", "outpatient", ("P212",)),
    Bad("P211", "rate and bands", {"        bands:    ": "        rate: floor.share\n        bands:    "},
        "- rule: year_total", "layers[1].rules[0]", "year_total"),
    Bad("P211", "a dimension twice", {"by: [level, place]": "by: [level, level]"}, "by: [level, level]",
        "parameters.basic.rate.by", "level"),
    Bad("P211", "a rate that may fall below 0", {RATE: "        rate: basic.rate - control.approaching\n"},
        "rate: basic.rate - control.approaching", "layers[0].rules[0].rate",
        "basic.rate - control.approaching"),
    Bad("P214", "late knowledge where no standing is told apart",
        {"    of: person.standings": "    of: person.attributes.standing"},
        "late_knowledge:"),
    Bad("P212", "a parameter that no rule uses", {PER_CENT: f"\n{POINTS}\ndecomposition:"},
        "  points.young:", "parameters.points.young", "points.young"),
]  # fmt: skip

BAD = [*FORM, *VALUES, *EXPRESSIONS, *RULES]


def test_the_pack_that_is_changed_is_sound(tmp_path: Path) -> None:
    assert found(folder(tmp_path)) == []


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: f"{bad.code} {bad.name}")
def test_a_bad_pack_is_a_fault_with_its_code_its_line_and_its_words(
    tmp_path: Path, bad: Bad
) -> None:
    root = folder(tmp_path)
    text = change(root, bad.changes)
    if bad.code == "P101":
        write(root, "example/parameters/more.yaml", "- 1\n")
        where = "example/parameters/more.yaml"
    else:
        line = f":{line_of(text, bad.marker)}" if bad.marker else ""
        where = f"example/pack.yaml{line} {bad.path}".strip()
    faults = found(root)
    assert (bad.code, where) in [(f.code, f.where) for f in faults], faults
    (told,) = [f for f in faults if (f.code, f.where) == (bad.code, where)]
    assert flaws(told, bad.quotes) == []
    assert sorted(f.code for f in faults if f is not told) == sorted(bad.also), faults


def test_every_pattern_of_the_form_is_told_in_words() -> None:
    asked = set(_patterns(PackForm.model_json_schema(by_alias=True)))
    assert asked == set(PATTERNS)
    assert not [words for words in PATTERNS.values() if "\\" in words or "^" in words]


def _patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        if isinstance(schema.get("patternProperties"), dict):
            yield from schema["patternProperties"]
        for inner in schema.values():
            yield from _patterns(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _patterns(inner)


# --------------------------------------------------------------------------------- many at once


def test_everything_wrong_with_files_values_and_rules_is_told_at_once(tmp_path: Path) -> None:
    root = folder(tmp_path)
    changes = {
        "cite: sources/rules.md#第三条": "cite: sources/none.md#第三条",
        "1: {in_district: 90%": "1: {in_district: 900%",
        "values: {2024-01-01: 500}": "values: {2025-01-01: 500}",
        "over: after_basic": "over: nothing",
        BASE: "base: in_scope - basik\n",
        "when: poor\n": "when: poor and kind\n",
        "share: control.limit": "share: (control.limit",
    }
    change(root, changes)
    write(root, "example/parameters/more.yaml", "parameters:\n  floor.share: {unit: percent}\n")
    codes = sorted(f.code for f in found(root))
    assert codes == ["P106", "P108", "P201", "P202", "P206", "P207", "P207", "P208", "P212"]


def test_a_form_that_is_wrong_in_many_places_is_told_at_once(tmp_path: Path) -> None:
    root = folder(tmp_path)
    lost = {
        "    unit: yuan\n": "",
        "    unit: percent\n": "    unit: per cent\n",
        "title:": "tittle:",
    }
    change(root, lost)
    codes = sorted(f.code for f in found(root))
    assert codes == ["P102", "P103", "P103", "P205"]


def test_an_empty_pack_lacks_everything_that_has_no_default(tmp_path: Path) -> None:
    write(tmp_path, "bare/pack.yaml", "{}")
    lacks = {
        f.where.removeprefix("bare/pack.yaml ") for f in found(tmp_path, "bare") if f.code == "P103"
    }
    required = PackForm.model_json_schema(by_alias=True)["required"]
    assert lacks == set(required)


# ---------------------------------------------------------------------------------- several files


def test_one_key_in_two_files_is_a_fault_that_names_both(tmp_path: Path) -> None:
    root = folder(tmp_path)
    more = "district: x\ngroups:\n  poor: major_disease\nparameters:\n  floor.share: {}\n  basic.rate: {}\n"
    write(root, "example/more.yaml", more)
    told = {f.where: f for f in found(root)}
    assert {(f.code, where) for where, f in told.items()} == {
        ("P108", "example/more.yaml:1 district"),
        ("P108", "example/more.yaml:3 groups.poor"),
        ("P108", "example/more.yaml:5 parameters.floor.share"),
        ("P108", "example/more.yaml:6 parameters.basic.rate"),
    }
    first = told["example/more.yaml:3 groups.poor"]
    assert f"example/pack.yaml:{line_of(TEXT, POOR)}" in first.what
    assert flaws(first, "groups.poor") == []


def test_a_section_that_is_empty_in_one_file_may_be_filled_in_another(tmp_path: Path) -> None:
    root = folder(tmp_path)
    head, rest = TEXT.split("\nparameters:")
    parameters, below = rest.split("\ndecomposition:")
    write(root, "example/pack.yaml", f"{head}\nparameters:\n\ndecomposition:{below}")
    write(root, "example/parameters/all.yaml", f"parameters:{parameters}")
    assert found(root) == []


BROKEN = [
    ("sources/rules.md", "第三条".encode("gb18030"), ("F103", "example/sources/rules.md")),
    ("sources/rules.md", b"", ("F108", "example/sources/rules.md")),
    ("parameters/more.yaml", "参数".encode("gb18030"), ("F103", "example/parameters/more.yaml")),
    ("parameters/more.yaml", b"a: [", ("F104", "example/parameters/more.yaml:2")),
    ("parameters/more.yaml", b"a: &a 1", ("F106", "example/parameters/more.yaml:1")),
    ("parameters/more.yaml", b"", ("F108", "example/parameters/more.yaml")),
    ("parameters/more.yaml", b"a: 1\na: 2", ("F105", "example/parameters/more.yaml:2")),
    ("pack.yaml", b"a: [", ("F104", "example/pack.yaml:2")),
    ("pack.yaml", b"- 1", ("P101", "example/pack.yaml")),
]


@pytest.mark.parametrize(("name", "content", "fault"), BROKEN, ids=str)
def test_a_file_of_a_pack_that_cannot_be_read_is_the_one_fault(
    tmp_path: Path, name: str, content: bytes, fault: tuple[str, str]
) -> None:
    root = folder(tmp_path)
    write(root, f"example/{name}", "")
    (root / "example" / name).write_bytes(content)
    faults = found(root)
    assert [(f.code, f.where) for f in faults] == [fault]
    assert flaws(faults[0]) == []


# ------------------------------------------------------------------------------ expressions that grow


def _chain(names: int, step: str, last: str) -> str:
    lines = [f"  n{n}: {step.format(f'n{n + 1}')}" for n in range(names)]
    return "\n".join(["amounts:", *lines, f"  n{names}: {last}", ""])


GROWING = [
    ("names in names", _chain(400, "{0} + in_scope", "in_scope"), {BASE: "base: n0\n"}),
    ("a sum doubled", _chain(19, "{0} + {0}", "in_scope"), {BASE: "base: n0\n"}),
    (
        "a rate doubled",
        _chain(40, "min({0} + {0}, 100%)", "floor.share"),
        {RATE: "        rate: n0\n"},
    ),
    ("a rate squared", _chain(20, "{0} * {0}", "floor.share"), {RATE: "        rate: n0\n"}),
    ("brackets", f"amounts:\n  n0: {'(' * 500}in_scope{')' * 500}\n", {BASE: "base: n0\n"}),
    ("a long sum", f"amounts:\n  n0: in_scope{' + in_scope' * 90}\n", {BASE: "base: n0\n"}),
]


@pytest.mark.parametrize(("name", "amounts", "uses"), GROWING, ids=[name for name, _, _ in GROWING])
def test_an_expression_that_grows_is_refused_or_stays_small(
    tmp_path: Path, in_time: Callable[[int], AbstractContextManager[None]], name: str, amounts: str,
    uses: dict[str, str],
) -> None:  # fmt: skip
    root = folder(tmp_path)
    change(root, {"\namounts:": f"\n{amounts}", **uses})
    with in_time(10):
        faults = found(root)
    assert {f.code for f in faults} <= {"P202", "P206", "P208", "P212"}, name
    assert all(flaws(fault) == [] for fault in faults)
