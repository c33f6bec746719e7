"""Figures from outside and known defects are taken whole or refused whole; audits are kept and read again."""

import json
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from doudi_web.oversight import registered as registered_module
from doudi_web.runs.worker import run_next
from doudi_web.site.works import WORKS
from tools.doc_runner import blocks, matches
from web.audited import audited, named
from web.ledger_at_hand import copied, unguarded
from web.service import Json, Service
from web.test_correcting import decide, proposals
from web.test_learned import register, since
from web.test_openings import registered
from web.test_places import bill as place_bill
from web.test_platform_answers import answer, silent
from web.test_settling import bill

FIGURES, DEFECTS = "/api/v1/figures", "/api/v1/defects"
DEFECT = {
    "name": "d1", "what": "算错", "engines": ["0.0.1"], "found": "2019-12-01", "reason": "审计发现",
}  # fmt: skip


@pytest.fixture(scope="module")
def few(service: Service) -> list[Json]:
    """Three visits of a registered person at hospital F."""
    registered(service, "A1")
    service.facilities("F", "G")
    token = service.token(may_back_date=True)
    found: list[Json] = []
    for n in range(3):
        status, told = service.settle(token, bill(f"W{n}", "A1"))
        assert status == 201, told
        found.append(told)
    return found


def figure(visit: str = "W0", facility: str = "F", **amounts: str) -> Json:
    return {"facility": facility, "visit_id": visit, "amounts": amounts or {"total": "2539.50"}}


def take(service: Service, by: str, *figures: Json, source: str = "platform") -> tuple[int, Json]:
    return service.ask("POST", FIGURES, by, {"source": source, "figures": list(figures)})


def codes(told: Json) -> list[tuple[str, str]]:
    return [(one["code"], one["where"]) for one in told["faults"]]


def test_every_fault_of_a_batch_of_figures_is_told_and_none_is_taken(
    service: Service, few: list[Json]
) -> None:
    assert few
    status, told = take(
        service, service.token("district_admin"), figure("W1"), figure(facility="X"), figure(basics="1.00"),
        figure("W1"),
    )  # fmt: skip
    assert (status, codes(told)) == (
        422,
        [
            ("S556", "body figures[1].facility"), ("S555", "body figures[2].amounts.basics"),
            ("S557", "body figures[3]"),
        ],
    )  # fmt: skip
    assert "total、hospital、patient、basic、" in told["faults"][1]["mend"]
    assert service.rows("SELECT count(*) FROM oversight_figure") == [(0,)]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"source": "city", "figures": [figure()]}, "F203"), ({"figures": [figure()]}, "F201"),
        ({"source": "platform"}, "F201"), ({"source": "platform", "figures": [{}]}, "F201"),
        ({"source": "platform", "figures": [figure(total="1.005")]}, "F204"),
        ({"source": "platform", "figures": [{**figure(), "amounts": {}}]}, "F203"),
        ({"source": "platform", "figures": [figure()], "x": 1}, "F202"),
    ],
)  # fmt: skip
def test_figures_of_a_wrong_form_are_refused(service: Service, body: Json, code: str) -> None:
    status, told = service.ask("POST", FIGURES, service.token("district_admin"), body)
    assert (status, codes(told)[0][0]) == (422, code)


def test_a_hospitals_system_states_its_own_visits_alone(service: Service, few: list[Json]) -> None:
    assert few
    with copied(service) as copy:
        own = copy.token("system_client", "F")
        assert take(copy, own, figure(), source="hospital")[0] == 201
        status, told = take(copy, own, figure(facility="G"), source="hospital")
        assert (status, codes(told)[0][0]) == (403, "S404")


def test_an_amount_that_is_not_ours_counts_and_one_that_nobody_settled_does_not(
    service: Service, few: list[Json]
) -> None:
    with copied(service) as copy:
        admin = copy.token("district_admin")
        basic = few[0]["payments"]["basic"]
        take(copy, admin, figure("W0", basic=basic), figure("W1", basic="1.00"), figure("Z9"))
        told = audited()
    assert told["agreement"] == {"matched": 1, "all": 2}
    assert named(told) == [("agreement", "platform", "W1")]
    assert told["mismatches"][0]["differs"] == [
        {"field": "payments.basic", "recorded": basic, "expected": "1.00"}
    ]


