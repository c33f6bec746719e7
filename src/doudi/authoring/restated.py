"""Parts of a pack written again as YAML, for a pack over it: a value with new cells, a layer as it is."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import product

from doudi.authoring.text import scalar
from doudi.dates import Span
from doudi.packs.diff import written
from doudi.packs.model import (
    Basis,
    DatedTable,
    Layer,
    Pack,
    Parameter,
    Payer,
    Rule,
    Title,
)  # fmt: skip

_EXAMPLE = "floor.share"  # the value shown as an example, where the base has it


def parameters_text(base: Pack, start: date, names: Sequence[str]) -> str:
    """The section `parameters`: the named ones with every cell open, or an example behind number signs."""
    if names:
        entries = [_entry(base, base.parameters[name], start, is_open=True) for name in names]
        return "parameters:\n" + "".join(entries).rstrip()
    name = _EXAMPLE if _EXAMPLE in base.parameters else next(iter(base.parameters), None)
    if name is None:
        return ""
    text = "parameters:\n" + _entry(base, base.parameters[name], start, is_open=False)
    head = "# ---- 例：改一个值。要用，去掉下面每行前面的“# ”，换成新的数\n"
    return head + "\n".join(f"# {line}" for line in text.splitlines())


def _entry(base: Pack, parameter: Parameter, start: date, *, is_open: bool) -> str:
    """A value of the base, to be written anew from a day on; what it was stands beside it."""
    old = parameter.on(max(base.valid.start, _last_before(base.valid, start)))
    names = ", ".join(parameter.by)
    by = f"    by: {names if len(parameter.by) == 1 else f'[{names}]'}\n" if names else ""
    cite = old.basis.cite
    return (
        f"  {parameter.name}:    # 原依据 {cite.document} · {cite.heading}\n"
        f"    title: {_title(parameter.title)}\n"
        f"    unit: {parameter.unit.value}\n{by}"
        f"    values:\n{''.join(_values(base, parameter, old, start, is_open=is_open))}"
        "    cite: sources/notice.md#改动\n"
        "    status: unverified    # 有原文写 strong，有旁证 medium，转述 weak，自定 declared\n"
    )


def _last_before(span: Span, day: date) -> date:
    """The day before, or the last day of the span where that is earlier."""
    before = day - timedelta(days=1)
    return before if span.end is None else min(before, span.end - timedelta(days=1))


def _values(
    base: Pack, parameter: Parameter, old: DatedTable, start: date, *, is_open: bool
) -> Iterator[str]:
    """The table, one line for each code of all dimensions but the last."""

    def row(codes: tuple[str, ...]) -> str:
        """The cells of the last dimension, and what they were."""
        inner = [*base.dimensions[parameter.by[-1]].codes] if parameter.by else []
        cells: list[tuple[str, ...]] = [(*codes, code) for code in inner] or [codes]
        was = [
            "open" if cell in old.open else written(parameter.unit, old.table[cell])
            for cell in cells
        ]
        now = ["open"] * len(was) if is_open else was
        pairs = ", ".join(f"{code}: {worth}" for code, worth in zip(inner, now, strict=False))
        return f"{f'{{{pairs}}}' if parameter.by else now[0]}    # 原来 {'、'.join(was)}\n"

    outer = [[*base.dimensions[d].codes] for d in parameter.by[:-1]]
    if not outer:
        yield f"      {start}: {row(())}"
        return
    yield f"      {start}:\n"
    previous: tuple[str, ...] = ()
    for codes in product(*outer):
        for depth, code in enumerate(codes[:-1]):
            if codes[: depth + 1] != previous[: depth + 1]:
                yield f"{'  ' * (depth + 4)}{code}:\n"
        previous = codes
        yield f"{'  ' * (len(codes) + 3)}{codes[-1]}: {row(codes)}"


# ------------------------------------------------------------------------------------- layers


def layers_text(layers: Sequence[Layer]) -> str:
    """The section `layers` with these layers as they are; their cites lead to the base's own files."""
    return "layers:\n" + "".join(f"{line}\n" for layer in layers for line in _layer(layer))


def _layer(layer: Layer) -> Iterator[str]:
    yield f"  - layer: {layer.id}"
    yield f"    title: {_title(layer.title)}"
    yield f"    payer: {_payer(layer.payer)}"
    if layer.given_at_most is not None:
        given = [("at_most", layer.given_at_most.text)]
        given += [("when", layer.given_when.text)] if layer.given_when is not None else []
        yield f"    given: {_flow(given)}"
    if not layer.always_shown:
        yield "    shown: nonzero"
    yield from _cited(layer.basis, "    ")
    if layer.rules:
        yield "    rules:"
    for rule in layer.rules:
        yield from _rule(rule)


def _rule(rule: Rule) -> Iterator[str]:
    yield f"      - rule: {rule.name}"
    yield f"        title: {_title(rule.title)}"
    if rule.when is not None:
        yield f"        when: {_formula(rule.when.text)}"
    yield f"        base: {_formula(rule.base.text)}"
    if rule.deductible is not None:
        pairs = [("limit", rule.deductible.limit.text)]
        pairs += [("met", rule.deductible.met)] if rule.deductible.met is not None else []
        yield f"        deductible: {_flow(pairs)}"
    if rule.rate is not None:
        yield f"        rate: {_formula(rule.rate.text)}"
    if rule.bands is not None:
        yield "        bands:"
        yield f"          over: {rule.bands.over}"
        yield "          bands:"
        for band in rule.bands.bands:
            yield f"            - {_flow([('from', band.start.text), ('rate', band.rate.text)])}"
    yield f"        round: {rule.rounding.value}"
    if rule.cap is not None:
        yield f"        cap: {_flow([('limit', rule.cap.limit.text), ('paid', rule.cap.paid)])}"
    yield from _cited(rule.basis, "        ")


def _cited(basis: Basis, indent: str) -> Iterator[str]:
    yield f"{indent}cite: {scalar(str(basis.cite))}"
    yield f"{indent}status: {basis.status.value}"


def _payer(payer: Payer) -> str:
    fund = [f'fund: "{payer.fund}"'] if payer.fund is not None else []
    return "{" + ", ".join([*fund, f"name: {_quoted(payer.name)}", f"field: {payer.field}"]) + "}"


def _title(title: Title) -> str:
    return scalar(title.zh) if title.zh == title.en else _quoted(title)


def _quoted(title: Title) -> str:
    """Safe inside braces."""
    zh, en = (json.dumps(text, ensure_ascii=False) for text in (title.zh, title.en))
    return zh if zh == en else f"{{zh: {zh}, en: {en}}}"


def _flow(pairs: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{key}: {_formula(text, inside=True)}" for key, text in pairs) + "}"


def _formula(text: str, *, inside: bool = False) -> str:
    """An expression: in quotation marks where YAML would read its brackets or commas as its own."""
    special = "[]{},:#" if inside else "{}:#"
    needs = any(c in text for c in special) or not text or text[0] in "[]!%&*>|@`'\"-"
    return json.dumps(text) if needs else text
