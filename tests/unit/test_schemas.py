"""The JSON Schemas for editors: every pack is right by them, read as an editor reads YAML; mistakes are not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
import yaml
from hypothesis import given
from jsonschema import Draft202012Validator

import banan
import qinghe
from doudi.cases import case_schema
from doudi.packs.schema import pack_schema, part_schema
from doudi.testing import PackFiles, pack_files
from doudi.wire.bill_form import bill_schema
from doudi.wire.pack_folder import PackFolder
from faults.command import called

PACKS = Path(__file__).parents[2] / "packs"
SHIPPED = PackFolder(PACKS)
FILES = [
    (pack_id, name)
    for pack_id in SHIPPED.ids()
    for name in SHIPPED.own(pack_id) or {}
    if name.endswith(".yaml")
]
WHOLE, PART, CASES = (
    Draft202012Validator(make()) for make in (pack_schema, part_schema, case_schema)
)


class _Editor(yaml.SafeLoader):
    """Reads YAML as editors do: numbers are numbers, days are text."""


_Editor.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if "timestamp" not in tag]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _read(content: bytes | str) -> Any:
    return _named(yaml.load(content, Loader=_Editor))


def _named(value: Any) -> Any:
    """Keys are text in JSON."""
    if isinstance(value, dict):
        return {str(key): _named(item) for key, item in cast("dict[Any, Any]", value).items()}
    return [_named(item) for item in value] if isinstance(value, list) else value


def _flaws(validator: Draft202012Validator, value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


@pytest.mark.parametrize("make", [pack_schema, part_schema, case_schema, bill_schema])
def test_a_schema_is_one(make: Callable[[], dict[str, Any]]) -> None:
    Draft202012Validator.check_schema(make())


@pytest.mark.parametrize(("pack_id", "name"), FILES)
def test_each_file_of_a_shipped_pack_is_right(pack_id: str, name: str) -> None:
    content = (SHIPPED.own(pack_id) or {})[name]
    assert _flaws(CASES if name.startswith("cases/") else PART, _read(content)) == []


@pytest.mark.parametrize("document", [banan.document, qinghe.document])
def test_a_whole_pack_is_right(document: Callable[[], dict[str, Any]]) -> None:
    assert _flaws(WHOLE, document()) == []


@given(pack_files())
def test_generated_packs_are_right_file_by_file_and_whole(files: PackFiles) -> None:
    whole: dict[str, Any] = {}
    for name, content in files.items():
        if name.endswith(".yaml"):
            assert _flaws(PART, _read(content)) == []
            whole |= _read(content)
    assert _flaws(WHOLE, whole) == []


def test_a_new_pack_is_right_by_the_schemas_that_its_first_lines_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    called("pack", "new", "a/b", "--from", "2026-01-01")
    chosen = ("--value", "basic.rate", "--layer", "basic")
    called("pack", "new", "a/c", "--extends", "example", "--from", "2026-01-01", *chosen)
    files = list(tmp_path.rglob("*.yaml"))
    assert len(files) == 7
    for path in files:
        head, _, schema = path.read_text().splitlines()[0].partition("$schema=")
        assert head == "# yaml-language-server: "
        named = json.loads((path.parent / schema).read_text())
        assert _flaws(Draft202012Validator(named), _read(path.read_text())) == []


@pytest.mark.parametrize(("option", "make"), [
    ("--part", part_schema), ("--case", case_schema), ("--bill", bill_schema), (None, pack_schema),
])  # fmt: skip
def test_the_command_prints_the_schema(option: str | None, make: Callable[[], Any]) -> None:
    done = called("pack", "schema", *([option] if option else []))
    assert json.loads(done.stdout) == make()


# A mistake in the teaching pack's text, and where an editor shows it.
PLANTED = [
    ("    unit: yuan\n", "    unit: fen\n", "$.parameters"),
    ("    status: declared\n", "    status: sure\n", "$.parameters"),
    ("    cite: sources/rules.md#第三条 住院起付标准\n", "", "$.parameters"),
    ("  basic.rate:  ", "  Basic Rate:  ", "$.parameters"),
    ("    values:\n      2024-01-01: {1: 100", "    values:\n      2024-1-1: {1: 100", "$.parameters"),
    ('district: "990101"', 'district: "9901"', "$.district"),
    ("pack: example", "pack: Example", "$.pack"),
    ("  round: half_away", "  round: nearest", "$.decomposition"),
    ("currency: {code: CNY", "currency: {code: USD", "$.currency"),
    ("    owner: episode\n", "    owner: family\n", "$.accumulators"),
    ("    shown: nonzero", "    shown: sometimes", "$.layers"),
    ("        rate: basic.rate\n", "        rat: basic.rate\n", "$.layers"),
    ("        base: in_scope\n", "", "$.layers"),
    ("  excess: hospital", "  excess: patient", "$.control"),
    ("  applies: poor and", "  apply: poor and", "$.control"),
    ("  patient_at_most: {share: floor.share, of: total, round: down}", "  patient_at_most: 10%", "$.floor"),
    ("    of: facility.level", "    of: hospital.level", "$.dimensions"),
    ("  poor: standing in [destitute, dibao, monitored]", "  poor: [destitute, dibao]", "$.groups"),
    ("valid: {from: 2024-01-01, to: null}", "valid: {from: 2024-01-01}", "$.valid"),
    ("groups: ", "group: ", "$"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "where"), PLANTED, ids=[new.strip() or old for old, new, _ in PLANTED]
)
def test_a_mistake_is_shown_where_it_stands(old: str, new: str, where: str) -> None:
    text = qinghe.FILES["pack.yaml"].decode()
    assert old in text
    for validator in (PART, WHOLE):
        flaws = _flaws(validator, _read(text.replace(old, new, 1)))
        assert [flaw for flaw in flaws if flaw.startswith(where)], flaws


def test_a_part_may_state_little_and_drop_what_the_base_states_and_a_whole_may_not() -> None:
    part = {"pack": "a", "extends": "example", "parameters": {"floor.share": None}, "floor": None}
    assert _flaws(PART, part) == []
    assert len(_flaws(WHOLE, part)) > 1
    assert _flaws(CASES, {"cases": [{"case": "x", "oracle": "guess"}]})
