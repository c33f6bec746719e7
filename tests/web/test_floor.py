"""A floor amount that is computed, approved, paid and failed: four states, decided by two persons, nothing lost."""

import random
from collections import Counter
from typing import Any

import psycopg
import pytest

from doudi.money import yuan
from doudi_web.clearing.deciding import Batch
from doudi_web.clearing.deciding import decide as decided
from doudi_web.clearing.floor import State
from doudi_web.settlement import tables
from doudi_web.settlement.verify import verify
from doudi_web.tenancy.refusals import Refusal
from doudi_web.tenancy.roles import Role
from doudi_web.tenancy.who import Actor
from web.floor_at_hand import decide, entry_of, poor, reversed_, settled, states
from web.people import codes
from web.service import Json, Service

FLOOR, TOTALS = "/api/v1/floor", "/api/v1/floor/totals"
_PERSONS = [f"FP{n}" for n in range(12)]


@pytest.fixture(scope="module")
def office(service: Service) -> Service:
    poor(service, *_PERSONS)
    service.facilities("F", "G", "G1", "G2", "G3")
    return service


@pytest.fixture(scope="module")
def admin(office: Service) -> str:
    return office.token("district_admin")


@pytest.fixture(scope="module")
def accountant(office: Service) -> str:
    return office.token("fund_accountant")


def test_the_reported_case_is_computed_approved_and_paid(
    office: Service, admin: str, accountant: str
) -> None:
    told = settled(office, "FP0", "G1")
    assert told["payments"]["floor"] == "134.79"
    entry = entry_of(office, told)
    status, listed = office.ask("GET", f"{FLOOR}?facility=G1", office.token("auditor"))
    ((posted, month),) = office.rows(
        "SELECT to_char(posted AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'), month FROM settlement_posting"
        " WHERE settlement = %s", int(told["settlement_id"]),
    )  # fmt: skip
    (one,) = listed["floor"]
    assert (status, listed["after"], one.pop("posted")[:10]) == (200, None, posted)
    assert one == {
        "entry": entry, "kind": "settle", "settlement_id": told["settlement_id"], "assessment_id": None,
        "visit_id": told["visit_id"], "facility": "G1", "month": month, "amount": "134.79", "state": "computed",
        "decided": None, "by": None, "reason": "", "reference": "",
    }  # fmt: skip
    answer = {"items": [{"entry": entry, "amount": "134.79"}], "count": 1, "amount": "134.79"}
    assert decide(office, admin, "approve", [entry]) == (201, {"state": "approved", **answer})
    assert decide(office, accountant, "paid", [entry], reference="B-7") == (
        201, {"state": "paid", **answer},
    )  # fmt: skip
    _, listed = office.ask("GET", f"{FLOOR}?state=paid&facility=G1", office.token("auditor"))
    (one,) = listed["floor"]
    assert (one["state"], one["reference"], one["by"][:6]) == ("paid", "B-7", "token:")
    assert [row[0] for row in office.rows(
        "SELECT state FROM clearing_floorstate WHERE entry = %s ORDER BY id", entry
    )] == ["approved", "paid"]  # fmt: skip


def test_what_failed_is_approved_again(office: Service, admin: str, accountant: str) -> None:
    entry = entry_of(office, settled(office, "FP1", "G3"))
    assert decide(office, admin, "approve", [entry])[0] == 201
    assert decide(office, accountant, "failed", [entry], reason="户名不符")[0] == 201
    _, listed = office.ask("GET", f"{FLOOR}?state=failed&facility=G3", office.token("auditor"))
    assert [(one["entry"], one["reason"]) for one in listed["floor"]] == [(entry, "户名不符")]
    assert decide(office, accountant, "paid", [entry])[0] == 409
    assert decide(office, admin, "approve", [entry])[0] == 201
    assert decide(office, accountant, "paid", [entry])[0] == 201


