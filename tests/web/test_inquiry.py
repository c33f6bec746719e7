"""Samples that anybody draws again, and questions about a settlement: what is fixed stays, two at once are told."""

import hashlib
import json
import subprocess
import sys
import threading
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from doudi.dates import CHINA
from doudi_web.inquiry import asking, planning, questions, samples
from doudi_web.inquiry.drawing import Candidate, allotted, drawn, frame_text
from doudi_web.inquiry.frame import MOST, Mark, Method, Scope, Strata
from doudi_web.tenancy.clock import now
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web.ledger_at_hand import settled
from web.people import number as id_number
from web.service import Json, Service
from web.test_openings import registered
from web.test_settling import bill

REDRAW = Path(__file__).parents[2] / "examples" / "ledger" / "redraw_sample.py"
AUDITOR, OTHER = Actor("account:1", Role.AUDITOR), Actor("account:2", Role.AUDITOR)
ADMIN = Actor("account:3", Role.DISTRICT_ADMIN)
OFFICE = Actor("account:4", Role.INSURANCE_OFFICE, "F")
ELSEWHERE = Actor("account:5", Role.INSURANCE_OFFICE, "G")
CODES = {"S752", "S753", "S754", "S755"}
TODAY = now().astimezone(CHINA).date()
SOON = TODAY + timedelta(days=7)


@pytest.fixture(scope="module")
def many(service: Service) -> list[Json]:
    """Thirty settlements of June 2019 at F and G, one of them corrected, one reversed."""
    registered(service, "I1")
    service.facilities("F", "G")
    token, found = service.token(may_back_date=True), list[Json]()
    for n in range(30):
        made = bill(f"I-{n}", "I1", settled=f"2019-06-{n % 28 + 1:02d}")
        made["facility"] = {**made["facility"], "code": "G" if n % 5 == 4 else "F"}
        status, told = service.settle(token, made)
        assert status == 201, told
        found.append(told)
    status, told = service.ask(
        "POST", f"/api/v1/settlements/{found[29]['settlement_id']}/reverse", token,
        {"message_id": "undo", "reason": "误结"},
    )  # fmt: skip
    assert status in (200, 201), told
    return found


def scope(**other: Any) -> Scope:
    stated: dict[str, Any] = {
        "name": "六月抽查", "method": Method.RANDOM, "seed": "20190701", "start": date(2019, 6, 1),
        "end": date(2019, 7, 1), "size": 8,
    }  # fmt: skip
    return Scope(**{**stated, **other})


def fixed(of: Scope) -> int:
    return planning.fix(AUDITOR, of, samples.facilities())


def refused(act: Any, *arguments: Any, **named: Any) -> list[tuple[int, str]]:
    with pytest.raises(Refusal) as found:
        act(*arguments, **named)
    return [(found.value.status, one.code) for one in found.value.faults]


