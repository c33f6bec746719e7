"""One claim → one Adjudication: situate, decompose, check what is given, run, explain, conserve."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from doudi.adjudication import Adjudication, Control, Explanation, LineParts, Warning_
from doudi.claim import PARTS, Claim
from doudi.errors import BrokenInvariant, Fault, Faulty, fault
from doudi.ir.outline import Said
from doudi.ledger.accumulators import Book
from doudi.money import yuan
from doudi.packs.model import Title
from doudi.readings.explain import Explainer
from doudi.readings.trace import Trace
from doudi.running import Running
from doudi.situation import Situation
from doudi.terms import TERMS
from doudi.warn import held_by_warning, listed_warnings, warnings_of


@dataclass(frozen=True, slots=True)
class Told:
    """What a settlement is told beside the claim: the catalogue's version, earlier faulty visits."""

    catalogue: str | None = None
    held_by: tuple[str, ...] = ()
    language: str = "zh"


NOTHING_TOLD = Told()


def adjudicate(running: Running, claim: Claim, book: Book, told: Told) -> Adjudication:
    """Settle one claim on what the book holds before it. The book is not changed.

    Raises Faulty with every fault of the claim under this policy.
    """
    policy = running.policy
    if claim.drafts:
        raise Faulty([fault("F430", claim.where, lines="、".join(d.id for d in claim.drafts))])
    faults = [*running.situator.faults(claim), *_given_faults(running, claim)]
    sums, rows = running.parts(claim.lines), running.parts_of_each(claim.lines)
    faults += [
        fault("F314", f"{claim.where} lines".strip(), part=TERMS[part].zh, amount=yuan(sum_))
        for part, sum_ in (*zip(PARTS, sums, strict=True), ("total", sum(sums)))
        if sum_ < 0
    ]
    if faults:
        raise Faulty(faults)
    situation = running.situator.situate(claim)
    before = openings(running, claim, situation, book)
    facts = running.facts(claim, situation, sums, before)
    trace = Trace(policy.visit, facts)
    if trace.holds("open"):
        raise Faulty(_open_values(running, claim, trace))
    faults = above_base(running, claim, trace, facts)
    if faults:
        raise Faulty(faults)
    amounts = running.settle(claim, situation, sums, before)
    settled = _Settled(running, claim, situation, sums, rows, before, amounts, trace, facts)
    return settled.adjudication(told)


def openings(running: Running, claim: Claim, situation: Situation, book: Book) -> tuple[int, ...]:
    """What each accumulator stands at before the claim, in the policy's order."""
    year = (claim.person.id, situation.year)
    episode = (claim.person.id, claim.episode_id)
    return tuple(book.sum(episode if a.per_episode else year, a.name) for a in running.accumulators)


def _given_faults(running: Running, claim: Claim) -> list[Fault]:
    """Layers that are not the pack's, or always computed; a deductible alone; given and awaited."""
    faults: list[Fault] = []
    outline, where = running.policy.outline, f"{claim.where} given".strip()
    titles = {la.id: la.title.zh for la in outline.layers}
    if outline.floor is not None:
        titles["floor"] = outline.floor.title.zh
    for layer in dict.fromkeys((*claim.given, *claim.awaiting)):
        place = "given" if layer in claim.given else "awaiting"
        at = f"{claim.where} {place}".strip()
        if layer in titles and layer not in running.givable:
            faults.append(fault("F405", at, layer=titles[layer], layer_id=layer))
        elif layer not in titles:
            codes = "、".join((*running.givable, "deductible_met"))
            faults.append(fault("F406", at, layer_id=layer, codes=codes))
        if layer in claim.given and layer in claim.awaiting:
            faults.append(fault("F409", at, layer_id=layer))
    if claim.given_deductible_met is not None:
        layer = outline.deductible_layer
        if layer is None or layer not in running.givable:
            faults.append(fault("F406", where, layer_id="deductible_met", codes="、".join(titles)))
        elif layer not in claim.given:
            faults.append(fault("F407", where, layer=titles[layer], layer_id=layer))
    return faults


