"""What is stored of a settlement settles again to what was answered, and otherwise on other sums."""

from psycopg import connect

from doudi.wire.settlements import settlement_json
from doudi_web.settlement.accumulators import person_owner
from doudi_web.settlement.replaying import STANDING, Stored
from web.service import Json, Service
from web.test_openings import opening, registered, take
from web.test_places import bill, reverse

WORDS = {"warnings", "explanation", "unverified"}


def stored(service: Service, person: str) -> list[Stored]:
    """A person's standing settlements in the order."""
    with connect(service.url, autocommit=True) as database:
        rows = database.execute(
            f"{STANDING} AND s.person = %s ORDER BY s.settled, s.sequence", [person]
        ).fetchall()
    return [Stored(*row) for row in rows]


def amounts(told: Json) -> Json:
    return {key: value for key, value in told.items() if key not in WORDS}


def test_every_standing_settlement_settles_again_to_its_answer(service: Service) -> None:
    registered(service, "PS")
    token = service.token(may_back_date=True)
    _, first = service.settle(token, bill("S1", "PS", "9000.00", "2019-03-01"))
    service.settle(token, bill("S3", "PS", "150000.00", "2019-07-01"))
    service.settle(token, bill("S2", "PS", "8000.00", "2019-05-01"))  # late
    take(service, opening("PS", "79000.00", as_of="2019-06-30"))
    service.settle(token, bill("S4", "PS", "7000.00", "2019-08-01"))
    given = {"basic": "100.00", "critical_illness": "0.00", "medical_assistance": "0.00"}
    service.settle(token, {**bill("S5", "PS", "700.00", "2019-09-01"), "given": given})
    reverse(service, token, first, "s1")
    found = stored(service, "PS")
    assert [one.visit for one in found] == ["S2", "S3", "S4", "S5"]
    for one in found:
        again = settlement_json(one.again(one.sums()).settled())
        assert amounts(again).items() <= amounts(one.result).items()


def test_on_other_sums_it_comes_out_otherwise(service: Service) -> None:
    token = service.token(may_back_date=True)
    service.settle(token, bill("T1", "PT", "9000.00", "2019-03-01"))
    (one,) = stored(service, "PT")
    sums = [(person_owner("PT"), 2019, "basic_paid", 80_000_00)]
    assert one.again(sums).settled().payments["basic"] == 0
    assert one.again(one.sums()).settled().payments["basic"] > 0