def test_a_plan_is_fixed_then_drawn_once(service: Service, many: list[Json]) -> None:
    assert many
    number = fixed(scope())
    plan = samples.sample(AUDITOR, number)
    assert (plan.count, plan.population, plan.left) == (None, None, 0)
    assert (
        plan.digest
        == hashlib.sha256(
            json.dumps(scope().json(), ensure_ascii=False, sort_keys=True).encode()
        ).hexdigest()
    )
    assert planning.draw(AUDITOR, number) == 8
    plan = samples.sample(AUDITOR, number)
    assert (plan.population, plan.count, plan.left, plan.findings) == (29, 8, 8, 0)
    assert refused(planning.draw, AUDITOR, number) == [(409, "S752")]
    first = [row.settlement for row in samples.rows(AUDITOR, number)]
    again = fixed(scope(name="别人再抽"))
    planning.draw(OTHER, again)
    assert [row.settlement for row in samples.rows(OTHER, again)] == first
    assert int(many[29]["settlement_id"]) not in first  # it was reversed
    other = fixed(scope(seed="20190702"))
    planning.draw(AUDITOR, other)
    assert [row.settlement for row in samples.rows(AUDITOR, other)] != first
    for table in ("plan", "draw", "drawn"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            service.rows(f"DELETE FROM inquiry_{table} RETURNING 1")


@pytest.mark.parametrize(
    "of",
    [
        scope(), scope(strata=Strata.FACILITY, size=7), scope(size=100),
        scope(method=Method.WEIGHTED, strata=Strata.KIND, weights={Mark.FLOOR: 4}, floor_from=10_000),
        scope(method=Method.WEIGHTED, weights={Mark.UNKNOWN: 2, Mark.FLOOR: 5}, floor_from=1, facility="F"),
    ],
)  # fmt: skip
def test_a_third_party_draws_the_same_again(many: list[Json], tmp_path: Path, of: Scope) -> None:
    assert many
    number = fixed(of)
    planning.draw(AUDITOR, number)
    proof = samples.proof(ADMIN, number)
    (tmp_path / "plan.json").write_text(proof.plan)
    (tmp_path / "frame.csv").write_text(proof.frame)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(REDRAW), "plan.json", "frame.csv"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    rows = samples.rows(AUDITOR, number, most=200)
    assert done.stdout == "".join(f"{row.settlement},{row.ticket}\n" for row in rows)
    assert hashlib.sha256(done.stdout.encode()).hexdigest() == proof.list_digest
    assert hashlib.sha256(proof.frame.encode()).hexdigest() == proof.frame_digest


def test_weights_are_stated_and_shown(many: list[Json]) -> None:
    assert many
    of = scope(
        method=Method.WEIGHTED,
        weights={Mark.FLOOR: 3, Mark.CORRECTED: 2},
        floor_from=13_479,
        size=50,
    )
    number = fixed(of)
    planning.draw(AUDITOR, number)
    rows = samples.rows(AUDITOR, number, most=100)
    floors = {int(one["settlement_id"]): one["payments"]["floor"] for one in many[:29]}
    assert {row.settlement: (row.weight, row.marks) for row in rows} == {
        settlement: ((4, ["floor"]) if float(floor) >= 134.79 else (1, []))
        for settlement, floor in floors.items()
    }


def test_heavy_ones_are_drawn_as_often_as_their_tickets_say() -> None:
    """Of one ticket in four the heavy one is drawn first three times in four: the tickets are the chance."""
    frame = [Candidate(1, "", 3), Candidate(2, "", 1)]
    first = Counter(drawn(frame, 1, str(seed))[0].candidate.settlement for seed in range(4_000))
    assert abs(first[1] / 4_000 - 0.75) < 0.03


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 500), min_size=1),
    st.integers(1, 600),
)
def test_strata_share_the_whole_and_none_is_left_out(counts: dict[str, int], size: int) -> None:
    found = allotted(counts, size)
    assert sum(found.values()) == min(size, sum(counts.values()))
    assert all(found[name] <= counts[name] for name in counts)
    if size >= len(counts):
        assert all(found[name] >= 1 for name in counts)


def test_the_list_of_all_does_not_depend_on_its_order() -> None:
    frame = [Candidate(n, "", 1) for n in (3, 1, 2)]
    assert frame_text(frame) == "1,,1\n2,,1\n3,,1\n"


def test_every_fault_of_a_plan_is_told_at_once(many: list[Json]) -> None:
    assert many
    of = scope(
        name="", seed=id_number(1), start=date(2019, 7, 2), size=0, facility="X", method=Method.WEIGHTED,
        weights={Mark.FLOOR: 21},
    )  # fmt: skip
    with pytest.raises(Refusal) as found:
        fixed(of)
    assert [(one.code, one.where) for one in found.value.faults] == [
        ("F201", "name"), ("F203", "seed"), ("F302", "from"), ("F203", "size"), ("S556", "facility"),
        ("F203", "floor"), ("F201", "floor_from"),
    ]  # fmt: skip
    nothing = fixed(scope(start=date(2018, 1, 1), end=date(2018, 2, 1)))
    assert refused(planning.draw, AUDITOR, nothing) == [(409, "S753")]
    assert refused(planning.draw, AUDITOR, 999) == [(404, "S481")]
    assert refused(planning.fix, ADMIN, scope(), {}) == [(403, "S403")]
    assert MOST == 200_000