def test_a_given_amount_beside_what_the_pack_computes_is_an_outside_figure(
    service: Service, few: list[Json]
) -> None:
    assert few
    given = {"basic": "1343.70", "deductible_met": "300.00"}
    with copied(service) as copy:
        token = copy.token(may_back_date=True)
        status, same = copy.settle(token, {**bill("Y1", "A1"), "given": given})
        assert (status, same["computed"]) == (201, {"basic": "1343.70"})
        status, less = copy.settle(token, {**bill("Y2", "A1"), "given": {**given, "basic": 1343}})
        assert status == 201, less
        told = audited()
    assert told["agreement"] == {"matched": 1, "all": 2}
    assert named(told) == [("agreement", "given", "Y2")]
    assert told["mismatches"][0]["differs"] == [
        {"field": "payments.basic", "recorded": "1343.70", "expected": "1343.00"}
    ]
    assert told["replay"] == {"matched": 5, "all": 5}


def test_a_defect_is_written_once_and_only_grows(service: Service, few: list[Json]) -> None:
    engine, auditor = few[0]["engine"], service.token("auditor")
    mine = {**DEFECT, "engines": [engine], "settlements": [int(few[0]["settlement_id"])]}
    with copied(service) as copy:
        status, told = copy.ask("POST", DEFECTS, auditor, mine)
        assert (status, told["settlements"]) == (201, [few[0]["settlement_id"]])
        assert copy.ask("POST", DEFECTS, auditor, mine) == (200, told)
        more = {**mine, "settlements": [int(one["settlement_id"]) for one in few]}
        status, told = copy.ask("POST", DEFECTS, auditor, more)
        assert (status, told["settlements"]) == (201, [one["settlement_id"] for one in few])
        status, refused = copy.ask("POST", DEFECTS, auditor, {**mine, "what": "别的"})
        assert (status, codes(refused)) == (409, [("S559", "name")])
        status, listed = copy.ask("GET", DEFECTS, auditor)
        assert (status, listed["defects"]) == (200, [told])


def test_a_settlement_that_is_none_or_of_another_version_is_no_defects(
    service: Service, few: list[Json]
) -> None:
    wrong = {**DEFECT, "settlements": [int(few[0]["settlement_id"]), 999_999]}
    status, told = service.ask("POST", DEFECTS, service.token("auditor"), wrong)
    assert (status, codes(told)) == (
        422,
        [("S558", "body settlements[0]"), ("S406", "body settlements[1]")],
    )
    assert service.rows("SELECT count(*) FROM oversight_defect") == [(0,)]


def test_an_audit_is_kept_as_it_was_told(service: Service, few: list[Json]) -> None:
    assert few
    auditor = service.token("auditor")
    with copied(service) as copy:
        with unguarded(copy) as database:
            database.execute(
                "UPDATE settlement_settlement SET result = replace(result, '\"patient\":', '\"patients\":')"
                " WHERE visit = 'W1'"
            )
        told = audited()
        assert [(m["cause"], m["visit_id"]) for m in told["mismatches"]] == [("row", "W1")]
        assert copy.ask("GET", f"/api/v1/audits/{told['id']}", auditor) == (200, told)
        other = audited(facility="G")
        assert (other["settlements"], other["count"]) == (0, 0)
        status, listed = copy.ask("GET", "/api/v1/audits?limit=1", auditor)
        assert (status, listed["audits"][0]["id"]) == (200, other["id"])
        status, listed = copy.ask("GET", f"/api/v1/audits?before={listed['before']}", auditor)
        assert [one["id"] for one in listed["audits"]] == [told["id"]]
        status, refused = copy.ask("GET", "/api/v1/audits/999999", auditor)
        assert (status, codes(refused)) == (404, [("S560", "999999")])
        for table in ("audit", "finding", "figure", "defect", "touched"):
            with (
                psycopg.connect(copy.url) as database,
                pytest.raises(psycopg.errors.RestrictViolation),
            ):
                database.execute(f"TRUNCATE oversight_{table} CASCADE")