def test_a_wrong_step_names_the_state_and_nothing_of_the_batch_is_done(
    office: Service, admin: str, accountant: str
) -> None:
    first, second = (entry_of(office, settled(office, "FP2")) for _ in range(2))
    assert decide(office, admin, "approve", [first])[0] == 201
    rows = "SELECT count(*) FROM clearing_floorstate"
    before = office.rows(rows)
    status, told = decide(office, accountant, "paid", [first, second])
    assert (status, codes(told), told["faults"][0]["what"]) == (
        409, ["S581"], f"分录 {second} 现在是 computed，不能成为 paid",
    )  # fmt: skip
    status, told = decide(office, admin, "approve", [first, second])
    assert (status, told["faults"][0]["what"]) == (
        409, f"分录 {first} 现在是 approved，不能成为 approved",
    )  # fmt: skip
    status, told = decide(office, admin, "approve", [second, 999_998, 999_999])
    assert (status, codes(told)) == (404, ["S580", "S580"])
    assert office.rows(rows) == before


def test_a_message_is_taken_once(office: Service, admin: str) -> None:
    entry = entry_of(office, settled(office, "FP3"))
    first = decide(office, admin, "approve", [entry], message_id="once")
    assert first[0] == 201
    assert decide(office, admin, "approve", [entry], message_id="once") == (200, first[1])
    status, told = decide(office, admin, "approve", [entry], message_id="once", reason="另")
    assert (status, codes(told)) == (409, ["S409"])
    assert len(office.rows("SELECT id FROM clearing_floorstate WHERE entry = %s", entry)) == 1
    actions = office.rows(
        "SELECT action, count(*) FROM audit_log_record WHERE subject = %s GROUP BY 1", f"entry:{entry}"
    )  # fmt: skip
    assert actions == [("floor.approve", 1)]


def test_nobody_both_approves_and_pays_whatever_their_role_became(office: Service) -> None:
    entry = entry_of(office, settled(office, "FP4"))
    before, after = (
        Actor("account:77", role) for role in (Role.DISTRICT_ADMIN, Role.FUND_ACCOUNTANT)
    )
    batch = Batch(entries=(entry,))
    decided(before, State.APPROVED, "two-1", {}, batch)
    for state in (State.PAID, State.FAILED):
        with pytest.raises(Refusal) as refused:
            decided(after, state, f"two-{state}", {}, batch, "x", "y")
        assert (refused.value.status, refused.value.faults[0].code) == (403, "S582")
    other = Actor("account:78", Role.FUND_ACCOUNTANT)
    assert decided(other, State.PAID, "two-2", {}, batch, "", "B").status == 201


def test_a_whole_month_of_a_hospital_is_approved_up_to_an_entry(
    office: Service, admin: str, accountant: str
) -> None:
    first, second, third = (entry_of(office, settled(office, "FP5", "G")) for _ in range(3))
    ((month,),) = office.rows("SELECT DISTINCT month FROM settlement_posting WHERE kind = 'settle'")
    whole: Json = {"facility": "G", "month": month, "up_to": second}
    status, told = decide(office, admin, "approve", **whole)
    assert (status, [one["entry"] for one in told["items"]]) == (201, [first, second])
    status, told = decide(office, admin, "approve", **whole)
    assert (status, codes(told)) == (409, ["S583"])
    status, told = decide(office, accountant, "paid", **{**whole, "up_to": third})
    assert (status, [one["entry"] for one in told["items"]]) == (201, [first, second])
    assert [one[:2] for one in states(office, "?facility=G")] == [
        (first, "paid"), (second, "paid"), (third, "computed"),
    ]  # fmt: skip
    assert states(office, f"?facility=G&month={month}&after={second}&state=computed")[0][0] == third
    assert states(office, "?facility=G&month=2001-01") == []


@pytest.mark.parametrize(
    "body",
    [{}, {"items": []}, {"items": [1, 1]}, {"items": [0]}, {"items": ["1"]}, {"items": [True]},
     {"items": [2**63]}, {"items": [1], "facility": "F"}, {"facility": "F", "month": "2026-13", "up_to": 1},
     {"facility": "F", "month": "2026-11"}, {"items": [1], "state": "paid"}, {"items": {}}],
)  # fmt: skip
def test_what_is_no_batch_is_refused(office: Service, admin: str, body: Json) -> None:
    status, told = office.ask("POST", f"{FLOOR}/approve", admin, {"message_id": "x", **body})
    assert (status, set(codes(told)) <= {"F201", "F202", "F203"}) == (422, True), told


