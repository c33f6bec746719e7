"""Who pays what, layer by layer, as a page shows it: where each begins, what it pays, what it leaves, and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from doudi_web.settlement.replaying import fen

_COLOURS = {
    "basic": "basic",
    "critical_illness": "critical",
    "medical_assistance": "assist",
    "floor": "floor",
}
"""The colour of a payer on every page; other funds share one."""
_UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the pack on which an amount rests."""

    title: str
    value: str
    article: str
    is_unverified: bool


@dataclass(frozen=True, slots=True)
class Layer:
    """A payer's turn: from how much it begins, what it pays, what it leaves; the bar in percent of the total."""

    key: str
    title: str
    colour: str
    base: int
    paid: int
    left: int
    start: str
    width: str
    text: str = ""
    article: str = ""
    document: str = ""
    is_unverified: bool = False
    values: Sequence[Value] = ()

    @property
    def has_unverified(self) -> bool:
        """Whether a value on which it rests is not confirmed."""
        return any(one.is_unverified for one in self.values)


@dataclass(frozen=True, slots=True)
class Cascade:
    """A settlement's layers in their order, and how the sum is checked."""

    total: int
    layers: Sequence[Layer]
    patient: Layer

    @property
    def share(self) -> str:
        """The patient's part of the total, such as "0.1000"."""
        return f"{self.patient.paid / self.total:.6f}" if self.total else "0"

    @property
    def closes(self) -> bool:
        """Whether all parts come to the total."""
        return sum(one.paid for one in self.layers) + self.patient.paid == self.total


def colour_of(layer: str) -> str:
    """The colour class of a payer."""
    return _COLOURS.get(layer, layer if layer in ("hospital", "patient", "total") else "other")


def cascade_of(told: Mapping[str, Any], titles: Mapping[str, str] | None = None) -> Cascade:
    """The cascade of a settlement's answer; `titles` are the pack's names of layers."""
    total = fen(told["total"])
    said: dict[str, Mapping[str, Any]] = {}
    for one in told["explanation"]:
        said.setdefault("hospital" if one["layer"] == "control" else one["layer"], one)
    names = {
        **(titles or {}),
        **{key: one["title"] for key, one in said.items()},
        "hospital": _("医院承担"),
    }
    layers: list[Layer] = []
    left = total
    for key, amount in _order(told):
        paid = fen(amount)
        layers.append(_layer(key, names.get(key, key), left, paid, total, said.get(key)))
        left -= paid
    patient = fen(told["patient"])
    return Cascade(total, layers, _layer("patient", _("个人自付"), left, patient, total, None))


def _order(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The funds in their order, the hospital before the floor."""
    payments: Mapping[str, str] = told["payments"]
    for key, amount in payments.items():
        if key != "floor":
            yield key, amount
    yield "hospital", told["hospital"]
    if "floor" in payments:
        yield "floor", payments["floor"]


def _layer(
    key: str, title: str, base: int, paid: int, total: int, said: Mapping[str, Any] | None
) -> Layer:
    start = f"{(total - base) * 100 / total:.2f}%" if total else "0%"
    width = f"{max(paid, 0) * 100 / total:.2f}%" if total else "0%"
    if said is None:
        return Layer(key, title, colour_of(key), base, paid, base - paid, start, width)
    values = [
        Value(v["title"], v["value"], article_of(v["cite"]), v["status"] == _UNVERIFIED)
        for v in said["values"]
    ]
    return Layer(
        key, title, colour_of(key), base, paid, base - paid, start, width, said["text"],
        article_of(said["cite"]), said["document"] or "", said["status"] == _UNVERIFIED, values,
    )  # fmt: skip


def article_of(cite: str | None) -> str:
    """What a cite names in a document: the heading, where it names one.

    >>> article_of("sources/rules.md#基本医保：起付标准"), article_of(None)
    ('基本医保：起付标准', '')
    """
    return "" if cite is None else cite.partition("#")[2] or cite


def unverified_of(told: Mapping[str, Any]) -> list[Value]:
    """The values that no document confirms, each once, in the order of the layers."""
    found: dict[str, Value] = {}
    for one in told["explanation"]:
        for v in one["values"]:
            if v["status"] == _UNVERIFIED:
                made = Value(v["title"], v["value"], article_of(v["cite"]), is_unverified=True)
                found.setdefault(v["name"], made)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class Pays:
    """One payer before and after."""

    title: str
    colour: str
    before: int | None
    after: int | None
    key: str = ""

    @property
    def change(self) -> int:
        """How much more, or less."""
        return (self.after or 0) - (self.before or 0)


def pays_of(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, titles: Mapping[str, str]
) -> list[Pays]:
    """Every payer before and after an act, the total last."""
    sides = [before or {}, after or {}]
    keys = dict.fromkeys(key for side in sides for key in side.get("payments", {}))
    names = _names(titles)
    found = [
        Pays(names.get(key) or key, colour_of(key), _paid(sides[0], key), _paid(sides[1], key))
        for key in keys
    ]
    for key in ("hospital", "patient", "total"):
        was, now = (fen(side[key]) if key in side else None for side in sides)
        found.append(Pays(names.get(key) or key, colour_of(key), was, now))
    return found


def _names(titles: Mapping[str, str]) -> dict[str, str]:
    return {
        "basic": _("基本医保"), "critical_illness": _("大病保险"), "medical_assistance": _("医疗救助"),
        "floor": _("政府兜底"), "hospital": _("医院承担"), "patient": _("个人自付"),
        "total": _("合计，等于总费用"), **titles,
    }  # fmt: skip


def pays_of_sums(
    before: Mapping[str, int], after: Mapping[str, int], titles: Mapping[str, str]
) -> list[Pays]:
    """Every payer before and after, of sums by `fund:…`, `hospital`, `patient` and `total`, the total last."""
    names, found = _names(titles), list[Pays]()
    last = ("hospital", "patient", "total")
    order = [*dict.fromkeys(f"fund:{layer}" for layer in titles), *before, *after]
    keys = [
        key for key in dict.fromkeys(order) if key not in last and (key in before or key in after)
    ]
    for key in (*keys, *last):
        layer = key.removeprefix("fund:")
        sides = before.get(key, 0), after.get(key, 0)
        found.append(Pays(names.get(layer) or layer, colour_of(layer), *sides, key))
    return found


def change_of(changes: Mapping[str, int], titles: Mapping[str, str]) -> list[Pays]:
    """What changes for each payer but the patient, in the order of the cascade; who pays the same is left out."""
    names = _names(titles)
    order = dict.fromkeys([*titles, *names, *changes])
    keys = [key for key in order if changes.get(key) and key != "patient"]
    return [Pays(names.get(key, key), colour_of(key), None, changes[key]) for key in keys]


def _paid(side: Mapping[str, Any], key: str) -> int | None:
    payments: Mapping[str, str] = side.get("payments", {})
    return fen(payments[key]) if key in payments else 0 if side else None
