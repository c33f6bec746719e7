"""The warnings of a settlement: out-of-catalogue cost close to or over its limit, figures that differ."""

from collections.abc import Mapping, Sequence

from doudi.adjudication import Warning_
from doudi.claim import PARTS, Claim
from doudi.ir.outline import Outline
from doudi.money import percent, yuan_for_people
from doudi.readings.trace import Trace


def warnings_of(
    outline: Outline,
    claim: Claim,
    trace: Trace,
    facts: Mapping[str, int],
    rows: Sequence[Sequence[int]],
) -> tuple[Warning_, ...]:
    """Everything a person should look at, the control's finding first."""
    found: list[Warning_] = []
    if outline.control is not None:
        found += _control(claim, trace, facts, rows)
    for layer in outline.layers:
        if layer.id not in claim.given or not layer.rules:
            continue
        paid, computed = trace[layer.id], trace[f"{layer.id}.computed"]
        if paid != computed:
            text = (
                f"{layer.title.zh}（{layer.id}）平台结算 {yuan_for_people(paid)} 元，"
                f"按政策计算 {yuan_for_people(computed)} 元，"
                f"相差 {yuan_for_people(paid - computed)} 元；以平台为准，请核对。"
            )
            found.append(Warning_("given_differs", "warning", text, layer=layer.id))
    if claim.awaiting:
        text = f"平台尚未返回 {'、'.join(claim.awaiting)}，暂按计算数，返回后再结清。"
        found.append(Warning_("provisional", "warning", text))
    found += [Warning_(r.code, "warning", r.text, r.lines) for r in claim.remarks]
    return tuple(found)


def held_by_warning(visits: Sequence[str]) -> Warning_:
    """Earlier visits of the year that could not be settled: their amounts are not in the accumulators."""
    text = f"这位患者本年度更早的就诊 {'、'.join(visits)} 有错误没有结算，累计里没有它们；改正后请重算本次。"
    return Warning_("held_by", "warning", text, visits=tuple(visits))


def _control(
    claim: Claim, trace: Trace, facts: Mapping[str, int], rows: Sequence[Sequence[int]]
) -> list[Warning_]:
    """Approaching or exceeded: the share, the limit, the amount over, and the lines, largest first."""
    exceeded, approaching = trace["control.exceeded"], trace["control.approaching"]
    if not exceeded and not approaching:
        return []
    measured, limit = trace["control.measured"], trace["control.limit"]
    share = percent(trace["control.share"], 10_000)
    moved = trace["hospital"]
    lines = causes(claim, trace, facts, rows)
    shown = f"目录外 {yuan_for_people(measured)} 元，占 {share}，限额 {yuan_for_people(limit)} 元"
    severity = "warning" if trace["control.applies"] else "info"
    if not exceeded:
        text = f"{shown}，还可用 {yuan_for_people(limit - measured)} 元。"
        return [Warning_("approaching", severity, text, lines)]
    text = f"{shown}，超出 {yuan_for_people(trace['control.excess'])} 元"
    text += f"，{yuan_for_people(moved)} 元由医院承担。" if moved else "，只提示，不划转。"
    return [Warning_("exceeded", "critical" if moved else severity, text, lines)]


def causes(
    claim: Claim, trace: Trace, facts: Mapping[str, int], rows: Sequence[Sequence[int]]
) -> tuple[str, ...]:
    """The lines that make up the measured cost, refunds netted into their line, largest first."""
    net: dict[str, list[int]] = {}
    consented = {line.id for line in claim.lines if line.consent}
    for line, row in zip(claim.lines, rows, strict=True):
        sums = net.setdefault(line.refunds or line.id, [0] * len(PARTS))
        for n, amount in enumerate(row):
            sums[n] += amount
    weights: list[tuple[int, str]] = []
    for line_id, parts in net.items():
        alone = dict(facts) | dict(zip(PARTS, parts, strict=True))
        own = parts if line_id in consented else [0] * len(PARTS)
        alone |= {f"consented.{part}": a for part, a in zip(PARTS, own, strict=True)}
        weight = trace.on(alone)["control.measured"]
        if weight > 0:
            weights.append((-weight, line_id))
    return tuple(line_id for _, line_id in sorted(weights, key=lambda w: w[0]))
