"""A district's year through the interface of a running service: to the fen what the engine settles alone."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from banan import FOLDER
from doudi.adjudication import Adjudication
from doudi.settle import Shelf, settle
from doudi.source_text import Document
from doudi.wire.bills import read_bill
from doudi.wire.lines import Lists
from doudi.wire.pack_folder import PackFolder
from doudi.wire.settlements import settlement_json
from doudi_lab import County, Filled, Tokens, county, fill
from doudi_web.settlement.accumulators import person_owner, stay_owner
from web.served import Served, served

CLIENTS = 8
Sums = dict[tuple[str, int, str], int]

_OF_THE_SERVICE = ("settlement_id", "sealed")


def _banan(persons: int) -> County:
    folder = PackFolder(FOLDER)
    return county(20190101, persons, "500113", 2019, shelf=Shelf(folder.find, folder.heads()[0]))


@pytest.mark.parametrize(
    "persons", [120, pytest.param(8_400, marks=pytest.mark.slow)], ids=["300", "20000"]
)
def test_a_district_s_year_is_settled_as_the_engine_settles_it_alone(
    persons: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = _banan(persons)
    with served(folder) as service:
        tokens = Tokens(
            service.token("district_admin"), service.token("system_client", "--backdate")
        )
        filled = fill(made, service.address, tokens, clients=CLIENTS)
        with capsys.disabled():
            print(_told(filled))
        assert (filled.statuses, filled.refused) == ({201: len(made.visits())}, ())
        assert filled.bills >= (20_000 if persons == 8_400 else 250)
        alone = _alone(service, made)
        _same_results(service, alone)
        _same_sums(service, alone)
        _ledger_is_whole(service, alone)
        _taken_up_again(service, made, tokens, filled.bills)


def _told(filled: Filled) -> str:
    half, most = filled.latency(0.5) * 1000, filled.latency(0.99) * 1000
    return (
        f"\n{filled.bills} bills in {filled.seconds:.1f} s: {filled.rate:.0f} a second with {CLIENTS} clients;"
        f" half of the answers within {half:.1f} ms, 99 % within {most:.1f} ms"
    )


def _alone(service: Served, made: County) -> Sequence[Adjudication]:
    """The engine's settlements of the same bills with the register's persons, in the order of the ledger."""
    numbers = dict(service.rows("SELECT visit, sequence FROM settlement_settlement"))
    persons = {person.id: person.on_bill() for person in made.persons}
    claims = [
        read_bill(Document("bill", bill, {}), (), bill, Lists())
        for plain in made.bills()
        for bill in [
            {**plain, "sequence": numbers[plain["visit_id"]], "person": persons[plain["person"]["id"]]}
        ]
    ]  # fmt: skip
    folder = PackFolder(FOLDER)
    run = settle(Shelf(folder.find, folder.heads()[0]), claims)
    assert run.faults == ()
    return run.settlements


def _same_results(service: Served, alone: Sequence[Adjudication]) -> None:
    """Every answer is the engine's, word for word, but for the service's own keys; the API tells it again."""
    rows = service.rows(
        "SELECT id, result FROM settlement_settlement ORDER BY settled, sequence, visit"
    )
    results = [json.loads(result) for _, result in rows]
    assert [{k: v for k, v in r.items() if k not in _OF_THE_SERVICE} for r in results] == [
        json.loads(json.dumps(settlement_json(a))) for a in alone
    ]
    token = service.token("auditor")
    for number, result in [*rows[:3], *rows[-3:]]:
        status, told = service.ask("GET", f"/api/v1/settlements/{number}", token)
        assert status == 200
        assert {**told, "sealed": False} == {**json.loads(result), "reversed": False}


def _moved(alone: Sequence[Adjudication]) -> Sums:
    """What all settlements together add to the sums of persons and stays."""
    sums: Sums = defaultdict(int)
    for a in alone:
        person, stay = person_owner(a.person_id), stay_owner(a.person_id, a.episode_id)
        for owner, year, pairs in (
            (person, a.benefit_year, a.accumulators),
            (stay, 0, a.episode_accumulators),
        ):
            for name, (before, after) in pairs.items():
                sums[owner, year, name] += after - before
    return {key: amount for key, amount in sums.items() if amount}


def _same_sums(service: Served, alone: Sequence[Adjudication]) -> None:
    rows = service.rows(
        "SELECT owner, year, name, sum(amount)::bigint FROM settlement_accumulatorentry GROUP BY 1, 2, 3"
        " HAVING sum(amount) <> 0"
    )
    assert {(owner, year, name): amount for owner, year, name, amount in rows} == _moved(alone)


def _ledger_is_whole(service: Served, alone: Sequence[Adjudication]) -> None:
    """Every posting sums to zero, there is one a settlement, and accounts hold what the engine says."""
    rows = service.rows("SELECT posting, sum(amount)::bigint FROM settlement_entry GROUP BY 1")
    assert {total for _, total in rows} == {0}
    postings = service.rows("SELECT kind, count(*) FROM settlement_posting GROUP BY 1")
    assert postings == [("settle", len(alone))]
    accounts: Mapping[str, int] = dict(
        service.rows(
            "SELECT split_part(account, ':', 1) || CASE WHEN starts_with(account, 'fund:')"
            " THEN ':' || split_part(account, ':', 2) ELSE '' END, sum(amount)::bigint"
            " FROM settlement_entry GROUP BY 1"
        )
    )
    expected: dict[str, Any] = defaultdict(int)
    for a in alone:
        expected["clearing"] -= a.total
        expected["hospital"] += a.hospital
        expected["patient"] += a.patient
        for layer, amount in a.payments.items():
            expected[f"fund:{layer}"] += amount
    assert accounts == {account: amount for account, amount in expected.items() if amount}


def _taken_up_again(service: Served, made: County, tokens: Tokens, settled: int) -> None:
    """Sent again, every bill gets its earlier answer and nothing is written."""
    few = _banan(100)  # the same first persons
    again = fill(few, service.address, tokens, clients=3)
    assert again.statuses == {200: len(few.visits())}
    assert service.rows("SELECT count(*) FROM settlement_settlement") == [(settled,)]
    assert made.persons[:100] == few.persons
