"""Trace + outline → the sentences that a patient or an auditor reads, each with its article and values."""

from collections.abc import Collection
from dataclasses import dataclass

from doudi.adjudication import Explanation, Value
from doudi.ir.outline import UNVERIFIED, LayerOutline, Outline, RuleOutline, Said, Source
from doudi.ir.types import Kind
from doudi.money import percent, yuan_for_people
from doudi.readings.sentences import SENTENCES
from doudi.readings.trace import Trace


@dataclass(frozen=True, slots=True)
class Explainer:
    """Explains one settlement: its trace, which layers the platform gave or still owes, the language."""

    outline: Outline
    trace: Trace
    given: Collection[str]
    awaiting: Collection[str]
    consents: bool
    language: str

    def explain(self) -> tuple[tuple[Explanation, ...], tuple[str, ...]]:
        """The sentences from the top of the cascade to the patient, and the unverified values used."""
        told: list[Explanation] = []
        unverified: dict[str, None] = {}
        settled = ["total", "deductible_met"]
        for layer in self.outline.layers:
            trace = self.trace.fresh(settled)
            paid = trace[layer.id]
            settled.append(layer.id)
            rule = self._rule(layer)
            values = self._values(trace)
            rests = self._unverified(trace)
            if rule is not None and layer.id not in self.given:
                rests |= self._mark(f"layers.{layer.id}.{rule.name}", rule.source)
            if layer.id in self.given and layer.rules:
                beside = self.trace.fresh(settled[:-1])
                _ = beside[f"{layer.id}.computed"]
                rests |= self._unverified(beside)
                if rule is not None:
                    rests |= self._mark(f"layers.{layer.id}.{rule.name}", rule.source)
            if layer.always_shown or paid or layer.id in self.awaiting:
                unverified |= rests
                source = layer.source if rule is None else rule.source
                told.append(
                    self._told(layer.id, layer.title, self._layer(layer, rule), source, values)
                )
        if self.outline.control is not None:
            control = self.outline.control
            trace = self.trace.fresh(settled)
            assert trace["control.limit"] + trace["hospital"] >= 0
            _ = trace["control.exceeded"], trace["control.approaching"]
            unverified |= self._unverified(trace)
            unverified |= self._mark("control", control.source)
            if self.consents:
                unverified |= self._mark("control.consented", control.consent)
            text = self._control()
            values = self._values(trace)
            told.append(self._told("control", control.title, text, control.source, values))
        settled.append("hospital")
        if self.outline.floor is not None:
            floor = self.outline.floor
            trace = self.trace.fresh(settled)
            _ = trace["floor"]
            unverified |= self._unverified(trace)
            if trace["floor.applies"]:
                unverified |= self._mark("floor", floor.source)
            values = self._values(trace)
            told.append(self._told("floor", floor.title, self._floor(), floor.source, values))
        return tuple(told), tuple(unverified)

    def _told(
        self, layer: str, title: Said, text: str, source: Source, values: tuple[Value, ...]
    ) -> Explanation:
        return Explanation(
            layer, self._said(title), text, source.cite, source.document, source.status, values
        )

    def _say(self, key: str, **amounts: int | str) -> str:
        shown = {k: yuan_for_people(v) if isinstance(v, int) else v for k, v in amounts.items()}
        return SENTENCES[self.language][key].format(**shown)

    def _said(self, title: Said) -> str:
        return title.en if self.language == "en" else title.zh

    def _rule(self, layer: LayerOutline) -> RuleOutline | None:
        """The layer's first rule that applies."""
        return next((rule for rule in layer.rules if self.trace[rule.applies]), None)

    def _layer(self, layer: LayerOutline, rule: RuleOutline | None) -> str:
        t = self.trace
        paid = t[layer.id]
        if layer.id in self.given:
            if not layer.rules:
                return self._say("given", paid=paid)
            computed = t[f"{layer.id}.computed"]
            key = "given_same" if computed == paid else "given_differs"
            return self._say(key, paid=paid, computed=computed)
        if layer.id in self.awaiting:
            return self._say("awaited", paid=paid)
        if not layer.rules:
            return self._say("not_given")
        if rule is None:
            return self._say("nothing", layer=self._said(layer.title))
        return self._computed(rule, paid)

    def _computed(self, rule: RuleOutline, paid: int) -> str:
        t = self.trace
        base, met = t[rule.base], 0 if rule.met is None else t[rule.met]
        if rule.before is not None:
            text = self._bands(rule, t[rule.before], t[rule.before] + base - met)
            if text.endswith(("。", ".")):
                return text
        else:
            assert rule.rate is not None
            if t[rule.rate] == 0:
                return self._say("zero_rate")
            key = "deductible" if rule.met is not None else "no_deductible"
            text = self._say(key, base=base, met=met, above=base - met)
            text += self._say("rate", rate=self._rate(rule.rate), points=self._points(rule.rate))
        if rule.cap is not None and rule.left is not None and paid != t[rule.raw]:
            return text + self._say(
                "capped", raw=t[rule.raw], cap=t[rule.cap], left=t[rule.left], paid=paid
            )
        return text + self._say("amount", raw=paid)

    def _bands(self, rule: RuleOutline, before: int, after: int) -> str:
        t = self.trace
        first = rule.bands[0]
        if after <= t[first.start]:
            return self._say("bands_below", before=before, after=after, start=t[first.start])
        reached = [band for band in rule.bands if after > t[band.start]]
        join = "、" if self.language == "zh" else ", "
        return self._say(
            "bands",
            before=before,
            after=after,
            start=join.join(yuan_for_people(t[band.start]) for band in reached),
            rate=join.join(self._rate(band.rate) for band in reached),
        )

    def _points(self, rate: str) -> str:
        """What a rate is made of, where it is made of more than one value."""
        trace = self.trace.fresh(())
        _ = trace[rate]
        parts = [
            f"{self._said(self.outline.parameters[name].title)} {percent(worth, type_.scale)}"
            for name, (worth, type_) in trace.looked_up.items()
            if type_.kind == Kind.RATIO and worth > 0 and worth != type_.scale
        ]
        join = "、" if self.language == "zh" else ", "
        if len(parts) > 1:
            return self._say("points", points=join.join(parts))
        return " " if self.language == "zh" else ""

    def _control(self) -> str:
        t = self.trace
        status = (
            "exceeded"
            if t["control.exceeded"]
            else "approaching" if t["control.approaching"] else "within"
        )  # fmt: skip
        fresh = t.fresh(())
        _ = fresh["control.limit"]
        rates = [
            percent(worth, type_.scale)
            for worth, type_ in fresh.looked_up.values()
            if type_.kind == Kind.RATIO
        ]
        text = self._say(
            f"control_{status}",
            measured=t["control.measured"],
            consented=self._consented(),
            share=percent(t["control.share"], t.type_of("control.share").scale),
            limit=t["control.limit"],
            rate=rates[0] if rates else "",
            excess=t["control.excess"],
        )
        if status != "exceeded":
            return text
        hospital = t["hospital"]
        if hospital == t["control.excess"]:
            return text + self._say("moved_all")
        if hospital:
            return text + self._say("moved", hospital=hospital)
        moves = t["control.applies"] and self.outline.control is not None
        if moves and self.outline.control is not None and self.outline.control.mode == "approval":
            return text + self._say("approved")
        return text + self._say("not_moved")

    def _consented(self) -> str:
        """What the measure leaves out because the patient signed for it."""
        control = self.outline.control
        if control is None or not control.consented_leaves or not self.trace["control.consented"]:
            return ""
        return self._say("consented", amount=self.trace["control.consented"])

    def _floor(self) -> str:
        t = self.trace
        if not t["floor.applies"]:
            return self._say("floor_none")
        left, limit, paid = t["floor.left"], t["floor.limit"], t["floor"]
        fresh = t.fresh(("total",))
        _ = fresh["floor.limit"]
        rates = [
            percent(worth, type_.scale)
            for worth, type_ in fresh.looked_up.values()
            if type_.kind == Kind.RATIO
        ]
        key = "floor" if paid else "floor_below"
        rate = rates[0] if rates else ""
        borne = self._say("borne" if t["hospital"] else "not_borne")
        return self._say(key, left=left, limit=limit, paid=paid, rate=rate, borne=borne)

    def _rate(self, name: str) -> str:
        return percent(self.trace[name], self.trace.type_of(name).scale)

    def _values(self, trace: Trace) -> tuple[Value, ...]:
        """The parameters that an amount used, with title, worth, source and mark."""
        found: list[Value] = []
        for name, (worth, type_) in trace.looked_up.items():
            outline = self.outline.parameters[name]
            match type_.kind:
                case _ if name in trace.opened:
                    shown = self._say("open")
                case Kind.RATIO:
                    shown = percent(worth, type_.scale)
                case Kind.FEN:
                    shown = yuan_for_people(worth)
                case Kind.FLAG if outline.unit == "yuan":
                    shown = self._say("no_limit")
                case Kind.FLAG:
                    shown = self._say("yes" if worth else "no")
                case _:
                    shown = str(worth)
            source = outline.source
            title = self._said(outline.title)
            found.append(Value(name, title, shown, source.cite, source.document, source.status))
        return tuple(found)

    def _unverified(self, trace: Trace) -> dict[str, None]:
        return {
            f"parameters.{name}": None
            for name in trace.looked_up
            if name not in trace.opened  # a settled amount rests on no open value
            and self.outline.parameters[name].source.status == UNVERIFIED
        }

    @staticmethod
    def _mark(path: str, source: Source) -> dict[str, None]:
        return {path: None} if source.status == UNVERIFIED else {}
