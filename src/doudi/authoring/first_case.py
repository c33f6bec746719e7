"""A new pack's first worked case: a small bill that fits its dimensions, and what it comes to today."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from doudi.authoring.text import filled, scalar
from doudi.packs.load import Finder, load
from doudi.packs.model import Dimension, Pack
from doudi.service import Bundle, settle_bundle
from doudi.settle import Shelf
from doudi.source_text import Document, read_yaml

_AGE = 50


def first_case(pack_id: str, find: Finder, cite: str) -> str:
    """The text of `cases/first.yaml`. The bill settles: its total is what it must come to; or it needs values
    that are open: their faults are."""
    pack = load(pack_id, find)
    codes = {d.of: _code(d) for d in pack.dimensions.values()}
    keys = _keys(pack, codes, cite)
    draft = filled("first.yaml", **keys, outcome="")
    bills = read_yaml("first.yaml", draft).value["cases"][0]["bills"]
    shelf = Shelf(find, (), pack_id)
    run = settle_bundle(shelf, Bundle({"first": Document("first", {"bills": bills})}))
    outcome = _open([f.code for f in run.faults]) if run.faults else _settled(pack)
    return filled("first.yaml", **keys, outcome=outcome)


def _code(dimension: Dimension) -> str:
    """Inpatient care in the district; else the first code."""
    known = [c for c in ("inpatient", "in_district") if c in dimension.codes]
    code = (known or [*dimension.codes])[0]
    return (
        f'"{code}"' if code in ("true", "false", "null") else code
    )  # YAML would read them as its own


def _keys(pack: Pack, codes: Mapping[str, str], cite: str) -> dict[str, str]:
    start = pack.valid.start
    last = date.max if pack.valid.end is None else pack.valid.end - timedelta(days=1)
    person = [
        f"insurance_tier: {codes.get('person.insurance_tier', 'tier_1')}",
        f'district: "{pack.district}"',
        *_standing(pack, codes.get("person.standings"), start),
        *_attributes(codes, "person"),
    ]
    inside = pack.district if codes.get("place", "in_district") == "in_district" else "000000"
    facility = [
        f"level: {codes.get('facility.level', '1')}",
        f'district: "{inside}"',
        *_attributes(codes, "facility"),
    ]
    own = _attributes(codes, "bill")
    return {
        "cite": scalar(cite),
        "birth": str(date(start.year - _AGE, 1, 1)),
        "person": "\n".join(f"          {line}" for line in person),
        "facility": ", ".join(facility),
        "kind": codes.get("kind", "inpatient"),
        "admitted": str(min(start + timedelta(days=4), last)),
        "settled": str(min(start + timedelta(days=8), last)),
        "attributes": "".join(f"        {line}\n" for line in own),
    }


def _standing(pack: Pack, code: str | None, start: date) -> list[str]:
    if code is None:
        return ["standings: []"]
    (dimension,) = [d for d in pack.dimensions.values() if d.of == "person.standings"]
    since = f"{{code: {code}, from: {date(start.year - 1, 1, 1)}}}"
    title = dimension.codes[code.strip('"')].zh
    return [f"standings: [{since}]    # {title}，从哪天起是"]


def _attributes(codes: Mapping[str, str], owner: str) -> list[str]:
    """`attributes: {…}` of the person, the facility or the bill, where the pack asks for any."""
    known = {
        of.rpartition(".")[2]: code for of, code in codes.items() if of.startswith(f"{owner}.attr")
    }
    if not known:
        return []
    return [
        "attributes: {" + ", ".join(f"{name}: {_text(code)}" for name, code in known.items()) + "}"
    ]


def _text(code: str) -> str:
    """An attribute's value, which is always text."""
    return '"' + code.strip('"') + '"'


def _open(codes: Sequence[str]) -> str:
    return (
        "    # 用到的值还待定，程序不结算，报 F420。填好值以后，删去下一行，按下面的样子写 expect。\n"
        f"    faults: [{', '.join(codes)}]\n"
        "    # expect:\n"
        "    #   V1:\n"
        '    #     total: "1000.00"\n'
        '    #     patient: "…"\n'
    )


def _settled(pack: Pack) -> str:
    layers = [layer.id for layer in pack.layers] + (["floor"] if pack.floor else [])
    payments = ", ".join(f'{layer}: "…"' for layer in layers)
    return (
        "    expect:                                 # 应得的数，只写要核对的\n"
        "      V1:\n"
        '        total: "1000.00"\n'
        "        # 手算以后，去掉下面两行前面的“# ”，填上：\n"
        f"        # payments: {{{payments}}}\n"
        '        # patient: "…"\n'
    )
