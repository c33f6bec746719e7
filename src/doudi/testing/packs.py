"""Generated packs: random policies that are valid, of every shape that the language has."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from doudi.packs.model import Pack
from doudi.testing.draft import LAYERS, ROUNDINGS, Draft
from doudi.testing.files import PACK_ID, Document, PackFiles, files_of, load_files
from doudi.testing.formulas import base, condition, of_the_bill, parts, rate

_ROUNDING = st.sampled_from(ROUNDINGS)
_STARTS = st.one_of(
    st.just("01-01"),
    st.sampled_from(["07-01", "12-31", "03-01", "02-28"]),
    st.tuples(st.integers(1, 12), st.integers(1, 28)).map(lambda d: f"{d[0]:02d}-{d[1]:02d}"),
)


@st.composite
def pack_documents(draw: st.DrawFn) -> Document:
    """A valid pack as one mapping: what its YAML states.

    One to six layers with up to three rules each, given, computed or both; deductibles by visit, stay or
    year; rates of several parts; bands over a position; caps over what was paid, also `none`; control in
    every mode; a floor or none; approval and late knowledge said or not; values by up to two
    dimensions that change on a day; any benefit year.
    """
    start = draw(st.dates(date(2015, 1, 1), date(2024, 12, 28)))
    length = draw(st.one_of(st.none(), st.integers(30, 800)))
    end = None if length is None else start + timedelta(days=length)
    draft = Draft(draw, start, end)
    layers = _layers(draft)
    names = [layer["layer"] for layer in layers]
    control = _control(draft, names) if draft.chance(60) else None
    floor = _floor(draft, names) if draft.chance(60) else None
    late = _late_knowledge(draft) if draft.chance(60) else None
    stated: Document = {
        "pack": PACK_ID,
        "title": {"zh": "生成的政策包", "en": "a generated pack"},
        "district": draft.pick(["500113", "990101", "500000", "230800"]),
        "valid": {"from": start.isoformat(), "to": None if end is None else end.isoformat()},
        "currency": {"code": "CNY", "decimals": "2"},
        "benefit_year": {"starts": draw(_STARTS), "decided_by": "settled"},
        "dimensions": draft.dimensions,
        "groups": draft.groups,
        "parameters": draft.parameters,
        "decomposition": {"round": draw(_ROUNDING), **draft.cited()},
        "amounts": draft.amounts,
        "accumulators": draft.accumulators,
        "layers": layers,
    }
    optional = (("control", control), ("floor", floor), ("late_knowledge", late))
    return stated | {key: value for key, value in optional if value is not None}


def pack_files() -> st.SearchStrategy[PackFiles]:
    """Generated packs as the files of their folder, for `doudi.packs.load`."""
    return pack_documents().map(files_of)


def packs() -> st.SearchStrategy[Pack]:
    """Generated packs, loaded."""
    return pack_files().map(load_files)


def _layers(draft: Draft) -> list[dict[str, Any]]:
    """The cascade. At most one layer has deductibles, as a bill states only one."""
    count = draft.draw(st.sampled_from([1, 2, 2, 3, 3, 4, 5, len(LAYERS)]))
    deductible = draft.draw(st.integers(0, count))
    made: list[dict[str, Any]] = []
    for number, name in enumerate(LAYERS[:count]):
        made.append(_layer(draft, name, LAYERS[:number], has_deductible=number == deductible))
    return made


def _layer(
    draft: Draft, name: str, earlier: tuple[str, ...], *, has_deductible: bool
) -> dict[str, Any]:
    mode = draft.pick(["computed", "both", "both", "given"])
    rules = 0 if mode == "given" else draft.draw(st.sampled_from([1, 1, 2, 2, 3]))
    layer: dict[str, Any] = {
        "layer": name,
        "title": {"zh": f"层次{name}", "en": name},
        "payer": {"name": f"{name}基金", "field": "oth_pay"},
        "shown": draft.pick(["always", "nonzero"]),
        "rules": [
            _rule(draft, name, number, earlier, has_deductible=has_deductible)
            for number in range(rules)
        ],
        **draft.cited(),
    }
    if mode != "computed":
        layer["given"] = {"at_most": base(draft, earlier)}
        if draft.chance(30):
            layer["given"]["when"] = condition(draft, earlier)
    return layer


def _rule(
    draft: Draft, layer: str, number: int, earlier: tuple[str, ...], *, has_deductible: bool
) -> dict[str, Any]:
    """Base, deductible, rate or bands, rounding, cap; the condition may be left out."""
    own = base(draft, earlier)
    rounding = draft.draw(_ROUNDING)
    rule: dict[str, Any] = {
        "rule": f"r{number}",
        "title": {"zh": f"规则{number}", "en": f"rule {number}"},
        "base": own,
        "round": rounding,
        **draft.cited(),
    }
    if draft.chance(50):
        rule["when"] = condition(draft, earlier)
    if has_deductible and draft.chance(75):
        rule["deductible"] = _deductible(draft)
    if draft.chance(40):
        rule["bands"] = _bands(draft, own, earlier)
        if rounding == "half_even":  # a tie below and a full rate above would pay a fen too much
            short = draft.below_whole()
            rule["bands"]["bands"] = [
                {**band, "rate": f"({band['rate']}) * {short}"} for band in rule["bands"]["bands"]
            ]
    else:
        rule["rate"] = rate(draft, earlier)
    if draft.chance(50):
        rule["cap"] = {"limit": _limit(draft), "paid": _paid(draft, layer, earlier)}
    return rule


def _limit(draft: Draft) -> str:
    """A cap: a value, that may be without limit for some, or the smaller of two."""
    if draft.chance(25):
        return f"min({draft.yuan()}, {draft.yuan()})"
    return draft.yuan(unlimited=True)


def _deductible(draft: Draft) -> dict[str, str]:
    """Once a visit, once a stay, or once a year."""
    limit = draft.yuan()
    if draft.chance(25):
        limit = f"pos({limit} - {draft.yuan()})"
    per = draft.pick(["visit", "episode", "person"])
    if per == "visit":
        return {"limit": limit}
    when = condition(draft, ()) if draft.chance(30) else None
    return {"limit": limit, "met": draft.accumulator("met", "deductible_met", when, per)}


def _bands(draft: Draft, own: str, earlier: tuple[str, ...]) -> dict[str, Any]:
    """One to four bands over a position, which mostly adds up the rule's own base: not where that is a
    fixed amount, so that a bill of nothing adds nothing."""
    known = [n for n, a in draft.accumulators.items() if a["measure"] == "position"]
    if known and draft.chance(30):
        over = draft.pick(known)
    else:
        fixed = own.rpartition(" + ")[2] in draft.parameters
        adds = of_the_bill(draft, earlier) if fixed or draft.chance(30) else own
        when = condition(draft, earlier) if draft.chance(20) else None
        owner = "episode" if draft.chance(20) else "person"
        over = draft.accumulator("position", adds, when, owner)
    starts = draft.rising(draft.draw(st.integers(1, 4)))
    return {
        "over": over,
        "bands": [{"from": start, "rate": rate(draft, earlier)} for start in starts],
    }


def _paid(draft: Draft, layer: str, earlier: tuple[str, ...]) -> str:
    """What a cap is compared with: mostly what this layer paid in the year."""
    known = [n for n, a in draft.accumulators.items() if a["measure"] == "paid"]
    if known and draft.chance(30):
        return draft.pick(known)
    adds = " + ".join((layer, *(e for e in earlier if draft.chance(20))))
    when = condition(draft, (*earlier, layer)) if draft.chance(20) else None
    return draft.accumulator("paid", adds, when, "episode" if draft.chance(15) else "person")


def _control(draft: Draft, layers: list[str]) -> dict[str, Any]:
    return {
        "title": {"zh": "控费", "en": "control"},
        "measure": draft.pick(
            [parts(draft), "out_of_catalogue + over_ceiling", "total - in_scope"]
        ),
        "of": draft.pick(["total", "in_scope", "in_scope + first_self_pay"]),
        "limit": {"share": rate(draft, layers), "round": draft.draw(_ROUNDING)},
        "approaching": draft.percent(),
        "applies": condition(draft, layers),
        "excess": draft.pick(["hospital", "approval", "warn"]),
        "consented": {"value": draft.pick(["counts", "leaves"]), **draft.cited()},
        **_approval(draft),
        **draft.cited(),
    }


def _approval(draft: Draft) -> dict[str, Any]:
    """Said or not, with a deadline or none."""
    if draft.chance(50):
        return {}
    hours = {"within_hours": "24"} if draft.chance(50) else {}
    return {"approval": {"value": draft.pick(["exceeded", "never"]), **hours, **draft.cited()}}


def _floor(draft: Draft, layers: list[str]) -> dict[str, Any]:
    return {
        "title": {"zh": "兜底", "en": "floor"},
        "payer": {"fund": "640100", "name": "兜底基金", "field": "oth_pay"},
        "when": condition(draft, layers),
        "patient_at_most": {
            "share": rate(draft, layers),
            "of": draft.pick(["total", "in_scope", "total - out_of_catalogue"]),
            "round": draft.draw(_ROUNDING),
        },
        **draft.cited(),
    }


def _late_knowledge(draft: Draft) -> dict[str, Any] | None:
    """Only where standings are told apart."""
    if all(one["of"] != "person.standings" for one in draft.dimensions.values()):
        return None
    return {"effect": draft.pick(["reopen", "forward"]), **draft.cited()}