def _open_values(running: Running, claim: Claim, trace: Trace) -> list[Fault]:
    """The values that the bill needs and no text gives, each with its cell."""
    pack = running.policy.pack
    faults: list[Fault] = []
    for name, codes in trace.open_cells("open").items():
        parameter = pack.parameters[name]
        cell = "、".join(
            pack.dimensions[d].codes[c].zh for d, c in zip(parameter.by, codes, strict=True)
        )
        lines = "，".join((f"{d}={c}" for d, c in zip(parameter.by, codes, strict=True)))
        faults.append(
            fault(
                "F420", claim.where, title=parameter.title.zh, name=name, pack=pack.id,
                cell=f"（{cell}）" if cell else "", lines=f"，格子 {lines}" if lines else "",
            )
        )  # fmt: skip
    return faults


def above_base(running: Running, claim: Claim, trace: Trace, facts: dict[str, int]) -> list[Fault]:
    """Given amounts above what their layer can have paid, from the top of the cascade down.

    Where one is too high the layers below are judged as if it had been at its limit, so that one
    mistake is told once and every other one is told too.
    """
    faults: list[Fault] = []
    facts = dict(facts)
    outline = running.policy.outline
    for layer in outline.layers:
        if layer.id not in claim.given:
            continue
        at_most = trace.on(facts)[f"{layer.id}.at_most"]
        if layer.id == outline.deductible_layer and (claim.given_deductible_met or 0) > at_most:
            amount = yuan(claim.given_deductible_met or 0)
            where = f"{claim.where} given.deductible_met".strip()
            faults.append(fault("F408", where, amount=amount, limit=yuan(at_most)))
            facts["given.deductible_met"] = at_most
        if claim.given[layer.id] > at_most:
            faults.append(
                fault(
                    "F404", f"{claim.where} given.{layer.id}".strip(), layer=layer.title.zh,
                    layer_id=layer.id, amount=yuan(claim.given[layer.id]), limit=yuan(at_most),
                )
            )  # fmt: skip
            facts[f"given.{layer.id}"] = at_most
    return faults


