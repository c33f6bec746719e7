"""The warnings of a settlement: out-of-catalogue cost close to or over its limit, figures that differ."""

from collections.abc import Sequence

from doudi.adjudication import Warning_
from doudi.claim import PARTS, Claim
from doudi.ir.outline import ControlOutline, LayerOutline, Outline
from doudi.money import percent, yuan_for_people
from doudi.readings.trace import Trace
from doudi.running import Watch
from doudi.warn_words import WARNINGS


def warnings_of(
    outline: Outline,
    claim: Claim,
    trace: Trace,
    watch: Watch | None,
    rows: Sequence[Sequence[int]],
    language: str,
) -> tuple[Warning_, ...]:
    """Everything a person should look at, the control's finding first."""
    found: list[Warning_] = []
    if outline.control is not None and watch is not None:
        found += _control(outline.control, claim, trace, watch, rows, language)
    for layer in outline.layers:
        if layer.id not in claim.given or not layer.rules or trace.holds(f"open.{layer.id}"):
            continue
        paid, computed = trace[layer.id], trace[f"{layer.id}.computed"]
        if paid != computed:
            text = _say(
                language,
                "given_differs",
                layer=_title(layer, language),
                layer_id=layer.id,
                paid=paid,
                computed=computed,
                gap=paid - computed,
            )
            found.append(Warning_("given_differs", "warning", text, layer=layer.id))
    if claim.awaiting:
        waits = [_title(one, language) for one in outline.layers if one.id in claim.awaiting]
        text = _say(language, "provisional", layers=_list(language, waits))
        found.append(Warning_("provisional", "warning", text))
    if claim.undecided:
        text = _say(language, "undecided", lines=_list(language, claim.undecided))
        found.append(Warning_("undecided", "warning", text, claim.undecided))
    found += [Warning_(r.code, "warning", r.text, r.lines) for r in claim.remarks]
    return tuple(found)


def listed_warnings(
    claim: Claim, rows: Sequence[Sequence[int]], listed: Sequence[Sequence[int]], language: str
) -> tuple[Warning_, ...]:
    """Where the platform's parts of a line are not what the catalogue comes to (`listed`, in line order)."""
    found: list[Warning_] = []
    theirs = iter(listed)
    for line, row in zip(claim.lines, rows, strict=True):
        if line.listed is None:
            continue
        other = next(theirs)
        if tuple(row) != tuple(other):
            mine, yours = (_list(language, [yuan_for_people(p) for p in r]) for r in (row, other))
            text = _say(language, "catalogue_differs", line=line.id, parts=mine, listed=yours)
            found.append(Warning_("catalogue_differs", "warning", text, (line.id,)))
    return tuple(found)


def held_by_warning(visits: Sequence[str], language: str) -> Warning_:
    """Earlier visits of the year that could not be settled: their amounts are not in the accumulators."""
    text = _say(language, "held_by", visits=_list(language, visits))
    return Warning_("held_by", "warning", text, visits=tuple(visits))


def history_gap_warning(title: str, amount: int, language: str, *, before: bool) -> Warning_:
    """History does not say whether a part of a sum was before this visit or behind it; it was taken as `before`.

    A negative amount is what history's visits come to beyond the sum that the centre states.
    """
    key = "history_beyond" if amount < 0 else "history_before" if before else "history_behind"
    return Warning_("history_gap", "warning", _say(language, key, title=title, amount=abs(amount)))


def _title(layer: LayerOutline, language: str) -> str:
    return layer.title.en if language == "en" else layer.title.zh


def _control(
    control: ControlOutline,
    claim: Claim,
    trace: Trace,
    watch: Watch,
    rows: Sequence[Sequence[int]],
    language: str,
) -> list[Warning_]:
    """Approaching or exceeded: the share, the limit, the amount over, and the lines, largest first."""
    exceeded, approaching = trace["control.exceeded"], trace["control.approaching"]
    if not exceeded and not approaching:
        return []
    moved, applies = trace["hospital"], trace["control.applies"]
    key = "exceeded" if exceeded else "approaching"
    if exceeded and moved:
        key = "exceeded_moved" if moved == trace["control.excess"] else "exceeded_part_moved"
    if key == "exceeded" and applies and control.mode == "approval" and claim.excess_approved:
        key = "approval"
    measured, limit = trace["control.measured"], trace["control.limit"]
    text = _say(
        language,
        key,
        measured=measured,
        share=percent(trace["control.share"], 10_000),
        limit=limit,
        room=limit - measured,
        excess=trace["control.excess"],
        moved=moved,
    )
    severity = "critical" if exceeded and moved else "warning" if applies else "info"
    code = "exceeded" if exceeded else "approaching"
    return [Warning_(code, severity, text, causes(claim, watch, rows))]


def _say(language: str, key: str, **amounts: int | str) -> str:
    shown = {k: yuan_for_people(v) if isinstance(v, int) else v for k, v in amounts.items()}
    return WARNINGS[language][key].format(**shown)


def _list(language: str, names: Sequence[str]) -> str:
    return WARNINGS[language]["comma"].join(names)


def causes(claim: Claim, watch: Watch, rows: Sequence[Sequence[int]]) -> tuple[str, ...]:
    """The lines that make up the measured cost, refunds netted into their line, largest first."""
    net: dict[str, list[int]] = {}
    consented = {line.id for line in claim.lines if line.consent}
    for line, row in zip(claim.lines, rows, strict=True):
        sums = net.setdefault(line.refunds or line.id, [0] * len(PARTS))
        for n, amount in enumerate(row):
            sums[n] += amount
    weights: list[tuple[int, str]] = []
    for line_id, parts in net.items():
        signed_for = parts if line_id in consented else (0,) * len(PARTS)
        weight = watch(parts, signed_for)["control.measured"]
        if weight > 0:
            weights.append((-weight, line_id))
    return tuple(line_id for _, line_id in sorted(weights, key=lambda w: w[0]))
