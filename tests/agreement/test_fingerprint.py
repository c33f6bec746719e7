"""The fingerprint names the rule: what does not change an amount leaves it, what can change one does not."""

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agreement.programs import programs, renumbered
from banan import DAY, FILES, PACK_ID, POLICY, Document, document, layer, pack_of, policy_of
from doudi.compile import compile_policy
from doudi.ir.show import fingerprint, show
from doudi.packs.load import load
from doudi.testing import files_of, load_files, pack_documents
from doudi.testing.draft import ROUNDINGS, STATUSES
from effort import MANY, PACKS

SHUFFLED = ("parameters", "accumulators", "groups", "amounts")


def _shuffled(data: st.DataObject, stated: Document) -> Document:
    """The document with the things that have names in another order."""
    turned = {key: stated[key] for key in data.draw(st.permutations(list(stated)))}
    for section in SHUFFLED:
        names = data.draw(st.permutations(list(stated.get(section, {}))))
        turned[section] = {name: stated[section][name] for name in names}
    return turned


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every leaf with the keys that lead to it."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        if isinstance(inner, dict | list):
            yield from _places(inner, (*path, key))
        else:
            yield (*path, key), inner


def _changed(stated: Document, path: tuple[Any, ...], leaf: Any) -> Document:
    made = deepcopy(stated)
    inner = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = leaf
    return made


def _fingerprint(stated: Document) -> str:
    return policy_of(stated).fingerprint


# ------------------------------------------------------------------------------ what leaves it


# Catches a text that follows the order of the files.
@given(data=st.data())
def test_the_order_of_things_with_names_leaves_the_fingerprint(data: st.DataObject) -> None:
    assert _fingerprint(_shuffled(data, document())) == POLICY.fingerprint


@PACKS
@given(data=st.data())
def test_the_order_of_things_leaves_the_fingerprint_of_a_generated_pack(
    data: st.DataObject,
) -> None:
    stated = data.draw(pack_documents())
    packs = [load_files(files_of(one)) for one in (stated, _shuffled(data, stated))]
    one, other = (compile_policy(pack, pack.valid.start).fingerprint for pack in packs)
    assert one == other


# Catches words that get into the text of the rule: every title, name, field, cite and mark is another.
def test_titles_cites_and_marks_leave_the_fingerprint() -> None:
    stated = document()
    words = re.compile(r"title|zh|en|name|cite|status|field|fund|codes|shown")
    seen = set[str]()
    for path, leaf in list(_places(stated)):
        key = next((str(k) for k in reversed(path) if words.fullmatch(str(k))), None)
        if key is None:
            continue
        seen.add(key)
        new = {"cite": "sources/rules.md#人员身份", "shown": "always", "status": "strong"}
        stated = _changed(stated, path, new.get(key, f"{leaf}改"))
    assert seen >= {"zh", "en", "cite", "status", "field", "fund", "shown"}
    assert _fingerprint(stated) == POLICY.fingerprint


@pytest.mark.parametrize("status", STATUSES)
def test_how_sure_a_value_is_leaves_the_fingerprint(status: str) -> None:
    stated = document()
    for parameter in stated["parameters"].values():
        parameter["status"] = status
    assert _fingerprint(stated) == POLICY.fingerprint


def test_comments_and_empty_lines_leave_the_fingerprint() -> None:
    files = {
        name: re.sub(rb"\n(?=\S)", "\n\n# 说明\n".encode(), content)
        if name.endswith(".yaml")
        else content
        for name, content in FILES.items()
    }
    assert files["layers.yaml"].count("# 说明".encode()) > 1
    pack = load(PACK_ID, lambda name: files if name == PACK_ID else None)
    assert compile_policy(pack, DAY).fingerprint == POLICY.fingerprint


def test_values_of_another_day_leave_the_fingerprint() -> None:
    stated = document()
    stated["parameters"]["basic.chronic_cap"]["values"]["2019-12-01"] = "2000"
    assert _fingerprint(stated) == POLICY.fingerprint


# Catches a canonical text that depends on the numbers of the steps, or on steps that nobody asks for.
@MANY
@given(data=st.data())
def test_the_numbers_of_the_steps_leave_the_canonical_text(data: st.DataObject) -> None:
    program = data.draw(programs())
    other = data.draw(renumbered(program))
    assert show(program) == show(other)
    assert fingerprint(program) == fingerprint(other)


# ---------------------------------------------------------------------------- what changes it

VALUES = [
    (path, leaf)
    for path, leaf in _places(document()["parameters"])
    if "values" in path and isinstance(leaf, str)
]


def _another(leaf: str) -> str:
    """A value that differs by as little as its unit allows, and is still valid."""
    if leaf == "none":
        return "99999999"
    if leaf.endswith("%"):
        points = int(leaf[:-1])
        return f"{points - 1}.99%" if points else "0.01%"
    return f"{leaf}.01" if leaf != "18" else "19"


def _name(value: tuple[tuple[Any, ...], Any]) -> str:
    return ".".join(map(str, value[0]))


# Catches a value that never reaches the Program, or a cell that is read from another place.
@pytest.mark.parametrize("value", VALUES, ids=_name)
def test_a_single_changed_value_changes_the_fingerprint(value: tuple[tuple[Any, ...], str]) -> None:
    path, leaf = value
    changed = _changed(document(), ("parameters", *path), _another(leaf))
    assert _fingerprint(changed) != POLICY.fingerprint


