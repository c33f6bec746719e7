"""Three figures over an invented month: all match, and each planted mismatch is named with its cause."""

import json
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from doudi.claim import Claim
from doudi.running import Running
from doudi.situation import Situation, Situator
from doudi_web.policy import rules as ruling
from web.audited import audited, figures_of, month, named, stated
from web.ledger_at_hand import copied, unguarded
from web.service import Json, Service

FIGURES = "/api/v1/figures"


@pytest.fixture(scope="module")
def settled(service: Service) -> list[Json]:
    """A month of which the platform says the same of every visit."""
    made = month(service)
    body = {"source": "platform", "figures": [stated(one) for one in made]}
    status, told = service.ask("POST", FIGURES, service.token("district_admin"), body)
    assert (status, told) == (201, {"taken": len(made), "unchanged": 0})
    return made


def test_of_a_month_that_nobody_touched_all_three_figures_are_whole(settled: list[Json]) -> None:
    told = audited()
    print(json.dumps(told["mismatches"][:3], ensure_ascii=False, indent=1))
    assert told["mismatches"] == []
    limited = sum(
        one["patient_limit"] is not None or bool(one["control"] and one["control"]["applies"])
        for one in settled
    )
    assert 0 < limited < len(settled)
    assert figures_of(told) == {
        "limits": (limited, limited),
        "agreement": (len(settled), len(settled)),
        "replay": (len(settled), len(settled)),
    }
    assert (told["settlements"], told["erased"], told["count"]) == (len(settled), 0, 0)


def poor(settled: list[Json]) -> Json:
    """The first visit of somebody whom the floor paid something, and who has another later."""
    return next(one for one in settled if one["payments"]["floor"] != "0.00")


def differs(told: Json, at: int = 0) -> dict[str, tuple[str | None, str | None]]:
    return {
        one["field"]: (one["recorded"], one["expected"])
        for one in told["mismatches"][at]["differs"]
    }


def test_a_changed_entry_is_named_with_what_stands_and_what_should(
    service: Service, settled: list[Json]
) -> None:
    one = poor(settled)
    with copied(service) as copy:
        with unguarded(copy) as database:
            database.execute(
                "UPDATE settlement_entry e SET amount = amount + 1 FROM settlement_posting p"
                " WHERE p.id = e.posting AND p.settlement = %s AND account LIKE 'patient:%%'",
                [one["settlement_id"]],
            )
        told = audited()
    assert named(told) == [
        ("limits", "limit", one["visit_id"]), ("replay", "row", one["visit_id"]),
    ]  # fmt: skip
    patient = one["patient"]
    more = f"{patient[:-2]}{int(patient[-2:]) + 1:02d}"
    assert differs(told, 0) == {"entries.patient": (more, f"≤ {one['patient_limit']}")}
    assert differs(told, 1) == {"entries.patient": (more, patient)}
    assert told["mismatches"][1]["input"] == "分录"
    assert told["replay"]["matched"] == told["replay"]["all"] - 1


@pytest.mark.parametrize(("column", "part"), [("result", "结果"), ("evidence", "依据")])
def test_a_changed_answer_or_bill_is_named(
    service: Service, settled: list[Json], column: str, part: str
) -> None:
    one = poor(settled)
    number = int(one["settlement_id"])
    ((text, packed),) = service.rows(
        "SELECT result, evidence FROM settlement_settlement WHERE id = %s", number
    )
    floor = one["payments"]["floor"]
    if column == "result":
        changed: Any = text.replace(f'"floor":"{floor}"', '"floor":"0.01"')
    else:
        kept = json.loads(zlib.decompress(packed))
        kept["register"]["person"]["standings"] = []
        changed = zlib.compress(json.dumps(kept).encode())
    with copied(service) as copy:
        with unguarded(copy) as database:
            database.execute(
                f"UPDATE settlement_settlement SET {column} = %s WHERE id = %s", [changed, number]
            )
        told = audited()
    (found,) = [m for m in told["mismatches"] if m["cause"] == "row"]
    assert (found["visit_id"], found["input"]) == (one["visit_id"], part)
    fields = {d["field"]: (d["recorded"], d["expected"]) for d in found["differs"]}
    if column == "result":
        assert fields == {"payments.floor": ("0.01", floor)}
        causes = ["agreement platform", "limits conservation", "replay row"]
    else:
        assert fields["standing"] == (one["standing"], "ordinary")
        assert told["limits"]["all"] == told["limits"]["matched"] > 0
        causes = ["replay row"]
    assert sorted(f"{m['figure']} {m['cause']}" for m in told["mismatches"]) == causes