def test_reversed_ones_are_left_out_and_erased_ones_counted_apart(
    service: Service, few: list[Json]
) -> None:
    from doudi_web.settlement.erasing import erase  # noqa: PLC0415

    registered(service, "A2")
    with copied(service) as copy:
        token = copy.token(may_back_date=True)
        assert copy.settle(token, bill("E1", "A2"))[0] == 201
        undo = f"/api/v1/settlements/{few[0]['settlement_id']}/reverse"
        assert copy.ask("POST", undo, token, {"message_id": "u", "reason": "试"})[0] == 201
        erase("A2", "本人申请", "command:test")
        told = audited()
        assert (told["settlements"], told["erased"], told["replay"]) == (
            3, 1, {"matched": 2, "all": 2},
        )  # fmt: skip
        with unguarded(copy) as database:  # emptied without the posting that erases
            database.execute("UPDATE settlement_settlement SET result = NULL WHERE visit = 'W2'")
        told = audited()
    assert (told["erased"], named(told)) == (1, [("replay", "row", "W2")])


def test_an_audit_is_asked_for_as_long_work_and_its_mismatches_are_read_with_it(
    service: Service, few: list[Json]
) -> None:
    assert few
    with copied(service) as copy:
        auditor = copy.token("auditor")
        take(copy, copy.token("district_admin"), figure(total="1.00"))
        asked = {"reason": "抽查", "from": "2019-01-01", "to": "2020-01-01", "facility": "F"}
        status, told = copy.ask("POST", "/api/v1/runs/audit", auditor, asked)
        assert status == 202, told
        assert run_next(threading.Event(), WORKS)
        _, done = copy.ask("GET", f"/api/v1/runs/{told['id']}", auditor)
        assert (done["state"], done["done"], done["of"]) == ("done", 3, 3)
        result = done["result"]
        assert (result["agreement"], result["facility"]) == ({"matched": 0, "all": 1}, "F")
        _, audit = copy.ask("GET", f"/api/v1/audits/{result['id']}", auditor)
        assert {k: v for k, v in audit.items() if k != "mismatches"} == result
        assert named(audit) == [("agreement", "platform", "W0")]


