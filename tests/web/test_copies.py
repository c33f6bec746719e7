"""A database filled in bulk for measuring growth is one in which the service goes on."""

from benchmarks.copies import Copying
from web.service import Service
from web.test_settling import bill

COPIES = 4


def _sums(service: Service, token: str, person: str) -> object:
    status, sums = service.ask("GET", f"/api/v1/persons/{person}/accumulators?year=2019", token)
    assert status == 200
    return sums


def test_copies_stand_as_their_first_and_the_service_goes_on(service: Service) -> None:
    token = service.token(may_back_date=True)
    for number in range(6):
        visit = bill(f"V{number}", f"P{number % 2}", f"{number + 1}000.00", standing=None)
        assert service.settle(token, visit)[0] == 201
    copying = Copying(service.url)
    assert copying.visits == 6
    assert copying.copy_until(3 * 6) == 3
    assert copying.copy_until(COPIES * 6) == COPIES

    assert service.rows("SELECT count(*), count(DISTINCT visit) FROM settlement_settlement") == [
        (24, 24)
    ]
    ids = service.rows("SELECT id FROM settlement_settlement ORDER BY id")
    assert ids == [(n,) for n in range(1, 25)]
    for person in ("P0", "P1"):
        for copy in range(1, COPIES):
            assert _sums(service, token, f"{person}~{copy}") == _sums(service, token, person)
    assert service.rows("SELECT sum(amount), count(*) %% 4 FROM settlement_entry") == [(0, 0)]
    shown = service.rows(
        "SELECT result::json ->> 'visit_id' = visit AND result::json ->> 'person' = person"
        " AND result::json ->> 'settlement_id' = id::text FROM settlement_settlement"
    )
    assert set(shown) == {(True,)}

    before = _sums(service, token, "P1")
    later = bill("later", "P1~3", "500.00", standing=None)
    status, told = service.settle(token, later)
    assert (status, told["settlement_id"]) == (201, "25")
    assert before == {
        name: moved["before"]
        for name, moved in told["accumulators"].items()
        if moved["before"] != "0.00"
    }
    ((records, chains),) = service.rows(
        "SELECT count(*), count(DISTINCT (chain, number)) FROM audit_log_record WHERE action = 'settle'"
    )
    assert (records, chains) == (25, 25)
