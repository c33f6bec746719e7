"""A new pack over any pack is that pack, but for what it was asked to open."""

from datetime import timedelta

from hypothesis import event, given
from hypothesis import strategies as st

from doudi.authoring.new import Wanted, new_overlay
from doudi.packs.diff import diff
from doudi.packs.load import Files, load
from doudi.packs.model import Pack
from doudi.source_text import read_yaml
from doudi.testing import PACK_ID, PackFiles, load_files, pack_files

NEW = "new/pack"


def _over(base: PackFiles, files: Files) -> Pack:
    return load(NEW, {NEW: files, PACK_ID: base}.get)


# Catches a table, a layer, a title or a cite that is written again otherwise than it stands; a first case that
# does not fit the pack's dimensions.
@given(base=pack_files(), data=st.data())
def test_a_pack_over_another_differs_only_where_it_was_asked_to(
    base: PackFiles, data: st.DataObject
) -> None:
    pack = load_files(base)
    end = pack.valid.end
    start = (
        pack.valid.start + timedelta(days=data.draw(st.integers(0, 500))) if end is None else end
    )
    names = st.sampled_from([*pack.parameters]) if pack.parameters else st.nothing()
    values = data.draw(st.lists(names, unique=True, max_size=3))
    layers = data.draw(st.lists(st.sampled_from([la.id for la in pack.layers]), unique=True))
    files = new_overlay(Wanted(NEW, start), pack, {PACK_ID: base}.get, values, layers)
    made = _over(base, files)
    found = [c for c in diff(pack, made) if c.section != "pack"]
    assert {c.section for c in found} <= {"parameters"}
    changed = {c.name for c in found if c.facet == "value"}
    assert changed == set(values)
    assert {c.after.text for c in found if c.facet == "value" and c.after is not None} <= {"open"}
    assert {c.name for c in found} == set(values)
    (case,) = read_yaml("first.yaml", files["cases/first.yaml"].decode()).value["cases"]
    assert {*case.get("faults", ())} <= {"F420"}
    assert ("faults" in case) != ("expect" in case)
    event("open" if "faults" in case else "settles")