def test_what_took_the_place_of_another_rests_on_what_was_known_then_or_now(
    service: Service, few: list[Json], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A late answer keeps the standing of its day, an approved proposal has the one that was learned."""
    assert few
    monkeypatch.setattr(registered_module, "_LATE", timedelta(0))
    with copied(service) as copy:
        token, admin = copy.token(may_back_date=True), copy.token("district_admin")
        register(copy, "B1", since("2019-01-01"))
        register(copy, "B2")
        _, waiting = copy.settle(token, silent("B1a", "B1"))
        assert copy.settle(token, place_bill("B2a", "B2", "2539.50", "2019-05-01"))[0] == 201
        _, third = copy.settle(token, place_bill("B2b", "B2", "2539.50", "2019-06-01"))
        copy.settle(token, place_bill("B2c", "B2", "2539.50", "2019-07-01"))
        register(copy, "B1")
        register(copy, "B2", since("2019-04-01"))
        assert answer(copy, token, waiting, "b1", basic="1567.65")[0] == 201
        path = f"/api/v1/settlements/{third['settlement_id']}/correct"
        mended = place_bill("B2b", "B2", "1000.00", "2019-06-01")
        asked = {"message_id": "b2", "bill": mended, "reason": "录错"}
        status, corrected = copy.ask("POST", path, admin, asked)
        assert status == 201, corrected
        while open_ones := proposals(copy, "B2"):
            assert decide(copy, admin, open_ones[0], "approve")[0] == 201
        told = audited()
        assert named(told) == []
        assert told["replay"] == {"matched": 7, "all": 7}
        assert (
            copy.rows("SELECT count(*) FROM settlement_posting WHERE kind = 'reverse'")[0][0] >= 3
        )
        with unguarded(copy) as database:
            database.execute(
                "UPDATE register_fact SET code = 'dibao' WHERE person_id = 'B2' AND kind = 'standing'"
            )
        found = {visit for _, cause, visit in named(audited()) if cause == "register"}
    assert found == {"B2a", "B2b", "B2c"}


def _doudi(service: Service, *arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from doudi_cli.main import run; run()"
    where = ("--data", os.environ["DOUDI_DATA"], "--database", service.url)
    return subprocess.run(
        [sys.executable, "-c", code, *arguments, *where],
        capture_output=True, text=True, timeout=120, check=False, env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


def test_the_commands_audit_and_tell_and_end_with_1_on_a_mismatch(
    service: Service, few: list[Json], tmp_path: Path
) -> None:
    file = tmp_path / "platform.json"
    with copied(service) as copy:
        done = _doudi(copy, "audit")
        assert done.returncode == 0, done.stderr
        assert "重算相同：3 / 3，100.00 %" in done.stdout
        assert "与对方相符：0 / 0，没有可看的" in done.stdout
        stated: dict[str, Any] = {"source": "platform", "figures": [figure(patient="1.00")]}
        file.write_text(json.dumps(stated))
        done = _doudi(copy, "figures", "import", str(file))
        assert (done.returncode, done.stdout) == (0, "新收 1 笔，不变 0 笔\n"), done.stderr
        done = _doudi(copy, "audit", "--json", "--from", "2019-01-01", "--to", "2020-01-01")
        told = json.loads(done.stdout)
        assert (done.returncode, told["agreement"]) == (1, {"matched": 0, "all": 1})
        assert told["mismatches"][0]["text"] == f"patient 我们 {few[0]['patient']}，平台 1.00。"
        done = _doudi(copy, "audit", "show", str(told["id"]), "--json")
        assert (done.returncode, json.loads(done.stdout)) == (0, told)
        done = _doudi(
            copy, "audit", "defect", "add", "d", "--what", "算错", "--engine", few[0]["engine"], "--found",
            "2019-12-01", "--reason", "试", "--settlement", few[0]["settlement_id"],
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (0, "缺陷 1：d，碰到 1 笔结算\n"), done.stderr
        assert "d  程序" in _doudi(copy, "audit", "defect", "list").stdout
        assert "command:" in _doudi(copy, "audit", "list").stdout
        done = _doudi(copy, "audit", "--from", "2020-01-01", "--to", "2019-01-01")
        assert (done.returncode, "F302" in done.stderr) == (1, True)


def test_the_page_shows_what_is_printed(service: Service, tmp_path: Path) -> None:
    """Three visits of somebody poor, of two of which the platform said something."""
    page = (ROOT / "docs" / "how-to" / "replay-and-audit.md").read_text(encoding="utf-8")
    clean, broken, taken, defect = [b.lines for b in blocks(page) if b.language == "text"]
    (stated,) = [b.text for b in blocks(page) if b.language == "json"]
    with copied(service) as copy:
        token = copy.token(may_back_date=True)
        copy.facilities("F")
        register(copy, "A1", since("2019-01-01"))
        for (number,) in copy.rows("SELECT id FROM settlement_settlement"):
            asked = {"message_id": f"u{number}", "reason": "试"}
            copy.ask("POST", f"/api/v1/settlements/{number}/reverse", token, asked)
        first = 0
        for n in range(3):
            status, told = copy.settle(token, bill(f"W{n}", "A1"))
            assert status == 201, told
            first = first or int(told["settlement_id"])
        agreed = [figure(f"W{n}", total="2539.50") for n in range(2)]
        take(copy, copy.token("district_admin"), *agreed)
        done = _doudi(copy, "audit")
        assert matches(clean, done.stdout.splitlines()), done.stdout
        (tmp_path / "平台.json").write_text(stated, encoding="utf-8")
        done = _doudi(copy, "figures", "import", str(tmp_path / "平台.json"))
        assert matches(taken, done.stdout.splitlines()), done.stdout
        with unguarded(copy) as database:
            database.execute(
                "INSERT INTO settlement_entry (posting, account, amount) SELECT id, 'hospital:F', 1"
                " FROM settlement_posting WHERE settlement = %s AND kind = 'settle'", [first + 1],
            )  # fmt: skip
        done = _doudi(copy, "audit")
        printed = done.stderr
        for n in range(2):  # the numbers of this database's settlements
            printed = printed.replace(f"结算 {first + n}，", f"结算 {n + 1}，")
        assert done.returncode == 1
        assert all(line in printed.splitlines() for line in broken), printed
        (command,) = [
            c for b in blocks(page) for c in b.lines if c.startswith("$ doudi audit defect")
        ]
        words = command.removeprefix("$ doudi ").removesuffix(" --data data").split()
        done = _doudi(copy, *words[:-1], "2")
        assert matches(defect, done.stdout.splitlines()), done.stderr


ROOT = Path(__file__).parents[2]
CODES = {"S555", "S556", "S557", "S558", "S559", "S560"}
"""The codes that this file makes."""