@dataclass(frozen=True, slots=True)
class _Settled:
    """All that is known of one claim once its amounts are computed."""

    running: Running
    claim: Claim
    situation: Situation
    sums: Sequence[int]
    rows: Sequence[Sequence[int]]
    before: Sequence[int]
    amounts: Mapping[str, int]
    trace: Trace
    facts: Mapping[str, int]

    def adjudication(self, told: Told) -> Adjudication:
        """The amounts as nouns, with their reasons; it conserves or raises BrokenInvariant."""
        claim, amounts, policy = self.claim, self.amounts, self.running.policy
        paid = ("hospital", "floor", "patient", *(layer.id for layer in policy.outline.layers))
        if any(self.trace[name] != amounts[name] for name in paid):
            raise BrokenInvariant("the two readings agree", dict(self.facts))
        explanation, unverified = self._explanation(told.language)
        accumulators, episode = self._accumulators()
        return Adjudication(
            visit_id=claim.visit_id,
            episode_id=claim.episode_id,
            person_id=claim.person.id,
            settled=str(claim.settled),
            sequence=claim.sequence,
            benefit_year=self.situation.year,
            kind=claim.kind,
            standing=self.running.codes(self.situation).get("standing", ""),
            pack=policy.pack.id,
            fingerprint=policy.fingerprint,
            total=amounts["total"],
            out_of_catalogue=self.sums[0],
            over_ceiling=self.sums[1],
            first_self_pay=self.sums[2],
            in_scope=self.sums[3],
            deductible_met=amounts["deductible_met"],
            payments=self._payments(),
            computed=self._computed(),
            hospital=amounts["hospital"],
            patient=amounts["patient"],
            patient_limit=amounts["floor.limit"] if amounts.get("floor.applies") else None,
            control=self._control(),
            lines=tuple(
                LineParts(line.id, *row) for line, row in zip(claim.lines, self.rows, strict=True)
            ),
            accumulators=accumulators,
            episode_accumulators=episode,
            unverified=unverified,
            warnings=self._warnings(told),
            explanation=explanation,
            provisional="mapping" if claim.undecided else "platform" if claim.awaiting else None,
            catalogue=told.catalogue,
            titles=_titles(self.running, self.situation, told.language)
            | {f"line.{line.id}": line.name for line in claim.lines},
        )

    def _payments(self) -> dict[str, int]:
        """What each layer paid, in the order of the cascade; the floor always, funds that paid nothing not."""
        shown = {
            layer.id: self.amounts[layer.id]
            for layer in self.running.policy.outline.layers
            if layer.always_shown or self.amounts[layer.id]
        }
        return shown | {"floor": self.amounts["floor"]}

    def _computed(self) -> dict[str, int]:
        """Beside each given amount what the pack's own rules would have paid."""
        return {
            layer.id: self.amounts[f"{layer.id}.computed"]
            for layer in self.running.policy.outline.layers
            if layer.rules
            and layer.id in self.claim.given
            and not self.trace.holds(f"open.{layer.id}")
        }

    def _accumulators(self) -> tuple[dict[str, tuple[int, int]], dict[str, tuple[int, int]]]:
        """Before and after: of the person's year, and of the stay."""
        year: dict[str, tuple[int, int]] = {}
        episode: dict[str, tuple[int, int]] = {}
        for a, at in zip(self.running.accumulators, self.before, strict=True):
            pair = (at, at + self.amounts[f"adds.{a.name}"])
            (episode if a.per_episode else year)[a.name] = pair
        return year, episode

    def _explanation(self, language: str) -> tuple[tuple[Explanation, ...], tuple[str, ...]]:
        claim = self.claim
        consents = any(line.consent for line in claim.lines)
        outline = self.running.policy.outline
        explainer = Explainer(outline, self.trace, claim.given, claim.awaiting, consents, language)
        return explainer.explain()

    def _warnings(self, told: Told) -> tuple[Warning_, ...]:
        outline = self.running.policy.outline
        watch = self.running.watch(self.claim, self.situation, self.before)
        found = warnings_of(outline, self.claim, self.trace, watch, self.rows, told.language)
        listed = [line.listed for line in self.claim.lines if line.listed is not None]
        if listed:
            theirs = self.running.parts_of_each(listed)
            found += listed_warnings(self.claim, self.rows, theirs, told.language)
        if told.held_by:
            return (*found, held_by_warning(told.held_by, told.language))
        return found

    def _control(self) -> Control | None:
        if self.running.policy.outline.control is None:
            return None
        amounts = self.amounts
        status = "approaching" if amounts["control.approaching"] else "within"
        return Control(
            applies=bool(amounts["control.applies"]),
            share=self.trace["control.share"],
            measured=amounts["control.measured"],
            limit=amounts["control.limit"],
            excess=amounts["control.excess"],
            status="exceeded" if amounts["control.exceeded"] else status,
        )


def _titles(running: Running, situation: Situation, language: str) -> dict[str, str]:
    """What the layers, the visit's codes and the paths of values are called."""
    outline, dimensions = running.policy.outline, running.policy.pack.dimensions
    said: dict[str, Said | Title] = {la.id: la.title for la in outline.layers}
    for name, code in running.codes(situation).items():
        said[f"code.{name}"] = dimensions[name].codes[code]
    for name, parameter in outline.parameters.items():
        said[f"parameters.{name}"] = parameter.title
    titles = {name: one.en if language == "en" else one.zh for name, one in said.items()}
    if outline.control is not None:
        titles["control.consented"] = outline.control.consent.heading
        titles["control"] = (
            outline.control.title.en if language == "en" else outline.control.title.zh
        )
    if outline.floor is not None:
        titles["floor"] = outline.floor.title.en if language == "en" else outline.floor.title.zh
    for layer in outline.layers:
        for rule in layer.rules:
            rule_title = rule.title.en if language == "en" else rule.title.zh
            titles[f"layers.{layer.id}.{rule.name}"] = f"{titles[layer.id]}·{rule_title}"
    return titles