def test_a_changed_sum_is_named_and_what_later_visits_saw_is_too(
    service: Service, settled: list[Json]
) -> None:
    by_person: dict[str, list[Json]] = {}
    for one in settled:
        if one["kind"] != "outpatient":
            by_person.setdefault(one["person"], []).append(one)
    first, later, *_ = next(of for of in by_person.values() if len(of) > 1)
    with copied(service) as copy:
        with unguarded(copy) as database:
            database.execute(
                "UPDATE settlement_accumulatorentry SET amount = amount + 1"
                " WHERE settlement = %s AND name = 'after_basic'",
                [first["settlement_id"]],
            )
        told = audited()
    assert ("replay", "row", first["visit_id"]) in named(told)
    assert ("replay", "sums", later["visit_id"]) in named(told)
    found = next(m for m in told["mismatches"] if m["visit_id"] == later["visit_id"])
    before = later["accumulators"]["after_basic"]["before"]
    assert (found["input"], found["differs"][0]["field"]) == (
        "after_basic",
        "accumulators.after_basic.before",
    )
    assert found["differs"][0]["recorded"] == before
    assert {m["cause"] for m in told["mismatches"]} == {"row", "sums"}


ALTERED: dict[str, str] = {
    "a standing that ends earlier": "UPDATE register_fact SET valid_to = '2019-01-02' WHERE kind = 'standing' AND person_id = %s",
    "another standing": "UPDATE register_fact SET code = 'destitute' WHERE kind = 'standing' AND person_id = %s",
    "a standing taken out": "DELETE FROM register_fact WHERE kind = 'standing' AND person_id = %s",
    "a standing that was known before": (
        "INSERT INTO register_fact (person_id, kind, code, valid_from, known, recorded, detail)"
        " SELECT person_id, kind, 'orphan', valid_from, known, recorded, '{}' FROM register_fact"
        " WHERE kind = 'standing' AND person_id = %s"
    ),
    "a day of birth": "UPDATE register_person SET birth_date = '2010-01-01' WHERE id = %s",
}  # fmt: skip


@pytest.mark.parametrize("change", ALTERED)
def test_a_standing_altered_behind_the_registers_history_is_named(
    service: Service, settled: list[Json], change: str
) -> None:
    one = next(s for s in settled if s["standing"] == "registered_poor" and s["patient_limit"])
    with copied(service) as copy:
        with unguarded(copy) as database:
            database.execute(ALTERED[change], [one["person"]])
        told = audited()
    of_person = [s["visit_id"] for s in settled if s["person"] == one["person"]]
    assert sorted(named(told)) == sorted(("replay", "register", visit) for visit in of_person)
    found = next(m for m in told["mismatches"] if m["visit_id"] == one["visit_id"])
    wanted = "person.birth_date" if "birth" in change else "person.standings"
    assert found["input"] == wanted
    fields = {d["field"]: (d["recorded"], d["expected"]) for d in found["differs"]}
    if "earlier" in change or "taken out" in change:  # and what it means
        assert fields["standing"] == ("registered_poor", "ordinary")
        assert "patient" in fields or one["payments"]["floor"] == "0.00"


def test_what_the_register_changes_itself_is_no_mismatch(
    service: Service, settled: list[Json]
) -> None:
    one = next(s for s in settled if s["standing"] == "registered_poor")
    with copied(service) as copy:
        ((tier,),) = copy.rows(
            "SELECT code FROM register_fact WHERE kind = 'tier' AND person_id = %s AND superseded IS NULL"
            " LIMIT 1", one["person"],
        )  # fmt: skip
        stated = {
            "id": one["person"], "birth_date": "2010-01-01", "insurance_tier": tier, "district": "500113",
            "standings": [{"code": "destitute", "from": "2019-01-01", "to": None}], "attributes": {"x": "1"},
        }  # fmt: skip
        status, _ = copy.ask(
            "POST", "/api/v1/persons", copy.token("district_admin"), {"persons": [stated]}
        )
        assert status == 201
        changed = copy.rows("SELECT birth_date::text FROM register_person WHERE id = %s", one["person"])  # fmt: skip
        assert changed == [("2010-01-01",)]
        assert named(audited()) == []


def test_a_figure_of_the_platform_that_differs_is_named_and_the_last_one_holds(
    service: Service, settled: list[Json]
) -> None:
    one, admin = poor(settled), service.token("district_admin")
    with copied(service) as copy:
        body = {"source": "hospital", "figures": [stated(one, basic=-100, patient=100)]}
        admin = copy.token("district_admin")
        assert copy.ask("POST", FIGURES, admin, body) == (201, {"taken": 1, "unchanged": 0})
        assert copy.ask("POST", FIGURES, admin, body) == (200, {"taken": 0, "unchanged": 1})
        told = audited()
        assert named(told) == [("agreement", "hospital", one["visit_id"])]
        basic, patient = one["payments"]["basic"], one["patient"]
        fields = differs(told)
        assert {k: v[0] for k, v in fields.items()} == {"payments.basic": basic, "patient": patient}
        assert told["agreement"] == {"matched": len(settled) - 1, "all": len(settled)}
        mended = {"source": "hospital", "figures": [stated(one)]}
        assert copy.ask("POST", FIGURES, admin, mended)[0] == 201
        assert named(audited()) == []