def test_every_single_changed_value_has_a_fingerprint_of_its_own() -> None:
    found = {
        _fingerprint(_changed(document(), ("parameters", *path), _another(leaf)))
        for path, leaf in VALUES
    }
    assert len(found) == len(VALUES) > 50


def _of(key: str) -> list[tuple[Any, ...]]:
    return [path for path, _ in _places(document()) if path[-1] == key]


# Catches a rounding that is fixed in the code instead of read from the pack.
@pytest.mark.parametrize("path", _of("round"), ids=str)
def test_a_changed_rounding_changes_the_fingerprint(path: tuple[Any, ...]) -> None:
    stated = document()
    own = {value for place, value in _places(stated) if place == path}.pop()
    found = {_fingerprint(_changed(stated, path, r)) for r in ROUNDINGS if r != own}
    assert len(found | {POLICY.fingerprint}) == len(ROUNDINGS)


CONDITIONS = [*_of("when"), *_of("applies"), *[("groups", name) for name in document()["groups"]]]


# Catches a condition that is left out, or whose place in the cascade does not matter.
@pytest.mark.parametrize("path", CONDITIONS, ids=str)
def test_a_changed_condition_changes_the_fingerprint(path: tuple[Any, ...]) -> None:
    stated = document()
    own = {value for place, value in _places(stated) if place == path}.pop()
    assert _fingerprint(_changed(stated, path, f"not ({own})")) != POLICY.fingerprint


FORMULAS = [
    *((path, "total") for path in _of("base")),
    *((path, "0") for path in _of("at_most")),
    *((path, "basic.minor_points") for path in (*_of("rate"), *_of("share"), *_of("approaching"))),
    *((path, "min(basic.cap, basic.chronic_cap)") for path in _of("limit")),
    *((path, "total") for path in _of("adds")),
    *((path, "other_paid") for path in _of("paid")),
    (("control", "measure"), "total - in_scope"),
    (("control", "of"), "in_scope"),
    (("floor", "patient_at_most", "of"), "in_scope"),
]


# Catches a part of a rule that is read from elsewhere, or not at all.
@pytest.mark.parametrize(("path", "text"), FORMULAS, ids=str)
def test_a_changed_formula_changes_the_fingerprint(path: tuple[Any, ...], text: str) -> None:
    stated = document()
    stated["accumulators"]["other_paid"] = stated["accumulators"]["basic_paid"]
    assert _fingerprint(_changed(stated, path, text)) != _fingerprint(stated)


def _control(stated: Document, key: str, value: Any) -> None:
    stated["control"][key] = value


def _without_cap(stated: Document) -> None:
    del layer(stated, "basic")["rules"][0]["cap"]


def _rules_turned(stated: Document) -> None:
    layer(stated, "medical_assistance")["rules"].reverse()


def _layers_turned(stated: Document) -> None:
    names = [one["layer"] for one in stated["layers"]]
    a, b = names.index("health_poverty_fund"), names.index("targeted_insurance")
    stated["layers"][a], stated["layers"][b] = stated["layers"][b], stated["layers"][a]
    for name, earlier in (
        ("health_poverty_fund", " - targeted_insurance"),
        ("targeted_insurance", ""),
    ):
        layer(stated, name)["given"]["at_most"] = (
            f"total - basic - critical_illness - medical_assistance{earlier}"
        )


def _consent_leaves(stated: Document) -> None:
    stated["control"]["consented"]["value"] = "leaves"


def _deductible_by_visit(stated: Document) -> None:
    del layer(stated, "basic")["rules"][0]["deductible"]["met"]


def _codes_turned(stated: Document) -> None:
    codes = stated["dimensions"]["standing"]["codes"]
    stated["dimensions"]["standing"]["codes"] = dict(reversed(codes.items()))


def _year(stated: Document) -> None:
    stated["benefit_year"]["starts"] = "07-01"


def _otherwise(stated: Document) -> None:
    stated["dimensions"]["standing"]["otherwise"] = "dibao"


def _owner(stated: Document) -> None:
    stated["accumulators"]["major_deductible_met"] |= {"owner": "episode", "period": "episode"}


def _stands_elsewhere(stated: Document) -> None:
    stated["dimensions"]["tier"]["of"] = "person.attributes.tier"


def _district(stated: Document) -> None:
    stated["district"] = "500112"


# Catches a rule whose shape is not in the text: any of these can change what a bill is paid.
@pytest.mark.parametrize(
    "change",
    [
        lambda stated: _control(stated, "excess", "warn"),
        lambda stated: _control(stated, "excess", "approval"),
        _without_cap, _rules_turned, _layers_turned, _consent_leaves, _deductible_by_visit,
        _codes_turned, _year, _otherwise, _owner, _stands_elsewhere, _district,
    ],
    ids=[
        "warns only", "unless approved", "no cap", "order of rules", "order of layers", "consent",
        "deductible by visit", "order of standings", "start of the benefit year", "standing of who has none",
        "whose a running sum is", "where a dimension stands", "district",
    ],
)  # fmt: skip
def test_a_changed_shape_changes_the_fingerprint(change: Callable[[Document], None]) -> None:
    stated = document()
    change(stated)
    pack_of(stated)
    assert _fingerprint(stated) != POLICY.fingerprint
