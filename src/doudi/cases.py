"""Worked cases beside a pack: bills, what they must come to, and the working that says why."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from doudi.errors import Fault, Faulty, fault
from doudi.packs.form_faults import pack_form_faults
from doudi.packs.load import Files, has_heading
from doudi.packs.schema import for_editors
from doudi.service import Bundle, settle_bundle
from doudi.settle import Shelf
from doudi.source_text import YAML_LIMIT_MB, Document, Value, decode, read_yaml
from doudi.wire.settlements import settlement_json


class CaseForm(BaseModel):
    """One worked case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    case: Annotated[str, Field(min_length=1)]
    oracle: Literal["published", "by_hand"]
    cite: str
    working: Annotated[str, Field(min_length=1)]
    bills: list[Any] = Field(min_length=1)
    history: Any | None = None
    expect: dict[str, dict[str, Any]] = Field(default_factory=dict[str, dict[str, Any]])
    faults: list[str] = Field(default_factory=list[str])


class CasesForm(BaseModel):
    """A file of worked cases."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cases: list[CaseForm] = Field(min_length=1)


def case_schema() -> dict[str, Any]:
    """The JSON Schema of a file of worked cases, for editors."""
    return for_editors(CasesForm.model_json_schema())


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case that was run: what did not hold, if anything."""

    case: str
    where: str
    faults: tuple[Fault, ...]


def run_cases(pack_id: str, files: Files, shelf: Shelf) -> Iterator[CaseResult]:
    """Run every case of a pack under that pack. A file that cannot be read is a result with its faults."""
    seen: set[str] = set()
    for name in sorted(n for n in files if n.startswith("cases/") and n.endswith(".yaml")):
        shown = f"{pack_id}/{name}"
        try:
            document = read_yaml(shown, decode(shown, files[name], limit_mb=YAML_LIMIT_MB))
            form = CasesForm.model_validate(document.value)
        except ValidationError as error:
            found = pack_form_faults(Document(shown, None), error, CasesForm)
            yield CaseResult(shown, shown, tuple(found))
            continue
        except Faulty as error:
            yield CaseResult(shown, shown, error.faults)
            continue
        for number, case in enumerate(form.cases):
            where = document.where(("cases", number))
            extra = [fault("P210", where, name=case.case, first="cases")] * (case.case in seen)
            seen.add(case.case)
            if not has_heading(files, case.cite):
                extra.append(fault("P106", where, cite=case.cite, reason="没有这个标题"))
            yield CaseResult(case.case, where, (*extra, *_run(case, where, shelf)))


def _run(case: CaseForm, where: str, shelf: Shelf) -> Iterator[Fault]:
    """What of the case does not hold."""
    bundle = Bundle(
        {
            where.split(" ", maxsplit=1)[0]: Document(
                where.split(" ", maxsplit=1)[0], {"bills": case.bills}
            )
        },
        None if case.history is None else (where, Document(where, case.history)),
    )
    run = settle_bundle(shelf, bundle)
    settled = {a.visit_id: settlement_json(a) for a in run.settlements}
    codes = sorted(f.code for f in run.faults)
    if codes != sorted(case.faults):
        told = "；".join(f"{f.code} {f.what}" for f in run.faults) or "没有错误"
        yield _differs(case, where, "faults", told, "、".join(case.faults) or "没有错误")
    for visit, wanted in case.expect.items():
        if visit not in settled:
            yield _differs(case, where, visit, "没有结算", "已结算")
        else:
            yield from _compare(case, where, visit, settled[visit], wanted)


def _compare(case: CaseForm, where: str, path: str, got: Value, wanted: Value) -> Iterator[Fault]:
    """Mappings compare by the keys that are wanted, warnings by their codes, everything else exactly."""
    if isinstance(wanted, Mapping) and isinstance(got, Mapping):
        mine = cast("Mapping[str, Value]", got)
        for key, value in cast("Mapping[str, Value]", wanted).items():
            yield from _compare(case, where, f"{path}.{key}", mine.get(key, "没有"), value)
    elif isinstance(got, int | str) and not isinstance(got, bool) and isinstance(wanted, str):
        if got != wanted and not _same_number(str(got), wanted):
            yield _differs(case, where, path, got, wanted)
    elif path.endswith(".warnings") and isinstance(wanted, list):
        codes = [w["code"] for w in cast("list[dict[str, str]]", got)]
        if codes != wanted:
            yield _differs(case, where, path, codes, cast("object", wanted))
    elif got != wanted:
        yield _differs(case, where, path, cast("object", got), cast("object", wanted))


def _same_number(got: str, wanted: str) -> bool:
    """100 and 100.00 are one amount."""
    try:
        return Decimal(got) == Decimal(wanted)
    except InvalidOperation:
        return False


def _differs(case: CaseForm, where: str, path: str, got: object, wanted: object) -> Fault:
    return fault("P301", where, case=case.case, path=path, got=got, wanted=wanted)