def without_standing(situate: Callable[..., Situation]) -> Callable[..., Situation]:
    """A defect: whoever is poor is settled as if they were not."""

    def situated(self: Situator, claim: Claim, *more: Any) -> Situation:
        person = replace(claim.person, standings=())
        return situate(self, replace(claim, person=person), *more)

    return situated


def test_an_engine_with_a_defect_at_the_audit_is_named(
    settled: list[Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = poor(settled)
    monkeypatch.setattr(Situator, "situate", without_standing(Situator.situate))
    told = audited()
    assert {m["cause"] for m in told["mismatches"]} == {"engine"}
    found = next(m for m in told["mismatches"] if m["visit_id"] == one["visit_id"])
    fields = {d["field"]: (d["recorded"], d["expected"]) for d in found["differs"]}
    assert fields["standing"] == (one["standing"], "ordinary")
    assert fields["payments.floor"] == (one["payments"]["floor"], "0.00")
    assert found["input"] == "engine"


def test_a_reading_that_is_off_by_a_fen_breaks_the_engines_own_check_and_is_named(
    settled: list[Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    settles = Running.settle

    def off(self: Running, *more: Any) -> dict[str, int]:
        found = settles(self, *more)
        return {**found, "floor": found["floor"] + 1}

    monkeypatch.setattr(Running, "settle", off)
    told = audited()
    assert told["replay"] == {"matched": 0, "all": len(settled)}
    assert {m["cause"] for m in told["mismatches"]} == {"engine"}
    assert told["mismatches"][0]["differs"][0]["expected"].startswith("不能结算：BrokenInvariant")


def test_what_was_settled_by_an_engine_with_a_defect_is_named_and_the_known_defect_beside_it(
    service: Service, settled: list[Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = poor(settled)
    ((packed,),) = service.rows(
        "SELECT evidence FROM settlement_settlement WHERE id = %s", int(one["settlement_id"])
    )
    bill = {
        **json.loads(zlib.decompress(packed))["bill"],
        "visit_id": "DEFECT",
        "episode_id": "DEFECT",
    }
    with copied(service) as copy:
        with monkeypatch.context() as patched:
            patched.setattr(Situator, "situate", without_standing(Situator.situate))
            status, made = copy.settle(copy.token(may_back_date=True), bill)
        assert (status, made["standing"], made["patient_limit"]) == (201, "ordinary", None)
        told = audited()
        assert named(told) == [("limits", "limit", "DEFECT"), ("replay", "engine", "DEFECT")]
        assert differs(told, 1)["standing"] == ("ordinary", one["standing"])
        defect = {
            "name": "standing-lost", "what": "身份没有算进去", "engines": [made["engine"]],
            "found": "2019-12-01", "reason": "审计发现", "settlements": [int(made["settlement_id"])],
        }  # fmt: skip
        auditor = copy.token("auditor")
        assert copy.ask("POST", "/api/v1/defects", auditor, defect)[0] == 201
        again = audited()
    assert [m["defects"] for m in again["mismatches"]] == [["standing-lost"]] * 2
    assert again["mismatches"][1]["text"].endswith("已知的缺陷：standing-lost。")
    assert again["count"] == 2  # it counts all the same


def forget() -> None:
    """As a process that has read no rules yet."""
    ruling.rules.cache_clear()
    ruling._shelf.cache_clear()


def test_a_pack_whose_content_was_changed_is_named(service: Service, settled: list[Json]) -> None:
    one = poor(settled)
    ((digest, files),) = service.rows(
        "SELECT digest, files FROM policy_source WHERE name = %s", one["pack"]
    )
    texts = json.loads(zlib.decompress(files))
    name = next(n for n, text in texts.items() if "floor.share" in text and n.startswith("parameters/"))  # fmt: skip
    texts[name] = texts[name].replace("10%", "90%")
    changed = zlib.compress(json.dumps(texts, ensure_ascii=False, sort_keys=True).encode(), 9)
    assert zlib.decompress(changed) != zlib.decompress(files)
    with copied(service) as copy:
        with unguarded(copy) as database:
            database.execute("UPDATE policy_source SET files = %s WHERE digest = %s", [changed, digest])  # fmt: skip
        forget()
        try:
            told = audited()
        finally:
            forget()
    of_replay = [m for m in told["mismatches"] if m["figure"] == "replay"]
    assert len(of_replay) == len(settled)
    assert {m["cause"] for m in of_replay} == {"policy"}
    found = next(m for m in of_replay if m["visit_id"] == one["visit_id"])
    assert found["input"] == f"pack.{one['pack']}"
    assert "control.limit" in {d["field"] for d in found["differs"]}