@pytest.mark.parametrize("query", ["?state=gone", "?month=2026-1", "?month=x"])
def test_a_query_that_asks_for_nothing_known_is_refused(office: Service, query: str) -> None:
    status, told = office.ask("GET", FLOOR + query, office.token("auditor"))
    assert (status, codes(told)) == (422, ["F203"])


def test_a_reversal_before_payment_cancels_both_and_after_it_leaves_an_amount_to_recover(
    office: Service, admin: str, accountant: str
) -> None:
    early, late = settled(office, "FP6"), settled(office, "FP6")
    entry, paid = entry_of(office, early), entry_of(office, late)
    assert decide(office, admin, "approve", [entry, paid])[0] == 201
    assert decide(office, accountant, "paid", [paid])[0] == 201
    reversed_(office, early)
    reversed_(office, late)
    contrary, back = entry_of(office, early, "reverse"), entry_of(office, late, "reverse")
    of = {number: state for number, state, _ in states(office)}
    assert [of[n] for n in (entry, contrary, paid, back)] == [
        "cancelled", "cancelled", "paid", "recover",
    ]  # fmt: skip
    for one in (entry, contrary):
        status, told = decide(office, admin, "approve", [one])
        assert (status, told["faults"][0]["what"]) == (
            409,
            f"分录 {one} 现在是 cancelled，不能成为 approved",
        )
    assert decide(office, admin, "approve", [back])[0] == 201
    assert decide(office, accountant, "paid", [back], reference="收回-1")[0] == 201


def test_money_that_had_left_before_the_reversal_is_written_and_then_recovered(
    office: Service, admin: str, accountant: str
) -> None:
    told = settled(office, "FP7")
    entry = entry_of(office, told)
    assert decide(office, admin, "approve", [entry])[0] == 201
    reversed_(office, told)
    contrary = entry_of(office, told, "reverse")
    assert decide(office, accountant, "paid", [contrary])[0] == 409
    assert decide(office, accountant, "failed", [entry])[0] == 409
    assert decide(office, accountant, "paid", [entry])[0] == 201
    of = {number: state for number, state, _ in states(office)}
    assert (of[entry], of[contrary]) == ("paid", "recover")


def test_a_hospital_sees_its_own(office: Service) -> None:
    entry = entry_of(office, settled(office, "FP9", "G2"))
    settled(office, "FP9", "F")
    own = office.token("insurance_office", "G2")
    _, told = office.ask("GET", FLOOR, own)
    assert [(one["entry"], one["facility"]) for one in told["floor"]] == [(entry, "G2")]
    _, told = office.ask("GET", TOTALS, own)
    assert told["items"] == 1
    for path in (FLOOR, TOTALS):
        status, told = office.ask("GET", f"{path}?facility=F", own)
        assert (status, codes(told)) == (403, ["S404"])


@pytest.mark.parametrize("table", ["clearing_floorstate", "clearing_message"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "UPDATE {} SET id = id", "TRUNCATE {}"])
def test_the_database_refuses_to_change_what_was_written(
    office: Service, table: str, change: str
) -> None:
    with psycopg.connect(office.url) as database, pytest.raises(psycopg.errors.RestrictViolation):
        database.execute(change.format(table))


class Book:
    """What a clerk would write down beside the program: each amount and where it stands."""

    def __init__(self) -> None:
        self.amount: dict[int, int] = {}
        self.state: dict[int, str] = {}
        self.approved: set[int] = set()
        self.pair: dict[int, int] = {}

    def take(self, state: str, items: list[int]) -> bool:
        """Whether the batch may be decided so; then it is."""
        may = {
            "approved": {"computed", "recover", "failed"},
            "paid": {"approved"},
            "failed": {"approved"},
        }
        for one in items:
            is_late = state == "paid" and self.state[one] == "cancelled" and one in self.approved
            if self.state[one] not in may[state] and not is_late:
                return False
        for one in items:
            if self.state[one] == "cancelled":
                self.state[self.pair[one]] = "recover"
            self.state[one] = state
            self.approved = self.approved | {one} if state == "approved" else self.approved - {one}
        return True

    def undo(self, entry: int, contrary: int) -> None:
        self.amount[contrary], self.pair[entry] = -self.amount[entry], contrary
        is_paid = self.state[entry] == "paid"
        self.state[contrary] = "recover" if is_paid else "cancelled"
        self.state[entry] = "paid" if is_paid else "cancelled"