def test_two_who_draw_at_once_draw_once(service: Service, many: list[Json]) -> None:
    assert many
    number, told = fixed(scope(name="同时")), list[object]()

    def draws() -> None:
        try:
            told.append(planning.draw(AUDITOR, number))
        except Refusal as found:
            told.append(found.faults[0].code)
        finally:
            connection.close()

    both = [threading.Thread(target=draws) for _ in range(4)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(map(str, told)) == ["8", "S752", "S752", "S752"]
    assert service.rows("SELECT count(*) FROM inquiry_drawn WHERE plan_id = %s", number) == [(8,)]


def test_one_that_was_drawn_is_judged_and_a_second_judge_is_told(
    service: Service, many: list[Json]
) -> None:
    assert many
    number = fixed(scope(name="评定"))
    planning.draw(AUDITOR, number)
    planning.judge(AUDITOR, number, 1, 0, "in_order", "")
    assert refused(planning.judge, OTHER, number, 1, 0, "finding", "票据不符") == [(409, "S755")]
    seen = samples.row_at(OTHER, number, 1)
    planning.judge(OTHER, number, 1, seen.version, "finding", "票据不符", 7)
    row = samples.row_at(AUDITOR, number, 1)
    assert (row.verdict, row.words, row.question, row.judged_by) == (
        "finding",
        "票据不符",
        7,
        "account:2",
    )
    plan = samples.sample(AUDITOR, number)
    assert (plan.judged, plan.findings, plan.left) == (1, 1, 7)
    assert [one.place for one in samples.rows(AUDITOR, number, only_left=True)] == [
        2,
        3,
        4,
        5,
        6,
        7,
        8,
    ]
    assert refused(planning.judge, AUDITOR, number, 2, 0, "finding", " ") == [(422, "F201")]
    assert refused(planning.judge, AUDITOR, number, 2, 0, "maybe", "") == [(422, "F203")]
    assert refused(planning.judge, AUDITOR, number, 99, 0, "in_order", "") == [(404, "S481")]
    assert refused(planning.judge, ADMIN, number, 2, 0, "in_order", "") == [(403, "S403")]
    with pytest.raises(psycopg.errors.RestrictViolation):
        service.rows("UPDATE inquiry_judged SET verdict = 'in_order' RETURNING 1")


def raised(service: Service, **other: Any) -> int:
    told = settled(service, f"Q-{next(_numbers)}", "I1")
    stated = {
        "category": "floor", "amount": 13_479, "asked": "office", "deadline": SOON,
        "words": "兜底这样多，依据是什么",
    }  # fmt: skip
    return asking.raise_question(AUDITOR, int(told["settlement_id"]), **{**stated, **other})


_numbers = iter(range(1, 1_000))


def test_a_question_is_asked_answered_asked_again_and_closed(
    service: Service, many: list[Json]
) -> None:
    assert many
    number = raised(service)
    one = questions.question(OFFICE, number)
    assert (one.question.state, one.may_reply, one.may_close) == ("waiting", True, False)
    asking.reply(OFFICE, number, one.version, "照低保结的")
    one = questions.question(AUDITOR, number)
    assert (one.question.state, one.may_reply, one.may_close) == ("answered", False, True)
    later = SOON + timedelta(days=3)
    asking.ask_again(AUDITOR, number, one.version, "那天的身份在哪里", later)
    one = questions.question(OFFICE, number)
    assert (one.question.state, one.question.deadline) == ("waiting", later)
    asking.reply(OFFICE, number, one.version, "附登记")
    one = questions.question(AUDITOR, number)
    asking.close(AUDITOR, number, one.version, "核实了", "explained")
    one = questions.question(ADMIN, number)
    assert [(said.kind, said.words) for said in one.said] == [
        ("raised", "兜底这样多，依据是什么"), ("replied", "照低保结的"), ("asked", "那天的身份在哪里"),
        ("replied", "附登记"), ("closed", "核实了"),
    ]  # fmt: skip
    assert one.said[0].says == {
        "category": "floor", "amount": "134.79", "asked": "office", "deadline": SOON.isoformat(),
    }  # fmt: skip
    assert refused(asking.reply, OFFICE, number, one.version, "还有") == [(409, "S754")]
    assert refused(asking.close, AUDITOR, number, one.version, "再销", "explained") == [
        (409, "S754")
    ]
    for sql in ("UPDATE inquiry_event SET words = ''", "DELETE FROM inquiry_event"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            service.rows(f"{sql} RETURNING 1")
    actions = service.rows(
        "SELECT action FROM audit_log_record WHERE detail ->> 'question' = %s"
        " AND action <> 'questions.read' ORDER BY id",
        str(number),
    )
    assert [action for (action,) in actions] == [
        "questions.raised", "questions.replied", "questions.asked", "questions.replied", "questions.closed",
    ]  # fmt: skip


def test_the_second_of_two_at_once_is_told(service: Service, many: list[Json]) -> None:
    assert many
    number = raised(service)
    seen = questions.question(OFFICE, number).version
    asking.reply(OFFICE, number, seen, "先写的")
    assert refused(asking.reply, OFFICE, number, seen, "后写的") == [(409, "S755")]
    assert refused(asking.close, AUDITOR, number, seen, "没有看到答复", "explained") == [
        (409, "S755")
    ]


def test_a_hospital_sees_and_answers_what_is_put_to_it_alone(
    service: Service, many: list[Json]
) -> None:
    assert many
    to_office, to_district = raised(service), raised(service, asked="district")
    assert refused(questions.question, ELSEWHERE, to_office) == [(404, "S481")]
    assert refused(questions.question, OFFICE, to_district) == [(404, "S481")]
    assert refused(asking.reply, ELSEWHERE, to_office, 0, "x") == [(404, "S481")]
    seen = questions.question(ADMIN, to_office)
    assert (seen.may_reply, seen.may_close) == (False, False)
    assert refused(asking.reply, ADMIN, to_office, seen.version, "x") == [(403, "S754")]
    seen = questions.question(ADMIN, to_district)
    assert seen.may_reply
    asking.reply(ADMIN, to_district, seen.version, "区里答")
    assert {one.pk for one in questions.questions(OFFICE)[0]} & {to_office, to_district} == {
        to_office
    }
    assert questions.questions(ELSEWHERE) == ([], None)
    assert refused(asking.reply, AUDITOR, to_office, seen.version, "x") == [(403, "S403")]
    assert refused(asking.raise_question, ADMIN, 1, "floor", None, "office", SOON, "x") == [
        (403, "S403")
    ]


def test_what_is_overdue_is_counted_and_whose_turn_it_is(
    service: Service, many: list[Json]
) -> None:
    assert many
    before = (
        questions.counts(OFFICE)["overdue"],
        questions.count_waiting(OFFICE),
        questions.count_waiting(AUDITOR),
    )
    number = raised(service)
    service.rows(
        "UPDATE inquiry_question SET deadline = '2019-01-01' WHERE id = %s RETURNING 1", number
    )
    one = questions.question(OFFICE, number)
    assert questions.is_overdue(one.question)
    after = (
        questions.counts(OFFICE)["overdue"],
        questions.count_waiting(OFFICE),
        questions.count_waiting(AUDITOR),
    )
    assert (after[0] - before[0], after[1] - before[1], after[2] - before[2]) == (1, 1, 0)
    asking.reply(OFFICE, number, one.version, "答")
    assert questions.count_waiting(AUDITOR) == before[2] + 1
    assert not questions.is_overdue(questions.question(OFFICE, number).question)


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"category": "x"}, "F203"), ({"asked": "x"}, "F203"), ({"amount": 0}, "F203"), ({"words": " "}, "F201"),
        ({"words": "一" * 401}, "F203"), ({"words": id_number(1)}, "F209"), ({"words": "a\x00b"}, "F203"),
        ({"deadline": TODAY - timedelta(days=1)}, "F203"),
    ],
)  # fmt: skip
def test_a_question_that_is_not_right_is_not_asked(
    service: Service, many: list[Json], other: Json, code: str
) -> None:
    assert many
    count = service.rows("SELECT count(*) FROM inquiry_question")
    assert refused(raised, service, **other) == [(422, code)]
    assert service.rows("SELECT count(*) FROM inquiry_question") == count
    assert refused(asking.raise_question, AUDITOR, 10**9, "floor", None, "office", SOON, "x") == [
        (404, "S406")
    ]