@pytest.mark.parametrize("seed", range(4))
def test_after_any_sequence_each_state_is_as_a_clerk_wrote_it_and_they_add_up_to_the_fund(
    office: Service, admin: str, accountant: str, seed: int
) -> None:
    chance, book = random.Random(f"floor {seed}"), Book()
    place = f"P{seed}"
    office.facilities(place)
    persons = [f"FQ{seed}-{n}" for n in range(12)]
    poor(office, *persons)
    standing: list[Json] = []
    for _ in range(60):
        what = chance.choice(
            ["settle", "settle", "reverse", "approved", "paid", "failed", "approved", "paid"]
        )
        if what == "settle":
            told = settled(office, chance.choice(persons), place)
            if told["payments"]["floor"] != "0.00":
                standing.append(told)
                entry = entry_of(office, told)
                book.amount[entry] = round(float(told["payments"]["floor"]) * 100)
                book.state[entry] = "computed"
        elif what == "reverse" and standing:
            told = standing.pop(chance.randrange(len(standing)))
            reversed_(office, told)
            book.undo(entry_of(office, told), entry_of(office, told, "reverse"))
        elif what not in ("settle", "reverse") and book.state:
            items = chance.sample(
                sorted(book.state), min(len(book.state), chance.choice([1, 1, 2]))
            )
            route, by = {"approved": ("approve", admin)}.get(what, (what, accountant))
            status, told = decide(office, by, route, items)
            assert (status == 201) == book.take(what, items), (what, items, told)
        of = {n: (state, amount) for n, state, amount in states(office, f"?facility={place}")}
        assert of == {n: (book.state[n], yuan(book.amount[n])) for n in book.amount}
    _, told = office.ask("GET", f"{TOTALS}?facility={place}", admin)
    counts: Counter[str] = Counter()
    amounts: Counter[str] = Counter()
    for n, state in book.state.items():
        counts[state] += 1
        amounts[state] += book.amount[n]
    assert told["states"] == {
        state.value: {"items": counts[state.value], "amount": yuan(amounts[state.value])}
        for state in State
    }
    ((fund,),) = office.rows(
        "SELECT coalesce(sum(amount), 0)::bigint FROM settlement_entry"
        " WHERE account = 'fund:floor' AND id = ANY(%s)",
        list(book.amount),
    )
    assert told["fund"] == yuan(fund) == yuan(sum(amounts.values()))
    assert len({state for state, n in counts.items() if n}) >= 3


def test_of_the_whole_district_the_states_add_up_to_the_ledgers_fund(office: Service) -> None:
    reversed_(office, settled(office, "FP11"))
    _, told = office.ask("GET", TOTALS, office.token("district_admin"))
    ((count, fund),) = office.rows(
        "SELECT count(*), sum(amount)::bigint FROM settlement_entry WHERE account = 'fund:floor'"
    )
    assert (told["items"], told["fund"]) == (count, yuan(fund))
    assert sum(one["items"] for one in told["states"].values()) == count
    told_fen = sum(round(float(one["amount"]) * 100) for one in told["states"].values())
    assert told_fen == fund
    assert verify().holds


def test_a_second_accountant_finds_it_paid(office: Service, admin: str) -> None:
    entry = entry_of(office, settled(office, "FP10"))
    assert decide(office, admin, "approve", [entry])[0] == 201
    outcome: list[Any] = []
    for n in range(2):
        status, _ = decide(
            office, office.token("fund_accountant"), "paid", [entry], reference=f"B{n}"
        )
        outcome.append(status)
    assert outcome == [201, 409]
    assert tables.driver().execute(
        "SELECT count(*) FROM clearing_floorstate WHERE entry = %s AND state = 'paid'", [entry]
    ).fetchone() == (1,)


CODES = {"S580", "S581", "S582", "S583"}
"""The codes that this file makes."""
